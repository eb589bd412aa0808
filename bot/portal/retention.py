"""Gallring for coordinators: the rules, which cases are to be disposed of, and the protocols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.services import EService
from bot.domain.retention import NOTICE_DAYS
from bot.domain.retention_plan import RulePlan, plan_state, protocol_table, rule_text
from bot.export.csv_file import write_csv
from bot.portal.download import attachment
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.store import Tx
from bot.store.outbox import card_places
from bot.store.outbox.card_places import RemainingReply
from bot.store.retention import listing, protocol, rules
from bot.text.sentences import end_sentence
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

MAX_RUNS = 60
PAGE_SIZE = 100
MAX_REPLIES = 200
BOM = "\ufeff"
"""What Excel knows UTF-8 by."""


@dataclass(frozen=True)
class ShownRule:
    """An e-service's rule as its coordinator sees it: in words, with what can be done now."""

    plan: RulePlan
    rule: str
    state: str

    @property
    def text(self) -> str:
        return f"{end_sentence(self.rule)} {end_sentence(self.state)}"

    @property
    def service(self) -> EService:
        return self.plan.service

    @property
    def may_approve(self) -> bool:
        return not self.service.retention.keep and self.plan.approved_at is None

    @property
    def may_confirm(self) -> bool:
        return self.plan.approved_at is not None and self.plan.is_over_limit


@router.get("/handlaggare/gallring")
async def on_opened_retention(context: SignedInOfficer) -> Response:
    """The rules of the e-services that the officer coordinates, and the protocols of their cases."""
    return await _page(context)


@router.get("/handlaggare/gallring/lista/{key}")
async def on_opened_list(context: SignedInOfficer, key: str, efter: str = "") -> Response:
    """The cases of the e-service that are to be disposed of, a page in the order of their numbers."""
    service = _require_service(context, key)
    found = await context.page.deps.service.database.read(
        lambda tx: listing.load_list(tx, key, PAGE_SIZE + 1, efter)
    )
    shown = found[:PAGE_SIZE]
    return context.page.render(
        "officer/retention_list.html",
        me=context.officer.name,
        service=service,
        rows=shown,
        after=shown[-1].number if len(found) > PAGE_SIZE else "",
    )


@router.get("/handlaggare/gallring/regel/{key}")
async def on_opened_rule(context: SignedInOfficer, key: str) -> Response:
    """What approving the rule means: the rule, its basis, and which cases it reaches by when."""
    page, service = context.page, _require_service(context, key)
    today = local_day(page.now)
    plan, reach = await page.deps.service.database.read(
        lambda tx: (rules.load_plan(tx, page.catalog, service, today), rules.load_reach(tx, service, today))
    )
    if not ShownRule(plan, "", "").may_approve:
        return page.redirect("/handlaggare/gallring")
    return page.render(
        "officer/retention_rule.html",
        me=context.officer.name,
        plan=plan,
        reach=reach,
        rule=rule_text(service.retention, page.words),
        first_due_on=plan.first_due_on or today + timedelta(days=NOTICE_DAYS),
        key=context.create_form_key("retention", key),
    )


@router.post("/handlaggare/gallring/regel/{key}", dependencies=limited_by(OFFICERS_BUTTON))
async def on_decided(context: SignedInOfficer, key: str) -> Response:
    """Approve the rule, take the approval back, or confirm that more than the share is disposed of at once.

    It holds for the rule and the number that the coordinator saw.
    """
    service, posted = _require_service(context, key), await read_form(context.page)
    is_seen = context.verify_form_key("retention", key, posted.get("key")) is not None
    if not is_seen or not await _decide(context, service, posted):
        return await _page(context, alert=context.page.words("page.retention.changed"), status=409)
    return context.page.redirect("/handlaggare/gallring")


async def _decide(context: OfficerContext, service: EService, posted: PostedForm) -> bool:
    """Save what the coordinator has decided. False where the rule, or what it leads to, is another by now."""
    page, officer = context.page, context.officer.key
    digest, count, today = posted.get("digest"), posted.get("count"), local_day(page.now)

    def work(tx: Tx) -> bool:
        plan = rules.load_plan(tx, page.catalog, service, today)
        if plan.digest != digest or service.retention.keep:
            return False
        match posted.get("do"):
            case "approve":
                rules.save_seen(tx, service, page.now)
                return rules.approve(tx, digest, officer, page.now)
            case "revoke":
                return rules.revoke(tx, digest)
            case "confirm" if count == str(plan.due):
                return rules.confirm(tx, digest, plan.due, officer, page.now)
        return False

    return await page.deps.service.database.write(work)


@router.get("/handlaggare/gallring/protokoll/{day}")
async def on_downloaded_protocol(context: SignedInOfficer, day: str) -> Response:
    """The protocol of that day's run as CSV, with the cases of the officer's e-services."""
    page, services = context.page, _require_coordinator(context)
    try:
        run = date.fromisoformat(day)
    except ValueError:
        raise HTTPException(404) from None
    keys = [service.key for service in services]
    lines = await page.deps.service.database.read(lambda tx: protocol.load_lines(tx, run, keys))
    if not lines:
        raise HTTPException(404)
    content = (BOM + write_csv(protocol_table(lines, page.catalog, page.words))).encode()
    name = page.words("page.retention.file", day=run.isoformat())
    return attachment(iter([content]), name, "text/csv; charset=utf-8", len(content))


def _services_of(context: OfficerContext) -> list[EService]:
    """The e-services that the officer coordinates today."""
    access = context.officer.access
    services = context.page.catalog.services.values()
    return [one for one in services if (granted := access.get(one.key)) is not None and granted.coordinator]


def _require_coordinator(context: OfficerContext) -> list[EService]:
    """The officer's e-services. Raises HTTPException 404 for who coordinates none."""
    services = _services_of(context)
    if not services:
        raise HTTPException(404)
    return services


def _require_service(context: OfficerContext, key: str) -> EService:
    """The e-service. Raises HTTPException 404 where the officer does not coordinate it."""
    found = next((one for one in _services_of(context) if one.key == key), None)
    if found is None:
        raise HTTPException(404)
    return found


async def _page(context: OfficerContext, *, alert: str = "", status: int = 200) -> Response:
    page, services = context.page, _require_coordinator(context)
    keys, today = [service.key for service in services], local_day(page.now)

    def load(tx: Tx) -> tuple[list[RulePlan], Sequence[object], list[RemainingReply]]:
        plans = rules.load_plans(tx, page.catalog, services, today)
        runs = protocol.list_runs(tx, keys, MAX_RUNS)
        return plans, runs, card_places.list_remaining(tx, keys, MAX_REPLIES)

    plans, runs, replies = await page.deps.service.database.read(load)
    shown = [
        ShownRule(
            plan, rule_text(plan.service.retention, page.words), plan_state(plan, page.catalog, page.words)
        )
        for plan in plans
    ]
    return page.render(
        "officer/retention.html",
        status,
        me=context.officer.name,
        rules=shown,
        runs=runs,
        replies=replies,
        form_keys={key: context.create_form_key("retention", key) for key in keys},
        alert=alert,
    )
