"""When a case was last changed, and the indexes by which queries walk cases in their order"""

import sqlalchemy as sa
from alembic import op


revision = "0022"
down_revision = "0021"
WHOLE_TABLES = ("case", "history")

_OPEN, _CLOSED = "closed_at IS NULL", "closed_at IS NOT NULL"
_UNREAD = "from_applicant_at IS NOT NULL AND (read_at IS NULL OR read_at < from_applicant_at)"

_AT_ON_SQLITE = """replace(substr(json_extract(meta, '$.at'), 1, 19), 'T', ' ') || CASE
    WHEN substr(json_extract(meta, '$.at'), 20, 1) = '.' THEN substr(json_extract(meta, '$.at'), 20, 7)
    ELSE '.000000' END"""
_AT_ON_POSTGRESQL = "(meta::json ->> 'at')::timestamptz"


def upgrade() -> None:
    op.add_column("case", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    at = _AT_ON_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _AT_ON_SQLITE
    last = f'SELECT {at} FROM history WHERE case_id = "case".id AND seq = "case".seq'
    op.execute(f'UPDATE "case" SET changed_at = ({last})')
    for name in ("ix_case_closed", "ix_case_closed_news", "ix_case_due_open"):
        op.drop_index(name, "case")
    op.create_index("ix_case_status", "case", ["service", "status", "received_at", "number"])
    _create_partial("ix_case_open", ["service", "received_at", "number"], f"{_OPEN} AND number != ''")
    _create_partial("ix_case_due_open", ["service", "earliest_due_on", "number"], _OPEN)
    _create_partial("ix_case_closed", ["service", "closed_at", "number"], _CLOSED)
    _create_partial("ix_case_changed", ["service", "changed_at", "number"], _CLOSED)
    _create_partial("ix_case_colour", ["service", "colour", "received_at", "number"], "colour != ''")
    _create_partial("ix_case_unread", ["service", "received_at", "number"], _UNREAD)


def _create_partial(name: str, columns: list[str], condition: str) -> None:
    op.create_index(
        name, "case", columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition)
    )
