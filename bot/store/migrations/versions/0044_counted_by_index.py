"""Failed deliveries have an index, and that of closed cases says who may see them, so that both are counted by it"""

import sqlalchemy as sa
from alembic import op


revision = "0044"
down_revision = "0043"
WHOLE_TABLES = ("case", "delivery")


def upgrade() -> None:
    is_failed = sa.text("trouble IS NOT NULL AND state != 'parked'")
    op.create_index("ix_delivery_failed", "delivery", ["id"], sqlite_where=is_failed, postgresql_where=is_failed)
    op.drop_index("ix_case_closed", "case")
    is_closed = sa.text("closed_at IS NOT NULL")
    op.create_index(
        "ix_case_closed",
        "case",
        ["service", "closed_at", "number", "protected", "deleted_at"],
        sqlite_where=is_closed,
        postgresql_where=is_closed,
    )
