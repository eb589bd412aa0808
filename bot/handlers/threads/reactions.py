"""The reaction to a reply, which shows in the thread that it is a note."""

from __future__ import annotations

import structlog

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.handlers.request.dependencies import Dependencies
from bot.store import DatabaseBusy
from bot.store.outbox import card_places

log = structlog.get_logger()

NOTED = "memo"
"""That the reply is a note."""

MAX_TRIES = 3


async def add_reaction(deps: Dependencies, thread: tuple[str, str], ts: str) -> None:
    """Add the reaction to the reply in the thread (channel, ts). A failure is ignored, since the note is stored."""
    for attempt in range(1, MAX_TRIES + 1):
        try:
            await touch_thread(deps, thread)
            async with deps.rate_limit("reactions.add"):
                await deps.slack.add_reaction((thread[0], ts), NOTED)
            return
        except (DatabaseBusy, TemporaryFailure) as failed:
            # Not reported: a message that the database is busy would suggest that nothing was stored.
            trouble, wait = (
                ("busy", None) if isinstance(failed, DatabaseBusy) else (failed.trouble, failed.retry_after)
            )
            if attempt == MAX_TRIES:
                log.warning("not_marked", trouble=trouble)
                return
            await deps.sleep(wait or float(attempt))
        except PermanentFailure as failed:
            log.info("not_marked", trouble=failed.trouble)
            return


async def touch_thread(deps: Dependencies, thread: tuple[str, str]) -> None:
    """Save that the thread was used, for the backfill."""
    channel, ts = thread
    now = deps.service.clock()
    await deps.service.database.write(lambda tx: card_places.touch_thread(tx, channel, ts, now))
