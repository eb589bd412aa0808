"""Who added a file to the answers by an edit, and when one was taken out of them"""

import sqlalchemy as sa
from alembic import op


revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("file", sa.Column("added_by", sa.Text(), nullable=True))
    op.add_column("file", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
