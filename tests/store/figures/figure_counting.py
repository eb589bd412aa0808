"""Counting of the figures in tests, as the job does it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from bot.domain.case_figures import FigureKey
from bot.store import Database
from bot.store.figures import counting
from bot.store.tables import FigureRow
from bot.store.verification import checkpoints


def count_figures(database: Database, now: datetime) -> int:
    """Count until nothing is left. Returns the number of parts."""
    end, parts = database.read_sync(checkpoints.find_last_event), 0
    while part := database.read_sync(lambda tx: counting.prepare_part(tx, end, now)):
        assert database.write_sync(lambda tx, part=part: counting.save_part(tx, part))
        parts += 1
    return parts


def make_sums(database: Database, today: date) -> int:
    """Add up months and weeks until nothing is left. Returns the number of parts."""
    parts = 0
    while prepared := database.read_sync(lambda tx: counting.prepare_sums(tx, today)):
        assert database.write_sync(lambda tx, prepared=prepared: counting.save_sums(tx, prepared))
        parts += 1
    return parts


def stored_figures(database: Database) -> dict[FigureKey, int]:
    """The figures that are not 0."""
    rows = database.read_sync(lambda tx: tx.conn.execute(select(FigureRow.__table__)).all())
    return {FigureKey(*row[:4]): row.count for row in rows if row.count}
