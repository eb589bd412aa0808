"""Files of notes"""

import sqlalchemy as sa
from alembic import op


revision = "0010"
down_revision = "0009"
WHOLE_TABLES = ("file",)


def upgrade() -> None:
    op.add_column("file", sa.Column("note_id", sa.String(length=32), nullable=True))
    op.add_column("file", sa.Column("slack_id", sa.Text(), nullable=True))
    op.create_index(
        "ix_file_slack",
        "file",
        ["slack_id"],
        unique=False,
        sqlite_where=sa.text("slack_id IS NOT NULL"),
        postgresql_where=sa.text("slack_id IS NOT NULL"),
    )
