"""Notes from threads"""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
WHOLE_TABLES = ("card", "note")


def upgrade() -> None:
    op.add_column("note", sa.Column("source", sa.Text(), nullable=True))
    op.add_column("note", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("uq_note_source", "note", ["source"], unique=True)
    op.create_table(
        "note_revision",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("note_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_note_revision_case", "note_revision", ["case_id", "seq"], unique=False)
    op.create_index("ix_note_revision_note", "note_revision", ["note_id"], unique=False)
    op.create_table(
        "thread",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"]),
        sa.PrimaryKeyConstraint("channel", "ts"),
    )
    op.create_index(op.f("ix_thread_case_id"), "thread", ["case_id"], unique=False)
    op.create_index(op.f("ix_thread_touched_at"), "thread", ["touched_at"], unique=False)
    # Touched long ago: what was written under these cards before it could become a note is not read back now.
    op.execute(
        "INSERT INTO thread (channel, ts, case_id, touched_at) "
        "SELECT channel, ts, case_id, '2000-01-01 00:00:00+00:00' FROM card"
        if op.get_bind().dialect.name == "postgresql"
        else "INSERT INTO thread (channel, ts, case_id, touched_at) "
        "SELECT channel, ts, case_id, '2000-01-01 00:00:00.000000' FROM card"
    )
