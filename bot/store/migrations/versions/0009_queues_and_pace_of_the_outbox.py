"""Queues of the outbox, and the pace of what leaves it"""

import sqlalchemy as sa
from alembic import op


revision = "0009"
down_revision = "0007"
WHOLE_TABLES = ("card", "delivery")


def upgrade() -> None:
    op.add_column("delivery", sa.Column("redraw", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE delivery SET redraw = (kind = 'card' AND EXISTS "
               "(SELECT 1 FROM card WHERE card.case_id = delivery.case_id))")
    # A lease is when a delivery is to be taken up again, so one column says both.
    op.execute("UPDATE delivery SET due_at = lease_until WHERE state IN ('claimed', 'sending')")
    op.drop_index("ix_delivery_due", "delivery")
    op.drop_column("delivery", "lease_until")
    op.create_index(
        "ix_delivery_queue",
        "delivery",
        ["destination", "redraw", "priority", "due_at", "id"],
        sqlite_where=sa.text("state != 'parked'"),
        postgresql_where=sa.text("state != 'parked'"),
    )
    op.create_table(
        "bucket",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("empty_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
