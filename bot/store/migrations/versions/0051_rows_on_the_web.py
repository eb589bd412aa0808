"""How many rows a list has on an officer's pages, and where a search that went further began"""

import sqlalchemy as sa
from alembic import op


revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.add_column("preference", sa.Column("web_page_size", sa.Integer(), nullable=False, server_default="50"))
    op.add_column("home", sa.Column("searched_from", sa.String(32), nullable=False, server_default=""))
