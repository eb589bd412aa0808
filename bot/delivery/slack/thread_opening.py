"""The first line in a card's thread, which says how replies in it are used."""

from __future__ import annotations

from dataclasses import dataclass

from bot.blocks.block_kit.message import Message
from bot.blocks.cases.thread import opening_message
from bot.catalog.services import EService
from bot.clients.errors import PermanentFailure
from bot.clients.slack import SlackClient
from bot.delivery.attempt import DeliveryAttempt
from bot.delivery.slack.channels import rate_limit_key
from bot.delivery.slack.posts import MESSAGE_GONE_ERRORS, PostTarget, post_once
from bot.delivery.slack_rate_limits import UPDATE
from bot.domain.case import Case
from bot.domain.notes import ThreadUse, thread_use
from bot.store.outbox import card_places
from bot.text.working_days import local_day


@dataclass(frozen=True)
class ThreadOpening:
    """The line, and the use that it tells of."""

    use: ThreadUse
    message: Message


def render_opening(attempt: DeliveryAttempt, case: Case, service: EService) -> ThreadOpening:
    """The line as it is to be now."""
    catalog = attempt.context.catalog()
    use = thread_use(case, service, catalog, local_day(attempt.context.clock()))
    return ThreadOpening(use, opening_message(use, service.words_in(catalog.card_language_of(service))))


async def update_opening(
    attempt: DeliveryAttempt, slack: SlackClient, place: tuple[str, str], case: Case, service: EService
) -> None:
    """Update the line in the thread of the card at `place` where replies are used otherwise than it says.

    Where it is deleted another is posted, and so it is for a protected case in whose thread it was posted by an older
    version, which did not save where.
    """
    opening = render_opening(attempt, case, service)
    stored = await attempt.context.database.read(lambda tx: card_places.find_opening(tx, case.id))
    if stored is None or stored.use == opening.use or not (stored.ts or case.protected):
        return
    channel, thread = place
    ts = stored.ts
    if not ts or not await _update(attempt, slack, (channel, ts), opening.message):
        key = rate_limit_key(attempt.delivery.destination, attempt.context.catalog())
        target = PostTarget(channel=channel, rate_limit_key=key, thread_ts=thread)
        ts, _ = await post_once(attempt, slack, target, opening.message)
    saved = card_places.StoredOpening(ts, opening.use)
    await attempt.save(lambda tx: card_places.save_opening(tx, case.id, saved))


async def _update(
    attempt: DeliveryAttempt, slack: SlackClient, place: tuple[str, str], message: Message
) -> bool:
    """Update the message. False when it is gone."""
    await attempt.acquire_rate_limit(UPDATE)
    try:
        await slack.update_message(place, message.text, message.blocks)
    except PermanentFailure as error:
        if error.trouble not in MESSAGE_GONE_ERRORS:
            raise
        return False
    return True
