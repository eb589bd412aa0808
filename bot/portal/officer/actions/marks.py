"""The colour of a case, and the officer's own flag, on the case page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers.parsing import typed_day
from bot.domain.colour import COLOURS, ColourCase, parse_colour
from bot.domain.flags import Flag, ReminderDayPassed, create_flag
from bot.domain.rules import ChangedMeanwhile, Refused, UnknownCase
from bot.domain.views import CaseView
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash, change_flash
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.forms.posted_form import FieldValues
from bot.portal.officer.case_page import case_header, find_flag
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.forms import FilledForm, read_officer_form, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.store.officers import flags
from bot.text.words import STOCKHOLM
from bot.web.post_limits import limited_by

router = APIRouter()


@router.get("/handlaggare/{ref}/farg")
async def on_opened_colour(context: SignedInOfficer, ref: str) -> Response:
    view = await reveal_for_form(context, ref, (), "colour")
    return _colour_page(context, view, FilledForm(values=FieldValues(colour=view.case.colour)))


@router.post("/handlaggare/{ref}/farg", dependencies=limited_by(OFFICERS_BUTTON))
async def on_set_colour(page: CurrentPage, ref: str) -> Response:
    form = await read_officer_form(page, ref, "colour", ())
    context, view = form.context, form.view
    form.posted.require("colour", "was")
    values = form.posted.first_values()
    if form.nonce is None:
        filled = FilledForm(values=values, alert=context.page.words("page.form.late"))
        return _colour_page(context, view, filled, 409)
    command = ColourCase(
        case_id=view.case.id, colour=parse_colour(values["colour"]), expected=parse_colour(values["was"])
    )
    try:
        result = await page.deps.service.perform(
            command, context.officer, idempotency_key=form.make_idempotency_key("colour")
        )
    except UnknownCase:
        raise
    except Refused as refusal:
        alert = refusal_text(refusal, context.page.words)
        if isinstance(refusal, ChangedMeanwhile):
            alert = f"{alert} {context.page.words('form.kept')}"
        view = await context.reveal(ref, ())
        return _colour_page(context, view, FilledForm(values=values, alert=alert), 409)
    return redirect_to_case(context, view.case.id, ref, change_flash(result, "coloured"))


def _colour_page(context: OfficerContext, view: CaseView, filled: FilledForm, status: int = 200) -> Response:
    return context.page.render(
        "officer/colour.html",
        status,
        **case_header(context, view),
        filled=filled,
        colours=COLOURS,
        key=context.create_form_key("colour", view.case.id),
    )


@router.get("/handlaggare/{ref}/flagga")
async def on_opened_flag(context: SignedInOfficer, ref: str) -> Response:
    view = await reveal_for_form(context, ref, (), "flag")
    flag = await find_flag(context, view.case.id)
    day = flag.remind_at.astimezone(STOCKHOLM).date().isoformat() if flag and flag.remind_at else ""
    values = FieldValues(note=flag.note if flag else "", remind_on=day)
    return _flag_page(context, view, flag, FilledForm(values=values))


@router.post("/handlaggare/{ref}/flagga", dependencies=limited_by(OFFICERS_BUTTON))
async def on_set_flag(page: CurrentPage, ref: str) -> Response:
    """Flag the case in place of an earlier flag, or remove it."""
    form = await read_officer_form(page, ref, "flag", ())
    context, view, posted = form.context, form.view, form.posted
    posted.require("note", "remind_on")
    case_id, values = view.case.id, posted.first_values()
    if form.nonce is None:
        filled = FilledForm(values=values, alert=context.page.words("page.form.late"))
        return _flag_page(context, view, await find_flag(context, case_id), filled, 409)
    if posted.get("do") == "unflag":
        await page.deps.service.database.write(lambda tx: flags.remove(tx, context.officer.key, case_id))
        return redirect_to_case(context, case_id, ref, Flash("unflagged"))
    problems = await _save_flag(context, case_id, values)
    if problems:
        filled = FilledForm(values=values, problems=problems)
        return _flag_page(context, view, await find_flag(context, case_id), filled, 422)
    return redirect_to_case(context, case_id, ref, Flash("flagged"))


async def _save_flag(context: OfficerContext, case_id: str, values: FieldValues) -> dict[str, str]:
    """Save the flag that was filled in, and return what is wrong by field, or {}. Raises UnknownCase."""
    page, day = context.page, typed_day(values["remind_on"])
    if values["remind_on"] and day is None:
        return {"remind_on": page.words("page.message.day")}
    opens = page.catalog.municipality.hours.opens
    try:
        flag = create_flag(case_id, values["note"], day, page.now, opens)
        is_saved = await page.deps.service.database.write(
            lambda tx: flags.save(tx, context.officer, flag, page.now)
        )
    except UnknownCase:
        raise
    except Refused as refusal:
        field = "remind_on" if isinstance(refusal, ReminderDayPassed) else "note"
        return {field: refusal_text(refusal, page.words)}
    if not is_saved:
        raise UnknownCase(number="")
    return {}


def _flag_page(
    context: OfficerContext, view: CaseView, flag: Flag | None, filled: FilledForm, status: int = 200
) -> Response:
    return context.page.render(
        "officer/flag.html",
        status,
        **case_header(context, view),
        filled=filled,
        is_flagged=flag is not None,
        key=context.create_form_key("flag", view.case.id),
    )
