"""Where an officer's private notices go, for each kind; and whether they want a summary of the day"""

import json

import sqlalchemy as sa
from alembic import op


revision = "0045"
down_revision = "0044"
WHOLE_TABLES = ("preference",)

KINDS = ("assigned", "message", "added", "mentioned", "overdue", "status", "reminder")


def upgrade() -> None:
    op.add_column("preference", sa.Column("notice_places", sa.Text(), nullable=False, server_default="{}"))
    op.add_column(
        "preference", sa.Column("wants_day", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT officer, muted, notice_place FROM preference")).all():
        muted = json.loads(row.muted)
        places = {kind: "nowhere" if kind in muted else row.notice_place for kind in KINDS}
        kept = {kind: place for kind, place in places.items() if place != "slack"}
        connection.execute(
            sa.text("UPDATE preference SET notice_places = :places WHERE officer = :officer"),
            {"places": json.dumps(kept, sort_keys=True), "officer": row.officer},
        )
    op.drop_column("preference", "muted")
    op.drop_column("preference", "notice_place")
