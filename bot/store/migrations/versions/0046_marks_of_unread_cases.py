"""Officers' own marks that a case is unread"""

import sqlalchemy as sa
from alembic import op


revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.create_table(
        "unread_mark",
        sa.Column("officer", sa.Text(), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("case.id"), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_unread_mark_case_id", "unread_mark", ["case_id"])
