"""The log's proof: whether what is stored is what happened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, exists, func, select

from bot.domain.case import Case
from bot.domain.case_numbers import case_number
from bot.store.cases.case_state import side_columns, state_of
from bot.store.engine.database import Tx
from bot.store.log import history
from bot.store.tables import AssigneeRow, CaseRow, DefinitionRow, HistoryRow, NumberRow
from bot.store.verification import checkpoints as marks
from bot.store.verification.checkpoints import Checkpoint, checkpoint
from bot.store.verification.expected_columns import Facts, recounted
from bot.store.verification.findings import Finding, Findings
from bot.store.verification.stored_digests import Kept, kept_texts, mentioned

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
    _check_forms(walk)
    _check_shortcuts(walk)
    at = marks.check(tx, folder, walk.found)
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
        self.rows: dict[tuple[str, str], Kept] = {}
        self.told: dict[tuple[str, str], Facts] = {}
        self.side: dict[str, Any] = {}
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
        if not history.is_sealed(self.walk.key, event):
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
            happened = history.event_from(event.meta)
            self.replayed = happened.apply(self.replayed)
        except (ValueError, TypeError, KeyError, AttributeError, AssertionError, ValidationError):
            return self.wrong("proof.unknown", n=event.seq)
        if event.seq == 1 and meta.get("number") != self.row.number:
            self.wrong("proof.number", logged=str(meta.get("number")))
        self.side |= side_columns([happened])
        if event.seq == 1:
            self.side |= {"definition": meta.get("definition"), "external": meta.get("external") or None}
        for kind, name, facts in recounted(happened):
            self.told.setdefault((kind, name), {}).update(facts)
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
        elif digest not in (kept.digest, kept.older):
            self.wrong("proof.text", n=seq, what=name[0])
        if kept is not None:
            self.rows[name] = kept

    def end(self) -> None:
        self.walk.cases += 1
        if not self.seq:
            return self.wrong("proof.nolog")
        if (self.seq, self.head) != (self.row.seq, self.row.head):
            self.wrong("proof.head", n=self.seq, of=self.row.seq)
        for what, _ in self.texts:
            self.wrong("proof.text.extra", what=what)
        for name, facts in self.told.items():
            if name in self.rows and not facts.items() <= self.rows[name].says.items():
                self.wrong("proof.text.about", what=name[0])
        if self.whole and not self._stands():
            self.wrong("proof.state")

    def _stands(self) -> bool:
        """Whether the case's row is as the events make it."""
        row, case = self.row, self.replayed
        side = self.side | {"handled": case is not None and bool(case.officers)}
        try:
            return case == state_of(self.walk.tx, row) and side.items() <= row._asdict().items()
        except (ValueError, TypeError, KeyError):  # what stands there cannot even be read
            return False


def _is_as_written(event: Row[Any]) -> bool:
    if event.content is None or event.salt is None:
        return False
    return bool(history.digest(event.salt, event.content) == event.content_hash)


def _check_forms(walk: _Walk) -> None:
    """A form is known by the digest of what it asks."""
    forms = walk.tx.conn.execute(select(DefinitionRow.__table__)).all()
    right = {row.digest for row in forms if hashlib.sha256(row.body.encode()).hexdigest() == row.digest}
    used = set(walk.tx.conn.execute(select(CaseRow.definition).distinct()).scalars())
    for digest in sorted(used.union(row.digest for row in forms) - right):
        walk.found.add("", "proof.form", n=digest[:8])


def _check_shortcuts(walk: _Walk) -> None:
    """That a case is open stands also beside each who has it, for the lists."""
    query = select(CaseRow.number).join(AssigneeRow, AssigneeRow.case_id == CaseRow.id)
    for (number,) in walk.tx.conn.execute(query.where(AssigneeRow.open != CaseRow.closed_at.is_(None))):
        walk.found.add(number, "proof.state")


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
    years = walk.tx.conn.execute(select(NumberRow.year, NumberRow.last).order_by(NumberRow.year)).all()
    _check_years(walk, {f"{row.year}" for row in years})
    for year, last in years:
        numbers = select(CaseRow.number).where(CaseRow.number.like(f"{year}-%")).order_by(CaseRow.number)
        due = 1
        for (number,) in walk.tx.conn.execute(numbers.execution_options(yield_per=500)):
            given = int(number.partition("-")[2]) if number[5:].isdecimal() else 0
            _missing(walk, year, due, given - 1)
            if given > last:
                walk.found.add(number, "proof.beyond", last=last)
            due = max(due, given + 1)
        _missing(walk, year, due, last)


def _check_years(walk: _Walk, known: set[str]) -> None:
    """Cases of years in which no number was given."""
    year = func.substr(CaseRow.number, 1, 4)
    others = select(CaseRow.number).where(year.not_in(sorted(known))).order_by(CaseRow.number)
    for (number,) in walk.tx.conn.execute(others):
        walk.found.add(number, "proof.beyond", last="–")


def _missing(walk: _Walk, year: int, first: int, last: int) -> None:
    for n in range(first, last + 1):
        walk.found.add(case_number(year, n), "proof.missing")
        if walk.found.is_full:
            walk.found.hidden += last - n
            return
