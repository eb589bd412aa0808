"""Worklists and preferences"""

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0004"
WHOLE_TABLES = ("assignee", "case")


def upgrade() -> None:
    op.add_column("case", sa.Column("handled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("assignee", sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("flag", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    yes, no = ("true", "false") if op.get_bind().dialect.name == "postgresql" else ("1", "0")
    op.execute(
        f"""UPDATE "case" SET handled = {yes}
        WHERE id IN (SELECT case_id FROM assignee WHERE kind = 'officer')"""
    )
    op.execute(
        f"""UPDATE assignee SET open = {no}
        WHERE case_id IN (SELECT id FROM "case" WHERE closed_at IS NOT NULL)"""
    )
    op.create_index(
        "ix_case_unhandled",
        "case",
        ["service", "received_at"],
        sqlite_where=sa.text("closed_at IS NULL AND handled = 0"),
        postgresql_where=sa.text("closed_at IS NULL AND handled = false"),
    )
    op.create_index(
        "ix_assignee_open",
        "assignee",
        ["kind", "key", "case_id"],
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open = true"),
    )
    op.create_table(
        "preference",
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("muted", sa.Text(), nullable=False),
        sa.Column("start", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("officer"),
    )
    op.create_table(
        "home",
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("tab", sa.String(length=10), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("officer"),
    )
