"""Sweeping out what has had its day."""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.clients.errors import Permanent, Temporary
from bot.jobs.kit import JobKit
from bot.store import Tx, attachments, doors, drafts, hits, loose_files, receipts
from bot.store.loose_files import Gone

log = structlog.get_logger()

LOOSE_FILES = timedelta(hours=24)
RECEIPTS = timedelta(days=30)

MOST_IN_SLACK = 200
"""Files taken out of Slack in one go; it allows some fifty a minute, and the rest is for the next time."""


async def sweep(kit: JobKit) -> None:
    """Old drafts, codes, sessions, receipts and hits go, and files that belong to nothing or are to be nowhere."""
    now = kit.service.clock()

    def work(tx: Tx) -> list[Gone]:
        drafts.sweep(tx, now - drafts.LIFE)
        doors.sweep(tx, now)
        hits.sweep(tx, now - hits.LIFE)
        receipts.sweep(tx, now - RECEIPTS)
        return loose_files.sweep(tx, now - LOOSE_FILES)

    # The rows go first: a crash in between leaves bytes that nothing points to, never a row without bytes.
    swept = await kit.service.database.write(work)
    for gone in swept:
        kit.files.remove(gone.id)
    await _empty(kit)
    await _clear_slack(kit, [gone.slack_id for gone in swept if gone.slack_id])


async def _empty(kit: JobKit) -> None:
    """The bytes of files that were disposed of."""
    ids = await kit.service.database.read(attachments.disposed_of)
    for file_id in ids:
        kit.files.remove(file_id)
    if ids:
        await kit.service.database.write(lambda tx: attachments.emptied(tx, ids))


async def _clear_slack(kit: JobKit, swept: list[str]) -> None:
    """What was fetched from Slack and is still there: where a person's press did not come to it."""
    now = kit.service.clock()
    kept = await kit.service.database.read(lambda tx: attachments.in_slack(tx, now, MOST_IN_SLACK))
    done = []
    for slack_id in (*swept, *kept):
        try:
            await kit.slack_files.delete(slack_id)
        except Permanent as failed:
            log.info("file_left_in_slack", trouble=failed.trouble)
        except Temporary as failed:
            log.info("slack_not_cleared", trouble=failed.trouble)
            break
        done.append(slack_id)
    await kit.service.database.write(lambda tx: attachments.left_slack(tx, done))
