"""Seals"""

import sqlalchemy as sa
from alembic import op


revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    # Readings of before have none, and come before all that have one.
    op.add_column("reading", sa.Column("hash", sa.String(length=64), nullable=True))
