"""Private notices to officers, in Slack, or by mail to those who have no account there."""

from __future__ import annotations

from datetime import date

from bot.blocks.block_kit.message import Message
from bot.blocks.notice import channel_trouble_notice, officer_notice, retention_notice
from bot.catalog.people import Officer
from bot.clients.errors import PermanentFailure
from bot.clients.slack import SlackClient
from bot.delivery.attempt import DeliveryAttempt, SaveOutcome, save_nothing
from bot.delivery.pending_reasons import load_pending_reasons
from bot.delivery.private_channel import open_private_channel
from bot.delivery.slack_posts import PostTarget, post_once
from bot.store import Tx
from bot.store.outbox import deliveries

UNREACHABLE_ERRORS = frozenset({"user_not_found", "user_disabled", "cannot_dm_bot", "users_not_found"})
"""The account can no longer receive messages."""


class NoticeDestination:
    """Notifies an officer about a case, or a coordinator of a channel's trouble or of cases to be disposed of."""

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        officer = attempt.context.catalog().officer(attempt.delivery.ids["officer"])
        if officer is None:
            return save_nothing
        message = await self._build_message(attempt, officer)
        if message is None:
            return save_nothing
        try:
            if await self._send(attempt, officer, message):
                return save_nothing
        except PermanentFailure as error:
            if error.trouble not in UNREACHABLE_ERRORS:
                raise
        return lambda tx: _enqueue_mail(tx, attempt)

    async def _build_message(self, attempt: DeliveryAttempt, officer: Officer) -> Message | None:
        """The message; None where there is nothing left to tell this officer."""
        catalog, ids = attempt.context.catalog(), attempt.delivery.ids
        language = await attempt.context.service.languages.words_of(officer.key)
        if attempt.delivery.kind == "trouble":
            service = catalog.service(ids["service"])
            return channel_trouble_notice(service, catalog, ids["trouble"], language) if service else None
        if attempt.delivery.kind == "retention":
            service = catalog.service(ids["service"])
            day = date.fromisoformat(ids["day"])
            return retention_notice(service, ids["count"], day, language) if service else None
        case, reasons = await load_pending_reasons(attempt, officer)
        if case is None or not reasons:
            return None
        service = None if case.protected else catalog.service(case.service)
        return officer_notice(case.number, service, reasons, case.id, language)

    async def _send(self, attempt: DeliveryAttempt, officer: Officer, message: Message) -> bool:
        """Send the message. False when the officer has no account in Slack."""
        channel = await open_private_channel(attempt, self._slack, officer)
        if channel is None:
            return False
        await post_once(
            attempt,
            self._slack,
            PostTarget(channel=channel, rate_limit_key=attempt.delivery.destination),
            message,
        )
        return True

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Enqueue it as a mail instead."""
        _enqueue_mail(tx, attempt)


def _enqueue_mail(tx: Tx, attempt: DeliveryAttempt) -> None:
    ids = attempt.delivery.ids
    reasons = ids.get("reasons") or [attempt.delivery.kind]
    deliveries.enqueue_officer_mail(
        tx, ids["officer"], attempt.delivery.case_id, reasons, attempt.context.clock()
    )
