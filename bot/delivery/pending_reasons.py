"""The reasons of a notice that still hold when it is delivered."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.people import Officer
from bot.delivery.attempt import DeliveryAttempt
from bot.domain.absence import redirect_to_substitute
from bot.domain.access import may_work_by_key
from bot.domain.case import Case
from bot.domain.notice_reasons import NOTICE_REASONS, NoticeReason
from bot.domain.notices import COALESCE_WINDOW, OfficerNotice
from bot.domain.preferences import Preferences
from bot.domain.substitutes import Absences
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.log import history
from bot.store.officers import absences, preferences
from bot.text.working_days import local_day


@dataclass(frozen=True, slots=True)
class PendingNotice:
    """What there is to tell, in the order it happened: the current case, or None, and the reasons that still hold.

    `chosen` are the officer's preferences, and `absences` those of the day.
    """

    case: Case | None
    reasons: list[NoticeReason]
    chosen: Preferences
    absences: Absences


async def load_pending_reasons(attempt: DeliveryAttempt, officer: Officer) -> PendingNotice:
    """The notice's reasons that still hold and that the officer has not turned off.

    For an officer who may no longer work with the case, only the reasons that are for others than its assignees. One
    who stands in for absent officers has their cases.
    """

    today = local_day(attempt.context.clock())

    def load(tx: Tx) -> tuple[Case | None, Preferences, Absences]:
        case = system_queries.load_case(tx, attempt.delivery.case_id)
        return case, preferences.load(tx, officer.key), absences.load_absences(tx, today)

    case, chosen, away = await attempt.context.database.read(load)
    reasons: list[NoticeReason] = attempt.delivery.ids["reasons"]
    always = [reason for reason in reasons if NOTICE_REASONS[reason].reaches_anyone]
    if case is None or case.deleted_at is not None:
        return PendingNotice(case, always, chosen, away)
    represented = frozenset(attempt.delivery.ids.get("absent", ()))
    is_assigned = not represented.union({officer.key}).isdisjoint(case.officers)
    outdated_for = "others" if is_assigned else "assignees"
    pending = [
        reason
        for reason in reasons
        if NOTICE_REASONS[reason].only_for != outdated_for and chosen.wants(reason)
    ]
    if may_work_by_key(attempt.context.catalog(), officer.key, case, today, represented):
        return PendingNotice(case, pending, chosen, away)
    others = [
        reason
        for reason in pending
        if NOTICE_REASONS[reason].only_for == "others" or NOTICE_REASONS[reason].reaches_anyone
    ]
    return PendingNotice(case, others, chosen, away)


async def find_redirected(
    attempt: DeliveryAttempt, officer: Officer, pending: PendingNotice
) -> list[OfficerNotice]:
    """The pending notices, where some go to a substitute because the officer is absent by now; otherwise empty.

    Who has done something in the case since the notice was enqueued knows of it, and does not get it.
    """
    case, catalog = pending.case, attempt.context.catalog()
    if case is None or not pending.absences.is_absent(officer.key):
        return []
    today = local_day(attempt.context.clock())
    represented = attempt.delivery.ids.get("absent") or [""]
    own = [OfficerNotice(officer.key, reason, one) for reason in pending.reasons for one in represented]
    others = [redirect_to_substitute(one, case, pending.absences, catalog, today) for one in own]
    if others == own:
        return []
    since = attempt.delivery.created_at - COALESCE_WINDOW
    lines = await attempt.context.database.read(lambda tx: history.read(tx, case.id))
    informed = {line.by for line in lines if line.at >= since}
    notices = [
        before if f"officer:{after.officer}" in informed else after
        for before, after in zip(own, others, strict=True)
    ]
    return notices if notices != own else []
