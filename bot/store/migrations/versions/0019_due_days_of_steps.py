"""The due day of a case's status, beside the case's own, and the earlier of the two"""

import sqlalchemy as sa
from alembic import op


revision = "0019"
down_revision = "0018"
WHOLE_TABLES = ("case", "history")


def upgrade() -> None:
    """The case's own due day is the one that it was opened with; another one was its status's."""
    for name in ("step_due_on", "earliest_due_on"):
        op.add_column("case", sa.Column(name, sa.Date(), nullable=True))
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    opened_with = "(meta::json ->> 'due_on')::date" if is_postgresql else "json_extract(meta, '$.due_on')"
    own_day = f'(SELECT {opened_with} FROM history WHERE case_id = "case".id AND seq = 1)'
    op.execute(
        f"""UPDATE "case" SET step_due_on = NULLIF(due_on, {own_day}), due_on = {own_day}
        WHERE id IN (SELECT case_id FROM history WHERE seq = 1)"""
    )
    op.execute(
        """UPDATE "case" SET earliest_due_on =
        CASE WHEN due_on IS NULL OR step_due_on < due_on THEN step_due_on ELSE due_on END
        WHERE due_on IS NOT NULL OR step_due_on IS NOT NULL"""
    )
    op.drop_index("ix_case_due_open", "case")
    condition = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_case_due_open",
        "case",
        ["earliest_due_on"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
