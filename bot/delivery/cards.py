"""The card in the e-service's channel."""

from __future__ import annotations

from bot.blocks.block_kit.message import Message
from bot.blocks.cases.card import card
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.clients.errors import Permanent
from bot.clients.slack import SlackClient
from bot.delivery.pace import UPDATE
from bot.delivery.places import Places, pace_key
from bot.delivery.posting import Goal, post_once
from bot.delivery.turn import Finish, Turn, nothing
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.outbox import card_places, deliveries
from bot.text import words
from bot.text.working_days import local_day

GONE = frozenset({"message_not_found", "cant_update_message"})
"""The message is away, or was another bot's before this one was installed."""

MOVED = frozenset({"channel_not_found", "is_archived", "not_in_channel"})


class Cards:
    """Posts the card, or redraws it as the case is now."""

    def __init__(self, slack: SlackClient, places: Places) -> None:
        self._slack = slack
        self._places = places

    async def deliver(self, turn: Turn) -> Finish:
        case_id = turn.delivery.case_id
        view, place = await turn.around.database.read(
            lambda tx: (system_queries.card(tx, case_id), card_places.card_place(tx, case_id))
        )
        if view is None:
            return nothing
        catalog = turn.around.catalog()
        service = service_of(catalog, view.case.service)
        language = words(catalog.card_language_of(service))
        drawn = card(view, catalog, language, local_day(turn.around.clock()))
        try:
            if place is not None and await self._redrawn(turn, service, place[:2], drawn):
                return nothing
            return await self._posted(turn, service, drawn)
        except Permanent as dead:
            if dead.trouble in MOVED:
                self._places.forget()
            raise

    async def _redrawn(self, turn: Turn, service: EService, place: tuple[str, str], drawn: Message) -> bool:
        """False when the message is gone, so that a new one is to be posted."""
        await self._places.refuse_open(turn, service, place[0])
        await turn.room(UPDATE)
        try:
            await self._slack.update(place, drawn.text, drawn.blocks)
        except Permanent as refused:
            if refused.trouble not in GONE:
                raise
            await turn.save(lambda tx: card_places.lost(tx, turn.delivery.case_id))
            return False
        return True

    async def _posted(self, turn: Turn, service: EService, drawn: Message) -> Finish:
        delivery = turn.delivery
        channel = await self._places.channel_of(turn, service)
        await self._places.refuse_open(turn, service, channel)
        goal = Goal(channel=channel, key=pace_key(delivery.destination, turn.around.catalog()))
        ts, found = await post_once(turn, self._slack, goal, drawn)

        def placed(tx: Tx) -> None:
            card_places.placed(tx, delivery.case_id, (channel, ts), turn.around.clock())

        if not found:
            return placed
        # What was written under it meanwhile was in a thread that nobody knew.
        await turn.save(placed)
        for told in turn.around.found:
            told((channel, ts))
        return nothing

    def parked(self, tx: Tx, turn: Turn, trouble: str) -> None:
        """The e-service's coordinators hear of it."""
        tell_coordinators(tx, turn, trouble)


def service_of(catalog: Catalog, key: str) -> EService:
    """The e-service; Permanent when the catalog no longer has it, for then nobody says what may be shown."""
    service = catalog.service(key)
    if service is None:
        raise Permanent("no_service")
    return service


def tell_coordinators(tx: Tx, turn: Turn, trouble: str) -> None:
    """A private word to the e-service's coordinators that its channel cannot be reached: once a day."""
    catalog, now = turn.around.catalog(), turn.around.clock()
    key = turn.delivery.destination.removeprefix("slack/")
    day = local_day(now)
    told = [
        officer.key
        for officer in catalog.officers_of(key, day)
        if (access := catalog.access(officer.key, key, day)) is not None and access.coordinator
    ]
    deliveries.enqueue_trouble(tx, told, {"service": key, "trouble": trouble}, now)
