"""Lists that officers have open on the web"""

import sqlalchemy as sa
from alembic import op


revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "open_list",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("officer", sa.Text, nullable=False),
        sa.Column("tab", sa.String(10), nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("page_size", sa.Integer, nullable=False),
        sa.Column("page_keys", sa.Text, nullable=False),
        sa.Column("ticked", sa.Text, nullable=False),
        sa.Column("all_ticked", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
