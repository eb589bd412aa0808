"""Indexes by which lists and numbers are read in order"""

import sqlalchemy as sa
from alembic import op


revision = "0015"
down_revision = "0014"
WHOLE_TABLES = ("case", "reading")

_BY_DATE = ["service", "received_at", "number"]


def upgrade() -> None:
    op.drop_index("ix_case_service_received", "case")
    op.drop_index("ix_case_unhandled", "case")
    op.create_index("ix_case_service_date", "case", _BY_DATE)
    _create_partial("ix_case_closed", "closed_at IS NOT NULL", "closed_at IS NOT NULL")
    _create_partial(
        "ix_case_unhandled", "closed_at IS NULL AND handled = 0", "closed_at IS NULL AND handled = false"
    )
    op.create_index("ix_reading_at", "reading", ["at"])
    # Numbers begin with what was typed in this order only; a database may sort by a language's rules.
    collation = ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f'CREATE INDEX ix_case_service_number ON "case" (service, number{collation})')


def _create_partial(name: str, on_sqlite: str, on_postgresql: str) -> None:
    op.create_index(
        name, "case", _BY_DATE, sqlite_where=sa.text(on_sqlite), postgresql_where=sa.text(on_postgresql)
    )
