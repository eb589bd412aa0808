"""Finished files of exports"""

import sqlalchemy as sa
from alembic import op


revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "export_file",
        sa.Column("batch_id", sa.String(32), primary_key=True),
        sa.Column("officer", sa.Text, nullable=False),
        sa.Column("file_id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("downloads", sa.Integer, nullable=False),
    )
