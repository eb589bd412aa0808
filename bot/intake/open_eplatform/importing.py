"""Import of documents: each is opened as a case, once."""

from __future__ import annotations

import asyncio
import hmac
import os
import uuid
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.catalog.models import Catalog
from bot.catalog.services import DEFAULT_PLATFORM, EService
from bot.domain.actors import Machine
from bot.domain.case import AddressState
from bot.domain.import_clashes import ReportOtherDocument
from bot.domain.submission import Answers, KeyReused, Person, SubmitCase, may_be_received
from bot.intake.dependencies import Dependencies
from bot.intake.files import Incoming, store_until_attached
from bot.intake.idempotency_keys import make_clash_key
from bot.intake.open_eplatform.document import CaseDocument, DocumentPerson, content_of, parse_document
from bot.intake.open_eplatform.frozen_form import FrozenForm, freeze_form
from bot.intake.open_eplatform.xml_tree import Node, NotImportable, parse_file
from bot.service import CommandResult, OpenCaseRequest
from bot.store import Tx
from bot.store.cases import failed_imports
from bot.store.cases.failed_imports import FailedImport
from bot.store.engine import idempotency
from bot.store.engine.keys import canonical_json
from bot.text.mail_addresses import NotAnAddress, copied_address, read_address
from bot.text.typed_values import fold_mail_address
from bot.text.working_days import local_day

log = structlog.get_logger()

BATCH_SIZE = 25
"""Cases opened in one transaction."""
BATCH_BYTES = 16 * 1024 * 1024
"""Bytes of documents that are parsed before their cases are opened, so that large ones do not fill the memory."""

FILES_LEFT = "import.reason.filesleft"
"""The key of the reason for a document whose case was opened without all of its files."""

ACTOR = Machine("open_eplatform")


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of an import: the cases opened, those that existed already, and the documents that failed.

    `incomplete` are the opened cases without all of their files, `skipped` is the number of files in the folders that
    are not XML. `uncompared` of the known cases were opened before the content of documents was stored, and are known
    by e-service and time alone.
    """

    opened: int
    known: int
    failed: tuple[FailedImport, ...]
    incomplete: tuple[FailedImport, ...] = ()
    skipped: int = 0
    uncompared: int = 0

    def with_batch(self, other: Summary) -> Summary:
        """This and the result for further documents."""
        return Summary(
            self.opened + other.opened,
            self.known + other.known,
            self.failed + other.failed,
            self.incomplete + other.incomplete,
            self.skipped + other.skipped,
            self.uncompared + other.uncompared,
        )


class UnknownPlatform(Exception):
    """The catalog has no platform of that name, or several where none was given; `names` are the catalog's."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names)
        self.names = names


@dataclass(frozen=True, slots=True)
class _Import:
    """The options of an import: the platform, and whether anyone is notified."""

    platform: str
    silent: bool


@dataclass(frozen=True, slots=True)
class _ImportableCase:
    """A document that can be opened as a case, without `rejected_files` of its files. `id` is its external id."""

    place: str
    root: Node
    id: int
    open_request: OpenCaseRequest
    files: tuple[Incoming, ...]
    rejected_files: int


async def import_documents(
    deps: Dependencies, paths: Sequence[Path], *, platform: str | None = None, silent: bool = False
) -> Summary:
    """Open a case for each document at `paths`, files or folders, of a platform; `silent` notifies nobody.

    Failures are saved (`list_failed`), and removed when the import succeeds; those of a case's files until somebody
    removes them (`forget_failed`). A document whose case was opened before changes nothing; one with the number of
    another case, or with other content, is a failure. `platform` may be left out where the catalog has only one. Raises
    UnknownPlatform, and DatabaseBusy while the database is locked.
    """
    how = _Import(_platform(deps.service.catalog, platform), silent)
    failed_before = {item.place for item in await list_failed(deps) if item.key != FILES_LEFT}
    documents, skipped = await asyncio.to_thread(_documents, paths)
    done = Summary(0, 0, (), skipped=skipped)
    for batch in _batches(documents):
        done = done.with_batch(await _import_batch(deps, batch, how, failed_before))
    counts = {"failed": len(done.failed), "incomplete": len(done.incomplete)}
    log.info("imported", opened=done.opened, known=done.known, **counts)
    return done


async def _import_batch(
    deps: Dependencies, batch: list[Path], how: _Import, failed_before: set[str]
) -> Summary:
    """Open the documents' cases in one transaction, and save which of them failed."""
    results = await asyncio.to_thread(_read_all, deps, batch, how)
    failures = [item for item in results if isinstance(item, FailedImport)]
    importable = [item for item in results if isinstance(item, _ImportableCase)]
    try:
        outcomes = await _open(deps, importable)
    finally:
        for item in importable:
            item.root.close()
    failures += _clashes(deps, importable, outcomes)
    incomplete = list(_without_files(deps, importable, outcomes))
    mended = failed_before.intersection(item.place for item in importable).difference(
        item.place for item in failures
    )
    await _save_failures(deps, [*failures, *incomplete], mended)
    await _report_clashes(deps, importable, outcomes)
    opened = [outcome for outcome in outcomes if isinstance(outcome, CommandResult)]
    return Summary(
        opened=sum(not item.is_repeated for item in opened),
        known=sum(item.is_repeated for item in opened),
        failed=tuple(failures),
        incomplete=tuple(incomplete),
        uncompared=sum(not item.is_compared for item in opened),
    )


def _platform(catalog: Catalog, named: str | None) -> str:
    names = catalog.platforms
    if named is None and len(names) <= 1:
        return names[0] if names else DEFAULT_PLATFORM
    if named is None or named not in names:
        raise UnknownPlatform(names)
    return named


async def list_failed(deps: Dependencies) -> list[FailedImport]:
    """The saved failures, of cases and of their files, sorted by place."""
    return await deps.service.database.read(failed_imports.list_all)


async def forget_failed(deps: Dependencies, paths: Sequence[Path]) -> int:
    """Remove the failures of documents. Returns how many there were."""
    places = [str(path) for path in paths]
    return await deps.service.database.write(lambda tx: failed_imports.remove(tx, places))


async def _save_failures(deps: Dependencies, failed: list[FailedImport], succeeded: Iterable[str]) -> None:
    """Save and remove failures in one write; none where there is nothing to change."""
    to_drop = list(succeeded)

    def store_failures(tx: Tx) -> None:
        failed_imports.remove(tx, to_drop)
        for failure in failed:
            failed_imports.save(tx, failure)

    if failed or to_drop:
        await deps.service.database.write(store_failures)


def _documents(paths: Iterable[Path]) -> tuple[list[Path], int]:
    """The given files, the XML files in the given folders, sorted, and the number of other files in the folders.

    A folder that cannot be listed is included, so that it is reported like a file that cannot be read.
    """
    documents: list[Path] = []
    unlisted: list[Path] = []
    skipped = 0

    def on_error(error: OSError) -> None:
        unlisted.append(Path(error.filename))

    for path in paths:
        if not path.is_dir():
            documents.append(path)
            continue
        for folder, subfolders, names in os.walk(path, onerror=on_error):
            subfolders.sort()
            found = [Path(folder) / name for name in sorted(names) if name.lower().endswith(".xml")]
            documents += found
            skipped += len(names) - len(found)
    return documents + unlisted, skipped


def _batches(documents: Iterable[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for path in documents:
        file_size = _size(path)
        if batch and (len(batch) == BATCH_SIZE or size + file_size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += file_size
    if batch:
        yield batch


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it gives the error


def _read_all(deps: Dependencies, batch: list[Path], how: _Import) -> list[_ImportableCase | FailedImport]:
    return [_read(deps, path, how) for path in batch]


def _read(deps: Dependencies, path: Path, how: _Import) -> _ImportableCase | FailedImport:
    place = str(path)
    root: Node | None = None
    try:
        root = parse_file(path, max_file=deps.service.catalog.municipality.files.max_bytes)
        return _importable_case(deps, place, root, how)
    except NotImportable as error:
        if root is not None:
            root.close()
        log.info("not_imported", reason=error.key)
        return FailedImport(place=place, key=error.key, facts=error.facts, at=deps.service.clock())


def _importable_case(deps: Dependencies, place: str, root: Node, how: _Import) -> _ImportableCase:
    document = parse_document(root)
    if not may_be_received(document.received_at, deps.service.clock()):
        raise NotImportable("import.reason.received", day=local_day(document.received_at).isoformat())
    catalog = deps.service.catalog
    service = catalog.find_service_by_family(how.platform, document.family)
    if service is None:
        family = str(document.family)
        raise NotImportable("import.reason.nofamily", family=family, platform=how.platform)
    form = freeze_form(document, service, catalog.municipality.files)
    opening = OpenCaseRequest(
        _command(document, service, form, how),
        form.definition,
        content_hash=_content(deps, root, document),
        former=f"{DEFAULT_PLATFORM}:{document.id}" if how.platform != DEFAULT_PLATFORM else "",
    )
    return _ImportableCase(place, root, document.id, opening, form.files, form.rejected_files)


def _content(deps: Dependencies, root: Node, document: CaseDocument) -> str:
    """A keyed hash of the document, from which the answers cannot be guessed."""
    key = deps.service.database.keys.derive("document content")
    return hmac.digest(key, canonical_json(content_of(root, document)).encode(), "sha256").hex()


def _command(document: CaseDocument, service: EService, form: FrozenForm, how: _Import) -> SubmitCase:
    """The command. The case gets the e-service's first status: the header's is that of an earlier event."""
    platform = service.open_eplatform
    is_confirmed = platform is not None and platform.confirmed_addresses
    return SubmitCase(
        service=service.key,
        answers=Answers(definition=form.definition.digest, values=form.values),
        people=tuple(_person(one, "source" if is_confirmed else "unconfirmed") for one in document.people),
        files=tuple(one.ref for one in form.files),
        origin="open_eplatform",
        received_at=document.received_at,
        external=f"{how.platform}:{document.id}",
        silent=how.silent,
    )


def _person(person: DocumentPerson, address_state: AddressState) -> Person:
    return Person(
        id=uuid.uuid4().hex,
        name=person.name,
        email=_valid_address(person.email),
        external_id=person.id,
        address_state=address_state,
    )


def _valid_address(address: str) -> str:
    """The address; empty where it is invalid, or looks like another one."""
    try:
        return read_address(copied_address(fold_mail_address(address)))
    except NotAnAddress:
        return ""


async def _open(deps: Dependencies, importable: Sequence[_ImportableCase]) -> list[CommandResult | KeyReused]:
    """Open the cases in one transaction. Returns their results, in order."""
    database = deps.service.database
    names = [
        name
        for importable_case in importable
        for name in (*importable_case.open_request.idempotency_keys, importable_case.open_request.former_name)
    ]
    outcomes = await database.read(lambda tx: idempotency.find_outcomes(tx, names))
    results = [importable_case.open_request.restore_result(outcomes) for importable_case in importable]
    not_opened = [
        importable_case for importable_case, result in zip(importable, results, strict=True) if result is None
    ]
    opened = iter(await _open_new(deps, not_opened, outcomes) if not_opened else ())
    return [result or next(opened) for result in results]


async def _open_new(
    deps: Dependencies, new: Sequence[_ImportableCase], outcomes: Container[str]
) -> list[CommandResult | KeyReused]:
    files = [
        file for one in new if one.open_request.idempotency_keys[0] not in outcomes for file in one.files
    ]
    async with store_until_attached(deps, files):
        return await deps.service.open_cases([one.open_request for one in new], ACTOR)


def _without_files(
    deps: Dependencies, found: Sequence[_ImportableCase], outcomes: Sequence[CommandResult | KeyReused]
) -> Iterator[FailedImport]:
    """Failures for documents whose cases were opened now without all of their files."""
    for one, outcome in zip(found, outcomes, strict=True):
        if one.rejected_files and isinstance(outcome, CommandResult) and not outcome.is_repeated:
            facts: dict[str, str | int] = {"n": one.rejected_files, "number": outcome.number}
            yield FailedImport(place=one.place, key=FILES_LEFT, facts=facts, at=deps.service.clock())


def _clashes(
    deps: Dependencies, found: Sequence[_ImportableCase], outcomes: Sequence[CommandResult | KeyReused]
) -> Iterator[FailedImport]:
    """Failures for documents with the number of a case that has other content."""
    for one, outcome in zip(found, outcomes, strict=True):
        if isinstance(outcome, KeyReused):
            platform, _, _ = one.open_request.command.external.partition(":")
            facts = {"id": str(one.id), "platform": platform, "number": outcome.facts["number"]}
            log.warning("import_clash", case=outcome.facts["number"], platform=platform)
            key = "import.reason.clash" if outcome.facts["is_compared"] else "import.reason.clash.time"
            yield FailedImport(place=one.place, key=key, facts=facts, at=deps.service.clock())


async def _report_clashes(
    deps: Dependencies, found: Sequence[_ImportableCase], outcomes: Sequence[CommandResult | KeyReused]
) -> None:
    """Log each clash in its case, once for each document."""
    for one, outcome in zip(found, outcomes, strict=True):
        if isinstance(outcome, KeyReused):
            external, content_hash = one.open_request.command.external, one.open_request.content_hash
            platform, _, number = external.partition(":")
            command = ReportOtherDocument(
                case_id=outcome.facts["case_id"], platform=platform, external_id=number
            )
            key = make_clash_key(external, content_hash)
            try:
                await deps.service.perform(command, ACTOR, idempotency_key=key)
            except KeyError:
                log.warning("import_clash_not_logged", case=outcome.facts["number"])  # its e-service is gone
