"""An import: documents are found, read, and opened as cases, each once."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from email_validator import EmailNotValidError, validate_email

from bot.domain.actors import Machine
from bot.domain.intake import Answers, Person, SubmitCase
from bot.intake.files import held
from bot.intake.kit import Kit
from bot.intake.open_eplatform.answers import Rendered, rendered
from bot.intake.open_eplatform.document import CaseDocument, GivenPerson, document_of
from bot.intake.open_eplatform.reading import Node, NotImportable, read_file
from bot.service import Opening
from bot.store import Tx, imports, receipts
from bot.store.imports import FailedImport

log = structlog.get_logger()

BATCH = 25
"""Cases opened in one transaction."""
BATCH_BYTES = 16 * 1024 * 1024
"""Of documents read before their cases are opened, so that large ones do not fill the memory."""

ACTOR = Machine("open_eplatform")


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of an import: cases opened, cases that were there already, and what could not be opened."""

    opened: int
    known: int
    failed: tuple[FailedImport, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A document that can be opened as a case."""

    place: str
    root: Node
    command: SubmitCase
    rendered: Rendered

    @property
    def opening(self) -> Opening:
        return Opening(self.command, self.rendered.definition)

    @property
    def receipt(self) -> str:
        """The key under which the store remembers that the case was opened."""
        return self.opening.names[0]


async def run(kit: Kit, paths: Sequence[Path], *, silent: bool = False) -> Summary:
    """Open a case for each document at `paths`, files or folders; `silent` tells nobody.

    What cannot be opened goes to the list (`failed_list`) with the reason, and comes off it when it can.
    A document whose case was opened before changes nothing. Raises Busy while the database is locked.
    """
    listed = {one.place for one in await failed_list(kit)}
    opened, known = 0, 0
    failed: list[FailedImport] = []
    for batch in _batches(_documents(paths)):
        read = await asyncio.to_thread(_read_all, kit, batch, silent)
        wrong = [one for one in read if isinstance(one, FailedImport)]
        found = [one for one in read if isinstance(one, _Found)]
        try:
            news = await _open(kit, found)
        finally:
            for one in found:
                one.root.close()
        opened, known, failed = opened + news, known + len(found) - news, failed + wrong
        await _note(kit, wrong, listed.intersection(one.place for one in found))
    log.info("imported", opened=opened, known=known, failed=len(failed))
    return Summary(opened, known, tuple(failed))


async def failed_list(kit: Kit) -> list[FailedImport]:
    """What could not be opened, and why, by place."""
    return await kit.service.database.read(imports.failed)


async def _note(kit: Kit, failed: list[FailedImport], mended: Iterable[str]) -> None:
    """One write, and none where there is nothing to say."""
    gone = list(mended)

    def work(tx: Tx) -> None:
        imports.drop(tx, gone)
        for one in failed:
            imports.fail(tx, one)

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


def _read_all(kit: Kit, batch: list[Path], silent: bool) -> list[_Found | FailedImport]:
    return [_read(kit, path, silent) for path in batch]


def _read(kit: Kit, path: Path, silent: bool) -> _Found | FailedImport:
    place = str(path)
    root: Node | None = None
    try:
        root = read_file(path, max_file=kit.service.catalog.municipality.files.max_bytes)
        return _found(kit, place, root, silent)
    except NotImportable as why:
        if root is not None:
            root.close()
        log.info("not_imported", reason=why.key)
        return FailedImport(place=place, key=why.key, facts=why.facts, at=kit.service.clock())


def _found(kit: Kit, place: str, root: Node, silent: bool) -> _Found:
    document = document_of(root)
    catalog = kit.service.catalog
    service = catalog.service_of_family(document.family)
    if service is None:
        raise NotImportable("import.reason.noservice", family=str(document.family))
    form = rendered(document, service, catalog.municipality.files)
    return _Found(place, root, _command(document, service.key, form, silent), form)


def _command(document: CaseDocument, service: str, form: Rendered, silent: bool) -> SubmitCase:
    """The header's status is the one at that event, not now: the case is opened in the e-service's first."""
    return SubmitCase(
        service=service,
        answers=Answers(definition=form.definition.digest, values=form.values),
        people=tuple(_person(one) for one in document.people),
        files=tuple(one.ref for one in form.files),
        origin="open_eplatform",
        received_at=document.received_at,
        external=f"open_eplatform:{document.id}",
        silent=silent,
    )


def _person(given: GivenPerson) -> Person:
    return Person(id=uuid.uuid4().hex, name=given.name, email=_address(given.email), external_id=given.id)


def _address(written: str) -> str:
    """The address, or nothing where no mail could reach it."""
    try:
        return validate_email(written, check_deliverability=False).normalized
    except EmailNotValidError:
        return ""


async def _open(kit: Kit, found: list[_Found]) -> int:
    """Open the cases in one transaction; how many were new."""
    if not found:
        return 0
    database = kit.service.database
    known = await database.read(lambda tx: receipts.known(tx, [one.receipt for one in found]))
    new = [one for one in found if one.receipt not in known]
    if not new:
        return 0
    async with held(kit, [file for one in new for file in one.rendered.files]):
        done = await kit.service.open_all([one.opening for one in new], ACTOR)
    return sum(not one.repeated for one in done)
