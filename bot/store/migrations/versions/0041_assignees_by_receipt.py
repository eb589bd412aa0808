"""Assignees with their case's number and time of receipt, by which closed cases of somebody's are read in order"""

import sqlalchemy as sa
from alembic import op


revision = "0041"
down_revision = "0040"
WHOLE_TABLES = ("assignee", "case")

_OF_CASE = """
UPDATE assignee SET
    received_at = (SELECT "case".received_at FROM "case" WHERE "case".id = assignee.case_id),
    number = (SELECT "case".number FROM "case" WHERE "case".id = assignee.case_id)
"""


def upgrade() -> None:
    op.add_column(
        "assignee",
        sa.Column(
            "received_at", sa.DateTime(timezone=True), nullable=False, server_default="1970-01-01 00:00:00"
        ),
    )
    op.add_column("assignee", sa.Column("number", sa.String(16), nullable=False, server_default=""))
    op.execute(_OF_CASE)
    is_closed = sa.text("NOT open")
    op.create_index(
        "ix_assignee_closed",
        "assignee",
        ["kind", "key", "received_at", "number"],
        sqlite_where=is_closed,
        postgresql_where=is_closed,
    )
