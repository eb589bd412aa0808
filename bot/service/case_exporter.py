"""Batches that export: cases are read a few at a time in the batch's order, and written to one file."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bot.catalog.models import Catalog
from bot.domain.actors import Officer, officer_name
from bot.domain.lists.batches import ExportCases, SeenCase
from bot.domain.lists.exporting import export_refusal
from bot.domain.rules import Refused, UnknownCase
from bot.domain.views import ListedCase
from bot.export.case_table import CaseTable, ExportedCase
from bot.export.table import AboutRow, TableWriter
from bot.service.batch_messages import enqueue_messages
from bot.service.officers import load_officer
from bot.service.service import Service
from bot.store import Tx
from bot.store.files.export_files import ExportFiles
from bot.store.lists.queries.case_lists import load_listed_cases
from bot.store.log import readings
from bot.store.log.readings import Reading
from bot.store.officers import batch_claims, exports
from bot.store.officers.batch_claims import CaseOutcome, Claim
from bot.store.officers.exports import CaseResult, ExportFile
from bot.text import Words, words
from bot.text.words import STOCKHOLM
from bot.text.working_days import local_day

CASES_AT_ONCE = 200
"""Cases that are read, written and recorded in one transaction each."""

PROGRESS_EVERY = timedelta(seconds=5)
"""How often the officer's message about an export is updated at most."""

RENEW_SECONDS = 10.0
"""How often the lease is renewed while the file is being finished."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Cases in the batch's order: those to be written, and the outcome of each."""

    outcomes: Sequence[CaseOutcome]
    cases: Sequence[ExportedCase]


@dataclass(slots=True)
class _Counts:
    """How many cases are in the file, and how many were left out for each reason, by its key."""

    exported: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Refused] = field(default_factory=dict)

    def add(self, chunk: _Chunk) -> None:
        self.exported += len(chunk.cases)
        refusals = [one.refusal for one in chunk.outcomes if one.refusal is not None]
        self.left_out.update(one.key for one in refusals)
        self.reasons.update((one.key, one) for one in refusals)


class CaseExporter:
    """Performs batches that export cases. One that was taken over begins again, with a new file."""

    def __init__(self, service: Service, files: ExportFiles) -> None:
        self._service = service
        self._files = files

    async def export(self, held: Claim, action: ExportCases, is_stopping: Callable[[], bool]) -> None:
        """Write the file, or give it up where the program stops, the batch is cancelled or another has taken it over.

        Raises DiskFull; the batch is then tried again when its lease has run out.
        """
        with self._files.open_folder(held.progress.id) as folder:
            table = await self._load_table(held, action)
            writer = await asyncio.to_thread(table.open_writer, folder)
            try:
                counts = await self._write_rows(held, table, writer, is_stopping)
                if counts is not None:
                    await self._finish(held, action, writer, folder / "finished", counts)
            finally:
                await asyncio.to_thread(writer.discard)
        self._service.wake()

    async def _load_table(self, held: Claim, action: ExportCases) -> CaseTable:
        find = partial(exports.list_definitions, batch_id=held.progress.id, service=action.answers_of)
        definitions = await self._service.database.read(find) if action.answers_of else []
        return CaseTable(action, self._service.catalog, words(action.language), definitions)

    async def _write_rows(
        self, held: Claim, table: CaseTable, writer: TableWriter, is_stopping: Callable[[], bool]
    ) -> _Counts | None:
        """Write the rows of all cases. Returns None where the file is to be given up."""
        database, clock, counts = self._service.database, self._service.clock, _Counts()
        if not await database.write(lambda tx: batch_claims.begin_again(tx, held, clock())):
            return None
        position, notified_at = 0, clock()
        while position < held.progress.total:
            if is_stopping():
                return None
            self._files.refuse_full()
            chunk = await database.read(partial(self._read, held=held, position=position))
            await asyncio.to_thread(lambda cases: writer.add_rows(map(table.row, cases)), chunk.cases)
            tells = clock() - notified_at >= PROGRESS_EVERY
            if not await self._service.write_again(partial(self._save, held=held, chunk=chunk, tells=tells)):
                return None
            position, notified_at = position + len(chunk.outcomes), clock() if tells else notified_at
            counts.add(chunk)
            self._service.wake()
        return counts

    def _read(self, tx: Tx, held: Claim, position: int) -> _Chunk:
        """The next cases; those that the officer may not export today are left out."""
        catalog = self._service.catalog
        officer = self._load_officer(tx, held)
        cases = batch_claims.next_cases(tx, held.progress.id, position, CASES_AT_ONCE)
        listed = {one.id: one for one in load_listed_cases(tx, officer, [seen.id for _, seen in cases])}
        outcomes = [_outcome(place, seen, listed, officer, catalog) for place, seen in cases]
        exported = [
            listed[seen.id]
            for (_, seen), outcome in zip(cases, outcomes, strict=True)
            if outcome.outcome == "done"
        ]
        return _Chunk(outcomes, self._load_contents(tx, held, exported))

    def _load_contents(self, tx: Tx, held: Claim, cases: Sequence[ListedCase]) -> list[ExportedCase]:
        """The cases with what is asked for besides the columns of lists."""
        action, officer = held.progress.action, held.progress.officer
        assert isinstance(action, ExportCases)
        ids, w = [one.id for one in cases], words(action.language)
        answered = [one.id for one in cases if one.service == action.answers_of]
        answers = exports.load_answers_of(tx, answered) if answered else {}
        results = exports.load_results(tx, officer, action.outcomes_of, ids) if action.outcomes_of else {}
        exported = []
        for one in cases:
            definition, values = answers.get(one.id, (None, {}))
            outcome, reason = _result_texts(results.get(one.id), w) if action.outcomes_of else ("", "")
            exported.append(ExportedCase(one, definition, values, outcome, reason))
        return exported

    def _load_officer(self, tx: Tx, held: Claim) -> Officer:
        """The officer with today's access; without any where the catalog no longer has them."""
        key = held.progress.officer
        found = load_officer(tx, self._service.catalog, key, local_day(self._service.clock()))
        return found or Officer(key=key, name=key)

    def _save(self, tx: Tx, held: Claim, chunk: _Chunk, *, tells: bool) -> bool:
        """Store the outcomes and record the readings. False where the batch was lost, and nothing is stored."""
        now = self._service.clock()
        if not batch_claims.save_outcomes(tx, held, chunk.outcomes, now):
            return False
        has_answers = any(one.definition is not None for one in chunk.cases)
        part = readings.EXPORTED_ANSWERS_PART if has_answers else readings.EXPORTED_PART
        reading = Reading(f"officer:{held.progress.officer}", "", part, f"batch:{held.progress.id}")
        readings.record_for_cases(tx, reading, [one.case.id for one in chunk.cases], now)
        if tells:
            enqueue_messages(tx, held.progress, {}, now)
        return True

    async def _finish(
        self, held: Claim, action: ExportCases, writer: TableWriter, path: Path, counts: _Counts
    ) -> None:
        """Finish the file, and end the batch with it, unless it was cancelled or taken over meanwhile."""
        database, clock = self._service.database, self._service.clock
        lines = self._describe(held, action, counts, clock())
        about = words(action.language)("export.about"), lines
        saving = asyncio.create_task(asyncio.to_thread(writer.save, path, about))
        while not (await asyncio.wait({saving}, timeout=RENEW_SECONDS))[0]:
            await database.write(lambda tx: batch_claims.renew(tx, held, clock()))
        await saving
        file_id, size = await asyncio.to_thread(self._files.keep, path)

        def work(tx: Tx) -> bool:
            now = clock()
            if not batch_claims.finish(tx, held, now):
                return False
            name = _file_name(action, now)
            exports.save(tx, ExportFile(held.progress.id, held.progress.officer, file_id, name, size, now))
            enqueue_messages(tx, held.progress, {}, now)
            return True

        if not await database.write(work):
            self._files.remove(file_id)

    def _describe(self, held: Claim, action: ExportCases, counts: _Counts, now: datetime) -> list[AboutRow]:
        """What is in the file, when it was made, by whom, and of what."""
        w, catalog = words(action.language), self._service.catalog
        officer = officer_name(f"officer:{held.progress.officer}", catalog)
        service = catalog.service(action.answers_of)
        lines = [
            AboutRow(
                w("export.about.what"),
                w("export.about.cases", name=catalog.municipality.name.in_(w.language)),
            ),
            AboutRow(w("export.about.when"), now.astimezone(STOCKHOLM).replace(tzinfo=None, microsecond=0)),
            AboutRow(w("export.about.who"), officer),
            AboutRow(w("export.about.query"), action.query),
            AboutRow(w("export.about.count"), counts.exported),
        ]
        if service is not None:
            lines.append(AboutRow(w("export.about.answers"), service.name.in_(w.language)))
        return lines + [
            AboutRow(w("export.about.leftout", n=count), counts.reasons[key].in_words(w))
            for key, count in counts.left_out.most_common()
        ]


def _outcome(
    place: int, seen: SeenCase, listed: dict[str, ListedCase], officer: Officer, catalog: Catalog
) -> CaseOutcome:
    case = listed.get(seen.id)
    refusal: Refused | None = UnknownCase(number="")
    if case is not None:
        refusal = export_refusal(case.service, officer, catalog, protected=case.protected)
    return CaseOutcome(place, "done" if refusal is None else "skipped", refusal)


def _result_texts(result: CaseResult | None, words: Words) -> tuple[str, str]:
    """What became of the case in a batch, and why it was skipped; of one that the batch did not reach, that."""
    outcome = (result.outcome if result is not None else None) or "none"
    refusal = result.refusal if result is not None else None
    return words(f"export.outcome.{outcome}"), refusal.in_words(words) if refusal is not None else ""


def _file_name(action: ExportCases, now: datetime) -> str:
    """The name that the file is downloaded under, which says nothing of the cases."""
    name = words(action.language)("export.filename")
    return f"{name} {now.astimezone(STOCKHOLM):%Y-%m-%d %H.%M}.{action.file_format}"
