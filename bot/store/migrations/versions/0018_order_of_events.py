"""The order in which events were written, on PostgreSQL; SQLite numbers rows of itself"""

from alembic import op


revision = "0018"
down_revision = "0017"
WHOLE_TABLES = ("history",)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE history ADD COLUMN rowid BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE")
