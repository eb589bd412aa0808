"""Officers' saved views, and the queries of the lists that they are shown"""

import sqlalchemy as sa
from alembic import op


revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "saved_query",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("officer", sa.Text(), nullable=False, index=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("page_size", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    op.add_column("preference", sa.Column("start_view", sa.String(32), nullable=False, server_default=""))
