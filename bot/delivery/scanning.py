"""Scanning of files by the virus scanner."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import structlog

from bot.clients.clamd import Clamd
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.delivery.attempt import DeliveryAttempt, SaveOutcome, save_nothing
from bot.domain.actors import Machine
from bot.domain.scanning import ReportScan
from bot.domain.submission import STOPPED, FileRef, ScanState
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.engine.locking import lock_case
from bot.store.files import scans
from bot.store.files.file_store import FileStore, FilesUnavailable

log = structlog.get_logger()

ACTOR = Machine("scanner")

MAX_ATTEMPTS = 10
"""Attempts in which the scanner broke off, after which the file counts as one that it cannot scan."""


class ScanDestination:
    """Scans a file and saves what the scanner says. Without a scanner, waiting files are offered as unscanned ones."""

    def __init__(self, clamd: Clamd | None, files: FileStore) -> None:
        self._clamd = clamd
        self._files = files

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        file_id = attempt.delivery.ids["file"]
        file = await attempt.context.database.read(lambda tx: scans.find_file(tx, file_id))
        if file is None:
            return save_nothing
        state = await self._scan(attempt, file)
        if state == "infected":
            log.warning("infected_file", file=file_id)
        return lambda tx: _save(tx, attempt, state)

    async def _scan(self, attempt: DeliveryAttempt, file: FileRef) -> ScanState:
        if self._clamd is None:
            return ""
        try:
            return await self._clamd.scan(_stored_chunks(self._files, file), self._files.run)
        except TemporaryFailure as error:
            # A file at which the scanner fails each time must not be tried for ever.
            if error.trouble == "scanner_broke" and attempt.delivery.attempts >= MAX_ATTEMPTS:
                raise PermanentFailure("scan_refused") from None
            raise

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Record that the file could not be scanned; `deliveries --retry` has it scanned again."""
        _save(tx, attempt, "unscannable")


def _stored_chunks(files: FileStore, file: FileRef) -> Iterator[bytes]:
    """The file's bytes. TemporaryFailure where they are not (yet) those that its row tells of."""
    digest = hashlib.sha256()
    try:
        for chunk in files.read(file.id):
            digest.update(chunk)
            yield chunk
    except (OSError, FilesUnavailable):
        raise TemporaryFailure("file_unreadable") from None
    if digest.hexdigest() != file.sha256:
        raise TemporaryFailure("file_unreadable")


def _save(tx: Tx, attempt: DeliveryAttempt, state: ScanState) -> None:
    """Save what the scanner says, and report to the file's case that it is stopped, or no longer is."""
    file_id, service = attempt.delivery.ids["file"], attempt.context.service
    if (case_id := scans.find_case_id(tx, file_id)) is not None:
        lock_case(tx, case_id)  # as all others do: the case first, then its files
    file = scans.find_file(tx, file_id)
    before = scans.save_state(tx, file, state) if file is not None else None
    if (
        before is None
        or not {before, state} & STOPPED
        or (case_id := scans.find_case_id(tx, file_id)) is None
    ):
        return
    case = system_queries.load_case(tx, case_id)
    if case is not None and service.catalog.service(case.service) is not None:
        senders = scans.find_senders(tx, file_id, case.applicants)
        command = ReportScan(case_id=case.id, file_id=file_id, state=state, senders=senders)
        service.perform_in_transaction(tx, command, ACTOR)
