"""Lists of retention that coordinators have been told of, and who approved what a protocol tells of"""

import sqlalchemy as sa
from alembic import op


revision = "0034"
down_revision = "0033"
WHOLE_TABLES = ("retention_list",)


def upgrade() -> None:
    op.add_column(
        "retention_list", sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index("ix_retention_list_rule", "retention_list", ["digest", "case_id"])
    op.add_column("retention_line", sa.Column("approved_by", sa.Text(), nullable=False, server_default=""))
