"""Drafts of forms that are filled in and not yet sent in"""

import sqlalchemy as sa
from alembic import op


revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.create_table(
        "form_draft",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_form_draft_at", "form_draft", ["at"])
