"""Seals of what the virus scanner has said of files"""

import sqlalchemy as sa
from alembic import op


revision = "0029"
down_revision = "0028"
WHOLE_TABLES = ("file",)


def upgrade() -> None:
    # Files attached before have none until the scanner says something of them; the log knows which those are.
    op.add_column("file", sa.Column("scan_seal", sa.String(64), nullable=True))
    is_stored = sa.text("sha256 IS NOT NULL")
    op.create_index("ix_file_scan", "file", ["scan"], sqlite_where=is_stored, postgresql_where=is_stored)
