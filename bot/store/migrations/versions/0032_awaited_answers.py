"""Answers that applicants were to give by a day; indexes of them, of cases' origins, and of files to be deleted"""

import json
from itertools import groupby
from operator import attrgetter

import sqlalchemy as sa
from alembic import op


revision = "0032"
down_revision = "0031"
WHOLE_TABLES = ("case", "file", "message")

UNANSWERED = """
    SELECT message.case_id, message.id, message.answer_by FROM message
    WHERE message.answer_by IS NOT NULL AND message.undone_at IS NULL AND message."by" <> 'applicant'
    AND NOT EXISTS (
        SELECT 1 FROM message AS later
        WHERE later.case_id = message.case_id AND later."by" = 'applicant' AND later.seq > message.seq
    )
    ORDER BY message.case_id, message.seq
"""

INDEXES = (
    ("ix_case_origin", "case", ("service", "origin", "received_at", "number"), None),
    ("ix_case_answer_by", "case", ("service", "answer_by", "number"), "closed_at IS NULL AND answer_by IS NOT NULL"),
    ("ix_file_disposed", "file", ("id",), "sha256 IS NULL AND size > 0"),
)


def upgrade() -> None:
    op.add_column("case", sa.Column("answer_by", sa.Date(), nullable=True))
    _fill()
    for name, table, columns, where in INDEXES:
        condition = sa.text(where) if where else None
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _fill() -> None:
    """What the cases' events make of them, as `log verify` computes it."""
    connection = op.get_bind()
    case = sa.table("case", sa.column("id"), sa.column("rest"), sa.column("answer_by", sa.Date))
    days = sa.text(UNANSWERED).columns(sa.column("case_id"), sa.column("id"), sa.column("answer_by", sa.Date))
    for case_id, asked in groupby(connection.execute(days).all(), attrgetter("case_id")):
        messages = list(asked)
        is_that = case.c.id == case_id
        rest = json.loads(connection.execute(sa.select(case.c.rest).where(is_that)).scalar_one())
        rest["awaited"] = [{"message_id": one.id, "answer_by": one.answer_by.isoformat()} for one in messages]
        values = {
            "rest": json.dumps(rest, separators=(",", ":")),
            "answer_by": max(one.answer_by for one in messages),
        }
        connection.execute(sa.update(case).where(is_that).values(values))
