"""Changing the assignees on the case page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.services import EService
from bot.domain.absence import describe_absence
from bot.domain.access import may_work
from bot.domain.assignment import (
    AssigneesChangedMeanwhile,
    ChangeAssignees,
    assignee_name,
    rebase_assignees,
)
from bot.domain.name_search import find_groups, find_officers
from bot.domain.rules import Refused
from bot.domain.views import CaseView
from bot.portal.errors import refusal_text
from bot.portal.flash import change_flash
from bot.portal.forms.limits import OFFICERS_TEXT
from bot.portal.forms.posted_form import PostedForm
from bot.portal.officer.case_page import case_header
from bot.portal.officer.case_redirect import away_page, redirect_to_case
from bot.portal.officer.forms import KEEP, OfficerForm, keep_note, read_officer_form, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.service import CommandResult
from bot.store.cases import system_queries
from bot.store.officers.absences import load_absences
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

MAX_OFFERED = 60
"""How many are listed at once; others are found by name."""


@dataclass(frozen=True)
class AssigneeForm:
    """The form as filled in: the chosen assignees, those that the person saw, and the search text."""

    chosen: tuple[str, ...]
    expected: tuple[str, ...]
    reason: str = ""
    search_text: str = ""
    alert: str = ""
    key: str = ""
    is_handover: bool = False


@router.get("/handlaggare/{ref}/handlaggare")
async def on_opened_assignees(context: SignedInOfficer, ref: str, lamna: str = "") -> Response:
    """The form with the assignees; with `lamna` to hand over the case, with the officer already unticked."""
    view = await reveal_for_form(context, ref, (), "handover" if lamna else "officers")
    refs, is_handover = view.case.assignee_refs, bool(lamna) and context.officer.key in view.case.officers
    chosen = tuple(one for one in refs if not is_handover or one != context.officer.ref)
    return await _form_page(context, view, AssigneeForm(chosen, refs, is_handover=is_handover))


@router.post("/handlaggare/{ref}/handlaggare", dependencies=limited_by(OFFICERS_TEXT))
async def on_sent_assignees(page: CurrentPage, ref: str) -> Response:
    form = await read_officer_form(page, ref, "officers", ())
    context, view = form.context, form.view
    choice = _parse_form(form.posted)
    if form.nonce is None:
        return await _form_page(
            context, view, replace(choice, key="", alert=context.page.words("page.form.late")), 409
        )
    if form.posted.get("do") == "search":
        return await _form_page(context, view, choice)
    if form.posted.get("do") != KEEP:
        if choice.is_handover and not choice.chosen:
            nobody = replace(choice, alert=context.page.words("page.officers.nobody"))
            return await _form_page(context, view, nobody, 422)
        return await _save(form, choice)
    try:
        return await keep_note(form)
    except Refused as refusal:
        return await _form_page(context, view, _refused_form(context, view, choice, refusal), 409)


def _parse_form(posted: PostedForm) -> AssigneeForm:
    posted.require("was", "reason")
    return AssigneeForm(
        chosen=tuple(dict.fromkeys(posted.get_all("holder"))),
        expected=tuple(ref for ref in posted.get("was").split(",") if ref),
        reason=posted.get("reason"),
        search_text=posted.get("searched")[:200],
        key=posted.get("key"),
        is_handover=posted.get("lamna") == "over",
    )


async def _save(form: OfficerForm, choice: AssigneeForm) -> Response:
    context, case = form.context, form.view.case
    command = ChangeAssignees(
        case_id=case.id, assignees=choice.chosen, expected=choice.expected, reason=choice.reason
    )
    try:
        result = await context.page.deps.service.perform(
            command, context.officer, idempotency_key=form.make_idempotency_key("officers")
        )
    except Refused as refusal:
        view = await context.reveal(case.number, ())
        return await _form_page(context, view, _refused_form(context, view, choice, refusal), 409)
    return await _saved_page(context, result)


def _refused_form(
    context: OfficerContext, view: CaseView, choice: AssigneeForm, refusal: Refused
) -> AssigneeForm:
    """The form as filled in; where the assignees have changed, with the same changes applied to the current ones."""
    alert = refusal_text(refusal, context.page.words)
    if not isinstance(refusal, AssigneesChangedMeanwhile):
        return replace(choice, key="", alert=alert)
    current = view.case.assignee_refs
    rebased_refs = tuple(rebase_assignees(choice.expected, choice.chosen, current))
    return replace(
        choice,
        key="",
        alert=f"{alert} {context.page.words('form.kept')}",
        chosen=rebased_refs,
        expected=current,
    )


async def _saved_page(context: OfficerContext, result: CommandResult) -> Response:
    """Redirect to the case, or show a confirmation where the officer may no longer see it."""
    database = context.page.deps.service.database
    card = await database.read(lambda tx: system_queries.load_card(tx, result.case_id))
    if card is not None and may_work(context.officer, card.case):
        return redirect_to_case(context, result.case_id, result.number, change_flash(result, "officers"))
    text = context.page.words("page.officers.away")
    return away_page(context, result.number, text)


async def _form_page(
    context: OfficerContext, view: CaseView, choice: AssigneeForm, status: int = 200
) -> Response:
    service = context.find_service(view)
    groups, people = _offered_refs(context, view, service, choice)
    page, today = context.page, local_day(context.page.now)
    away = await page.deps.service.database.read(lambda tx: load_absences(tx, today))
    return context.page.render(
        "officer/assignees.html",
        status,
        **case_header(context, view),
        choice=choice,
        groups_offered=_with_names(context, groups),
        people_offered=_with_names(context, people),
        away={ref: describe_absence(ref.partition(":")[2], away, page.catalog, page.words) for ref in people},
        most=MAX_OFFERED,
        key=choice.key or context.create_form_key("officers", view.case.id),
    )


def _offered_refs(
    context: OfficerContext, view: CaseView, service: EService | None, choice: AssigneeForm
) -> tuple[list[str], list[str]]:
    """(groups, people) by reference: the chosen ones, and possible assignees whose name matches the search."""
    found: list[str] = []
    if service is not None:
        catalog, today = context.page.catalog, local_day(context.page.now)
        found += [
            f"group:{found_one.key}"
            for found_one in find_groups(catalog, service.key, today, choice.search_text)
        ]
        people = find_officers(catalog, service.key, today, choice.search_text, MAX_OFFERED)
        permitted = [
            found_one
            for found_one in people
            if not view.case.protected or found_one.key in service.protected_officers
        ]
        found += [f"officer:{found_one.key}" for found_one in permitted]
    refs = list(dict.fromkeys((*view.case.assignee_refs, *choice.chosen, *found)))
    return [ref for ref in refs if ref.startswith("group:")], [
        ref for ref in refs if ref.startswith("officer:")
    ]


def _with_names(context: OfficerContext, refs: Sequence[str]) -> list[tuple[str, str]]:
    names = [(ref, assignee_name(ref, context.page.catalog)) for ref in refs]
    return [(ref, name if isinstance(name, str) else name.in_(context.page.language)) for ref, name in names]
