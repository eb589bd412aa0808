"""Queries of batches that are prepared in the background, and pages of lists on which officers tick cases in App Home"""

import sqlalchemy as sa
from alembic import op


revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.add_column("batch", sa.Column("query", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "ticking",
        sa.Column("officer", sa.Text, primary_key=True),
        sa.Column("list_id", sa.String(32), nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
