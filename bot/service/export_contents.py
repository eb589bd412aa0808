"""What exports write: a table of the cases, or a zip with a summary or case file of each."""

from __future__ import annotations

import asyncio
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.catalog.models import Catalog
from bot.clients.pdf.typesetter import Typesetter, TypesettingFailed
from bot.domain.actors import Officer
from bot.domain.case_record import CaseRecord
from bot.domain.documents import CaseDocument, list_documents
from bot.domain.lists.batches import ExportCaseFiles, ExportCases, NotTypeset
from bot.domain.rules import Refused
from bot.domain.summary import SUMMARY_PARTS, SummaryContext, SummaryPart, create_summary
from bot.domain.views import CaseView, ListedCase
from bot.export.case_file import CaseFileWriter
from bot.export.case_table import CaseTable, ExportedCase
from bot.export.table import AboutRow, TableWriter
from bot.export.zip_members import dated_member
from bot.store import Tx
from bot.store.cases.case_records import RecordRequest, load_record
from bot.store.cases.officer_queries import load_case_view
from bot.store.lists.queries.case_lists import with_applicants
from bot.store.log import history, readings
from bot.store.officers import exports
from bot.store.officers.exports import CaseResult
from bot.text import Words, words

CASES_AT_ONCE = 200
"""Cases of a table that are read, written and recorded in one transaction each."""

CASE_FILES_AT_ONCE = 2
"""Cases whose whole content is in memory at the same time."""


class TableContent:
    """Columns of the cases, in a table."""

    def __init__(self, action: ExportCases, catalog: Catalog, table: CaseTable, writer: TableWriter) -> None:
        self._action = action
        self._catalog = catalog
        self._table = table
        self._writer = writer
        self.cases_at_once = CASES_AT_ONCE

    def load(self, tx: Tx, officer: Officer, cases: Sequence[ListedCase]) -> list[ExportedCase]:
        """The cases with what is asked for besides the columns of lists."""
        action = self._action
        if "applicants" in action.columns:
            cases = with_applicants(tx, officer, cases)
        ids, w = [one.id for one in cases], words(action.language)
        answered = [one.id for one in cases if one.service == action.answers_of]
        answers = exports.load_answers_of(tx, answered) if answered else {}
        results = exports.load_results(tx, officer.key, action.outcomes_of, ids) if action.outcomes_of else {}
        exported = []
        for one in cases:
            definition, values = answers.get(one.id, (None, {}))
            outcome, reason = _result_texts(results.get(one.id), w) if action.outcomes_of else ("", "")
            exported.append(ExportedCase(one, definition, values, outcome, reason))
        return exported

    async def write(self, contents: Sequence[ExportedCase]) -> Mapping[str, Refused]:
        await asyncio.to_thread(lambda: self._writer.add_rows(map(self._table.row, contents)))
        return {}

    def parts(self, contents: Sequence[ExportedCase]) -> Sequence[str]:
        has_answers = any(one.definition is not None for one in contents)
        has_names = any(one.case.applicants for one in contents)
        return (
            readings.EXPORTED_ANSWERS_PART if has_answers else readings.EXPORTED_PART,
            *([readings.EXPORTED_NAMES_PART] if has_names else []),
        )

    def about(self) -> Sequence[AboutRow]:
        w, service = words(self._action.language), self._catalog.service(self._action.answers_of)
        return (
            [AboutRow(w("export.about.answers"), service.name.in_(w.language))] if service is not None else []
        )

    def save(self, path: Path, about: tuple[str, Sequence[AboutRow]]) -> None:
        self._writer.save(path, about)

    def discard(self) -> None:
        self._writer.discard()


def _result_texts(result: CaseResult | None, words: Words) -> tuple[str, str]:
    """What became of the case in a batch, and why it was skipped; of one that the batch did not reach, that."""
    outcome = (result.outcome if result is not None else None) or "none"
    refusal = result.refusal if result is not None else None
    return words(f"export.outcome.{outcome}"), refusal.in_words(words) if refusal is not None else ""


@dataclass(frozen=True, slots=True)
class CaseFileMaking:
    """What summaries and case files are made with; `read` gives a stored file, or raises FileNotFoundError."""

    action: ExportCaseFiles
    catalog: Catalog
    clock: Callable[[], datetime]
    typesetter: Typesetter
    read: Callable[[str], Iterator[bytes]]

    @property
    def parts(self) -> tuple[SummaryPart, ...]:
        """Those of the summaries: in a case file all, but the notes only where they are chosen."""
        chosen = self.action.parts
        if self.action.content == "summary":
            return chosen
        return tuple(one for one in SUMMARY_PARTS if one != "notes" or one in chosen)


@dataclass(frozen=True, slots=True)
class LoadedCase:
    """A case that is to be written; `record` is that of its case file, if one is made."""

    view: CaseView
    documents: Sequence[CaseDocument]
    officer: Officer
    record: CaseRecord | None


class CaseFilesContent:
    """A zip in `folder` with a summary or a case file of each case."""

    def __init__(self, making: CaseFileMaking, folder: Path) -> None:
        self._making = making
        self._folder = folder
        self._words = words(making.action.language)
        self._archive = zipfile.ZipFile(folder / "all.zip", "w")
        self.cases_at_once = CASE_FILES_AT_ONCE

    def load(self, tx: Tx, officer: Officer, cases: Sequence[ListedCase]) -> list[LoadedCase]:
        """The whole cases, as the officer may see them."""
        return [self._load_case(tx, officer, one.id) for one in cases]

    def _load_case(self, tx: Tx, officer: Officer, case_id: str) -> LoadedCase:
        making = self._making
        view = load_case_view(tx, officer, case_id, making.parts)
        assert view is not None  # it was listed in the same transaction
        record = None
        if making.action.content == "case_file":
            with_notes = "notes" in making.parts
            request = RecordRequest(officer, case_id, with_notes, making.catalog, making.clock())
            record = load_record(tx, request)
        return LoadedCase(view, list_documents(history.read(tx, case_id)), officer, record)

    async def write(self, contents: Sequence[LoadedCase]) -> Mapping[str, Refused]:
        refused: dict[str, Refused] = {}
        for one in contents:
            try:
                pdf = await self._typeset(one)
            except TypesettingFailed:
                refused[one.view.case.id] = NotTypeset()
            else:
                await asyncio.to_thread(self._add, one, pdf)
        return refused

    async def _typeset(self, loaded: LoadedCase) -> bytes:
        making = self._making
        facts = SummaryContext(
            making.catalog, self._words, loaded.documents, loaded.officer.name, making.clock()
        )
        summary = create_summary(loaded.view, making.parts, facts)
        return await making.typesetter.typeset(summary.as_document())

    def _add(self, loaded: LoadedCase, pdf: bytes) -> None:
        number = loaded.view.case.number
        if loaded.record is None:
            name = self._words("summary.filename", number=number)
            self._archive.writestr(self._member(name), pdf)
            return
        path = self._folder / "single.zip"
        with path.open("wb") as target:
            CaseFileWriter(target, loaded.record, self._words, self._making.read).write(pdf)
        name = self._words("casefile.filename", number=number)
        with (
            path.open("rb") as source,
            self._archive.open(self._member(name), "w", force_zip64=True) as member,
        ):
            shutil.copyfileobj(source, member)
        path.unlink()

    def _member(self, name: str) -> zipfile.ZipInfo:
        """A member of the zip, dated now, uncompressed: PDFs and zips are compressed already."""
        member = dated_member(name, self._making.clock())
        member.compress_type = zipfile.ZIP_STORED
        return member

    def parts(self, contents: Sequence[LoadedCase]) -> Sequence[str]:
        return (readings.EXPORTED_CASE_PART, *self._making.parts)

    def about(self) -> Sequence[AboutRow]:
        labels = [self._words(f"summary.part.{part}") for part in self._making.parts]
        return [AboutRow(self._words("casefiles.about.parts"), self._words.list(labels))]

    def save(self, path: Path, about: tuple[str, Sequence[AboutRow]]) -> None:
        title, rows = about
        text = "\n".join((title, "", *(f"{row.label}: {row.value}" for row in rows), ""))
        self._archive.writestr(self._member(f"{title}.txt"), text)
        self._archive.close()
        (self._folder / "all.zip").replace(path)

    def discard(self) -> None:
        self._archive.close()
