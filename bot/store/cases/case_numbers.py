"""Allocation of the year's case numbers. Only the service imports this."""

from __future__ import annotations

from sqlalchemy import Integer, bindparam, insert, select, update

from bot.domain.case_numbers import format_case_number
from bot.store.cases.case_state import insert_new
from bot.store.engine.database import Tx
from bot.store.tables import CaseNumberRow

_ADD_NUMBERS = (
    update(CaseNumberRow)
    .where(CaseNumberRow.year == bindparam("wanted"))
    .values(last=CaseNumberRow.last + bindparam("count", type_=Integer))
    .returning(CaseNumberRow.last)
)


def allocate_numbers(tx: Tx, year: int, count: int) -> list[str]:
    """Allocate the year's next case numbers, such as `2026-000123`. Without gaps: they are rolled back with `tx`.

    Raises LostRace where another transaction has just allocated the year's first.
    """
    last = tx.conn.execute(_ADD_NUMBERS, {"wanted": year, "count": count}).scalar()
    if last is None:
        insert_new(tx, insert(CaseNumberRow), {"year": year, "last": count})
        last = count
    return [format_case_number(year, number) for number in range(last - count + 1, last + 1)]


def load_last(tx: Tx) -> dict[int, int]:
    """The last running number of each year in which one was allocated."""
    return {row.year: row.last for row in tx.conn.execute(select(CaseNumberRow.year, CaseNumberRow.last))}


def skip_to(tx: Tx, year: int, last: int) -> None:
    """Let the year's next number be the one after `last`."""
    if not tx.insert_new(CaseNumberRow, {"year": year, "last": last}):
        tx.conn.execute(update(CaseNumberRow).where(CaseNumberRow.year == year).values(last=last))
