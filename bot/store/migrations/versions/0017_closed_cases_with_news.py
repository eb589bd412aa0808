"""Closed cases whose applicants have written since are found by an index"""

import sqlalchemy as sa
from alembic import op


revision = "0017"
down_revision = "0016"
WHOLE_TABLES = ("case",)

_CONDITION = (
    "closed_at IS NOT NULL AND from_applicant_at IS NOT NULL AND (read_at IS NULL OR read_at < from_applicant_at)"
)


def upgrade() -> None:
    condition = sa.text(_CONDITION)
    op.create_index(
        "ix_case_closed_news", "case", ["service"], sqlite_where=condition, postgresql_where=condition
    )
