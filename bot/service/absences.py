"""Setting and ending of an officer's absence, and telling those whom it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.absence import (
    Absence,
    AbsenceContext,
    list_chain_of_substitutes,
    list_passed_on,
    validate_absence,
)
from bot.domain.actors import Officer
from bot.service.service import Service
from bot.store import Tx
from bot.store.officers import absences
from bot.store.outbox import officer_notices
from bot.text.working_days import local_day


@dataclass(frozen=True, slots=True)
class _Change:
    """An officer's absence before and after a change."""

    officer: str
    before: Absence | None
    after: Absence | None


async def set_absence(service: Service, actor: Officer, absence: Absence) -> None:
    """Store the absence in place of the officer's others, and tell the substitutes. Raises Refused.

    The actor is one who may set it: see `require_may_set_absence`. What is so already changes and tells nothing.
    """

    def work(tx: Tx) -> None:
        now = service.clock()
        today = local_day(now)
        of_substitute = absences.list_absences(tx, absence.substitute, today) if absence.substitute else []
        previous = absences.find_absence(tx, absence.officer, today)
        context = AbsenceContext(service.catalog, today, previous, of_substitute)
        valid = validate_absence(absence, context)
        if previous == valid:
            return
        absences.save(tx, valid, actor.ref, now)
        _enqueue_notices(tx, service, actor, _Change(absence.officer, previous, valid))

    await service.database.write(work)
    service.wake()


async def end_absence(service: Service, actor: Officer, officer: str) -> None:
    """The officer is back: absences of theirs that are under way or to come end."""

    def work(tx: Tx) -> None:
        now = service.clock()
        previous = absences.find_absence(tx, officer, local_day(now))
        absences.end(tx, officer, actor.ref, now)
        _enqueue_notices(tx, service, actor, _Change(officer, previous, None))

    await service.database.write(work)
    service.wake()


def _enqueue_notices(tx: Tx, service: Service, actor: Officer, change: _Change) -> None:
    """Tell those who stand in, or no longer do, and the officer where another set it; nobody of their own act.

    A substitute is told whose cases come with those of the absent officer, and so is theirs in turn.
    """
    about = change.after or change.before
    if about is None:
        return
    coming = absences.list_coming(tx, local_day(service.clock()))
    days = {"first": about.first.isoformat(), "last": about.last.isoformat()}
    for officer, role in sorted(_list_roles(change, coming).items()):
        if officer == actor.key:
            continue
        of_role = change.before if role == "released" else change.after
        is_passed = of_role is not None and role in ("substitute", "released")
        passed_on = list_passed_on(of_role, coming) if of_role is not None and is_passed else []
        ids = {"absent": change.officer, "role": role, **days, "passed_on": passed_on}
        officer_notices.enqueue_absence_notice(tx, officer, ids, service.clock())


def _list_roles(change: _Change, coming: Sequence[Absence]) -> dict[str, str]:
    """Whom the change concerns, by key, with the role in which they are told of it (`AbsenceRole`)."""
    before = list_chain_of_substitutes(change.before, coming) if change.before is not None else []
    after = list_chain_of_substitutes(change.after, coming) if change.after is not None else []
    return {
        **dict.fromkeys(before, "released"),
        **dict.fromkeys(after, "substitute"),
        change.officer: "back" if change.after is None else "absent",
    }
