"""When an applicant asked for a decision, and the message that refused it"""

import sqlalchemy as sa
from alembic import op


revision = "0047"
down_revision = "0046"
WHOLE_TABLES = ("case",)


def upgrade() -> None:
    op.add_column("case", sa.Column("decision_requested_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case", sa.Column("decision_refusal", sa.Text(), nullable=False, server_default=""))
    is_open = sa.text("decision_requested_at IS NOT NULL AND closed_at IS NULL")
    op.create_index(
        "ix_case_requested", "case", ["service", "decide_by"], sqlite_where=is_open, postgresql_where=is_open
    )
