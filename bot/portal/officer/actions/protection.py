"""Protected cases on the case page: the reason for opening, and setting the mark."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.domain.protection import OpeningReasonRequired, SetProtection
from bot.domain.rules import Refused, UnknownCase
from bot.domain.views import CaseView
from bot.portal.errors import error_page, refusal_text
from bot.portal.flash import Flash
from bot.portal.forms.limits import OFFICERS_TEXT
from bot.portal.forms.posted_form import PostedForm, read_form
from bot.portal.forms.session_expired import session_expired_page
from bot.portal.officer.actions.reason_form import ReasonForm, perform_form
from bot.portal.officer.case_page import case_header
from bot.portal.officer.case_redirect import away_page, redirect_to_case
from bot.portal.officer.forms import FilledForm, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer, load_context
from bot.portal.page_context import CurrentPage, page_of
from bot.web.post_limits import limited_by

router = APIRouter()


async def on_reason_needed(request: Request, error: Exception) -> Response:
    """The page that asks for the reason to open a protected case, and shows nothing of it.

    What was typed in an ended session is shown on it, to be sent once the reason is given in this session.
    """
    assert isinstance(error, OpeningReasonRequired)
    context = await load_context(page_of(request))
    if context is None:
        return error_page(page_of(request), 404)
    posted = getattr(request.state, "posted", None)
    if posted is not None:
        return session_expired_page(context.page, posted, "", officer=True)
    return _reason_page(context, str(error.facts["number"]), FilledForm(), 200)


@router.post("/handlaggare/{ref}/anledning", dependencies=limited_by(OFFICERS_TEXT))
async def on_gave_reason(context: SignedInOfficer, ref: str) -> Response:
    posted = await read_form(context.page)
    case_id = await context.find_case_id(ref)
    service = context.page.deps.service
    try:
        await service.record_reason(
            context.officer, case_id, posted.get("reason"), session=context.reading_session
        )
    except UnknownCase:
        raise
    except Refused as refusal:
        problems = {"reason": refusal_text(refusal, context.page.words)}
        return _reason_page(context, ref, FilledForm(values=posted.first_values(), problems=problems), 422)
    return context.page.redirect(f"/handlaggare/{ref}")


def _reason_page(context: OfficerContext, number: str, filled: FilledForm, status: int) -> Response:
    return context.page.render(
        "officer/reason.html",
        status,
        page_path=f"/handlaggare/{number}",
        number=number,
        filled=filled,
        me=context.officer.name,
    )


@router.get("/handlaggare/{ref}/skydd")
async def on_opened_protection(context: SignedInOfficer, ref: str) -> Response:
    return _protection_page(context, await reveal_for_form(context, ref, (), "protect"), FilledForm())


@router.post("/handlaggare/{ref}/skydd", dependencies=limited_by(OFFICERS_TEXT))
async def on_set_protection(page: CurrentPage, ref: str) -> Response:
    performed = await perform_form(page, ref, _FORM)
    context, view, command = performed.context, performed.view, performed.command
    assert isinstance(command, SetProtection)
    if not command.protected or context.officer.may_see_protected(view.case.service):
        flash = Flash("protected" if command.protected else "unprotected")
        return redirect_to_case(context, view.case.id, ref, flash)
    w = context.page.words
    text = f"{w('page.officer.ok.protected')} {w('page.protection.away', names=w.list(_officer_names(context, view)))}"
    return away_page(context, view.case.number, text)


def _read(case_id: str, posted: PostedForm) -> SetProtection:
    posted.require("protected")
    protected = posted.get("protected") == "yes"
    return SetProtection(case_id=case_id, protected=protected, reason=posted.get("reason"))


def _officer_names(context: OfficerContext, view: CaseView) -> list[str]:
    """The names of those who may work with the case once it is marked."""
    service, catalog = context.find_service(view), context.page.catalog
    keys = service.protected_officers if service is not None else ()
    return [officer.name for key in keys if (officer := catalog.officer(key)) is not None]


def _protection_page(
    context: OfficerContext, view: CaseView, filled: FilledForm, status: int = 200
) -> Response:
    return context.page.render(
        "officer/protection.html",
        status,
        **case_header(context, view),
        filled=filled,
        named=_officer_names(context, view),
        stays=context.officer.may_see_protected(view.case.service),
        key=context.create_form_key("protection", view.case.id),
    )


_FORM = ReasonForm("protection", _read, _protection_page)
