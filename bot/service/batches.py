"""Batches: begun by an officer, performed in the background by whichever process has the lease."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.actors import Officer
from bot.domain.lists.batches import (
    MAX_CASES,
    BatchAction,
    BatchPreview,
    BatchProgress,
    FileAction,
    NoCasesChosen,
    NoSuchBatch,
    SeenCase,
    SetStatuses,
    TooManyChosen,
)
from bot.domain.lists.case_query import CaseQuery, UnreadableQuery, parse_query
from bot.domain.lists.query_validation import QueryRefused
from bot.domain.rules import Refused
from bot.service.batch_actions import BatchActions, preview
from bot.service.batch_messages import count_moved, enqueue_messages
from bot.service.case_exporter import CaseExporter
from bot.service.failures import log_failure
from bot.service.mailing_files import CopyIds, MailingFileCopier
from bot.service.officers import load_officer
from bot.service.service import Service
from bot.store import DatabaseBusy, DiskFull, Tx
from bot.store.engine.writers import in_background
from bot.store.files.file_store import FileStore, FilesUnavailable
from bot.store.lists.open_lists import OpenList
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers import batch_claims, batch_preparation, batches
from bot.store.officers.batch_claims import CaseOutcome, Claim
from bot.store.officers.batch_preparation import Preparation
from bot.text.working_days import local_day

log = structlog.get_logger()

CASES_AT_ONCE = 10
"""Cases performed in one transaction."""

CASES_TOGETHER = 3
"""Cases performed together on SQLite: a press that comes meanwhile waits for these, and the transaction ends with them.

On PostgreSQL nobody waits for a transaction of other cases, and together all of them are less work.
"""

GIVE_WAY_SECONDS = 0.003
"""How long a batch pauses after a transaction where others write too, so that they are answered first."""

CASES_ADDED_AT_ONCE = 5_000
"""Cases added to a batch in one statement and transaction."""

MAX_ADDED_AT_REQUEST = 2_000
"""Cases that a query may find for them to be added while the officer waits; more are added in the background."""

POLL_SECONDS = 5.0
"""How long the runner sleeps at most, since other processes begin batches too, and some wait for their time."""

PROGRESS_EVERY = timedelta(seconds=5)
"""How often the officer's message about a batch is updated at most."""


class BatchLost(Exception):
    """The batch was cancelled, or another process has taken it over: nothing of the transaction is saved."""


class Batches:
    """Begins batches, and performs them while `run` runs."""

    def __init__(self, service: Service, files: FileStore) -> None:
        self._service = service
        self._exporter = CaseExporter(service, files)
        self._copier = MailingFileCopier(service.database, files, service.clock)
        self._actions = BatchActions(lambda: service.catalog, service.clock)
        self._runner = uuid.uuid4().hex
        self._wake_event, self._preparation_event = asyncio.Event(), asyncio.Event()
        self._stopping = False

    async def begin(
        self,
        officer: Officer,
        action: BatchAction,
        case_ids: Sequence[str],
        *,
        batch_id: str,
        due_at: datetime | None = None,
    ) -> BatchProgress:
        """`prepare` and `confirm` in one."""
        await self.prepare(officer, action, case_ids, batch_id=batch_id)
        return await self.confirm(officer, batch_id, due_at=due_at)

    async def prepare(
        self, officer: Officer, action: BatchAction, case_ids: Sequence[str], *, batch_id: str
    ) -> BatchProgress:
        """Store the batch with its cases as they are now, to be confirmed; once for each `batch_id`.

        One that is prepared again before it is confirmed has the action and cases of the last time. Cases that the
        officer may not see are left out. Raises NoCasesChosen and TooManyChosen.
        """
        ids = tuple(dict.fromkeys(case_ids))
        if len(ids) > MAX_CASES:
            raise TooManyChosen(n=MAX_CASES)
        database, now = self._service.database, self._service.clock()
        held = Preparation(batch_id, officer.key, runner=uuid.uuid4().hex)
        if await database.write(lambda tx: batch_preparation.create(tx, held, action, now)):
            with contextlib.suppress(BatchLost):  # the same request once more, which adds them
                await self._add_cases(officer, held, ids)
        return await self._load(officer, batch_id)

    async def prepare_list(
        self, officer: Officer, action: BatchAction, opened: OpenList, *, batch_id: str
    ) -> BatchProgress:
        """As `prepare`, with the cases that are ticked in the list, or with all that it finds: see `prepare_query`."""
        if opened.all_ticked:
            return await self.prepare_query(officer, action, opened.query, batch_id=batch_id)
        return await self.prepare(officer, action, opened.ticked, batch_id=batch_id)

    async def prepare_query(
        self, officer: Officer, action: BatchAction, query: CaseQuery, *, batch_id: str
    ) -> BatchProgress:
        """As `prepare`, with all cases that the query finds.

        Of many the batch remains `preparing` until they have been added in the background. Raises QueryRefused too.
        """
        database, now = self._service.database, self._service.clock()
        context = ListContext(officer, now, self._service.catalog)
        ids = await database.read(
            lambda tx: CaseQueries(tx, context).ids(query, limit=MAX_ADDED_AT_REQUEST + 1)
        )
        if len(ids) <= MAX_ADDED_AT_REQUEST:
            return await self.prepare(officer, action, ids, batch_id=batch_id)
        count = await database.read(lambda tx: CaseQueries(tx, context).count(query, limit=MAX_CASES + 1))
        if count.number > MAX_CASES:
            raise TooManyChosen(n=MAX_CASES)
        waiting = Preparation(batch_id, officer.key, query.to_json())
        await database.write(lambda tx: batch_preparation.create(tx, waiting, action, now))
        self._preparation_event.set()
        return await self._load(officer, batch_id)

    async def confirm(
        self,
        officer: Officer,
        batch_id: str,
        *,
        due_at: datetime | None = None,
        notifies: bool | None = None,
    ) -> BatchProgress:
        """Have the prepared batch performed from `due_at` or at once. Nothing happens where it is confirmed already.

        `notifies` says whether applicants are notified of a status. Raises NoSuchBatch.
        """
        at = due_at or self._service.clock()
        action = (await self._load(officer, batch_id)).action
        if isinstance(action, SetStatuses) and notifies is not None:
            action = action.model_copy(update={"notifies": notifies})
        await self._service.database.write(
            lambda tx: batch_preparation.confirm(tx, officer.key, batch_id, action, at)
        )
        progress = await self._load(officer, batch_id)
        self.wake()
        return progress

    async def _load(self, officer: Officer, batch_id: str) -> BatchProgress:
        found = await self._service.database.read(lambda tx: batches.load(tx, officer.key, batch_id))
        if found is None:
            raise NoSuchBatch
        return found

    async def preview(self, officer: Officer, batch_id: str) -> BatchPreview:
        """What the prepared batch would do to its cases as they are now. Raises NoSuchBatch."""
        batch = await self._load(officer, batch_id)
        return await preview(self._actions, self._service.database, officer, batch)

    async def cancel(self, officer: Officer, batch_id: str) -> BatchProgress | None:
        """Cancel the officer's batch where it is; None where there is no such batch."""

        def work(tx: Tx) -> BatchProgress | None:
            now = self._service.clock()
            progress = batches.load(tx, officer.key, batch_id)
            if progress is not None and batches.cancel(tx, officer.key, batch_id, now):
                enqueue_messages(tx, progress, count_moved(tx, progress), now)
            return batches.load(tx, officer.key, batch_id)

        progress = await self._service.database.write(work)
        self._service.wake()
        return progress

    def wake(self) -> None:
        """Look for batches soon."""
        self._wake_event.set()

    async def run(self) -> None:
        """Prepare and perform batches until `stop`. What is prepared does not wait for what is performed."""
        await asyncio.gather(
            self._run_until_stopped(self.run_next, self._wake_event),
            self._run_until_stopped(self.prepare_next, self._preparation_event),
        )

    async def _run_until_stopped(self, work: Callable[[], Awaitable[bool]], woken: asyncio.Event) -> None:
        while not self._stopping:
            if not await log_failure(_log_outage(work()), "batch_bug"):
                await _sleep_until(woken)

    def stop(self) -> None:
        """Begin no further transaction; what is left of a batch is taken over when its lease has run out."""
        self._stopping = True
        self.wake()
        self._preparation_event.set()

    async def prepare_next(self) -> bool:
        """Add the cases of the query that has waited longest. False where none waits."""
        database, now = self._service.database, self._service.clock()
        held = await database.write(lambda tx: batch_preparation.claim_preparation(tx, self._runner, now))
        if held is None:
            return False
        officer = await database.read(lambda tx: self._load_officer(tx, held.officer, now))
        context = ListContext(officer, now, self._service.catalog)
        try:
            query = parse_query(held.query)
            ids = await database.read(lambda tx: CaseQueries(tx, context).ids(query, limit=MAX_CASES))
            with in_background():
                await self._add_cases(officer, held, ids)
        except (NoCasesChosen, QueryRefused, UnreadableQuery):
            await database.write(lambda tx: batch_preparation.end_empty(tx, held, now))
        except BatchLost:
            log.info("preparation_lost", batch=held.batch_id)
        return True

    async def run_next(self) -> bool:
        """Perform the batch that has waited longest. False where none waits."""
        database, clock = self._service.database, self._service.clock
        held = await database.write(lambda tx: batch_claims.claim(tx, self._runner, clock()))
        if held is None:
            return False
        with in_background():
            if isinstance(held.progress.action, FileAction):
                await self._exporter.export(held, held.progress.action, lambda: self._stopping)
            else:
                await self._perform_batch(held)
        return True

    async def _perform_batch(self, held: Claim) -> None:
        clock = self._service.clock
        position, notified_at = held.progress.handled, clock()
        while position < held.progress.total and not self._stopping:
            tells = clock() - notified_at >= PROGRESS_EVERY
            done = await self._perform_some(held, position, tells=tells)
            if done is None:
                return
            position, notified_at = position + done, clock() if tells else notified_at
            self._service.wake()
        if not self._stopping:
            await self._finish(held)

    async def _add_cases(self, officer: Officer, held: Preparation, ids: Sequence[str]) -> None:
        """Add the cases, and end the preparation. Raises NoCasesChosen, and BatchLost."""
        database, clock, total = self._service.database, self._service.clock, 0
        for start in range(0, len(ids), CASES_ADDED_AT_ONCE):
            some = ids[start : start + CASES_ADDED_AT_ONCE]
            add = partial(batch_preparation.add_cases, held=held, officer=officer, ids=some, now=clock())
            added = await database.write(add)
            if added is None or (held.query and self._stopping):
                raise BatchLost
            total = added
        if not total:
            raise NoCasesChosen
        if not await database.write(lambda tx: batch_preparation.end_preparation(tx, held)):
            raise BatchLost

    async def _perform_some(self, held: Claim, position: int, *, tells: bool) -> int | None:
        """Perform the next cases in one transaction. Returns how many, or None where the batch was lost."""
        cases = await self._service.database.read(
            lambda tx: batch_claims.next_cases(tx, held.progress.id, position, CASES_AT_ONCE)
        )
        copies = await self._copier.copy_for([seen for _, seen in cases], held.progress.action)

        def work(tx: Tx) -> tuple[list[CaseOutcome], bool]:
            outcomes, is_awaited = self._perform_in(tx, held, cases, copies)
            now = self._service.clock()
            if not batch_claims.save_outcomes(tx, held, outcomes, now):
                raise BatchLost
            if tells:
                enqueue_messages(tx, held.progress, {}, now)
            return outcomes, is_awaited

        try:
            outcomes, is_awaited = await self._service.write_again(work)
        except BatchLost:
            await self._copier.remove(copies.values())
            return None
        skipped = {one.position for one in outcomes if one.outcome == "skipped"}
        await self._copier.remove(copies[seen.id] for place, seen in cases if copies and place in skipped)
        if is_awaited:
            await asyncio.sleep(GIVE_WAY_SECONDS)
        return len(outcomes)

    def _perform_in(
        self, tx: Tx, held: Claim, cases: Sequence[tuple[int, SeenCase]], copies: Mapping[str, CopyIds]
    ) -> tuple[list[CaseOutcome], bool]:
        """Perform the batch's action in these cases, with their positions, until another write waits for its turn.

        Returns the outcomes, and whether one waits. With copied files all are performed, since the files would be
        copied again.
        """
        officer = self._load_officer(tx, held.progress.officer, self._service.clock())
        outcomes: list[CaseOutcome] = []
        is_awaited = False
        together = CASES_AT_ONCE if tx.locks_rows else CASES_TOGETHER
        for start in range(0, len(cases), together):
            some = cases[start : start + together]
            seen = [one for _, one in some]
            performed = self._actions.perform(tx, held.progress.action, officer, seen, copies)
            outcomes += [_to_outcome(place, one) for (place, _), one in zip(some, performed, strict=True)]
            is_awaited = tx.is_awaited()
            if is_awaited and not copies:
                break
        return outcomes, is_awaited

    def _load_officer(self, tx: Tx, key: str, now: datetime) -> Officer:
        """The officer with today's access; without any where the catalog no longer has them."""
        return load_officer(tx, self._service.catalog, key, local_day(now)) or Officer(key=key, name=key)

    async def _finish(self, held: Claim) -> None:
        database = self._service.database
        # Read before the write, which others wait for: no outcome is added any more.
        moved = await database.read(lambda tx: count_moved(tx, held.progress))

        def work(tx: Tx) -> None:
            now = self._service.clock()
            if batch_claims.finish(tx, held, now):
                enqueue_messages(tx, held.progress, moved, now)

        await database.write(work)
        self._service.wake()


async def _log_outage(work: Awaitable[bool]) -> bool:
    """Whether there was work. False where the disk, the storage of files or the database holds it up, which is logged.

    It is tried again when its lease has run out.
    """
    try:
        return await work
    except FilesUnavailable as error:
        log.warning("batch_waits", trouble=error.trouble)
    except DiskFull:
        log.warning("batch_waits", trouble="disk_full")
    except DatabaseBusy:
        log.warning("batch_waits", trouble="database_busy")
    return False


async def _sleep_until(woken: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(POLL_SECONDS):
            await woken.wait()
    except TimeoutError:
        pass
    woken.clear()


def _to_outcome(position: int, performed: bool | Refused) -> CaseOutcome:
    if isinstance(performed, Refused):
        return CaseOutcome(position, "skipped", performed)
    return CaseOutcome(position, "done" if performed else "unchanged")
