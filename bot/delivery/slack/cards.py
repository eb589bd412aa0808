"""The card in the e-service's channel."""

from __future__ import annotations

from bot.blocks.block_kit.message import Message
from bot.blocks.cases.card import card
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.clients.errors import PermanentFailure
from bot.clients.slack import SlackClient
from bot.delivery.attempt import DeliveryAttempt, SaveOutcome, save_nothing
from bot.delivery.slack.channels import SlackChannels, rate_limit_key
from bot.delivery.slack.posts import MESSAGE_GONE_ERRORS, PostTarget, post_once
from bot.delivery.slack.thread_opening import update_opening
from bot.delivery.slack_rate_limits import UPDATE
from bot.domain.absence import list_coordinators_present
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.officers import absences
from bot.store.outbox import card_places, officer_notices
from bot.text import words
from bot.text.working_days import local_day

CHANNEL_GONE_ERRORS = frozenset({"channel_not_found", "is_archived", "not_in_channel"})


class CardDestination:
    """Posts the card, or updates it to the case's current state."""

    def __init__(self, slack: SlackClient, channels: SlackChannels) -> None:
        self._slack = slack
        self._channels = channels

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        case_id = attempt.delivery.case_id
        view, place = await attempt.context.database.read(
            lambda tx: (system_queries.load_card(tx, case_id), card_places.find(tx, case_id))
        )
        if view is None or view.case.disposed_at is not None:
            return save_nothing
        catalog = attempt.context.catalog()
        service = require_service(catalog, view.case.service)
        language = words(catalog.card_language_of(service))
        message = card(view, catalog, language, local_day(attempt.context.clock()))
        try:
            if place is not None and await self._update(attempt, service, place[:2], message):
                await update_opening(attempt, self._slack, place[:2], view.case, service)
                return save_nothing
            return await self._post(attempt, service, message)
        except PermanentFailure as error:
            if error.trouble in CHANNEL_GONE_ERRORS:
                self._channels.invalidate()
            raise

    async def _update(
        self, attempt: DeliveryAttempt, service: EService, place: tuple[str, str], message: Message
    ) -> bool:
        """Update the message. False when it is gone, so that a new one is to be posted."""
        await self._channels.require_private(attempt, service, place[0])
        await attempt.acquire_rate_limit(UPDATE)
        try:
            await self._slack.update_message(place, message.text, message.blocks)
        except PermanentFailure as error:
            if error.trouble not in MESSAGE_GONE_ERRORS:
                raise
            await attempt.save(lambda tx: card_places.remove(tx, attempt.delivery.case_id))
            return False
        return True

    async def _post(self, attempt: DeliveryAttempt, service: EService, message: Message) -> SaveOutcome:
        delivery = attempt.delivery
        channel = await self._channels.find_channel_id(attempt, service)
        await self._channels.require_private(attempt, service, channel)
        target = PostTarget(
            channel=channel, rate_limit_key=rate_limit_key(delivery.destination, attempt.context.catalog())
        )
        ts, was_found = await post_once(attempt, self._slack, target, message)

        def save_place(tx: Tx) -> None:
            card_places.save(tx, delivery.case_id, (channel, ts), attempt.context.clock())

        if not was_found:
            return save_place
        # Saved before the callbacks: they read the replies that were written while the thread was unknown.
        await attempt.save(save_place)
        for callback in attempt.context.card_found_callbacks:
            callback((channel, ts))
        return save_nothing

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Notify the e-service's coordinators."""
        notify_coordinators(tx, attempt, trouble)


def require_service(catalog: Catalog, key: str) -> EService:
    """The e-service. PermanentFailure when the catalog no longer has it, and so no longer says what may be shown."""
    service = catalog.service(key)
    if service is None:
        raise PermanentFailure("no_service")
    return service


def notify_coordinators(tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
    """Tell the e-service's coordinators privately, at most once a day, that its channel cannot be reached.

    Who stands in for an absent one is told instead.
    """
    catalog, now = attempt.context.catalog(), attempt.context.clock()
    key = attempt.delivery.destination.removeprefix("slack/")
    today = local_day(now)
    recipients = list_coordinators_present(key, absences.load_absences(tx, today), catalog, today)
    officer_notices.enqueue_trouble_notice(tx, recipients, {"service": key, "trouble": trouble}, now)
