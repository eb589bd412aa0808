"""What a query is to find, told once more in plain Python over all cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, get_args

from sqlalchemy import select

from bot.catalog.models import Catalog
from bot.catalog.statuses import StatusKind
from bot.domain.case import Case
from bot.domain.colour import COLOURS
from bot.domain.lists.case_query import NOBODY, CaseFilter, CaseQuery
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.lists.queries.worklists import ListContext
from bot.store.log import history
from bot.store.tables import CaseRow, FlagRow, MessageRow
from bot.text import sort_key
from bot.text.working_days import local_day


@dataclass(frozen=True)
class Facts:
    """All that a query can look at in a case."""

    case: Case
    changed_at: datetime
    is_unread: bool
    answer_by: date | None
    """The latest day by which the applicant was to answer and has not."""
    flagged_by: frozenset[str]


def load_facts(tx: Tx) -> list[Facts]:
    """Those of every case."""
    flagged = tx.conn.execute(select(FlagRow.case_id, FlagRow.officer)).all()
    found = []
    for row in tx.conn.execute(select(CaseRow.__table__)).all():
        case = system_queries.load_case(tx, row.id)
        assert case is not None
        written, read = row.from_applicant_at, row.read_at
        messages = tx.conn.execute(select(MessageRow.__table__).where(MessageRow.case_id == row.id)).all()
        asked = [
            one.answer_by
            for one in messages
            if one.by != "applicant" and one.undone_at is None and (written is None or one.at > written)
        ]
        found.append(
            Facts(
                case=case,
                changed_at=history.read(tx, row.id)[-1].at,
                is_unread=written is not None and (read is None or read < written),
                answer_by=max(filter(None, asked), default=None),
                flagged_by=frozenset(one.officer for one in flagged if one.case_id == row.id),
            )
        )
    return found


def find(facts: Sequence[Facts], query: CaseQuery, context: ListContext) -> list[str]:
    """The ids of the cases, in order."""
    chosen = [
        one
        for one in facts
        if _may_see(one, context) and _matches(one, query.filter, context) and _has_text(one, query, context)
    ]
    return [one.case.id for one in _sorted(chosen, query, context.catalog)]


def _may_see(one: Facts, context: ListContext) -> bool:
    officer, case = context.officer, one.case
    access = officer.access.get(case.service)
    is_assigned = officer.key in case.officers or bool(officer.groups.intersection(case.groups))
    return (
        access is not None
        and (access.level == "full" or is_assigned)
        and (not case.protected or access.protected)
    )


def _has_text(one: Facts, query: CaseQuery, context: ListContext) -> bool:
    """By a whole number, or by the name of an e-service whose cases are found by what they hold."""
    service = context.catalog.services[one.case.service]
    is_found_by_content = not service.strict and not one.case.protected
    names = (service.name.sv, service.name.en) if is_found_by_content else ()
    return not query.text or query.text in (one.case.number, *names)


def _matches(one: Facts, chosen: CaseFilter, context: ListContext) -> bool:
    return all(_TESTS[part](one, chosen, context) for part in _TESTS if getattr(chosen, part))


def _kind(one: Facts, catalog: Catalog) -> StatusKind | None:
    service = catalog.service(one.case.service)
    status = service.status(one.case.status) if service is not None else None
    if one.case.closed_at is not None:
        return "closed"
    return status.kind if status is not None and status.kind != "closed" else None


def _is_assigned(one: Facts, chosen: CaseFilter, _: ListContext) -> bool:
    by_nobody = NOBODY in chosen.assignees and not one.case.officers
    return by_nobody or bool(set(chosen.assignees).intersection(one.case.assignee_refs))


def _is_own(one: Facts, _: CaseFilter, context: ListContext) -> bool:
    case, officer = one.case, context.officer
    by_group = not case.officers and bool(officer.groups.intersection(case.groups))
    return case.closed_at is None and (officer.key in case.officers or by_group)


def _is_late(day: date | None, one: Facts, before: date | None) -> bool:
    return one.case.closed_at is None and day is not None and before is not None and day < before


def due_day(case: Case) -> date | None:
    """The day after which the case is overdue."""
    return min(filter(None, (case.due_on, case.step_due_on, case.decide_by)), default=None)


_TESTS: Mapping[str, Callable[[Facts, CaseFilter, ListContext], Any]] = {
    "services": lambda one, chosen, _: one.case.service in chosen.services,
    "audience": lambda one, chosen, context: (
        context.catalog.services[one.case.service].audience == chosen.audience
    ),
    "state": lambda one, chosen, _: (one.case.closed_at is None) is (chosen.state == "open"),
    "kinds": lambda one, chosen, context: _kind(one, context.catalog) in chosen.kinds,
    "statuses": lambda one, chosen, _: one.case.status in chosen.statuses,
    "assignees": _is_assigned,
    "colours": lambda one, chosen, _: one.case.colour in chosen.colours,
    "origins": lambda one, chosen, _: one.case.origin in chosen.origins,
    "received": lambda one, chosen, _: chosen.received.contains(local_day(one.case.received_at)),
    "changed": lambda one, chosen, _: chosen.changed.contains(local_day(one.changed_at)),
    "closed": lambda one, chosen, _: (
        one.case.closed_at is not None and chosen.closed.contains(local_day(one.case.closed_at))
    ),
    "due_before": lambda one, chosen, _: _is_late(due_day(one.case), one, chosen.due_before),
    "own": _is_own,
    "flagged": lambda one, _, context: context.officer.key in one.flagged_by,
    "overdue": lambda one, _, context: _is_late(due_day(one.case), one, context.today),
    "unread": lambda one, _chosen, _: one.is_unread,
    "answer_overdue": lambda one, _, context: _is_late(one.answer_by, one, context.today),
}

_KINDS = ("new", *(kind for kind in get_args(StatusKind) if kind not in ("new", "closed")), "closed")


def _sorted(found: Sequence[Facts], query: CaseQuery, catalog: Catalog) -> list[Facts]:
    """The cases without a value to be sorted by come last, the newest first."""
    key, is_grouped = _KEYS[query.sort]
    newest = sorted(found, key=lambda one: (one.case.received_at, one.case.number), reverse=True)
    if not is_grouped:
        newest.sort(key=lambda one: one.case.number, reverse=query.is_descending)
    values = [(key(one, catalog), one) for one in newest]
    valued = [(value, one) for value, one in values if value is not None]
    valued.sort(key=lambda pair: pair[0], reverse=query.is_descending)
    rest = [one for one in sorted(found, key=_receipt, reverse=True) if key(one, catalog) is None]
    return [one for _, one in valued] + rest


def _receipt(one: Facts) -> tuple[datetime, str]:
    return one.case.received_at, one.case.number


def _status(one: Facts, catalog: Catalog) -> Any:
    status = catalog.services[one.case.service].status(one.case.status)
    return (_KINDS.index(status.kind), sort_key(status.name.sv)) if status is not None else None


def _service(one: Facts, catalog: Catalog) -> Any:
    return sort_key(catalog.services[one.case.service].name.sv), one.case.service


def _officers(one: Facts, catalog: Catalog) -> Any:
    if not one.case.officers:
        return None
    officer = catalog.officer(one.case.officers[0])
    return (sort_key(officer.name), officer.key) if officer is not None else ("|", one.case.officers[0])


_KEYS: Mapping[str, tuple[Callable[[Facts, Catalog], Any], bool]] = {
    "received": (lambda one, _: one.case.received_at, False),
    "changed": (lambda one, _: one.changed_at, False),
    "number": (lambda one, _: one.case.number, False),
    "due": (lambda one, _: due_day(one.case) if one.case.closed_at is None else None, False),
    "closed": (lambda one, _: one.case.closed_at, False),
    "status": (_status, True),
    "service": (_service, True),
    "officers": (_officers, True),
    "colour": (lambda one, _: COLOURS.index(one.case.colour) or None, True),
    "origin": (lambda one, _: one.case.origin, True),
}
"""By each sort, the value; and whether cases with the same value are in the order of receipt, the newest first."""

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
