"""An import: documents are found, read, and opened as cases, each once."""

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
from bot.catalog.services import DEFAULT_PLATFORM
from bot.domain.actors import Machine
from bot.domain.intake import Answers, KeyReused, Person, SubmitCase
from bot.intake.files import Incoming, held
from bot.intake.kit import Kit
from bot.intake.open_eplatform.answers import Rendered, rendered
from bot.intake.open_eplatform.document import CaseDocument, GivenPerson, content_of, document_of
from bot.intake.open_eplatform.reading import Node, NotImportable, read_file
from bot.service import Done, Opening
from bot.store import Tx
from bot.store.cases import failed_imports
from bot.store.cases.failed_imports import FailedImport
from bot.store.engine import idempotency
from bot.store.engine.keys import canonical
from bot.text.mail_addresses import NotAnAddress, read_address

log = structlog.get_logger()

BATCH = 25
"""Cases opened in one transaction."""
BATCH_BYTES = 16 * 1024 * 1024
"""Of documents read before their cases are opened, so that large ones do not fill the memory."""

ACTOR = Machine("open_eplatform")


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of an import: cases opened, cases that were there already as they are, and what was not opened."""

    opened: int
    known: int
    failed: tuple[FailedImport, ...]


class UnknownPlatform(Exception):
    """The catalog has no platform of that name, or several and none was named; `names` are those it has."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names)
        self.names = names


@dataclass(frozen=True, slots=True)
class _Import:
    """How documents are taken: from which platform, and whether anyone is told."""

    platform: str
    silent: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """A document that can be opened as a case. `id` is the platform's number for it."""

    place: str
    root: Node
    id: int
    opening: Opening
    files: tuple[Incoming, ...]


async def run(
    kit: Kit, paths: Sequence[Path], *, platform: str | None = None, silent: bool = False
) -> Summary:
    """Open a case for each document at `paths`, files or folders, of a platform; `silent` tells nobody.

    What cannot be opened goes to the list (`failed_list`) with the reason, and comes off it when it can. A document
    whose case was opened before changes nothing; one with the number of another case, or with other content, is listed.
    `platform` may be left out where the catalog has one only. Raises UnknownPlatform, and Busy while the database is
    locked.
    """
    how = _Import(_platform(kit.service.catalog, platform), silent)
    listed = {one.place for one in await failed_list(kit)}
    opened, known = 0, 0
    failed: list[FailedImport] = []
    for batch in _batches(_documents(paths)):
        read = await asyncio.to_thread(_read_all, kit, batch, how)
        wrong = [one for one in read if isinstance(one, FailedImport)]
        found = [one for one in read if isinstance(one, _Found)]
        try:
            outcomes = await _open(kit, found)
        finally:
            for one in found:
                one.root.close()
        done = [outcome for outcome in outcomes if isinstance(outcome, Done)]
        wrong += _clashes(kit, found, outcomes)
        opened += sum(not one.repeated for one in done)
        known += sum(one.repeated for one in done)
        failed += wrong
        mended = listed.intersection(one.place for one in found).difference(one.place for one in wrong)
        await _note(kit, wrong, mended)
    log.info("imported", opened=opened, known=known, failed=len(failed))
    return Summary(opened, known, tuple(failed))


def _platform(catalog: Catalog, named: str | None) -> str:
    names = catalog.platforms
    if named is None and len(names) <= 1:
        return names[0] if names else DEFAULT_PLATFORM
    if named is None or named not in names:
        raise UnknownPlatform(names)
    return named


async def failed_list(kit: Kit) -> list[FailedImport]:
    """What could not be opened, and why, by place."""
    return await kit.service.database.read(failed_imports.failed)


async def _note(kit: Kit, failed: list[FailedImport], mended: Iterable[str]) -> None:
    """One write, and none where there is nothing to say."""
    gone = list(mended)

    def work(tx: Tx) -> None:
        failed_imports.drop(tx, gone)
        for one in failed:
            failed_imports.fail(tx, one)

    if failed or gone:
        await kit.service.database.write(work)


def _documents(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and of folders every XML file in them, in order."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, below, names in os.walk(path):
            below.sort()
            yield from (Path(folder) / name for name in sorted(names) if name.lower().endswith(".xml"))


def _batches(documents: Iterable[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for path in documents:
        own = _size(path)
        if batch and (len(batch) == BATCH or size + own > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += own
    if batch:
        yield batch


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it tells what is wrong


def _read_all(kit: Kit, batch: list[Path], how: _Import) -> list[_Found | FailedImport]:
    return [_read(kit, path, how) for path in batch]


def _read(kit: Kit, path: Path, how: _Import) -> _Found | FailedImport:
    place = str(path)
    root: Node | None = None
    try:
        root = read_file(path, max_file=kit.service.catalog.municipality.files.max_bytes)
        return _found(kit, place, root, how)
    except NotImportable as why:
        if root is not None:
            root.close()
        log.info("not_imported", reason=why.key)
        return FailedImport(place=place, key=why.key, facts=why.facts, at=kit.service.clock())


def _found(kit: Kit, place: str, root: Node, how: _Import) -> _Found:
    document = document_of(root)
    catalog = kit.service.catalog
    service = catalog.service_of_family(how.platform, document.family)
    if service is None:
        family = str(document.family)
        raise NotImportable("import.reason.nofamily", family=family, platform=how.platform)
    form = rendered(document, service, catalog.municipality.files)
    opening = Opening(
        _command(document, service.key, form, how),
        form.definition,
        content=_content(kit, root, document),
        former=f"{DEFAULT_PLATFORM}:{document.id}" if how.platform != DEFAULT_PLATFORM else "",
    )
    return _Found(place, root, document.id, opening, form.files)


def _content(kit: Kit, root: Node, document: CaseDocument) -> str:
    """A keyed hash: what was answered cannot be guessed from it."""
    key = kit.service.database.keys.derive("document content")
    return hmac.digest(key, canonical(content_of(root, document)).encode(), "sha256").hex()


def _command(document: CaseDocument, service: str, form: Rendered, how: _Import) -> SubmitCase:
    """The header's status is the one at that event, not now: the case is opened in the e-service's first."""
    return SubmitCase(
        service=service,
        answers=Answers(definition=form.definition.digest, values=form.values),
        people=tuple(_person(one) for one in document.people),
        files=tuple(one.ref for one in form.files),
        origin="open_eplatform",
        received_at=document.received_at,
        external=f"{how.platform}:{document.id}",
        silent=how.silent,
    )


def _person(given: GivenPerson) -> Person:
    return Person(id=uuid.uuid4().hex, name=given.name, email=_address(given.email), external_id=given.id)


def _address(written: str) -> str:
    """The address, or nothing where no mail could reach it, or would reach somebody else than it seems."""
    try:
        return read_address(written)
    except NotAnAddress:
        return ""


async def _open(kit: Kit, found: Sequence[_Found]) -> list[Done | KeyReused]:
    """Open the cases in one transaction. What came of each, in their order."""
    database = kit.service.database
    names = [name for one in found for name in (*one.opening.names, one.opening.former_name)]
    kept = await database.read(lambda tx: idempotency.kept(tx, names))
    outcomes = [one.opening.outcome(kept) for one in found]
    new = [one for one, outcome in zip(found, outcomes, strict=True) if outcome is None]
    opened = iter(await _open_new(kit, new, kept) if new else ())
    return [outcome or next(opened) for outcome in outcomes]


async def _open_new(kit: Kit, new: Sequence[_Found], kept: Container[str]) -> list[Done | KeyReused]:
    files = [file for one in new if one.opening.names[0] not in kept for file in one.files]
    async with held(kit, files):
        return await kit.service.open_all([one.opening for one in new], ACTOR)


def _clashes(
    kit: Kit, found: Sequence[_Found], outcomes: Sequence[Done | KeyReused]
) -> Iterator[FailedImport]:
    """The documents with the number of a case that is not what they say."""
    for one, outcome in zip(found, outcomes, strict=True):
        if isinstance(outcome, KeyReused):
            platform, _, _ = one.opening.command.external.partition(":")
            facts = {"id": str(one.id), "platform": platform, "number": outcome.facts["number"]}
            log.warning("import_clash", case=outcome.facts["number"], platform=platform)
            yield FailedImport(
                place=one.place, key="import.reason.clash", facts=facts, at=kit.service.clock()
            )
