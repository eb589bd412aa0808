"""What the virus scanner has said of each file; nothing of those from before it"""

import sqlalchemy as sa
from alembic import op


revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("file", sa.Column("scan", sa.String(11), nullable=False, server_default=""))
