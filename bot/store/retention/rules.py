"""The rules of retention as coordinators approve them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, update

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.retention import NOTICE_DAYS, due_day, last_closing_day, rule_digest
from bot.domain.retention_plan import RulePlan, RuleReach
from bot.store.engine.database import Tx
from bot.store.tables import CASE, CaseRow, RetentionListRow, RetentionRuleRow
from bot.text.working_days import start_of_day

_HOLD = CaseRow.__table__.c.hold_until


def load_plan(tx: Tx, catalog: Catalog, service: EService, today: date) -> RulePlan:
    """What the e-service's rule leads to."""
    return load_plans(tx, catalog, [service], today)[0]


def load_plans(tx: Tx, catalog: Catalog, services: Sequence[EService], today: date) -> list[RulePlan]:
    """What the rules of the e-services lead to, in their order, by one statement for each table."""
    digests = {service.key: rule_digest(service.key, service.retention) for service in services}
    rules = {
        row.digest: row
        for row in tx.conn.execute(
            select(RetentionRuleRow.__table__).where(RetentionRuleRow.digest.in_(digests.values()))
        )
    }
    listed, cases = _count_listed(tx, digests, today), _count_cases(tx, digests, today)
    plans = []
    for service in services:
        digest = digests[service.key]
        rule, (all_cases, held) = rules.get(digest), cases.get(service.key, (0, 0))
        on_list = listed.get(digest)
        plans.append(
            RulePlan(
                service=service,
                digest=digest,
                approved_at=rule.approved_at if rule is not None else None,
                approved_by=rule.approved_by if rule is not None else "",
                listed=on_list.listed if on_list is not None else 0,
                first_due_on=on_list.first_due_on if on_list is not None else None,
                due=on_list.due if on_list is not None else 0,
                held=held,
                limit=catalog.municipality.retention.limit_of(all_cases),
                confirmed=rule.confirmed if rule is not None else 0,
            )
        )
    return plans


def _count_listed(tx: Tx, digests: Mapping[str, str], today: date) -> dict[str, Any]:
    """By rule: how many cases are `listed`, the first day, and how many are `due`. `digests` are by e-service."""
    is_due = and_(RetentionListRow.told.is_(True), RetentionListRow.due_on <= today)
    query = (
        select(
            RetentionListRow.digest,
            func.count().label("listed"),
            func.min(RetentionListRow.due_on).label("first_due_on"),
            func.count().filter(is_due).label("due"),
        )
        .where(RetentionListRow.service.in_(digests), RetentionListRow.digest.in_(digests.values()))
        .group_by(RetentionListRow.digest)
    )
    return {row.digest: row for row in tx.conn.execute(query)}


def _count_cases(tx: Tx, services: Iterable[str], today: date) -> dict[str, tuple[int, int]]:
    """By e-service: how many cases are not disposed of, and how many of them are on hold."""
    is_held = CaseRow.__table__.c.hold_until >= today
    query = (
        select(CaseRow.service, func.count(), func.count().filter(is_held))
        .where(CaseRow.service.in_(services), CaseRow.disposed_at.is_(None))
        .group_by(CaseRow.service)
    )
    return {service: (count, held) for service, count, held in tx.conn.execute(query)}


def load_reach(tx: Tx, service: EService, today: date) -> RuleReach:
    """The closed cases that the e-service's rule reaches, whether they have been listed yet or not."""
    last_day = last_closing_day(service.retention, today + timedelta(days=NOTICE_DAYS))
    is_soon: ColumnElement[bool] = false()
    if last_day is not None:
        before = start_of_day(last_day + timedelta(days=1))
        is_soon = and_(CaseRow.closed_at < before, or_(_HOLD.is_(None), today > _HOLD))
    query = select(func.count(), func.count().filter(is_soon), func.max(CaseRow.closed_at)).where(
        CaseRow.service == service.key,
        CaseRow.closed_at.is_not(None),
        CaseRow.disposed_at.is_(None),
        CASE.deleted_at.is_(None),
    )
    closed, soon, last_closed_at = tx.conn.execute(query).one()
    last_due_on = due_day(service.retention, last_closed_at)
    earliest = today + timedelta(days=NOTICE_DAYS)
    return RuleReach(closed, soon, max(last_due_on, earliest) if last_due_on is not None else None)


def save_seen(tx: Tx, service: EService, now: datetime) -> None:
    """Save the e-service's rule, unless it is known."""
    rule = service.retention
    row = {
        "digest": rule_digest(service.key, rule),
        "service": service.key,
        "months": rule.months,
        "counted_from": rule.from_,
        "basis": rule.basis,
        "seen_at": now,
        "approved_by": "",
        "confirmed": 0,
        "confirmed_by": "",
    }
    tx.insert_new(RetentionRuleRow, row)


DELETED_DIGEST = "deleted"
"""What the protocol has in place of a rule's digest, of cases that were deleted and not restored."""


def save_deletion_rule(tx: Tx, now: datetime) -> None:
    """Save what the protocol names as the rule of cases that were deleted, unless it is known."""
    row = {"digest": DELETED_DIGEST, "service": "", "months": 0, "counted_from": "deleted", "basis": ""}
    unapproved = {"seen_at": now, "approved_by": "", "confirmed": 0, "confirmed_by": ""}
    tx.insert_new(RetentionRuleRow, row | unapproved)


def approve(tx: Tx, digest: str, officer: str, now: datetime) -> bool:
    """Approve the rule. False where it is approved already, or nobody has it."""
    is_new = RetentionRuleRow.digest == digest, RetentionRuleRow.approved_at.is_(None)
    approved = update(RetentionRuleRow).where(*is_new).values(approved_at=now, approved_by=officer)
    return tx.conn.execute(approved).rowcount == 1


def revoke(tx: Tx, digest: str) -> bool:
    """Take the approval back: nothing more is disposed of by the rule. False where it was not approved."""
    is_approved = RetentionRuleRow.digest == digest, RetentionRuleRow.approved_at.is_not(None)
    values = {"approved_at": None, "approved_by": "", "confirmed": 0}
    return tx.conn.execute(update(RetentionRuleRow).where(*is_approved).values(**values)).rowcount == 1


def confirm(tx: Tx, digest: str, count: int, officer: str, now: datetime) -> bool:
    """Confirm that the rule may dispose of so many cases in the next run. False where nobody has the rule."""
    values = {"confirmed": count, "confirmed_by": officer, "confirmed_at": now}
    confirmed = update(RetentionRuleRow).where(RetentionRuleRow.digest == digest).values(**values)
    return tx.conn.execute(confirmed).rowcount == 1


def end_confirmation(tx: Tx, digest: str) -> None:
    """A confirmation is for one run."""
    tx.conn.execute(update(RetentionRuleRow).where(RetentionRuleRow.digest == digest).values(confirmed=0))
