"""Removal of a disposed case's posts from Slack."""

from __future__ import annotations

from bot.clients.slack import SlackClient
from bot.delivery.attempt import DeliveryAttempt, SaveOutcome
from bot.delivery.slack.cards import notify_coordinators
from bot.delivery.slack.threads import CARD_WAIT_SECONDS
from bot.delivery.slack_rate_limits import RateLimited
from bot.store import Tx
from bot.store.outbox import card_places, deliveries

DELETE, REPLIES = "chat.delete", "conversations.replies"


class RemovalDestination:
    """Deletes what the bot has posted about a case: the lines in its threads first, then the cards above them.

    A card that is deleted before its thread leaves the thread behind. What colleagues have written there the bot may
    not delete; its places are saved until it is gone.
    """

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        case_id = attempt.delivery.case_id
        threads, open_card = await attempt.context.database.read(
            lambda tx: (card_places.list_threads(tx, case_id), deliveries.find_open_card(tx, case_id))
        )
        if open_card is not None and open_card[0] != "parked":
            raise RateLimited(CARD_WAIT_SECONDS)  # its card may just be posted
        remaining = [
            (channel, reply, ts)
            for channel, ts in threads
            for reply in await self._remove_thread(attempt, (channel, ts))
        ]

        def save(tx: Tx) -> None:
            card_places.remove(tx, case_id)
            card_places.save_remaining(tx, case_id, remaining, attempt.context.clock())

        return save

    async def _remove_thread(self, attempt: DeliveryAttempt, place: tuple[str, str]) -> list[str]:
        """Delete the bot's posts in the thread, and the card. Returns the ts of colleagues' replies."""
        await attempt.acquire_rate_limit(REPLIES)
        messages = await self._slack.thread_messages(place)
        own_ts = [one.ts for one in messages if one.is_own]
        for ts in (*own_ts, place[1]):
            await attempt.acquire_rate_limit(DELETE)
            await self._slack.delete_message((place[0], ts))
        return [one.ts for one in messages if not one.is_own]

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Notify the e-service's coordinators."""
        notify_coordinators(tx, attempt, trouble)
