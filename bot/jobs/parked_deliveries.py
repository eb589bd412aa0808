"""Deliveries that are parked because of their e-service's channel: sent again when it can be reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import structlog

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.jobs.dependencies import JobDependencies
from bot.store import Tx
from bot.store.outbox import parking

log = structlog.get_logger()

CHANNEL_TROUBLES = frozenset(
    {"channel_not_found", "is_archived", "not_in_channel", "no_channel", "no_service"}
)
"""Troubles that are over when the catalog names a channel, not archived, that the bot is in.

Not that a strict e-service's channel has outsiders in it: each try would read all its members.
"""


async def retry_parked(deps: JobDependencies) -> None:
    """Send again what is parked for channels that have been renamed in the catalog, reopened, or joined unnoticed."""
    service = deps.service
    parked = await service.database.read(_find_parked)
    if not parked or deps.slack is None:
        return
    try:
        joined = await deps.slack.list_channels(is_joined=True)
    except (PermanentFailure, TemporaryFailure) as error:
        log.warning("channels_not_listed", trouble=error.trouble)
        return
    reachable = [key for key in parked if _is_reachable(deps, key, joined)]
    if not reachable:
        return
    now = service.clock()
    count = await service.database.write(
        lambda tx: sum(parking.unpark_service(tx, key, CHANNEL_TROUBLES, now) for key in reachable)
    )
    service.wake()
    log.info("parked_sent_again", services=reachable, deliveries=count)


def _find_parked(tx: Tx) -> Collection[str]:
    """The e-services, by key, with deliveries that are parked because of their channel."""
    destinations = {
        destination
        for _, _, destination, _, trouble in parking.list_parked(tx)
        if trouble in CHANNEL_TROUBLES
    }
    return sorted(one.removeprefix("slack/") for one in destinations if one.startswith("slack/"))


def _is_reachable(deps: JobDependencies, key: str, joined: Mapping[str, str]) -> bool:
    """Whether the e-service's channel is among those that the bot is in (ids by name)."""
    catalog = deps.service.catalog
    found = catalog.service(key)
    channel = catalog.channel_of(found) if found is not None else None
    return channel is not None and (channel in joined or channel in joined.values())
