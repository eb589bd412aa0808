"""Lines in the card's thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.blocks.block_kit.message import Message
from bot.blocks.cases.thread import thread_message
from bot.catalog.services import EService
from bot.clients.errors import PermanentFailure
from bot.clients.slack import SlackClient
from bot.delivery.attempt import DeliveryAttempt, Postponed, SaveOutcome, save_nothing
from bot.delivery.slack.cards import notify_coordinators, require_service
from bot.delivery.slack.channels import SlackChannels, rate_limit_key
from bot.delivery.slack.posts import PostTarget, derive_intent_id, find_posted, post
from bot.delivery.slack.thread_opening import ThreadOpening, render_opening
from bot.delivery.slack_rate_limits import RateLimited
from bot.domain.case import Case
from bot.domain.event_wording import is_known
from bot.domain.notices import BACKGROUND, CardPost
from bot.domain.views import HistoryLine
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.outbox import card_places, deliveries
from bot.text import words

THREAD_GONE_ERRORS = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})

NEWER_VERSION_WAIT = timedelta(seconds=5)
"""How long a line of an event that only a newer version knows is left to that one's worker."""

CARD_WAIT_SECONDS = 2.0
"""How long a line waits before checking again whether its card has been posted."""


@dataclass(frozen=True)
class _ThreadState:
    case: Case
    place: tuple[str, str, bool] | None
    events: list[HistoryLine]


class ThreadDestination:
    """Posts events in the card's thread; before the first, a message on how replies in the thread are used."""

    def __init__(self, slack: SlackClient, channels: SlackChannels) -> None:
        self._slack = slack
        self._channels = channels

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        state = await attempt.context.database.read(lambda tx: _load_state(tx, attempt))
        if state is None:
            return save_nothing
        if not all(is_known(one) for one in state.events):
            raise Postponed(attempt.context.clock() + NEWER_VERSION_WAIT)
        catalog = attempt.context.catalog()
        service = require_service(catalog, state.case.service)
        language = words(catalog.card_language_of(service))
        message = thread_message(state.events, catalog, service, language, state.case.id)
        if not message.text:
            return save_nothing
        if state.place is None:
            await self._ensure_card(attempt, state.case)
            raise RateLimited(CARD_WAIT_SECONDS)
        try:
            opening = render_opening(attempt, state.case, service)
            await self._post_lines(attempt, service, state.place, (opening, message))
        except PermanentFailure as error:
            if error.trouble not in THREAD_GONE_ERRORS:
                raise
            await attempt.save(lambda tx: card_places.remove(tx, state.case.id))
            await self._ensure_card(attempt, state.case)
            raise RateLimited(CARD_WAIT_SECONDS) from None
        channel, ts, _ = state.place
        return lambda tx: _touch_thread(tx, channel, ts, attempt)

    async def _post_lines(
        self,
        attempt: DeliveryAttempt,
        service: EService,
        place: tuple[str, str, bool],
        opening_and_lines: tuple[ThreadOpening, Message],
    ) -> None:
        channel, ts, is_opened = place
        opening, message = opening_and_lines
        await self._channels.require_private(attempt, service, channel)
        key = rate_limit_key(attempt.delivery.destination, attempt.context.catalog())
        target = PostTarget(channel=channel, rate_limit_key=key, thread_ts=ts)
        opening_intent, lines_intent = derive_intent_id(attempt, f"opening/{ts}"), derive_intent_id(attempt)
        posted = (
            await find_posted(attempt, self._slack, target, {opening_intent, lines_intent})
            if attempt.delivery.uncertain
            else {}
        )
        if not is_opened:
            opening_ts = posted.get(opening_intent) or await post(
                attempt, self._slack, target, (opening_intent, opening.message)
            )
            saved = card_places.StoredOpening(opening_ts, opening.use)
            await attempt.save(lambda tx: card_places.save_opening(tx, attempt.delivery.case_id, saved))
        if lines_intent not in posted:
            announced = bool(attempt.delivery.ids.get("announced"))
            lines_target = PostTarget(channel=channel, rate_limit_key=key, thread_ts=ts, broadcast=announced)
            await post(attempt, self._slack, lines_target, (lines_intent, message))

    async def _ensure_card(self, attempt: DeliveryAttempt, case: Case) -> None:
        """Enqueue the card, which a line needs, if it is not in the outbox. PermanentFailure where it is parked."""
        now = attempt.context.clock()

        def find_or_enqueue(tx: Tx) -> tuple[str, str] | None:
            open_card = deliveries.find_open_card(tx, case.id)
            if open_card is None:
                deliveries.enqueue(tx, case, [(case.seq, CardPost(BACKGROUND))], now)
            return open_card

        open_card = await attempt.context.database.write(find_or_enqueue)
        if open_card is not None and open_card[0] == "parked":
            raise PermanentFailure(open_card[1] or "no_card")

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Notify the e-service's coordinators."""
        notify_coordinators(tx, attempt, trouble)


def _touch_thread(tx: Tx, channel: str, ts: str, attempt: DeliveryAttempt) -> None:
    card_places.touch_thread(tx, channel, ts, attempt.context.clock())


def _load_state(tx: Tx, attempt: DeliveryAttempt) -> _ThreadState | None:
    case_id = attempt.delivery.case_id
    case = system_queries.load_case(tx, case_id)
    if case is None:
        return None
    events = system_queries.load_events(tx, case_id, attempt.delivery.ids["seqs"])
    return _ThreadState(case, card_places.find(tx, case_id), events)
