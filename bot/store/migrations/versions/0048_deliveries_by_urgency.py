"""Deliveries have an index by their urgency, and only those that were put off one by when they are due"""

import sqlalchemy as sa
from alembic import op


revision = "0048"
down_revision = "0047"
WHOLE_TABLES = ("delivery",)


def upgrade() -> None:
    # First what locks the table against readers too: a program that serves reads it, and then writes.
    op.drop_index("ix_delivery_due", "delivery")
    _index("ix_delivery_urgency", ["redraw", "priority", "created_at", "id"], "state != 'parked'")
    _index("ix_delivery_rescheduled", ["due_at"], "due_at != created_at AND state != 'parked'")


def _index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "delivery", columns, sqlite_where=where, postgresql_where=where)
