"""The lines in the card's thread."""

from __future__ import annotations

from dataclasses import dataclass

from bot.blocks.block_kit.message import Message
from bot.blocks.cases.thread import lines, opening_line
from bot.catalog.services import EService
from bot.clients.errors import Permanent
from bot.clients.slack import SlackClient
from bot.delivery.cards import service_of, tell_coordinators
from bot.delivery.pace import Later
from bot.delivery.places import Places, pace_key
from bot.delivery.posting import Goal, intent_of, look, post
from bot.delivery.turn import Finish, Turn, nothing
from bot.domain.case import Case
from bot.domain.notes import thread_use
from bot.domain.notices import BACKGROUND, CardPosted
from bot.domain.views import HistoryLine
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.outbox import card_places, deliveries
from bot.text import words
from bot.text.working_days import local_day

NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})

CARD_SECONDS = 2.0
"""How long a line waits before it looks again whether its card has been posted."""


@dataclass(frozen=True)
class _Seen:
    case: Case
    place: tuple[str, str, bool] | None
    happened: list[HistoryLine]


class Threads:
    """Posts what has happened, under the card; before the first line, what becomes of what is written there."""

    def __init__(self, slack: SlackClient, places: Places) -> None:
        self._slack = slack
        self._places = places

    async def deliver(self, turn: Turn) -> Finish:
        seen = await turn.around.database.read(lambda tx: _seen(tx, turn))
        if seen is None:
            return nothing
        catalog = turn.around.catalog()
        service = service_of(catalog, seen.case.service)
        language = words(catalog.card_language_of(service))
        said = lines(seen.happened, catalog, service, language, seen.case.id)
        if not said.text:
            return nothing
        if seen.place is None:
            await self._card_first(turn, seen.case)
            raise Later(CARD_SECONDS)
        try:
            use = thread_use(seen.case, service, catalog, local_day(turn.around.clock()))
            await self._say(turn, service, seen.place, (opening_line(use, language), said))
        except Permanent as refused:
            if refused.trouble not in NO_THREAD:
                raise
            await turn.save(lambda tx: card_places.lost(tx, seen.case.id))
            await self._card_first(turn, seen.case)
            raise Later(CARD_SECONDS) from None
        channel, ts, _ = seen.place
        return lambda tx: _touch(tx, channel, ts, turn)

    async def _say(
        self, turn: Turn, service: EService, place: tuple[str, str, bool], what: tuple[Message, Message]
    ) -> None:
        channel, ts, opened = place
        opening, said = what
        await self._places.refuse_open(turn, service, channel)
        key = pace_key(turn.delivery.destination, turn.around.catalog())
        goal = Goal(channel=channel, key=key, thread_ts=ts)
        first, own = intent_of(turn, f"opening/{ts}"), intent_of(turn)
        found = await look(turn, self._slack, goal, {first, own}) if turn.delivery.uncertain else {}
        if not opened:
            if first not in found:
                await post(turn, self._slack, goal, (first, opening))
            await turn.save(lambda tx: card_places.thread_opened(tx, turn.delivery.case_id))
        if own not in found:
            announced = bool(turn.delivery.ids.get("announced"))
            loud = Goal(channel=channel, key=key, thread_ts=ts, broadcast=announced)
            await post(turn, self._slack, loud, (own, said))

    async def _card_first(self, turn: Turn, case: Case) -> None:
        """A line needs its card: see that one is on its way. Permanent when that one is stuck."""
        now = turn.around.clock()

        def look_for(tx: Tx) -> tuple[str, str] | None:
            coming = deliveries.card_on_its_way(tx, case.id)
            if coming is None:
                deliveries.enqueue(tx, case, [(case.seq, CardPosted(BACKGROUND))], now)
            return coming

        coming = await turn.around.database.write(look_for)
        if coming is not None and coming[0] == "parked":
            raise Permanent(coming[1] or "no_card")

    def parked(self, tx: Tx, turn: Turn, trouble: str) -> None:
        """The e-service's coordinators hear of it."""
        tell_coordinators(tx, turn, trouble)


def _touch(tx: Tx, channel: str, ts: str, turn: Turn) -> None:
    card_places.touched(tx, channel, ts, turn.around.clock())


def _seen(tx: Tx, turn: Turn) -> _Seen | None:
    case_id = turn.delivery.case_id
    case = system_queries.case(tx, case_id)
    if case is None:
        return None
    happened = system_queries.happened(tx, case_id, turn.delivery.ids["seqs"])
    return _Seen(case, card_places.card_place(tx, case_id), happened)
