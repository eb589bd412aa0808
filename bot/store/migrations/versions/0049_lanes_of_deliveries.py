"""A delivery's lane is found by the index that refuses a second waiting one, so that a press writes a page less"""

import sqlalchemy as sa
from alembic import op


revision = "0049"
down_revision = "0048"
WHOLE_TABLES = ("delivery",)


def upgrade() -> None:
    # First what locks the table against readers too: a program that serves reads it, and then writes.
    op.drop_index("ix_delivery_case", "delivery")
    op.drop_index("uq_delivery_gathered", "delivery")
    entry = (
        "(CASE WHEN state = 'waiting' AND kind IN ('card', 'line', 'notice') "
        "THEN kind ELSE CAST(id AS TEXT) END)"
    )
    op.create_index("uq_delivery_lane", "delivery", ["case_id", "lane", sa.text(entry)], unique=True)
