"""Reasons of readings"""

import sqlalchemy as sa
from alembic import op


revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("reading", sa.Column("reason", sa.Text(), nullable=True))
