"""Ändra status on the case page."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.rules import ChangedMeanwhile, Refused
from bot.domain.status import MessageRequired, SetStatus, allowed_statuses
from bot.domain.views import CaseView
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash
from bot.portal.forms.limits import OFFICERS_TEXT
from bot.portal.forms.posted_form import FieldValues
from bot.portal.officer.case_page import case_header
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.forms import (
    KEEP,
    FilledForm,
    OfficerForm,
    keep_note,
    read_officer_form,
    reveal_for_form,
)
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.web.post_limits import limited_by

router = APIRouter()


@router.get("/handlaggare/{ref}/status")
async def on_opened_status(context: SignedInOfficer, ref: str) -> Response:
    view = await reveal_for_form(context, ref, {"messages"}, "status", "reopen")
    return _status_page(context, view, FilledForm(values=FieldValues(was=view.case.status)))


@router.post("/handlaggare/{ref}/status", dependencies=limited_by(OFFICERS_TEXT))
async def on_set_status(page: CurrentPage, ref: str) -> Response:
    form = await read_officer_form(page, ref, "status", {"messages"})
    context, view, posted = form.context, form.view, form.posted
    filled = FilledForm(values=posted.first_values(), key=posted.get("key") if form.nonce else "")
    if form.nonce is None:
        return _status_page(
            context, view, _with_problem(filled, alert=context.page.words("page.form.late")), 409
        )
    if posted.get("do") == KEEP:
        return await _keep_note(context, view, filled, form)
    return await _set_status(context, view, filled, form)


async def _set_status(
    context: OfficerContext, view: CaseView, filled: FilledForm, form: OfficerForm
) -> Response:
    posted, ref = form.posted, view.case.number
    if not posted.get("status"):
        return _status_page(
            context,
            view,
            _with_problem(filled, problem=("status", context.page.words("page.status.choose"))),
            422,
        )
    if posted.get("do") == "message":
        return _to_message(context, view, filled)
    command = SetStatus(
        case_id=view.case.id,
        status=posted.get("status"),
        expected=posted.get("was"),
        note=posted.get("note"),
        reason=posted.get("reason"),
    )
    try:
        await context.page.deps.service.perform(
            command, context.officer, idempotency_key=form.make_idempotency_key("status")
        )
    except MessageRequired:
        return _to_message(context, view, filled)
    except Refused as refusal:
        view = await context.reveal(ref, {"messages"})
        return _status_page(context, view, _refused_form(context, filled, refusal, view), 409)
    return redirect_to_case(context, view.case.id, ref, Flash("status"))


async def _keep_note(
    context: OfficerContext, view: CaseView, filled: FilledForm, form: OfficerForm
) -> Response:
    try:
        return await keep_note(form)
    except Refused as refusal:
        return _status_page(context, view, _refused_form(context, filled, refusal, view), 409)


def _to_message(context: OfficerContext, view: CaseView, filled: FilledForm) -> Response:
    """To the message that the status is to follow: there it is previewed, and can be undone.

    A note does not go along, and is not to be lost: the form comes back and says so.
    """
    if filled.values["note"].strip():
        problem = ("note", context.page.words("no.notewithmessage"))
        return _status_page(context, view, _with_problem(filled, problem=problem), 422)
    ref, status = view.case.number, filled.values["status"]
    return context.page.redirect(f"/handlaggare/{ref}/meddelande?{urlencode({'status': status})}")


def _refused_form(
    context: OfficerContext, filled: FilledForm, refusal: Refused, view: CaseView
) -> FilledForm:
    """The form as it was filled in, with a new key, and with the current status where that has changed."""
    w = context.page.words
    values = FieldValues(filled.values)
    text = refusal_text(refusal, w)
    if isinstance(refusal, ChangedMeanwhile):
        values["was"] = view.case.status
        text = f"{text} {w('form.kept')}"
    fields_by_refusal = {"no.needsnote": "note", "no.needsreason": "reason"}
    field_ = fields_by_refusal.get(refusal.key)
    return FilledForm(values=values, problems={field_: text} if field_ else {}, alert="" if field_ else text)


def _with_problem(
    filled: FilledForm, *, alert: str = "", problem: tuple[str, str] | None = None
) -> FilledForm:
    return FilledForm(filled.values, dict([problem]) if problem else {}, alert, filled.key)


def _status_page(context: OfficerContext, view: CaseView, filled: FilledForm, status: int = 200) -> Response:
    service = context.find_service(view)
    return context.page.render(
        "officer/status.html",
        status,
        **case_header(context, view),
        targets=allowed_statuses(view.case, context.officer, service) if service else [],
        filled=filled,
        key=filled.key or context.create_form_key("status", view.case.id),
    )
