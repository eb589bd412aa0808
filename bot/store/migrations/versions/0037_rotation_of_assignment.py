"""Whom rules of assignment chose last in each group, and since when officers have cases in the index of these"""

import sqlalchemy as sa
from alembic import op


revision = "0037"
down_revision = "0036"
WHOLE_TABLES = ("assignee",)


def upgrade() -> None:
    op.create_table(
        "assignment_rotation",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("group", sa.Text, primary_key=True),
        sa.Column("officer", sa.Text, nullable=False),
    )
    op.drop_index("ix_assignee_open", "assignee")
    op.create_index("ix_assignee_open", "assignee", ["kind", "key", "open", "since", "case_id"])
