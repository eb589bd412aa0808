"""When and by whom a case was deleted, on which ground, and until which day it can be restored"""

import sqlalchemy as sa
from alembic import op


revision = "0036"
down_revision = "0035"
WHOLE_TABLES = ("case",)


def upgrade() -> None:
    op.add_column("case", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("case", sa.Column("deleted_by", sa.Text(), nullable=False, server_default=""))
    op.add_column("case", sa.Column("deleted_until", sa.Date(), nullable=True))
    op.add_column("case", sa.Column("deletion_ground", sa.Text(), nullable=False, server_default=""))
    held = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "ix_case_deleted",
        "case",
        ["service", "deleted_until", "number"],
        sqlite_where=held,
        postgresql_where=held,
    )
