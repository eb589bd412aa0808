"""Holds, disposal of cases, and erasing of the reasons of readings"""

import sqlalchemy as sa
from alembic import op


revision = "0030"
down_revision = "0029"
WHOLE_TABLES = ("batch_case", "case")

# Of a reading only its reason may go, and only with the code that vouches for the rest.
_COLUMNS = ("id", "at", '"by"', "case_id", "part", "opening", "hash")
_SAME = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in _COLUMNS)
_ERASED = f"""({_SAME} AND OLD.reason IS NOT NULL AND NEW.reason IS NULL
    AND OLD.erased IS NULL AND NEW.erased IS NOT NULL)"""

GUARDS = {
    "sqlite": (
        "DROP TRIGGER reading_unchanged",
        f"""CREATE TRIGGER reading_unchanged BEFORE UPDATE ON reading
        WHEN NOT {_ERASED.replace("IS NOT DISTINCT FROM", "IS")}
        BEGIN SELECT RAISE(ABORT, 'readings cannot be changed'); END""",
    ),
    "postgresql": (
        f"""CREATE OR REPLACE FUNCTION guard_reading() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF {_ERASED} THEN RETURN NEW; END IF;
            END IF;
            RAISE EXCEPTION 'readings cannot be changed';
        END $$""",
    ),
}


def upgrade() -> None:
    op.add_column("case", sa.Column("hold", sa.Text(), nullable=False, server_default=""))
    op.add_column("case", sa.Column("hold_until", sa.Date(), nullable=True))
    op.add_column("case", sa.Column("disposed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reading", sa.Column("erased", sa.String(64), nullable=True))
    op.create_index("ix_batch_case_case", "batch_case", ["case_id"])
    to_dispose = sa.text("closed_at IS NOT NULL AND disposed_at IS NULL")
    op.create_index(
        "ix_case_retention",
        "case",
        ["service", "closed_at", "id"],
        sqlite_where=to_dispose,
        postgresql_where=to_dispose,
    )
    op.create_table(
        "retention_rule",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("months", sa.Integer, nullable=False),
        sa.Column("counted_from", sa.String(8), nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.Column("confirmed", sa.Integer, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text, nullable=False),
    )
    op.create_table(
        "retention_list",
        sa.Column("case_id", sa.String(32), sa.ForeignKey("case.id"), primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("listed_on", sa.Date, nullable=False),
    )
    op.create_index("ix_retention_list", "retention_list", ["service", "due_on", "case_id"])
    op.create_table(
        "retention_line",
        sa.Column("case_id", sa.String(32), sa.ForeignKey("case.id"), primary_key=True),
        sa.Column("run", sa.Date, nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("closed_on", sa.Date, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("messages", sa.Integer, nullable=False),
        sa.Column("notes", sa.Integer, nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
    )
    op.create_index("ix_retention_line", "retention_line", ["run", "number"])
    op.create_table(
        "remaining_reply",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("ts", sa.Text, primary_key=True),
        sa.Column("thread_ts", sa.Text, nullable=False),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("case.id"), nullable=False, index=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
    )
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)
