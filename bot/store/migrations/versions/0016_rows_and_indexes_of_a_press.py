"""Fewer pages for a press to write, and queues in the order of what came first"""

import sqlalchemy as sa
from alembic import op


revision = "0016"
down_revision = "0015"
WHOLE_TABLES = ("assignee", "delivery", "receipt")


def upgrade() -> None:
    op.drop_index("ix_receipt_at", "receipt")
    op.drop_index("ix_assignee_key", "assignee")
    op.drop_index("ix_assignee_open", "assignee")
    if op.get_bind().dialect.name == "sqlite":
        _store_in_key_order("receipt")
        _store_in_key_order("assignee")
    op.create_index("ix_assignee_open", "assignee", ["kind", "key", "open", "case_id"])
    op.drop_index("ix_delivery_queue", "delivery")
    op.drop_index("ix_delivery_lane", "delivery")
    op.drop_index("ix_delivery_case_id", "delivery")
    _index_queued("ix_delivery_queue", ["destination", "redraw", "priority", "created_at", "id"])
    _index_queued("ix_delivery_due", ["due_at"])
    op.create_index("ix_delivery_case", "delivery", ["case_id", "lane", "id"])


def _index_queued(name: str, columns: list[str]) -> None:
    queued = sa.text("state != 'parked'")
    op.create_index(name, "delivery", columns, sqlite_where=queued, postgresql_where=queued)


def _store_in_key_order(table: str) -> None:
    """Rows stand in the tree of their key, where SQLite else keeps a tree of rows and one of keys."""
    with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_with_rowid": False}):
        pass
