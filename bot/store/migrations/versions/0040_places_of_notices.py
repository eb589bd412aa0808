"""Where an officer's private notices go, and whether they wait for office hours"""

import sqlalchemy as sa
from alembic import op


revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.add_column(
        "preference", sa.Column("notice_place", sa.String(10), nullable=False, server_default="slack")
    )
    op.add_column("preference", sa.Column("is_quiet", sa.Boolean(), nullable=False, server_default=sa.true()))
