"""Marks and flags"""

import sqlalchemy as sa
from alembic import op


revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("case", sa.Column("colour", sa.String(length=10), nullable=False, server_default=""))
    op.create_table(
        "flag",
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"]),
        sa.PrimaryKeyConstraint("officer", "case_id"),
    )
    op.create_index("ix_flag_case_id", "flag", ["case_id"], unique=False)
    op.create_index("ix_flag_remind_at", "flag", ["remind_at"], unique=False)
