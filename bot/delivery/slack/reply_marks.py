"""The mark on a reply whose note has become official, whichever way the officer made it so."""

from __future__ import annotations

import structlog

from bot.clients.errors import PermanentFailure
from bot.clients.slack import SlackClient
from bot.delivery.attempt import DeliveryAttempt, SaveOutcome, save_nothing
from bot.store import Tx
from bot.store.cases import system_queries

log = structlog.get_logger()

OFFICIAL = "pushpin"
"""The reaction that says that the reply is an official note."""

REACT = "reactions.add"


class ReplyMarkDestination:
    """Adds the reaction to the reply, which stays as it is where Slack does not take it: the note is stored."""

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        delivery = attempt.delivery
        case = await attempt.context.database.read(lambda tx: system_queries.load_case(tx, delivery.case_id))
        reply = case.find_reply_of_note(delivery.ids["note"]) if case is not None else None
        if reply is None or reply.removed:
            return save_nothing
        channel, _, ts = reply.place.partition(":")
        await attempt.acquire_rate_limit(REACT)
        try:
            await self._slack.add_reaction((channel, ts), OFFICIAL)
        except PermanentFailure as failed:
            log.info("not_marked", trouble=failed.trouble)
        return save_nothing

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Nobody is notified: a reply without its mark loses nothing."""
