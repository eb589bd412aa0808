"""The reasons of a notice that still hold when it is delivered."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.people import Officer
from bot.delivery.attempt import DeliveryAttempt
from bot.domain.case import Case
from bot.domain.notice_reasons import NOTICE_REASONS, NoticeReason
from bot.domain.preferences import Preferences
from bot.domain.rules import may_work_by_key
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.officers import preferences
from bot.text.working_days import local_day


@dataclass(frozen=True, slots=True)
class PendingNotice:
    """What there is to tell, in the order it happened: the current case, or None, and the reasons that still hold.

    `chosen` are the officer's preferences.
    """

    case: Case | None
    reasons: list[NoticeReason]
    chosen: Preferences


async def load_pending_reasons(attempt: DeliveryAttempt, officer: Officer) -> PendingNotice:
    """The notice's reasons that still hold and that the officer has not turned off.

    For an officer who may no longer work with the case, only the reasons that are for others than its assignees. One
    who stands in for absent officers has their cases.
    """

    def load(tx: Tx) -> tuple[Case | None, Preferences]:
        return system_queries.load_case(tx, attempt.delivery.case_id), preferences.load(tx, officer.key)

    case, chosen = await attempt.context.database.read(load)
    reasons: list[NoticeReason] = attempt.delivery.ids["reasons"]
    always = [reason for reason in reasons if NOTICE_REASONS[reason].reaches_anyone]
    if case is None or case.deleted_at is not None:
        return PendingNotice(case, always, chosen)
    represented = frozenset(attempt.delivery.ids.get("absent", ()))
    is_assigned = not represented.union({officer.key}).isdisjoint(case.officers)
    outdated_for = "others" if is_assigned else "assignees"
    pending = [
        reason
        for reason in reasons
        if NOTICE_REASONS[reason].only_for != outdated_for and chosen.wants(reason)
    ]
    today = local_day(attempt.context.clock())
    if may_work_by_key(attempt.context.catalog(), officer.key, case, today, represented):
        return PendingNotice(case, pending, chosen)
    others = [
        reason
        for reason in pending
        if NOTICE_REASONS[reason].only_for == "others" or NOTICE_REASONS[reason].reaches_anyone
    ]
    return PendingNotice(case, others, chosen)
