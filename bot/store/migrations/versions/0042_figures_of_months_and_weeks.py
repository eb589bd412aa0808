"""Figures of whole months and weeks, made of those of days; all are counted anew, so that none is missing"""

import sqlalchemy as sa
from alembic import op


revision = "0042"
down_revision = "0041"
WHOLE_TABLES = ("figure_state",)


def upgrade() -> None:
    op.create_table(
        "figure_sum",
        sa.Column("unit", sa.String(5), primary_key=True),
        sa.Column("first", sa.Date, primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("sums", sa.LargeBinary, nullable=True),
        sqlite_with_rowid=False,
    )
    is_missing = sa.text("sums IS NULL")
    op.create_index(
        "ix_figure_sum_missing",
        "figure_sum",
        ["unit", "first"],
        sqlite_where=is_missing,
        postgresql_where=is_missing,
    )
    op.execute("DELETE FROM figure_state")
