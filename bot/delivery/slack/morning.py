"""The morning's line in a channel."""

from __future__ import annotations

from bot.blocks.notice import morning_line
from bot.clients.slack import SlackClient
from bot.delivery.attempt import DeliveryAttempt, SaveOutcome, save_nothing
from bot.delivery.slack.cards import require_service
from bot.delivery.slack.channels import SlackChannels, rate_limit_key
from bot.delivery.slack.posts import PostTarget, post_once
from bot.store import Tx
from bot.text import words
from bot.text.working_days import local_day


class MorningDestination:
    """Posts how many cases are new, unassigned and overdue; on its day only."""

    def __init__(self, slack: SlackClient, channels: SlackChannels) -> None:
        self._slack = slack
        self._channels = channels

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        delivery, catalog = attempt.delivery, attempt.context.catalog()
        if local_day(delivery.created_at) != local_day(attempt.context.clock()):
            return save_nothing
        service = require_service(catalog, delivery.destination.removeprefix("slack/"))
        message = morning_line(delivery.ids, words(catalog.card_language_of(service)))
        channel = await self._channels.find_channel_id(attempt, service)
        await self._channels.require_private(attempt, service, channel)
        key = rate_limit_key(delivery.destination, catalog)
        await post_once(attempt, self._slack, PostTarget(channel=channel, rate_limit_key=key), message)
        return save_nothing

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Nobody is notified: cards that cannot be posted there are reported, and the counts are in officers' lists."""
