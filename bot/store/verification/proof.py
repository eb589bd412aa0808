"""Verification of the log: whether the stored data is what the events have made."""

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
from bot.domain.case_numbers import format_case_number
from bot.store.cases.case_state import case_from_row, derived_columns
from bot.store.engine.database import Tx
from bot.store.log import history
from bot.store.tables import AssigneeRow, CaseNumberRow, CaseRow, DefinitionRow, HistoryRow
from bot.store.verification import checkpoints, reading_proof
from bot.store.verification.checkpoints import Checkpoint, write_checkpoint
from bot.store.verification.expected_columns import Columns, expected_columns
from bot.store.verification.findings import Finding, Findings
from bot.store.verification.stored_digests import StoredText, load_stored_texts, logged_digests

__all__ = ["Checkpoint", "Finding", "Report", "verify", "write_checkpoint"]

PAGE_SIZE = 100
"""Cases verified together."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a verification. `erased` texts are disposed of, which is no fault.

    Findings beyond the first thousand are only counted (`hidden_count`). `checkpoint_at` is the time of the last
    readable checkpoint; where there is none (None), a restored older copy of the database cannot be detected.
    """

    cases: int
    events: int
    erased: int
    checkpoint_at: datetime | None
    findings: tuple[Finding, ...]
    hidden_count: int

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


@dataclass(slots=True)
class _Progress:
    """The state of a verification in progress."""

    tx: Tx
    key: bytes
    findings: Findings = field(default_factory=Findings)
    cases: int = 0
    events: int = 0
    erased: int = 0


def verify(tx: Tx, folder: Path | None = None) -> Report:
    """Verify every case's chain, texts and state, the case numbers, and the checkpoints in `folder`.

    To be run in a read, which is one snapshot. Memory does not grow with the number of cases.
    """
    progress = _Progress(tx, tx.keys.derive("history"))
    for page in _pages(tx):
        _check_cases(progress, page)
    _check_orphaned_events(progress)
    _check_numbers(progress)
    _check_definitions(progress)
    _check_open_copies(progress)
    stored = checkpoints.check(tx, folder, progress.findings)
    reading_proof.check(tx, stored.counts, progress.findings)
    findings = progress.findings
    return Report(
        progress.cases,
        progress.events,
        progress.erased,
        stored.checkpoint_at,
        tuple(findings.listed),
        findings.hidden_count,
    )


def _pages(tx: Tx) -> Iterator[Sequence[Row[Any]]]:
    last = ""
    query = select(CaseRow.__table__).order_by(CaseRow.id).limit(PAGE_SIZE)
    while page := tx.conn.execute(query.where(CaseRow.id > last)).all():
        yield page
        last = page[-1].id


def _check_cases(progress: _Progress, page: Sequence[Row[Any]]) -> None:
    ids = [row.id for row in page]
    texts = load_stored_texts(progress.tx, ids)
    chains = {row.id: _Chain(progress, row, texts.get(row.id, {})) for row in page}
    query = select(HistoryRow.__table__).where(HistoryRow.case_id.in_(ids))
    ordered = query.order_by(HistoryRow.case_id, HistoryRow.seq).execution_options(yield_per=500)
    for event in progress.tx.conn.execute(ordered):
        chains[event.case_id].check_event(event)
    for chain in chains.values():
        chain.finish()


class _Chain:
    """The events of one case, verified in order."""

    def __init__(self, progress: _Progress, row: Row[Any], texts: dict[tuple[str, str], StoredText]) -> None:
        self.progress = progress
        self.row = row
        self.texts = texts
        self.seq, self.head = 0, history.START_HASH
        self.answer_versions = 0
        self.stored_rows: dict[tuple[str, str], StoredText] = {}
        self.expected: dict[tuple[str, str], Columns] = {}
        self.derived: dict[str, Any] = {}
        self.replayed: Case | None = None
        self.is_intact = True

    def add_finding(self, key: str, **facts: Any) -> None:
        """Add a finding. A broken chain is not replayed, which would only report the same again."""
        self.is_intact = False
        self.progress.findings.add(self.row.number, key, **facts)

    def check_event(self, event: Row[Any]) -> None:
        self.progress.events += 1
        if event.seq != self.seq + 1:
            self.add_finding("proof.gap", n=self.seq + 1)
        elif event.prev != self.head:
            self.add_finding("proof.changed", n=event.seq)
        if not history.has_valid_hash(self.progress.key, event):
            self.add_finding("proof.changed", n=event.seq)
        self.seq, self.head = event.seq, event.hash
        self._check_content(event)
        self._check_meta(event)

    def _check_content(self, event: Row[Any]) -> None:
        if event.content is None and event.salt is None:
            self.progress.erased += 1
        elif not _has_valid_content(event):
            self.add_finding("proof.content", n=event.seq)

    def _check_meta(self, event: Row[Any]) -> None:
        try:
            meta = json.loads(event.meta)
            parsed = history.parse_event(event.meta)
            self.replayed = parsed.apply(self.replayed)
        except (ValueError, TypeError, KeyError, AttributeError, AssertionError, ValidationError):
            return self.add_finding("proof.unknown", n=event.seq)
        if event.seq == 1 and meta.get("number") != self.row.number:
            self.add_finding("proof.number", logged=str(meta.get("number")))
        self.derived |= derived_columns([parsed])
        if event.seq == 1:
            self.derived |= {"definition": meta.get("definition"), "external": meta.get("external") or None}
        for kind, name, facts in expected_columns(parsed):
            self.expected.setdefault((kind, name), {}).update(facts)
        if "answers" in meta.get("digests", {}):
            self.answer_versions += 1
        for what, name, digest in logged_digests(meta, self.answer_versions):
            self._check_text(event.seq, meta, (what, name), digest)

    def _check_text(self, seq: int, meta: dict[str, Any], name: tuple[str, str], digest: str) -> None:
        stored = self.texts.pop(name, None)
        if stored is None:
            self.add_finding("proof.text.gone", n=seq, what=name[0])
        elif not stored.belongs_to(seq, meta):
            self.add_finding("proof.text", n=seq, what=name[0])
        elif stored.text_digest is None:
            self.progress.erased += 1
        elif digest not in (stored.text_digest, stored.legacy_digest):
            self.add_finding("proof.text", n=seq, what=name[0])
        if stored is not None:
            self.stored_rows[name] = stored

    def finish(self) -> None:
        self.progress.cases += 1
        if not self.seq:
            return self.add_finding("proof.nolog")
        if (self.seq, self.head) != (self.row.seq, self.row.head):
            self.add_finding("proof.head", n=self.seq, of=self.row.seq)
        for what, _ in self.texts:
            self.add_finding("proof.text.extra", what=what)
        for name, facts in self.expected.items():
            if name in self.stored_rows and not facts.items() <= self.stored_rows[name].columns.items():
                self.add_finding("proof.text.about", what=name[0])
        if self.is_intact and not self._matches_state():
            self.add_finding("proof.state")

    def _matches_state(self) -> bool:
        """Whether the case's row equals the replay of its events."""
        row, case = self.row, self.replayed
        derived = self.derived | {"handled": case is not None and bool(case.officers)}
        try:
            return case == case_from_row(self.progress.tx, row) and derived.items() <= row._asdict().items()
        except (ValueError, TypeError, KeyError):  # the row cannot even be parsed
            return False


def _has_valid_content(event: Row[Any]) -> bool:
    if event.content is None or event.salt is None:
        return False
    return bool(history.salted_digest(event.salt, event.content) == event.content_hash)


def _check_definitions(progress: _Progress) -> None:
    """Check that each form's digest is that of its content."""
    definitions = progress.tx.conn.execute(select(DefinitionRow.__table__)).all()
    intact = {
        row.digest for row in definitions if hashlib.sha256(row.body.encode()).hexdigest() == row.digest
    }
    used = set(progress.tx.conn.execute(select(CaseRow.definition).distinct()).scalars())
    for digest in sorted(used.union(row.digest for row in definitions) - intact):
        progress.findings.add("", "proof.form", n=digest[:8])


def _check_open_copies(progress: _Progress) -> None:
    """Check the column `open` of assignees, a copy for the lists, against the cases' status."""
    query = select(CaseRow.number).join(AssigneeRow, AssigneeRow.case_id == CaseRow.id)
    for (number,) in progress.tx.conn.execute(query.where(AssigneeRow.open != CaseRow.closed_at.is_(None))):
        progress.findings.add(number, "proof.state")


def _check_orphaned_events(progress: _Progress) -> None:
    """Find events of cases that do not exist."""
    is_orphaned = ~exists().where(CaseRow.id == HistoryRow.case_id)
    query = select(HistoryRow.case_id, HistoryRow.seq, HistoryRow.meta).where(is_orphaned)
    last_case_id = ""
    ordered = query.order_by(HistoryRow.case_id, HistoryRow.seq).execution_options(yield_per=500)
    for row in progress.tx.conn.execute(ordered):
        if row.case_id != last_case_id:
            progress.findings.add(_parse_number(row.meta) or row.case_id, "proof.nocase")
        last_case_id = row.case_id


def _parse_number(meta: str) -> str:
    try:
        return str(json.loads(meta).get("number", ""))
    except (ValueError, AttributeError):
        return ""


def _check_numbers(progress: _Progress) -> None:
    """Check that every allocated number has its case; both are committed together."""
    years = progress.tx.conn.execute(
        select(CaseNumberRow.year, CaseNumberRow.last).order_by(CaseNumberRow.year)
    ).all()
    _check_unknown_years(progress, {f"{row.year}" for row in years})
    for year, last in years:
        numbers = select(CaseRow.number).where(CaseRow.number.like(f"{year}-%")).order_by(CaseRow.number)
        next_due = 1
        for (number,) in progress.tx.conn.execute(numbers.execution_options(yield_per=500)):
            number_given = int(number.partition("-")[2]) if number[5:].isdecimal() else 0
            _report_missing(progress, year, next_due, number_given - 1)
            if number_given > last:
                progress.findings.add(number, "proof.beyond", last=last)
            next_due = max(next_due, number_given + 1)
        _report_missing(progress, year, next_due, last)


def _check_unknown_years(progress: _Progress, known: set[str]) -> None:
    """Find cases of years in which no number was allocated."""
    year = func.substr(CaseRow.number, 1, 4)
    others = select(CaseRow.number).where(year.not_in(sorted(known))).order_by(CaseRow.number)
    for (number,) in progress.tx.conn.execute(others):
        progress.findings.add(number, "proof.beyond", last="–")


def _report_missing(progress: _Progress, year: int, first: int, last: int) -> None:
    for n in range(first, last + 1):
        progress.findings.add(format_case_number(year, n), "proof.missing")
        if progress.findings.is_full:
            progress.findings.hidden_count += last - n
            return
