"""The rules of retention as coordinators approve them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select, update

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.retention import rule_digest
from bot.domain.retention_plan import RulePlan
from bot.store.engine.database import Tx
from bot.store.tables import CaseRow, RetentionListRow, RetentionRuleRow


def load_plan(tx: Tx, catalog: Catalog, service: EService, today: date) -> RulePlan:
    """What the e-service's rule leads to."""
    digest = rule_digest(service.key, service.retention)
    rule = tx.conn.execute(
        select(RetentionRuleRow.__table__).where(RetentionRuleRow.digest == digest)
    ).one_or_none()
    is_listed = RetentionListRow.service == service.key, RetentionListRow.digest == digest
    listed, first_due_on = tx.conn.execute(
        select(func.count(), func.min(RetentionListRow.due_on)).where(*is_listed)
    ).one()
    of_service = CaseRow.service == service.key, CaseRow.disposed_at.is_(None)
    return RulePlan(
        service=service,
        digest=digest,
        approved_at=rule.approved_at if rule is not None else None,
        approved_by=rule.approved_by if rule is not None else "",
        listed=listed,
        first_due_on=first_due_on,
        due=_count(tx, *is_listed, RetentionListRow.told.is_(True), RetentionListRow.due_on <= today),
        held=_count(tx, *of_service, CaseRow.__table__.c.hold_until >= today),
        limit=catalog.municipality.retention.limit_of(_count(tx, *of_service)),
        confirmed=rule.confirmed if rule is not None else 0,
    )


def load_plans(tx: Tx, catalog: Catalog, today: date) -> list[RulePlan]:
    """What every e-service's rule leads to."""
    return [load_plan(tx, catalog, service, today) for service in catalog.services.values()]


def _count(tx: Tx, *conditions: ColumnElement[bool]) -> int:
    return tx.conn.execute(select(func.count()).where(*conditions)).scalar_one()


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
