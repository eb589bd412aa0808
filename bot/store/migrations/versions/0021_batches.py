"""Batches: one action on many cases, and its outcome for each"""

import sqlalchemy as sa
from alembic import op


revision = "0021"
down_revision = "0020"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("officer", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False),
        sa.Column("runner", sa.String(32), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME, nullable=True, index=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("ts", sa.Text, nullable=False),
    )
    op.create_index("ix_batch_officer", "batch", ["officer", "created_at"])
    unfinished = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_batch_unfinished", "batch", ["due_at"], sqlite_where=unfinished, postgresql_where=unfinished
    )
    op.create_table(
        "batch_case",
        sa.Column("batch_id", sa.String(32), sa.ForeignKey("batch.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(12), nullable=True),
        sa.Column("refusal", sa.Text, nullable=True),
    )
