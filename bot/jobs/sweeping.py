"""Sweeping out what has had its day."""

from __future__ import annotations

from datetime import timedelta

from bot.jobs.kit import JobKit
from bot.store import Tx, doors
from bot.store.engine import idempotency
from bot.store.files import attachments, slack_copies, unattached
from bot.store.files.unattached import Gone
from bot.store.lists import search_results
from bot.store.officers import drafts

LOOSE_FILES = timedelta(hours=24)
RECEIPTS = timedelta(days=30)

MOST_IN_SLACK = 200
"""Files taken out of Slack in one go; it allows some fifty a minute, and the rest is for the next time."""

PATIENCE = 3
"""After so many failures in a row Slack is thought to be down."""


async def sweep(kit: JobKit) -> None:
    """Old drafts, codes, sessions, receipts and hits go, and files that belong to nothing or are to be nowhere."""
    now = kit.service.clock()

    def work(tx: Tx) -> list[Gone]:
        drafts.sweep(tx, now - drafts.LIFE)
        doors.sweep(tx, now)
        search_results.sweep(tx, now - search_results.LIFE)
        idempotency.sweep(tx, now - RECEIPTS)
        return unattached.sweep(tx, now - LOOSE_FILES)

    # The rows go first: a crash in between leaves bytes that nothing points to, never a row without bytes.
    for gone in await kit.service.database.write(work):
        kit.files.remove(gone.id)
    await _empty(kit)
    await _clear_slack(kit)


async def _empty(kit: JobKit) -> None:
    """The bytes of files that were disposed of."""
    ids = await kit.service.database.read(attachments.disposed_of)
    for file_id in ids:
        kit.files.remove(file_id)
    if ids:
        await kit.service.database.write(lambda tx: attachments.emptied(tx, ids))


async def _clear_slack(kit: JobKit) -> None:
    """What was fetched from Slack and is still there: where a person's press did not come to it."""
    now, database = kit.service.clock(), kit.service.database
    left = await database.read(lambda tx: slack_copies.due(tx, now, MOST_IN_SLACK))
    cleared = await kit.slack_files.clear(left, PATIENCE)
    await database.write(lambda tx: slack_copies.gone(tx, cleared.done))
