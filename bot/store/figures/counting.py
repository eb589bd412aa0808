"""Counting of the figures: the log is taken in a part at a time, from where the last part ended.

A part is prepared in a read and saved in a short write. What a case has added so far is not stored: for each case with
new events, its figures before them are taken away and those after them added. So the figures are at any time exactly
what the events up to one of them say, and a message that is undone or a case that is reopened needs no care.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.case_figures import COUNTED_EVENTS, RULES_VERSION, CaseFigures, FigureKey
from bot.store.engine.database import Tx
from bot.store.figures import sums
from bot.store.figures.sums import SumKey
from bot.store.log import history
from bot.store.log.hash_chain import START_HASH
from bot.store.log.history import event_place
from bot.store.tables import FigureRow, FigureStateRow, FigureSumRow, HistoryRow

PART_CASES = 200
"""Cases that are counted in one part, when the figures are counted from the beginning."""

PART_EVENTS = 1_000
"""New events that are counted in one part."""

_ROW_ID = 1


@dataclass(frozen=True, slots=True)
class CountingState:
    """Up to which event the log has been counted, with its hash, and when.

    `counted_case` is the last case that has been, in the order of their ids, while all are counted from the beginning;
    None when they are complete.
    """

    event: int
    hash: str
    counted_case: str | None
    at: datetime
    version: int = RULES_VERSION

    @property
    def is_complete(self) -> bool:
        return self.counted_case is None and self.version == RULES_VERSION


@dataclass(frozen=True, slots=True)
class CountedPart:
    """A part that is ready to be saved: the changes of the figures, and the states before and after it."""

    before: CountingState | None
    after: CountingState
    changes: Counter[FigureKey]

    @property
    def is_first(self) -> bool:
        """Whether nothing of what was counted before is to remain."""
        return self.after.counted_case == ""


def load_state(tx: Tx) -> CountingState | None:
    """How far the log has been counted; None where it never was."""
    row = tx.conn.execute(select(FigureStateRow.__table__)).first()
    return CountingState(row.event, row.hash, row.counted_case, row.at, row.version) if row else None


def has_new_events(tx: Tx) -> bool:
    """Whether there may be something to count."""
    state = load_state(tx)
    last = tx.conn.execute(select(func.max(event_place)).select_from(HistoryRow)).scalar() or 0
    return state is None or not state.is_complete or state.event != last or not is_in_place(tx, state)


def is_in_place(tx: Tx, state: CountingState) -> bool:
    """Whether the event that was counted last still is where it was: not so in a database restored from a backup."""
    return state.hash == _hash_at(tx, state.event)


def prepare_part(tx: Tx, end: int, now: datetime) -> CountedPart | None:
    """The next part, at most to the event at `end`, before which none may be committed any more; None where none is
    left. Raises KeyError for an event that this version does not know."""
    state = load_state(tx)
    if state is None or state.version != RULES_VERSION or not is_in_place(tx, state):
        return CountedPart(state, CountingState(end, _hash_at(tx, end), "", now), Counter())
    if state.counted_case is not None:
        return _count_more_cases(tx, state, state.counted_case, now)
    return _count_new_events(tx, state, end, now) if state.event < end else None


def save_part(tx: Tx, part: CountedPart) -> bool:
    """Save the part. False where another process has counted meanwhile, so that it is to be prepared again."""
    if not _save_state(tx, part):
        return False
    if part.is_first:
        tx.conn.execute(delete(FigureRow))
        tx.conn.execute(delete(FigureSumRow))
    rows = [{**key._asdict(), "count": change} for key, change in part.changes.items() if change]
    if rows:
        tx.conn.execute(_add_statement(tx), rows)
        sums.forget(tx, (key for key, change in part.changes.items() if change))
    return True


@dataclass(frozen=True, slots=True)
class PreparedSums:
    """Sums of months and weeks that are ready to be saved, if the state is the same still."""

    state: CountingState
    made: Mapping[SumKey, bytes]


def prepare_sums(tx: Tx, today: date) -> PreparedSums | None:
    """The next sums of months and weeks that are over; None where none is missing, or not all is counted yet."""
    state = load_state(tx)
    made = sums.make_missing(tx, today) if state is not None and state.is_complete else {}
    return PreparedSums(state, made) if state is not None and made else None


def save_sums(tx: Tx, prepared: PreparedSums) -> bool:
    """Save the sums. False where more has been counted meanwhile, so that they are to be prepared again."""
    is_same = _update_state(tx, prepared.state, {"at": prepared.state.at})
    if is_same:
        sums.save(tx, prepared.made)
    return is_same


def forget_state(tx: Tx) -> None:
    """Have all figures counted anew; those that there are remain until the first part is saved."""
    tx.conn.execute(delete(FigureStateRow))


def _count_case(events: Iterable[Any]) -> Counter[FigureKey]:
    """What a case adds by its events (rows with `meta`), in their order."""
    figures = CaseFigures()
    for event in events:
        meta = json.loads(event.meta)
        if meta["event"] in COUNTED_EVENTS:
            figures.add(history.event_from_meta(meta))
    return figures.count()


def _hash_at(tx: Tx, place: int) -> str:
    found = tx.conn.execute(select(HistoryRow.hash).where(event_place == place)).scalar()
    return found if found is not None else START_HASH if place == 0 else ""


def _count_more_cases(tx: Tx, state: CountingState, after: str, now: datetime) -> CountedPart:
    ids = select(HistoryRow.case_id).where(HistoryRow.case_id > after, HistoryRow.seq == 1)
    chosen = tx.conn.execute(ids.order_by(HistoryRow.case_id).limit(PART_CASES)).scalars().all()
    changes = Counter[FigureKey]()
    for events in _load_chains(tx, chosen, state.event):
        _add(changes, _count_case(events), 1)
    counted_case = chosen[-1] if len(chosen) == PART_CASES else None
    return CountedPart(state, replace(state, counted_case=counted_case, at=now), changes)


def _count_new_events(tx: Tx, state: CountingState, end: int, now: datetime) -> CountedPart:
    ahead = event_place > state.event, event_place <= end
    new = select(event_place.label("place"), HistoryRow.case_id, HistoryRow.hash).where(*ahead)
    events = tx.conn.execute(new.order_by(event_place).limit(PART_EVENTS)).all()
    last = events[-1]
    changes = Counter[FigureKey]()
    for chain in _load_chains(tx, sorted({event.case_id for event in events}), last.place):
        known = [event for event in chain if event.place <= state.event]
        _add(changes, _count_case(known), -1)
        _add(changes, _count_case(chain), 1)
    return CountedPart(state, replace(state, event=last.place, hash=last.hash, at=now), changes)


def _load_chains(tx: Tx, case_ids: Sequence[str], upto: int) -> Iterator[list[Any]]:
    """The events of each case, in their order, up to the one at that place."""
    query = select(HistoryRow.case_id, HistoryRow.meta, event_place.label("place")).where(
        HistoryRow.case_id.in_(case_ids), event_place <= upto
    )
    rows = tx.conn.execute(query.order_by(HistoryRow.case_id, HistoryRow.seq))
    return (list(chain) for _, chain in groupby(rows, attrgetter("case_id")))


def _add(changes: Counter[FigureKey], counted: Counter[FigureKey], sign: int) -> None:
    for key, count in counted.items():
        changes[key] += sign * count


def _save_state(tx: Tx, part: CountedPart) -> bool:
    """Save the state after the part, unless it is no longer the one before it."""
    after = {
        "version": part.after.version,
        "event": part.after.event,
        "hash": part.after.hash,
        "counted_case": part.after.counted_case,
        "at": part.after.at,
    }
    if part.before is None:
        return tx.insert_new(FigureStateRow, {"id": _ROW_ID, **after})
    return _update_state(tx, part.before, after)


def _update_state(tx: Tx, expected: CountingState, values: dict[str, Any]) -> bool:
    """Set these columns of the state, which stays locked. False where it is no longer the expected one."""
    is_unchanged = (
        FigureStateRow.event == expected.event,
        FigureStateRow.hash == expected.hash,
        FigureStateRow.version == expected.version,
        FigureStateRow.counted_case.is_not_distinct_from(expected.counted_case),
    )
    return tx.conn.execute(update(FigureStateRow).where(*is_unchanged).values(values)).rowcount == 1


def _add_statement(tx: Tx) -> Any:
    new: Any = (postgresql.insert if tx.locks_rows else sqlite.insert)(FigureRow)
    key = [column.name for column in FigureRow.__table__.primary_key]
    return new.on_conflict_do_update(index_elements=key, set_={"count": FigureRow.count + new.excluded.count})
