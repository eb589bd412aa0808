"""Private notices to officers, in Slack, or by mail to those who have no account there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

from bot.blocks.block_kit.message import Message
from bot.blocks.notice import (
    AbsenceFacts,
    absence_notice,
    catalog_notice,
    channel_trouble_notice,
    day_notice,
    digest_notice,
    lost_access_notice,
    officer_notice,
    retention_notice,
    substitute_line,
    unassigned_notice,
    with_line,
)
from bot.catalog.models import Catalog
from bot.catalog.people import Officer
from bot.catalog.services import EService
from bot.clients.errors import PermanentFailure
from bot.clients.slack import SlackClient
from bot.delivery.attempt import DeliveryAttempt, Postponed, SaveOutcome, save_nothing
from bot.delivery.pending_reasons import PendingNotice, find_redirected, load_pending_reasons
from bot.delivery.slack.channels import open_private_channel
from bot.delivery.slack.posts import PostTarget, post_once
from bot.domain.actors import officer_name
from bot.domain.case import Case
from bot.domain.event_wording import EventWording
from bot.domain.notice_reasons import NoticeReason
from bot.domain.notice_times import notice_time
from bot.domain.views import UnsentMessage
from bot.store import Tx
from bot.store.cases.officer_queries import find_last_assignment
from bot.store.outbox import deliveries, officer_notices
from bot.text import Words
from bot.text.working_days import local_day

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
        if attempt.delivery.kind == "notice":
            return await self._deliver_about_case(attempt, officer)
        if attempt.delivery.kind == "digest":
            return await self._deliver_digest(attempt, officer)
        message = await self._build_message(attempt, officer)
        return await self._deliver_message(attempt, officer, message) if message is not None else save_nothing

    async def _deliver_about_case(self, attempt: DeliveryAttempt, officer: Officer) -> SaveOutcome:
        """Notify the officer about a case, where and when they want it. Raises Postponed."""
        pending, catalog = await load_pending_reasons(attempt, officer), attempt.context.catalog()
        case, now = pending.case, attempt.context.clock()
        if case is None or not pending.reasons:
            return save_nothing
        occurred_at = attempt.delivery.created_at
        due = notice_time(pending.chosen, pending.reasons, occurred_at, now, catalog)
        if due > now:
            raise Postponed(due)
        redirected = await find_redirected(attempt, officer, pending)
        if redirected:
            return lambda tx: deliveries.enqueue(tx, case, [(case.seq, one) for one in redirected], now)
        place = pending.chosen.place_of_all(pending.reasons)
        if place == "mail":
            return lambda tx: _enqueue_mail(tx, attempt)
        if place == "morning" and "reminder" not in pending.reasons:  # which has controls of its own
            notice = {**attempt.delivery.ids, "case_id": case.id}
            return lambda tx: officer_notices.add_to_digest(tx, officer.key, notice, now)
        return await self._deliver_message(
            attempt, officer, await self._about_case(attempt, officer, pending)
        )

    async def _deliver_digest(self, attempt: DeliveryAttempt, officer: Officer) -> SaveOutcome:
        """Send the morning's notices about cases in one message; those that hold no longer are left out."""
        messages = []
        for one in attempt.delivery.ids["notices"]:
            part = _part_of_digest(attempt, one)
            pending = await load_pending_reasons(part, officer)
            if pending.case is not None and pending.reasons:
                messages.append(await self._about_case(part, officer, pending))
        if not messages:
            return save_nothing
        language = await attempt.context.service.languages.words_of(officer.key)
        return await self._deliver_message(attempt, officer, digest_notice(messages, language))

    async def _about_case(
        self, attempt: DeliveryAttempt, officer: Officer, pending: PendingNotice
    ) -> Message:
        """The notice about the pending case, which there is."""
        case = pending.case
        assert case is not None
        service = None if case.protected else attempt.context.catalog().service(case.service)
        language = await attempt.context.service.languages.words_of(officer.key)
        message = officer_notice(case.number, service, pending.reasons, case.id, language)
        for line in await self._load_lines(attempt, case, pending.reasons, language):
            message = with_line(message, line)
        return message

    async def _load_lines(
        self, attempt: DeliveryAttempt, case: Case, reasons: Collection[NoticeReason], words: Words
    ) -> list[str]:
        """For whom the officer stands in, and who has taken over their case or removed them from it."""
        catalog, lines = attempt.context.catalog(), []
        keys = dict.fromkeys(attempt.delivery.ids.get("absent", []))
        if absent := [officer_name(f"officer:{key}", catalog) for key in keys]:
            lines.append(substitute_line(absent, words))
        if "removed" in reasons:
            last = await attempt.context.database.read(lambda tx: find_last_assignment(tx, case.id))
            if last is not None:
                lines.append(EventWording(catalog, catalog.service(case.service), words).thread_line(last))
        return lines

    async def _deliver_message(
        self, attempt: DeliveryAttempt, officer: Officer, message: Message
    ) -> SaveOutcome:
        """Send it in Slack, or enqueue a mail for one who cannot be reached there."""
        try:
            if await self._send(attempt, officer, message):
                return save_nothing
        except PermanentFailure as error:
            if error.trouble not in UNREACHABLE_ERRORS:
                raise
        return lambda tx: _enqueue_mail(tx, attempt)

    async def _build_message(self, attempt: DeliveryAttempt, officer: Officer) -> Message | None:
        """The message about no single case; None where its e-service is gone from the catalog, or its day is over."""
        catalog, ids, kind = attempt.context.catalog(), attempt.delivery.ids, attempt.delivery.kind
        language = await attempt.context.service.languages.words_of(officer.key)
        if kind == "catalog":
            return catalog_notice(
                ids.get("problem", {}).get(language.language, ids["place"]), ids["count"], language
            )
        if kind == "day":
            is_today = local_day(attempt.delivery.created_at) == local_day(attempt.context.clock())
            unsent = [UnsentMessage(**one) for one in ids.get("unsent", ())]  # older rows have none
            return day_notice(ids["counts"], unsent, language) if is_today else None
        if kind == "absence":
            return absence_notice(_absence_facts(ids, catalog), language)
        service = catalog.service(ids["service"])
        if service is None:
            return None
        message = _service_message(attempt, service, language)
        absent = [officer_name(f"officer:{key}", catalog) for key in ids.get("represented", ())]
        return with_line(message, substitute_line(absent, language)) if absent else message

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


def _service_message(attempt: DeliveryAttempt, service: EService, language: Words) -> Message:
    """The message about an e-service."""
    ids = attempt.delivery.ids
    match attempt.delivery.kind:
        case "trouble":
            return channel_trouble_notice(service, attempt.context.catalog(), ids["trouble"], language)
        case "lost_access":
            # Older rows have no ids of their cases.
            cases = list(zip(ids.get("cases", ()), ids["numbers"], strict=False))
            return lost_access_notice(service, ids["count"], ids["numbers"], language, cases)
        case "unassigned":
            return unassigned_notice(service, ids["count"], ids["days"], language)
    day, awaited = date.fromisoformat(ids["day"]), ids.get("awaits", "")
    return retention_notice(service, ids["count"], day, language, awaited)


def _absence_facts(ids: dict[str, Any], catalog: Catalog) -> AbsenceFacts:
    first, last = (date.fromisoformat(ids[name]) for name in ("first", "last"))
    passed_on = ids.get("passed_on", ())  # older rows have none
    names = tuple(officer_name(f"officer:{key}", catalog) for key in passed_on)
    return AbsenceFacts(officer_name(f"officer:{ids['absent']}", catalog), first, last, ids["role"], names)


def _part_of_digest(attempt: DeliveryAttempt, notice: dict[str, Any]) -> DeliveryAttempt:
    """The notice of a digest as if it were delivered alone."""
    delivery = replace(attempt.delivery, kind="notice", case_id=notice["case_id"], ids=notice)
    return DeliveryAttempt(delivery, attempt.context)


def _enqueue_mail(tx: Tx, attempt: DeliveryAttempt) -> None:
    if attempt.delivery.kind == "digest":
        for notice in attempt.delivery.ids["notices"]:
            _enqueue_mail(tx, _part_of_digest(attempt, notice))
        return
    ids = attempt.delivery.ids
    reasons = ids.get("reasons") or [attempt.delivery.kind]
    absent = ids.get("absent", []) if "reasons" in ids else []
    mail = {"officer": ids["officer"], "reasons": reasons, "absent": absent}
    officer_notices.enqueue_officer_mail(tx, attempt.delivery.case_id, mail, attempt.context.clock())
