"""Ta bort ärende and Återställ on the case page, and the deleted cases that a coordinator can restore."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bot.domain.access import deleted_case_refusal
from bot.domain.actors import officer_name
from bot.domain.case import Case
from bot.domain.deletion import (
    GRACE_DAYS,
    GROUNDS,
    CommentRequired,
    CoordinatorsOnly,
    DeleteCase,
    GroundRequired,
    HappenedMeanwhile,
    RestoreCase,
    WrongNumber,
    coordinated_services,
)
from bot.domain.rules import DeletedCase, ReasonTooLong, Refused, UnknownCase
from bot.domain.views import CaseView
from bot.portal.errors import error_page, refusal_text
from bot.portal.flash import Flash
from bot.portal.forms.idempotency_keys import make_restoration_key
from bot.portal.forms.limits import OFFICERS_BUTTON, OFFICERS_TEXT
from bot.portal.forms.posted_form import FieldValues, read_form
from bot.portal.forms.unsaved_texts import read_unsaved_texts
from bot.portal.officer.case_page import case_header
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.forms import FilledForm, read_officer_form, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer, load_context
from bot.portal.page_context import CurrentPage, page_of
from bot.store.cases import officer_queries
from bot.text.typed_values import parse_count
from bot.web.post_limits import limited_by

router = APIRouter()


@dataclass(frozen=True, slots=True)
class DeletedRow:
    """A deleted case in the list, with its e-service, who deleted it, and the key of the form that restores it."""

    case: Case
    service: str
    deleted_by: str
    key: str


FORM, RESTORE_FORM = "delete", "restore"

_FIELDS: dict[type[Refused], str] = {
    WrongNumber: "typed_number",
    GroundRequired: "ground",
    CommentRequired: "reason",
    ReasonTooLong: "reason",
}
"""The field that each refusal is about."""


@router.get("/handlaggare/borttagna")
async def on_opened_deleted(context: SignedInOfficer) -> Response:
    page, services = context.page, coordinated_services(context.officer)
    if not services:
        raise CoordinatorsOnly
    cases = await page.deps.service.database.read(
        lambda tx: officer_queries.list_deleted(tx, services, context.officer)
    )
    return page.render(
        "officer/deleted_cases.html",
        rows=[_deleted_row(context, case) for case in cases],
        me=context.officer.name,
    )


def _deleted_row(context: OfficerContext, case: Case) -> DeletedRow:
    catalog = context.page.catalog
    service = catalog.service(case.service)
    return DeletedRow(
        case,
        service.name.in_(context.page.language) if service is not None else case.service,
        officer_name(case.deleted_by, catalog),
        context.create_form_key(RESTORE_FORM, case.id),
    )


@router.get("/handlaggare/{ref}/ta-bort")
async def on_opened_deletion(context: SignedInOfficer, ref: str) -> Response:
    view = await reveal_for_form(context, ref, (), "delete")
    return _form_page(context, view, FilledForm())


@router.post("/handlaggare/{ref}/ta-bort", dependencies=limited_by(OFFICERS_TEXT))
async def on_sent_deletion(page: CurrentPage, ref: str) -> Response:
    form = await read_officer_form(page, ref, FORM, ())
    context, view, posted = form.context, form.view, form.posted
    filled = FilledForm(values=posted.first_values())
    if form.nonce is None:
        return _form_page(context, view, replace(filled, alert=context.page.words("page.form.late")), 409)
    version = posted.get("version")
    command = DeleteCase(
        case_id=view.case.id,
        typed_number=posted.get("typed_number"),
        ground=posted.get("ground"),
        comment=posted.get("reason"),
        expected=parse_count(version, 0),
    )
    try:
        await context.page.deps.service.perform(
            command, context.officer, idempotency_key=form.make_idempotency_key("delete")
        )
    except DeletedCase:
        raise
    except Refused as refusal:
        view = await context.reveal(ref, ())
        problems = {
            _FIELDS.get(type(one), ""): refusal_text(one, context.page.words) for one in refusal.parts
        }
        alert = problems.pop("", "")
        is_outdated = isinstance(refusal, HappenedMeanwhile)
        values = FieldValues(filled.values, version=str(view.case.seq)) if is_outdated else filled.values
        status = 409 if alert else 422
        return _form_page(context, view, FilledForm(values=values, problems=problems, alert=alert), status)
    return context.page.redirect(f"/handlaggare/{view.case.number}")


@router.post("/handlaggare/{ref}/aterstall", dependencies=limited_by(OFFICERS_BUTTON))
async def on_restored(context: SignedInOfficer, ref: str) -> Response:
    posted = await read_form(context.page)
    case = await _find_deleted(context, ref)
    case_id = case.id if case is not None else await context.find_case_id(ref)
    nonce = context.verify_form_key(RESTORE_FORM, case_id, posted.get("key"))
    if nonce is None and case is not None:
        raise deleted_case_refusal(case, context.page.catalog)
    try:
        await context.page.deps.service.perform(
            RestoreCase(case_id=case_id), context.officer, idempotency_key=make_restoration_key(nonce)
        )
    except UnknownCase:
        raise
    except Refused as refusal:
        if case is not None:
            raise
        flash = Flash(alert=refusal_text(refusal, context.page.words))
        return redirect_to_case(context, case_id, ref, flash)
    return redirect_to_case(context, case_id, ref, Flash("restored"))


async def on_deleted(request: Request, error: Exception) -> Response:
    """The page in place of a deleted case's, with what was typed in a form of it, and the button to restore it."""
    assert isinstance(error, DeletedCase)
    context = await load_context(page_of(request))
    case = await _find_deleted(context, str(error.facts["number"])) if context is not None else None
    if context is None or case is None:
        return error_page(page_of(request), 404)
    access = context.officer.access.get(case.service)
    is_coordinator = access is not None and access.coordinator
    return context.page.render(
        "officer/deleted.html",
        410,
        number=case.number,
        text=_deletion_text(context, case),
        may_restore=is_coordinator and case.disposed_at is None,
        key=context.create_form_key(RESTORE_FORM, case.id),
        unsaved=await read_unsaved_texts(context.page),
        me=context.officer.name,
    )


async def _find_deleted(context: OfficerContext, ref: str) -> Case | None:
    return await context.page.deps.service.database.read(
        lambda tx: officer_queries.find_deleted_case(tx, context.officer, ref)
    )


def _deletion_text(context: OfficerContext, case: Case) -> str:
    return refusal_text(deleted_case_refusal(case, context.page.catalog), context.page.words)


def _form_page(context: OfficerContext, view: CaseView, filled: FilledForm, status: int = 200) -> Response:
    return context.page.render(
        "officer/delete.html",
        status,
        **case_header(context, view),
        filled=filled,
        grounds=GROUNDS,
        days=GRACE_DAYS,
        version=filled.values["version"] or view.case.seq,
        key=context.create_form_key(FORM, view.case.id),
    )
