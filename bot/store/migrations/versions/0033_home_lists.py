"""App Home's lists as their officers left them, and how they are shown; queries without a name are open lists now"""

import sqlalchemy as sa
from alembic import op


revision = "0033"
down_revision = "0032"
WHOLE_TABLES = ("saved_query",)


def upgrade() -> None:
    op.add_column("preference", sa.Column("columns", sa.Text, nullable=False, server_default=""))
    op.add_column("preference", sa.Column("layout", sa.String(10), nullable=False, server_default="list"))
    op.add_column("preference", sa.Column("page_size", sa.Integer, nullable=False, server_default="20"))
    op.add_column("home", sa.Column("view_id", sa.String(32), nullable=False, server_default=""))
    op.create_table(
        "home_list",
        sa.Column("officer", sa.Text, primary_key=True),
        sa.Column("place", sa.String(32), primary_key=True),
        sa.Column("list_id", sa.String(32), nullable=False),
    )
    op.execute("DELETE FROM saved_query WHERE name IS NULL")
