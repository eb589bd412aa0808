"""How each applicant's address was confirmed; those of before count as confirmed. Where a code for a form is sent"""

import sqlalchemy as sa
from alembic import op


revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("applicant", sa.Column("address_state", sa.String(11), nullable=False, server_default="earlier"))
    op.add_column("sign_in", sa.Column("email", sa.Text(), nullable=True))
