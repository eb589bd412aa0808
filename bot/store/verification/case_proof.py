"""Verification of cases: their chains, the texts whose digests these hold, and the rows that they make."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json
from sqlalchemy import ColumnElement, Row, and_, select, true

from bot.domain.case import Case
from bot.domain.case_figures import COUNTED_EVENTS, CaseFigures
from bot.domain.editing import CaseEdited
from bot.domain.rules import Event
from bot.store.cases.case_state import case_fields, derived_columns, list_columns
from bot.store.engine.database import Tx
from bot.store.log import hash_chain, history
from bot.store.tables import AssigneeRow, CaseNumberRow, CaseRow, HistoryRow
from bot.store.verification.expected_columns import Columns, expected_columns
from bot.store.verification.figure_sums import FigureSums
from bot.store.verification.findings import Findings
from bot.store.verification.stored_digests import StoredText, load_stored_texts, logged_digests

_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, AssertionError, ValidationError)
"""What reading and applying an event raises where the log has been changed."""

PAGE_SIZE = 500
"""Cases verified in one transaction: about a second, with ten events each."""


@dataclass(frozen=True, slots=True)
class CaseRange:
    """The cases with ids after `after` and up to `upto`; the last range has no end."""

    after: str = ""
    upto: str | None = None

    def holds(self, column: Any) -> ColumnElement[bool]:
        """The condition on rows with a case's id in that column."""
        return and_(column > self.after, column <= self.upto if self.upto is not None else true())


@dataclass(frozen=True, slots=True)
class LogPlaces:
    """Places of two events in the log: the last that the last checkpoint has passed, and the last in the figures."""

    covered_until: int
    counted_until: int


@dataclass(slots=True)
class Tally:
    """The result for some cases. `erased` texts are disposed of, which is no fault.

    `covered` are the events that the last checkpoint has passed, `definitions` the digests of the cases' forms, and
    `figures` what the cases add to the figures.
    """

    findings: Findings = field(default_factory=Findings)
    cases: int = 0
    events: int = 0
    erased: int = 0
    covered: int = 0
    definitions: set[str] = field(default_factory=set)
    figures: FigureSums = field(default_factory=FigureSums)

    def add(self, other: Tally) -> None:
        """Add the result for other cases."""
        self.findings.add_all(other.findings)
        self.cases += other.cases
        self.events += other.events
        self.erased += other.erased
        self.covered += other.covered
        self.definitions |= other.definitions
        self.figures.update(other.figures)


def next_range(tx: Tx, after: str) -> CaseRange:
    """The cases that are to be proved together, after the one with that id."""
    ids = select(CaseRow.id).where(CaseRow.id > after).order_by(CaseRow.id)
    return CaseRange(after, tx.conn.execute(ids.offset(PAGE_SIZE - 1).limit(1)).scalar())


def check_cases(tx: Tx, cases: CaseRange, places: LogPlaces) -> Tally:
    """Prove the cases, and that no event is of a case that is not there."""
    tally = Tally()
    rows = tx.conn.execute(select(CaseRow.__table__).where(cases.holds(CaseRow.id))).all()
    ids = [row.id for row in rows]
    texts, assignees = load_stored_texts(tx, ids), _load_assignees(tx, cases)
    chains = {
        row.id: _Chain(tx, tally, row, texts.get(row.id, {}), assignees.get(row.id, [])) for row in rows
    }
    _check_events(tx, cases, chains, tally, places)
    for of_case in chains.values():
        of_case.finish()
    tally.definitions = {row.definition for row in rows}
    _check_highest_numbers(tx, rows, tally.findings)
    return tally


def _load_assignees(tx: Tx, cases: CaseRange) -> dict[str, list[Any]]:
    query = select(AssigneeRow.__table__).where(cases.holds(AssigneeRow.case_id))
    rows = tx.conn.execute(query.order_by(AssigneeRow.case_id, AssigneeRow.position))
    return {case_id: list(group) for case_id, group in groupby(rows, attrgetter("case_id"))}


def _check_events(
    tx: Tx, cases: CaseRange, chains: Mapping[str, _Chain], tally: Tally, places: LogPlaces
) -> None:
    events = select(HistoryRow.__table__, history.event_place.label("place"))
    ordered = events.where(cases.holds(HistoryRow.case_id)).order_by(HistoryRow.case_id, HistoryRow.seq)
    last_orphan = ""
    pages = tx.conn.execute(ordered.execution_options(yield_per=500)).partitions()
    for event in chain.from_iterable(pages):
        tally.covered += event.place <= places.covered_until
        of_case = chains.get(event.case_id)
        if of_case is not None:
            of_case.check_event(event)
            if event.place <= places.counted_until:
                of_case.count_event()
        elif event.case_id != last_orphan:
            tally.findings.add(_parse_number(event.meta) or event.case_id, "proof.nocase")
            last_orphan = event.case_id


def _parse_number(meta: str) -> str:
    try:
        return str(json.loads(meta).get("number", ""))
    except (ValueError, AttributeError):
        return ""


def _check_highest_numbers(tx: Tx, rows: Sequence[Row[Any]], findings: Findings) -> None:
    """No case has a number that has not been given: they are counted in the transaction that opens one."""
    years = tx.conn.execute(select(CaseNumberRow.year, CaseNumberRow.last)).all()
    last_of = {f"{row.year}": row.last for row in years}
    for row in rows:
        year, _, running = row.number.partition("-")
        if year not in last_of:
            findings.add(row.number, "proof.beyond", last="–")
        elif running.isdecimal() and int(running) > last_of[year]:
            findings.add(row.number, "proof.beyond", last=last_of[year])


class _Chain:
    """The events of one case, verified in order."""

    def __init__(
        self,
        tx: Tx,
        tally: Tally,
        row: Row[Any],
        texts: dict[tuple[str, str], StoredText],
        assignees: Sequence[Any],
    ) -> None:
        self.tally = tally
        self.key = tx.keys.derive("history")
        self.row = row
        self.texts = texts
        self.assignees = assignees
        self.seq, self.head = 0, hash_chain.START_HASH
        self.answer_versions = 0
        self.people: dict[str, tuple[int, dict[str, Any], str]] = {}
        self.stored_rows: dict[tuple[str, str], StoredText] = {}
        self.expected: dict[tuple[str, str], Columns] = {}
        self.events: list[Event] = []
        self.opened_with: dict[str, Any] = {}
        """Columns that are in the first event and no field of it."""
        self.replayed: Case | None = None
        self.event: Event | None = None
        """The last one, where it could be read."""
        self.figures: CaseFigures | None = CaseFigures()
        self.is_intact = True

    def add_finding(self, key: str, **facts: Any) -> None:
        """Add a finding. A broken chain is not replayed, which would only report the same again."""
        self.is_intact = False
        self.tally.findings.add(self.row.number, key, **facts)

    def check_event(self, event: Row[Any]) -> None:
        self.tally.events += 1
        if event.seq != self.seq + 1:
            self.add_finding("proof.gap", n=self.seq + 1)
        elif event.prev != self.head:
            self.add_finding("proof.changed", n=event.seq)
        if not hash_chain.has_valid_hash(self.key, event):
            self.add_finding("proof.changed", n=event.seq)
        self.seq, self.head = event.seq, event.hash
        self._check_content(event)
        self._check_meta(event)

    def count_event(self) -> None:
        """Count the event that was checked last.

        A case with one that cannot be read adds nothing; that one is a finding already.
        """
        if self.figures is None or self.event is None:
            self.figures = None
        elif type(self.event).__name__ in COUNTED_EVENTS:
            try:
                self.figures.add(self.event)
            except _UNREADABLE:
                self.figures = None

    def _check_content(self, event: Row[Any]) -> None:
        if event.content is None and event.salt is None:
            self.tally.erased += 1
        elif not _has_valid_content(event):
            self.add_finding("proof.content", n=event.seq)

    def _check_meta(self, event: Row[Any]) -> None:
        self.event = None
        try:
            meta = from_json(event.meta)
            parsed = history.event_from_meta(meta)
            self.replayed = parsed.apply(self.replayed)
        except _UNREADABLE:
            return self.add_finding("proof.unknown", n=event.seq)
        self.event = parsed
        self.events.append(parsed)
        if event.seq == 1 and meta.get("number") != self.row.number:
            self.add_finding("proof.number", logged=str(meta.get("number")))
        if event.seq == 1:
            external = meta.get("external") or None
            self.opened_with = {"definition": meta.get("definition"), "external": external}
        for kind, name, facts in expected_columns(parsed):
            self.expected.setdefault((kind, name), {}).update(facts)
        if "digests" in meta:
            self._check_texts(event, meta)

    def _check_texts(self, event: Row[Any], meta: dict[str, Any]) -> None:
        if "answers" in meta["digests"]:
            self.answer_versions += 1
        for what, name, digest in logged_digests(meta, self.answer_versions):
            if what == "person":  # the row is replaced at each correction, so its last digest counts
                self.people[name] = event.seq, meta, digest
                continue
            self._check_text(event.seq, meta, (what, name), digest)
            if what == "file":
                self._check_scan(meta, name)

    def _check_text(self, seq: int, meta: dict[str, Any], name: tuple[str, str], digest: str) -> None:
        stored = self.texts.pop(name, None)
        if stored is None:
            self.add_finding("proof.text.gone", n=seq, what=name[0])
        elif not stored.belongs_to(seq, meta):
            self.add_finding("proof.text", n=seq, what=name[0])
        elif stored.text_digest is None:
            self.tally.erased += 1
        elif digest not in (stored.text_digest, stored.legacy_digest):
            self.add_finding("proof.text", n=seq, what=name[0])
        if stored is not None:
            self.stored_rows[name] = stored
        if name[0] == "file":
            added_by = meta["by"] if meta["event"] == CaseEdited.__name__ else None
            self.expected.setdefault(name, {"added_by": added_by, "withdrawn_at": None})

    def _check_scan(self, meta: dict[str, Any], name: str) -> None:
        """Of files attached by earlier versions a seal is not required."""
        stored = self.stored_rows.get(("file", name))
        is_required = meta["digests"].get("scans_sealed", False)
        if stored is not None and not (stored.is_scan_valid and (stored.has_seal or not is_required)):
            self.add_finding("proof.scan")

    def finish(self) -> None:
        self.tally.cases += 1
        if self.figures is not None:
            self.tally.figures.add_figures(self.figures.count())
        of_case = self.row.closed_at is None, self.row.received_at, self.row.number
        if any((one.open, one.received_at, one.number) != of_case for one in self.assignees):
            # They stand there for the lists.
            self.tally.findings.add(self.row.number, "proof.state")
        if not self.seq:
            return self.add_finding("proof.nolog")
        if (self.seq, self.head) != (self.row.seq, self.row.head):
            self.add_finding("proof.head", n=self.seq, of=self.row.seq)
        for person, (seq, meta, digest) in self.people.items():
            self._check_text(seq, meta, ("person", person), digest)
        for what, _ in self.texts:
            self.add_finding("proof.text.extra", what=what)
        for name, facts in self.expected.items():
            if name in self.stored_rows and not _holds(facts, self.stored_rows[name].columns):
                self.add_finding("proof.text.about", what=name[0])
        if self.is_intact and not self._matches_state():
            self.add_finding("proof.state")

    def _matches_state(self) -> bool:
        """Whether the case's row equals the replay of its events."""
        row, case = self.row, self.replayed
        if case is None:
            return False
        derived = derived_columns(self.events) | self.opened_with | list_columns(case)
        try:
            return vars(case) == case_fields(row, self.assignees) and _holds(derived, row._mapping)
        except (ValueError, TypeError, KeyError):  # the row cannot even be parsed
            return False


def _holds(expected: Columns, stored: Mapping[Any, Any]) -> bool:
    """Whether the row has the expected values."""
    return [*map(stored.__getitem__, expected)] == [*expected.values()]


def _has_valid_content(event: Row[Any]) -> bool:
    if event.content is None or event.salt is None:
        return False
    return bool(hash_chain.salted_digest(event.salt, event.content) == event.content_hash)
