"""Checkpoints: the heads of all chains, and the number of readings, in a file outside the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import and_, exists, func, literal_column, select, text
from sqlalchemy.orm import aliased

from bot.store.engine.database import Database, Tx
from bot.store.log.history import event_place
from bot.store.tables import CaseRow, HistoryRow
from bot.store.verification import checkpoint_file, reading_proof
from bot.store.verification.checkpoint_file import FILE_NAME, Line, Position
from bot.store.verification.findings import Findings
from bot.store.verification.parts import PartRunner
from bot.store.verification.reading_proof import ReadingCount

PART_SIZE = 20_000
"""Events, and readings, that are covered in one transaction."""

_BATCH_SIZE = 200

LOCK_TIMEOUT = "2s"
"""How long the lock is waited for on PostgreSQL, since other writers wait meanwhile."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The numbers of a checkpoint: all cases, and those with events since the previous one.

    With `more` it is a part of a checkpoint, which the next part continues.
    """

    at: datetime
    cases: int
    changed: int
    more: bool = False


def write_checkpoint(database: Database, folder: Path, now: datetime) -> Checkpoint:
    """Append the heads that have changed since the last checkpoint to the file in `folder`."""
    end, changed = database.read_sync(find_last_event), 0
    while True:
        part = database.read_sync(partial(write_part, folder=folder, now=now, end=end))
        changed += part.changed
        if not part.more:
            return replace(part, changed=changed)


def find_last_event(tx: Tx) -> int:
    """The position of the last event before which none can be committed any more; 0 where there are none.

    On PostgreSQL it waits for writers, so it is to be run first, in a read of its own. Raises DatabaseBusy.
    """
    if tx.locks_rows:
        # Positions are allocated before their events are committed.
        tx.conn.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        tx.conn.execute(text("LOCK TABLE history IN SHARE MODE"))
    return tx.conn.execute(select(func.max(event_place)).select_from(HistoryRow)).scalar() or 0


def write_part(tx: Tx, folder: Path, now: datetime, end: int) -> Checkpoint:
    """Continue the file in `folder` by a part, at most to the event at `end`.

    To be run in a read. Earlier lines are never changed, also where they differ from the database: `verify` reports
    that. Where the last event in the file is another one now, as after a restored backup, it starts from the beginning.
    """
    path, key = folder / FILE_NAME, tx.keys.derive("checkpoint")
    state = checkpoint_file.read_state(path, key)
    before = state.position if _is_in_place(tx, state.position) else _from_the_first(state.position)
    position = _advance(tx, before, end)
    heads = [_head(row, now) for row in _changed_heads(tx, before.event, position.event, end)]
    closing: dict[str, Any] = {"at": now.isoformat(), "cases": position.cases, "changed": len(heads)}
    more = position.event < end
    if not more:
        count = reading_proof.count_readings(tx, before.readings_until, now, PART_SIZE)
        if count is not None:
            position = replace(position, readings_until=count.until)
            closing["readings"] = count.to_json()
            more = count.until < now - reading_proof.SETTLE_TIME
    closing |= {"position": position.to_json()} | ({"more": True} if more else {})
    checkpoint_file.append_lines(path, key, state, [*heads, closing])
    return Checkpoint(now, position.cases, len(heads), more)


def _is_in_place(tx: Tx, position: Position) -> bool:
    query = select(HistoryRow.hash).where(event_place == position.event)
    return position.event == 0 or tx.conn.execute(query).scalar() == position.hash


def _from_the_first(position: Position) -> Position:
    return Position(readings_until=position.readings_until)


def _advance(tx: Tx, before: Position, end: int) -> Position:
    """The position after the next PART_SIZE events, at most `end`."""
    ahead = and_(before.event < event_place, end >= event_place)
    first = tx.conn.execute(select(func.min(event_place)).select_from(HistoryRow).where(ahead)).scalar()
    if first is None:
        return before
    within = and_(ahead, event_place < first + PART_SIZE)
    counts = select(func.count(), func.count().filter(HistoryRow.seq == 1), func.max(event_place))
    events, cases, last = tx.conn.execute(counts.select_from(HistoryRow).where(within)).one()
    last_hash = tx.conn.execute(select(HistoryRow.hash).where(event_place == last)).scalar_one()
    return replace(
        before, event=last, hash=last_hash, events=before.events + events, cases=before.cases + cases
    )


def _changed_heads(tx: Tx, after: int, upto: int, end: int) -> Sequence[Any]:
    """For cases with events at positions from `after` (exclusive) to `upto`: the last event, at most at `end`."""
    later = aliased(HistoryRow, name="later")
    is_followed = exists().where(
        later.case_id == HistoryRow.case_id,
        later.seq == HistoryRow.seq + 1,
        literal_column("later.rowid") <= end,
    )
    query = (
        select(HistoryRow.case_id, CaseRow.number, HistoryRow.seq, HistoryRow.hash)
        .outerjoin(CaseRow, CaseRow.id == HistoryRow.case_id)
        .where(event_place > after, event_place <= upto, ~is_followed)
    )
    return tx.conn.execute(query.order_by(event_place)).all()


def _head(row: Any, now: datetime) -> dict[str, Any]:
    return {
        "at": now.isoformat(),
        "case": row.case_id,
        "number": row.number or row.case_id,
        "seq": row.seq,
        "head": row.hash,
    }


@dataclass(slots=True)
class FileContents:
    """The file's contents apart from heads: the time of the last complete checkpoint, the counts of readings, and the
    position."""

    checkpoint_at: datetime | None = None
    counts: list[ReadingCount] = field(default_factory=list)
    position: Position = field(default_factory=Position)


Heads = Sequence[Mapping[str, Any]]
"""Lines of the file, each with the head of a case."""


def check(run: PartRunner, folder: Path | None, findings: Findings) -> FileContents:
    """Compare the heads in the file, if there is one, with the database."""
    contents = FileContents()
    for _, found in run.map(_compare_heads, _read_heads(run, folder, contents, findings)):
        findings.add_all(found)
    return contents


def _read_heads(
    run: PartRunner, folder: Path | None, contents: FileContents, findings: Findings
) -> Iterator[Heads]:
    """The file's heads, in batches; its other contents are added to `contents`."""
    key = run.read(lambda tx: tx.keys.derive("checkpoint"))
    heads: list[Mapping[str, Any]] = []
    for number, line in enumerate(checkpoint_file.read_lines(folder / FILE_NAME, key) if folder else (), 1):
        if line.is_head:
            heads.append(line.data)
        elif not line.data:
            findings.add("", "proof.checkpoints", n=number)
        else:
            _take_in(line, contents)
        if len(heads) == _BATCH_SIZE:
            yield heads
            heads = []
    yield heads


def _take_in(line: Line, contents: FileContents) -> None:
    if count := line.data.get("readings"):
        contents.counts.append(ReadingCount.from_json(count))
    if "position" in line.data:
        contents.position = Position.from_json(line.data["position"])
    if line.is_whole:
        contents.checkpoint_at = datetime.fromisoformat(line.data["at"])


def _compare_heads(tx: Tx, heads: Heads) -> Findings:
    """Add a finding for each head of a checkpoint that is no longer the same event."""
    findings = Findings()
    hashes = _load_hashes(tx, heads)
    with_events = _find_with_events(tx, {head["case"] for head in heads if _place(head) not in hashes})
    for head in heads:
        hash_now = hashes.get(_place(head))
        if hash_now == head["head"]:
            continue
        at, loss = datetime.fromisoformat(head["at"]), f"head/{head['case']}/{head['seq']}/{head['head']}"
        if hash_now is not None:
            findings.add(head["number"], "proof.rewritten", loss=loss, n=head["seq"], at=at)
        elif head["case"] in with_events:
            findings.add(head["number"], "proof.cut", loss=loss, n=head["seq"], at=at)
        else:
            findings.add(head["number"], "proof.dropped", loss=loss, at=at)
    return findings


def _load_hashes(tx: Tx, heads: Heads) -> dict[tuple[str, int], str]:
    """The hashes of the heads' events, by (case, seq)."""
    query = select(HistoryRow.case_id, HistoryRow.seq, HistoryRow.hash).where(
        HistoryRow.case_id.in_({head["case"] for head in heads}),
        HistoryRow.seq.in_({head["seq"] for head in heads}),
    )
    return {(row.case_id, row.seq): row.hash for row in tx.conn.execute(query)}


def _place(head: Mapping[str, Any]) -> tuple[str, int]:
    return head["case"], head["seq"]


def _find_with_events(tx: Tx, ids: set[str]) -> set[str]:
    """The ids of those of the cases that have events."""
    if not ids:
        return set()
    query = select(HistoryRow.case_id, func.count()).where(HistoryRow.case_id.in_(ids))
    return {row.case_id for row in tx.conn.execute(query.group_by(HistoryRow.case_id))}
