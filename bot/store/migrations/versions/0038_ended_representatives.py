"""When a representative of an applicant ended"""

import sqlalchemy as sa
from alembic import op


revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.add_column("applicant", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
