"""The place of a thread's first line, and what it says of replies"""

import sqlalchemy as sa
from alembic import op


revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("card", sa.Column("opening_ts", sa.Text(), nullable=False, server_default=""))
    op.add_column("card", sa.Column("opening_use", sa.String(length=10), nullable=False, server_default=""))
