"""Verification of the log: whether the stored data is what the events have made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from bot.domain.case_numbers import format_case_number
from bot.store.engine.database import Database, Tx
from bot.store.tables import CaseNumberRow, CaseRow, DefinitionRow
from bot.store.verification import acknowledgements, case_proof, checkpoints, figures_proof, reading_proof
from bot.store.verification.acknowledgements import Acknowledgement, NumberRange
from bot.store.verification.case_proof import CaseRange, LogPlaces, Tally
from bot.store.verification.checkpoints import Checkpoint, write_checkpoint
from bot.store.verification.findings import Finding, Findings
from bot.store.verification.parts import InOneTransaction, PartRunner, in_processes
from bot.store.verification.progress import Progress

__all__ = ["Checkpoint", "Finding", "Report", "verify", "verify_in_parts", "write_checkpoint"]


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a verification. `erased` texts are disposed of, which is no fault.

    Findings beyond the first thousand are only counted (`hidden_count`). Those of losses that somebody has acknowledged
    are `explained`; `losses` names those that nobody has yet. `checkpoint_at` is the time of the last
    readable checkpoint; where there is none (None), a restored older copy of the database cannot be detected.
    """

    cases: int
    events: int
    erased: int
    checkpoint_at: datetime | None
    findings: tuple[Finding, ...]
    hidden_count: int
    explained: tuple[Finding, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    losses: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(tx: Tx, folder: Path | None = None) -> Report:
    """Verify every case's chain, texts and state, the case numbers, the figures, and the checkpoints in `folder`.

    All in one transaction; for a store of more than some thousand cases there is `verify_in_parts`.
    """
    return _verify(InOneTransaction(tx), folder, Progress(None, b""))


def verify_in_parts(
    database: Database, folder: Path | None, *, processes: int, resume: bool = False
) -> Report:
    """`verify` in transactions of about a second each, in so many processes; memory does not grow with the cases.

    Each case is read with all that belongs to it in one transaction; what is written between two transactions is
    verified by those that come after. The progress is stored in `folder`, authenticated by the log's key: with `resume`
    it goes on from there, and reports again what was found before.
    """
    with in_processes(database, processes) as run:
        return _verify(run, folder, Progress(folder, database.keys.derive("verification"), resume=resume))


def _verify(run: PartRunner, folder: Path | None, progress: Progress) -> Report:
    findings = Findings()
    keys = run.read(lambda tx: tx.keys)
    acknowledged = acknowledgements.load(folder, keys, findings)
    findings.acknowledged = frozenset(loss for one in acknowledged for loss in one.losses)
    stored = checkpoints.check(run, folder, findings)
    if not progress.is_resumed:
        progress.figures = run.read(figures_proof.load_stored)
    counted_until = progress.figures.counted_until if progress.figures is not None else 0
    tally = _check_cases(run, progress, LogPlaces(stored.position.event, counted_until))
    findings.add_all(tally.findings)
    if tally.covered > stored.position.events and stored.checkpoint_at is not None:
        findings.add("", "proof.slipped", at=stored.checkpoint_at, n=tally.covered - stored.position.events)
    for year in run.read(_load_years):
        skipped = acknowledgements.all_skipped(acknowledged)
        findings.add_all(run.read(partial(_find_missing_numbers, year=year, skipped=skipped)))
    findings.add_all(run.read(partial(_check_definitions, used=tally.definitions)))
    reading_proof.check(run, stored.counts, findings)
    figures_proof.check(run, progress.figures, tally.figures, findings)
    progress.forget()
    return Report(
        tally.cases,
        tally.events,
        tally.erased,
        stored.checkpoint_at,
        tuple(findings.listed),
        findings.hidden_count,
        tuple(findings.explained),
        tuple(acknowledged),
        tuple(loss for losses in findings.losses.values() for loss in losses),
    )


def _check_cases(run: PartRunner, progress: Progress, places: LogPlaces) -> Tally:
    tally = progress.tally
    check = partial(case_proof.check_cases, places=places)
    for cases, found in run.map(check, _ranges(run, progress.after)):
        tally.add(found)
        progress.save(cases)
    return tally


def _ranges(run: PartRunner, after: str | None) -> Iterator[CaseRange]:
    """The ranges of cases after that one; none where it is None."""
    while after is not None:
        cases = run.read(partial(case_proof.next_range, after=after))
        yield cases
        after = cases.upto


def _load_years(tx: Tx) -> list[int]:
    return list(tx.conn.execute(select(CaseNumberRow.year).order_by(CaseNumberRow.year)).scalars())


def _find_missing_numbers(tx: Tx, year: int, skipped: frozenset[NumberRange]) -> Findings:
    """Check that every allocated number of the year has its case, but for those that were skipped."""
    findings = Findings()
    left_out = [one for one in skipped if one.year == year]
    last = tx.conn.execute(select(CaseNumberRow.last).where(CaseNumberRow.year == year)).scalar_one()
    numbers = select(CaseRow.number).where(CaseRow.number > f"{year}-", CaseRow.number < f"{year}.")
    ordered = numbers.order_by(func.length(CaseRow.number), CaseRow.number)
    next_due = 1
    for (number,) in tx.conn.execute(ordered.execution_options(yield_per=500)):
        given = int(number[5:]) if number[5:].isdecimal() else 0
        _report_missing(findings, NumberRange(year, next_due, min(given - 1, last)), left_out)
        next_due = max(next_due, given + 1)
    _report_missing(findings, NumberRange(year, next_due, last), left_out)
    return findings


def _report_missing(findings: Findings, missing: NumberRange, left_out: Sequence[NumberRange]) -> None:
    year, last = missing.year, missing.last
    for n in range(missing.first, last + 1):
        if any(one.first <= n <= one.last for one in left_out):
            continue
        number = format_case_number(year, n)
        findings.add(number, "proof.missing", loss=f"number/{number}")
        if findings.is_full:
            findings.hidden_count += last - n
            return


def _check_definitions(tx: Tx, used: set[str]) -> Findings:
    """Check that each form's digest is that of its content."""
    findings = Findings()
    definitions = tx.conn.execute(select(DefinitionRow.__table__)).all()
    intact = {
        row.digest for row in definitions if hashlib.sha256(row.body.encode()).hexdigest() == row.digest
    }
    for digest in sorted(used.union(row.digest for row in definitions) - intact):
        findings.add("", "proof.form", n=digest[:8])
    return findings
