"""The log's proof: whether what is stored is what happened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, exists, select

from bot.domain.case import Case
from bot.store import checkpoints as marks
from bot.store import history
from bot.store.cases import state_of
from bot.store.checkpoints import Checkpoint, checkpoint
from bot.store.database import Tx
from bot.store.digests import Kept, kept_texts, mentioned
from bot.store.findings import Finding, Findings
from bot.store.tables import CaseRow, HistoryRow, NumberRow

__all__ = ["Checkpoint", "Finding", "Report", "checkpoint", "verify"]

PAGE = 100
"""Cases looked at together."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a proof found. `erased` texts are disposed of, which is no fault.

    Beyond the first thousand, findings are only counted, in `hidden`. `checkpoint_at` is the last one that could be
    read, None where there is none: a database turned back to an older copy then cannot be told from an older day.
    """

    cases: int
    events: int
    erased: int
    checkpoint_at: datetime | None
    findings: tuple[Finding, ...]
    hidden: int

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return not self.findings


@dataclass(slots=True)
class _Walk:
    """What a proof carries along."""

    tx: Tx
    key: bytes
    found: Findings = field(default_factory=Findings)
    cases: int = 0
    events: int = 0
    erased: int = 0


def verify(tx: Tx, folder: Path | None = None) -> Report:
    """Walk every case's chain, the texts it vouches for, the numbers, and the checkpoints in `folder`.

    Run it in a read, which is one picture of the store. Memory does not grow with the number of cases.
    """
    walk = _Walk(tx, tx.keys.derive("history"))
    for page in _pages(tx):
        _check_cases(walk, page)
    _check_strays(walk)
    _check_numbers(walk)
    at = marks.check(tx, folder, walk.found) if folder is not None else None
    found = walk.found
    return Report(walk.cases, walk.events, walk.erased, at, tuple(found.first), found.hidden)


def _pages(tx: Tx) -> Iterator[Sequence[Row[Any]]]:
    last = ""
    query = select(CaseRow.__table__).order_by(CaseRow.id).limit(PAGE)
    while page := tx.conn.execute(query.where(CaseRow.id > last)).all():
        yield page
        last = page[-1].id


def _check_cases(walk: _Walk, page: Sequence[Row[Any]]) -> None:
    ids = [row.id for row in page]
    texts = kept_texts(walk.tx, ids)
    chains = {row.id: _Chain(walk, row, texts.get(row.id, {})) for row in page}
    query = select(HistoryRow.__table__).where(HistoryRow.case_id.in_(ids))
    ordered = query.order_by(HistoryRow.case_id, HistoryRow.seq).execution_options(yield_per=500)
    for event in walk.tx.conn.execute(ordered):
        chains[event.case_id].take(event)
    for chain in chains.values():
        chain.end()


class _Chain:
    """One case's events, taken in their order."""

    def __init__(self, walk: _Walk, row: Row[Any], texts: dict[tuple[str, str], Kept]) -> None:
        self.walk = walk
        self.row = row
        self.texts = texts
        self.seq, self.head = 0, history.START
        self.versions = 0
        self.replayed: Case | None = None
        self.whole = True

    def wrong(self, key: str, **facts: Any) -> None:
        """Note it; a chain that is broken is not replayed, for that would only say so again."""
        self.whole = False
        self.walk.found.add(self.row.number, key, **facts)

    def take(self, event: Row[Any]) -> None:
        self.walk.events += 1
        if event.seq != self.seq + 1:
            self.wrong("proof.gap", n=self.seq + 1)
        elif event.prev != self.head:
            self.wrong("proof.changed", n=event.seq)
        parts = (event.prev, event.case_id, event.seq, event.meta, event.content_hash)
        if event.hash != history.chained(self.walk.key, *parts):
            self.wrong("proof.changed", n=event.seq)
        self.seq, self.head = event.seq, event.hash
        self._content(event)
        self._meta(event)

    def _content(self, event: Row[Any]) -> None:
        if event.content is None and event.salt is None:
            self.walk.erased += 1
        elif not _is_as_written(event):
            self.wrong("proof.content", n=event.seq)

    def _meta(self, event: Row[Any]) -> None:
        try:
            meta = json.loads(event.meta)
            self.replayed = history.event_from(event.meta).apply(self.replayed)
        except (ValueError, TypeError, KeyError, AttributeError, AssertionError, ValidationError):
            return self.wrong("proof.unknown", n=event.seq)
        if event.seq == 1 and meta.get("number") != self.row.number:
            self.wrong("proof.number", logged=str(meta.get("number")))
        if "answers" in meta.get("digests", {}):
            self.versions += 1
        for what, name, digest in mentioned(meta, self.versions):
            self._text(event.seq, meta, (what, name), digest)

    def _text(self, seq: int, meta: dict[str, Any], name: tuple[str, str], digest: str) -> None:
        kept = self.texts.pop(name, None)
        if kept is None:
            self.wrong("proof.text.gone", n=seq, what=name[0])
        elif not kept.is_of(seq, meta):
            self.wrong("proof.text", n=seq, what=name[0])
        elif kept.digest is None:
            self.walk.erased += 1
        elif kept.digest != digest:
            self.wrong("proof.text", n=seq, what=name[0])

    def end(self) -> None:
        self.walk.cases += 1
        if not self.seq:
            return self.wrong("proof.nolog")
        if (self.seq, self.head) != (self.row.seq, self.row.head):
            self.wrong("proof.head", n=self.seq, of=self.row.seq)
        for what, _ in self.texts:
            self.wrong("proof.text.extra", what=what)
        if self.whole and self.replayed != state_of(self.walk.tx, self.row):
            self.wrong("proof.state")


def _is_as_written(event: Row[Any]) -> bool:
    if event.content is None or event.salt is None:
        return False
    return bool(history.digest(event.salt, event.content) == event.content_hash)


def _check_strays(walk: _Walk) -> None:
    """Events of cases that are not there."""
    stray = ~exists().where(CaseRow.id == HistoryRow.case_id)
    query = select(HistoryRow.case_id, HistoryRow.seq, HistoryRow.meta).where(stray)
    last = ""
    ordered = query.order_by(HistoryRow.case_id, HistoryRow.seq).execution_options(yield_per=500)
    for row in walk.tx.conn.execute(ordered):
        if row.case_id != last:
            walk.found.add(_number_in(row.meta) or row.case_id, "proof.nocase")
        last = row.case_id


def _number_in(meta: str) -> str:
    try:
        return str(json.loads(meta).get("number", ""))
    except (ValueError, AttributeError):
        return ""


def _check_numbers(walk: _Walk) -> None:
    """Every number that was given has its case: they are counted in the transaction that opens one."""
    for year, last in walk.tx.conn.execute(select(NumberRow.year, NumberRow.last).order_by(NumberRow.year)):
        numbers = select(CaseRow.number).where(CaseRow.number.like(f"{year}-%")).order_by(CaseRow.number)
        due = 1
        for (number,) in walk.tx.conn.execute(numbers.execution_options(yield_per=500)):
            given = int(number.partition("-")[2]) if number[5:].isdecimal() else 0
            _missing(walk, year, due, given - 1)
            if given > last:
                walk.found.add(number, "proof.beyond", last=last)
            due = max(due, given + 1)
        _missing(walk, year, due, last)


def _missing(walk: _Walk, year: int, first: int, last: int) -> None:
    for n in range(first, last + 1):
        walk.found.add(f"{year}-{n:06d}", "proof.missing")
        if walk.found.is_full:
            walk.found.hidden += last - n
            return
