"""The working days left of a paused case, the last day of the law's six months, and the message about the delay"""

import sqlalchemy as sa
from alembic import op


revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.add_column("case", sa.Column("due_days_left", sa.Integer(), nullable=True))
    op.add_column("case", sa.Column("decide_by", sa.Date(), nullable=True))
    op.add_column("case", sa.Column("delay_message", sa.Text(), nullable=False, server_default=""))
