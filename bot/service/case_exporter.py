"""Batches that export: cases are read a few at a time in the batch's order, and written to one file."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bot.catalog.models import Catalog
from bot.clients.pdf.typesetter import Typesetter
from bot.domain.actors import Officer, officer_name
from bot.domain.lists.batches import ExportCaseFiles, FileAction, SeenCase
from bot.domain.lists.exporting import export_refusal
from bot.domain.rules import Refused, UnknownCase
from bot.domain.views import ListedCase
from bot.export.case_table import CaseTable
from bot.export.table import AboutRow
from bot.service.batch_messages import enqueue_messages
from bot.service.export_contents import CaseFileMaking, CaseFilesContent, TableContent
from bot.service.officers import load_officer
from bot.service.service import Service
from bot.store import Tx
from bot.store.files.export_files import ExportFiles
from bot.store.files.file_store import FileStore
from bot.store.lists.queries.case_lists import load_listed_cases
from bot.store.log import readings
from bot.store.log.readings import Reading
from bot.store.officers import batch_claims, exports
from bot.store.officers.batch_claims import CaseOutcome, Claim
from bot.store.officers.exports import ExportFile
from bot.text import words
from bot.text.words import STOCKHOLM
from bot.text.working_days import local_day

_FILE_NAMES = {
    "export": "export.filename",
    "summary": "casefiles.filename.summary",
    "case_file": "casefiles.filename.case_file",
}

PROGRESS_EVERY = timedelta(seconds=5)
"""How often the officer's message about an export is updated at most."""

RENEW_SECONDS = 10.0
"""How often the lease is renewed while the file is being finished."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Cases in the batch's order: the outcome of each, and the ids and contents of those to be written."""

    outcomes: Sequence[CaseOutcome]
    ids: Sequence[str]
    contents: Sequence[Any]

    def without(self, refused: Mapping[str, Refused]) -> _Chunk:
        """The chunk in which these cases could not be written, by id."""
        if not refused:
            return self
        places = dict(
            zip((one.position for one in self.outcomes if one.outcome == "done"), self.ids, strict=True)
        )
        outcomes = [
            CaseOutcome(one.position, "skipped", refused[places[one.position]])
            if places.get(one.position) in refused
            else one
            for one in self.outcomes
        ]
        return replace(self, outcomes=outcomes, ids=[one for one in self.ids if one not in refused])


@dataclass(slots=True)
class _Counts:
    """How many cases are in the file, and how many were left out for each reason, by its key."""

    exported: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Refused] = field(default_factory=dict)

    def add(self, chunk: _Chunk) -> None:
        self.exported += len(chunk.ids)
        refusals = [one.refusal for one in chunk.outcomes if one.refusal is not None]
        self.left_out.update(one.key for one in refusals)
        self.reasons.update((one.key, one) for one in refusals)


class ExportContent(Protocol):
    """What an export writes to its file, a few cases at a time. One is ended by `save` or `discard`."""

    cases_at_once: int

    def load(self, tx: Tx, officer: Officer, cases: Sequence[ListedCase]) -> Sequence[Any]:
        """The contents of cases that the officer may export, for `write`."""

    async def write(self, contents: Sequence[Any]) -> Mapping[str, Refused]:
        """Write the contents. Returns why some could not be written, by the case's id."""

    def parts(self, contents: Sequence[Any]) -> Sequence[str]:
        """The parts of the cases that are recorded as read."""

    def about(self) -> Sequence[AboutRow]:
        """Lines of its own about the file."""

    def save(self, path: Path, about: tuple[str, Sequence[AboutRow]]) -> None: ...

    def discard(self) -> None: ...


class CaseExporter:
    """Performs batches that export cases. One that was taken over begins again, with a new file."""

    def __init__(self, service: Service, files: FileStore) -> None:
        self._service = service
        self._stored = files
        self._files = ExportFiles(files)
        self._typesetter = Typesetter()

    async def export(self, held: Claim, action: FileAction, is_stopping: Callable[[], bool]) -> None:
        """Write the file, or give it up where the program stops, the batch is cancelled or another has taken it over.

        Raises DiskFull; the batch is then tried again when its lease has run out.
        """
        with self._files.open_folder(held.progress.id) as folder:
            content = await self._open_content(held, action, folder)
            try:
                counts = await self._write_cases(held, content, is_stopping)
                if counts is not None:
                    await self._finish(held, content, folder / "finished", counts)
            finally:
                await asyncio.to_thread(content.discard)
        self._service.wake()

    async def _open_content(self, held: Claim, action: FileAction, folder: Path) -> ExportContent:
        service = self._service
        if isinstance(action, ExportCaseFiles):
            making = CaseFileMaking(
                action, service.catalog, service.clock, self._typesetter, self._stored.read
            )
            return await asyncio.to_thread(CaseFilesContent, making, folder)
        find = partial(exports.list_definitions, batch_id=held.progress.id, service=action.answers_of)
        definitions = await service.database.read(find) if action.answers_of else []
        table = CaseTable(action, service.catalog, words(action.language), definitions)
        writer = await asyncio.to_thread(table.open_writer, folder)
        return TableContent(action, service.catalog, table, writer)

    async def _write_cases(
        self, held: Claim, content: ExportContent, is_stopping: Callable[[], bool]
    ) -> _Counts | None:
        """Write all cases. Returns None where the file is to be given up."""
        database, clock, counts = self._service.database, self._service.clock, _Counts()
        if not await database.write(lambda tx: batch_claims.restart_counts(tx, held, clock())):
            return None
        position, notified_at = 0, clock()
        while position < held.progress.total:
            if is_stopping():
                return None
            self._files.refuse_full()
            chunk = await database.read(partial(self._read, held=held, content=content, position=position))
            chunk = chunk.without(await self._renewing(held, content.write(chunk.contents)))
            tells = clock() - notified_at >= PROGRESS_EVERY
            save = partial(
                self._save, held=held, chunk=chunk, parts=content.parts(chunk.contents), tells=tells
            )
            if not await self._service.write_again(save):
                return None
            position, notified_at = position + len(chunk.outcomes), clock() if tells else notified_at
            counts.add(chunk)
            self._service.wake()
        return counts

    async def _renewing(self, held: Claim, work: Coroutine[Any, Any, T]) -> T:
        """Run the work, and renew the lease meanwhile."""
        task = asyncio.create_task(work)
        while not (await asyncio.wait({task}, timeout=RENEW_SECONDS))[0]:
            await self._service.database.write(lambda tx: batch_claims.renew(tx, held, self._service.clock()))
        return await task

    def _read(self, tx: Tx, held: Claim, content: ExportContent, position: int) -> _Chunk:
        """The next cases; those that the officer may not export today are left out."""
        catalog = self._service.catalog
        officer = self._load_officer(tx, held)
        cases = batch_claims.next_cases(tx, held.progress.id, position, content.cases_at_once)
        listed = {one.id: one for one in load_listed_cases(tx, officer, [seen.id for _, seen in cases])}
        outcomes = [_outcome(place, seen, listed, officer, catalog) for place, seen in cases]
        exported = [
            listed[seen.id]
            for (_, seen), outcome in zip(cases, outcomes, strict=True)
            if outcome.outcome == "done"
        ]
        return _Chunk(outcomes, [one.id for one in exported], content.load(tx, officer, exported))

    def _load_officer(self, tx: Tx, held: Claim) -> Officer:
        """The officer with today's access; without any where the catalog no longer has them."""
        key = held.progress.officer
        found = load_officer(tx, self._service.catalog, key, local_day(self._service.clock()))
        return found or Officer(key=key, name=key)

    def _save(self, tx: Tx, held: Claim, chunk: _Chunk, parts: Sequence[str], *, tells: bool) -> bool:
        """Store the outcomes and record the readings. False where the batch was lost, and nothing is stored."""
        now = self._service.clock()
        if not batch_claims.save_outcomes(tx, held, chunk.outcomes, now):
            return False
        for part in parts:
            reading = Reading(f"officer:{held.progress.officer}", "", part, f"batch:{held.progress.id}")
            readings.record_for_cases(tx, reading, chunk.ids, now)
        if tells:
            enqueue_messages(tx, held.progress, {}, now)
        return True

    async def _finish(self, held: Claim, content: ExportContent, path: Path, counts: _Counts) -> None:
        """Finish the file, and end the batch with it, unless it was cancelled or taken over meanwhile."""
        database, clock, action = self._service.database, self._service.clock, held.progress.action
        assert isinstance(action, FileAction)
        lines = self._describe(held, action, content.about(), counts)
        about = words(action.language)("export.about"), lines
        await self._renewing(held, asyncio.to_thread(content.save, path, about))
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

    def _describe(
        self, held: Claim, action: FileAction, own_lines: Sequence[AboutRow], counts: _Counts
    ) -> list[AboutRow]:
        """What is in the file, when it was made, by whom, and of what."""
        w, catalog = words(action.language), self._service.catalog
        officer = officer_name(f"officer:{held.progress.officer}", catalog)
        now = self._service.clock()
        return [
            AboutRow(
                w("export.about.what"),
                w("export.about.cases", name=catalog.municipality.name.in_(w.language)),
            ),
            AboutRow(w("export.about.when"), now.astimezone(STOCKHOLM).replace(tzinfo=None, microsecond=0)),
            AboutRow(w("export.about.who"), officer),
            AboutRow(w("export.about.query"), action.query),
            AboutRow(w("export.about.count"), counts.exported),
            *own_lines,
            *(
                AboutRow(w("export.about.leftout", n=count), counts.reasons[key].in_words(w))
                for key, count in counts.left_out.most_common()
            ),
        ]


def _outcome(
    place: int, seen: SeenCase, listed: dict[str, ListedCase], officer: Officer, catalog: Catalog
) -> CaseOutcome:
    case = listed.get(seen.id)
    refusal: Refused | None = UnknownCase(number="")
    if case is not None:
        refusal = export_refusal(case.service, officer, catalog, protected=case.protected)
    return CaseOutcome(place, "done" if refusal is None else "skipped", refusal)


def _file_name(action: FileAction, now: datetime) -> str:
    """The name that the file is downloaded under, which says nothing of the cases."""
    key = action.content if isinstance(action, ExportCaseFiles) else "export"
    name = words(action.language)(_FILE_NAMES[key])
    return f"{name} {now.astimezone(STOCKHOLM):%Y-%m-%d %H.%M}.{action.file_format}"
