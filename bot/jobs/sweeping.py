"""Deletion of expired rows and files."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

from bot.domain.lists.batches import LIFETIME
from bot.domain.lists.exporting import FILE_LIFETIME
from bot.jobs.dependencies import JobDependencies
from bot.store import Database, Tx
from bot.store.authentication import codes, login_tokens, sessions
from bot.store.cases import form_drafts, scheduled_drafts
from bot.store.engine import idempotency
from bot.store.files import attachments, slack_copies, unattached
from bot.store.files.export_files import ExportFiles
from bot.store.files.unattached import ForgottenFile
from bot.store.lists import open_lists, search_results
from bot.store.officers import batches, drafts, exports

UNATTACHED_FILE_LIFETIME = timedelta(hours=24)
UNCONFIRMED_BATCH_LIFETIME = timedelta(days=1)
IDEMPOTENCY_KEY_LIFETIME = timedelta(days=30)

MAX_OUTCOMES = 500
"""Outcomes of requests that are deleted in one transaction."""

MAX_UNSAVED = 500
"""Files that are looked up in one read."""

MAX_SLACK_FILES = 200
"""Files deleted in Slack in one run: Slack allows about fifty a minute, and the rest is for the next run."""

MAX_SLACK_FAILURES = 3
"""After that many failures in a row Slack is considered down."""


async def sweep(deps: JobDependencies) -> None:
    """Delete expired drafts, codes, sessions, idempotency keys and search results, unattached and disposed files, and
    copies of fetched files in Slack."""
    now = deps.service.clock()

    def work(tx: Tx) -> list[ForgottenFile]:
        drafts.sweep(tx, now)
        form_drafts.sweep(tx, now)
        codes.sweep(tx, now)
        sessions.sweep(tx, now)
        login_tokens.sweep(tx, now)
        search_results.sweep(tx, now - search_results.LIFETIME)
        open_lists.forget_texts_at_home(tx, now - open_lists.LIFETIME, now)
        open_lists.sweep(tx, now - open_lists.LIFETIME)
        files = [*batches.list_file_ids(tx), *scheduled_drafts.list_file_ids(tx)]
        unattached.keep_alive(tx, files, now)
        return unattached.sweep(tx, now - UNATTACHED_FILE_LIFETIME)

    # Rows first: a crash in between leaves bytes without a row, never a row without bytes.
    for file in await deps.service.database.write(work):
        await deps.files.run(deps.files.remove, file.id)
    await forget_outcomes(deps.service.database, now)
    await remove_old_batches(deps)
    await remove_exported_files(deps)
    await remove_disposed_files(deps)
    await remove_unsaved_files(deps)
    await _delete_slack_copies(deps)


async def forget_outcomes(database: Database, now: datetime) -> None:
    """Delete outcomes of old requests, in batches, since other writes wait for each.

    They are found without an index, which every request would have to write to.
    """
    expired = await database.read(lambda tx: idempotency.list_expired(tx, now - IDEMPOTENCY_KEY_LIFETIME))
    for start in range(0, len(expired), MAX_OUTCOMES):
        await database.write(partial(idempotency.forget, keys=expired[start : start + MAX_OUTCOMES]))


async def remove_old_batches(deps: JobDependencies) -> None:
    """Delete batches that ended long ago, or were never confirmed, one in each transaction."""
    now = deps.service.clock()
    times = now - LIFETIME, now - UNCONFIRMED_BATCH_LIFETIME
    while await deps.service.database.write(lambda tx: batches.sweep(tx, *times, most=1)):
        pass


async def remove_exported_files(deps: JobDependencies) -> None:
    """Delete exported files that can no longer be downloaded, and what killed processes left of others."""
    now, files, database = deps.service.clock(), ExportFiles(deps.files), deps.service.database
    # Bytes first: nobody can download a file of that age, and its row says that it is still to be removed.
    for file_id in await database.read(lambda tx: exports.list_old(tx, now - FILE_LIFETIME)):
        files.remove(file_id)
        await database.write(partial(exports.remove, file_id=file_id))
    known_ids = await database.read(exports.list_file_ids)
    await asyncio.to_thread(files.remove_forgotten, known_ids)


async def remove_disposed_files(deps: JobDependencies) -> None:
    """Delete the bytes of files that were disposed of."""
    ids = await deps.service.database.read(attachments.list_disposed)
    gone = [file_id for file_id in ids if await deps.files.run(deps.files.remove, file_id)]
    if gone:
        await deps.service.database.write(lambda tx: attachments.mark_emptied(tx, gone))


async def remove_unsaved_files(deps: JobDependencies) -> None:
    """Remove files that no row needs: a process was killed before it saved the row, or their storage was down."""
    files = deps.files
    unsaved = await files.run(files.list_unsaved)
    for start in range(0, len(unsaved), MAX_UNSAVED):
        ids = unsaved[start : start + MAX_UNSAVED]
        needed = await deps.service.database.read(partial(attachments.find_needed, ids=ids))
        for file_id in ids:
            await files.run(files.forget if file_id in needed else files.remove, file_id)


async def _delete_slack_copies(deps: JobDependencies) -> None:
    """Delete in Slack the files that were fetched from there, where the request that fetched them did not."""
    now, database = deps.service.clock(), deps.service.database
    slack_ids = await database.read(lambda tx: slack_copies.find_due(tx, now, MAX_SLACK_FILES))
    cleared = await deps.slack_files.delete_all(slack_ids, MAX_SLACK_FAILURES)
    await database.write(lambda tx: slack_copies.forget(tx, cleared.deleted_ids))
