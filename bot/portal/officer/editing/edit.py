"""Ändra ärende on the case page: the whole form, a review of the changes with their reason, and saving."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.definition import Definition
from bot.domain.actors import officer_name
from bot.domain.answer_formatting import format_answer
from bot.domain.case_actions import action_refusal
from bot.domain.editing import (
    FILE_SOURCES,
    AnswerChange,
    EditCase,
    EditedMeanwhile,
    EditReasonRequired,
)
from bot.domain.rules import ReasonTooLong, Refused
from bot.domain.views import CaseView
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash
from bot.portal.forms import form_drafts
from bot.portal.forms.form_questions import visibility_css
from bot.portal.forms.idempotency_keys import make_case_form_key
from bot.portal.forms.limits import OFFICERS_LETTER
from bot.portal.forms.posted_form import FieldValues
from bot.portal.forms.retained_uploads import late_refusal
from bot.portal.officer import case_forms
from bot.portal.officer.case_forms import CaseForm
from bot.portal.officer.case_page import case_header
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.editing.edit_form import (
    EDIT,
    FORM,
    PREFIX,
    EditForm,
    Versions,
    case_form,
    create_command,
    create_form,
    parse_form,
    read_saved_form,
    rebase_form,
    save_form,
    validate_form,
    with_new_key,
)
from bot.portal.officer.forms import FilledForm, read_officer_form, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.service import IdempotencyKey
from bot.store.cases import contents
from bot.text import Words
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()


@router.get("/handlaggare/{ref}/andra")
async def on_opened_edit(context: SignedInOfficer, ref: str) -> Response:
    """A page of the form, at an address of its own; one of a form that is saved leads to the case."""
    opened = CaseForm(context, await context.find_case_id(ref), ref, EDIT)
    place = opened.find_place()
    if place is None:
        return context.page.redirect(opened.new_address())
    if await case_forms.is_sent(opened, place.nonce):
        return case_forms.redirect_to_sent(opened, "page.edit.repeated")
    view = await reveal_for_form(context, ref, {"answers"}, "edit")
    saved = await form_drafts.load(context.page, place)
    if saved is None:
        return _form_page(context, view, create_form(context, view, place))
    form = await read_saved_form(context, view, place, saved)
    if form.version != view.case.answers_version:
        return await _rebased_page(context, view, form)
    if form_drafts.read_step(context.page) != case_forms.REVIEW:
        return _form_page(context, view, form)
    read = _read_command(context, view, form)
    return _review_page(context, view, form, read) if isinstance(read, EditCase) else read


@router.get("/handlaggare/{ref}/villkor.css")
async def on_requested_style(context: SignedInOfficer, ref: str) -> Response:
    """The style sheet that hides conditional questions of the case's form."""
    view = await context.reveal(ref, ())
    return Response(visibility_css(view.definition, PREFIX), media_type="text/css")


@router.post("/handlaggare/{ref}/andra", dependencies=limited_by(OFFICERS_LETTER))
async def on_sent_edit(page: CurrentPage, ref: str) -> Response:
    sent = await read_officer_form(page, ref, FORM, {"answers"})
    context, view, posted = sent.context, sent.view, sent.posted
    form = await parse_form(context, view, posted, sent.nonce or "")
    if sent.nonce is None or not 1 <= form.version <= view.case.answers_version:
        form = replace(form, alert=late_refusal(context.page, posted))
        return _form_page(context, view, with_new_key(context, view, form), 409)
    if alert := refusal_of_case(context, view):
        return _form_page(context, view, replace(form, alert=alert), 409)
    action = posted.get("do")
    if form.version != view.case.answers_version:
        if action == "save" and await _is_saved(context, view, form):
            return redirect_to_case(context, view.case.id, view.case.number, Flash("edited"))
        return await _rebased_page(context, view, form)
    if action == "edit" or action.startswith("remove_file:"):
        return await _show_form(context, view, form)
    return await _review_or_save(context, view, form)


async def _show_form(context: OfficerContext, view: CaseView, form: EditForm) -> Response:
    """Lead to the form; where it cannot be kept, the form itself."""
    if await save_form(context, view, form) and form.place is not None:
        return context.page.redirect(form.place.address)
    return _form_page(context, view, form)


async def _review_or_save(context: OfficerContext, view: CaseView, form: EditForm) -> Response:
    """The form where something is wrong in it; of a review that is not of the newest answers, that one's instead."""
    read = _read_command(context, view, form)
    is_save = form.posted.get("do") == "save"
    if not is_save:
        is_saved = await save_form(context, view, form)
        if is_saved and form.place is not None and isinstance(read, EditCase):
            return context.page.redirect(form.place.step_address(case_forms.REVIEW))
    if not isinstance(read, EditCase):
        return read
    if not is_save:
        return _review_page(context, view, form, read)
    saved = await form_drafts.load(context.page, form.place) if form.place is not None else None
    if saved is None or form.place is None or saved.is_shown_by(form.posted.get("mark")):
        return await _save(context, view, form, read)
    newest = await read_saved_form(context, view, form.place, saved)
    newest = replace(newest, alert=context.page.words("page.edit.changed"))
    read = _read_command(context, view, newest)
    return _review_page(context, view, newest, read) if isinstance(read, EditCase) else read


def _read_command(context: OfficerContext, view: CaseView, form: EditForm) -> EditCase | Response:
    """The command that saves the form; where something prevents it, the form that says what."""
    result = validate_form(context, view, form)
    if result.problems:
        return _form_page(context, view, replace(form, problems=result.problems), 422)
    command = create_command(view, form, result)
    if not command.changes:
        return _form_page(context, view, replace(form, alert=context.page.words("no.edit.nothing")), 422)
    return command


def refusal_of_case(context: OfficerContext, view: CaseView) -> str:
    """Why the case cannot be edited now; empty where it can."""
    refusal = action_refusal("edit", context.actions(view))
    return refusal_text(refusal, context.page.words) if refusal is not None else ""


async def _is_saved(context: OfficerContext, view: CaseView, form: EditForm) -> bool:
    """Whether this very form was saved already, as by the first of two presses: a newer version refuses another."""
    empty = EditCase(case_id=view.case.id, expected=form.version, answers={}, changes=(), reason=form.reason)
    try:
        await context.page.deps.service.perform(
            empty, context.officer, idempotency_key=_idempotency_key(context, view, form)
        )
    except Refused:
        return False
    return True


def _idempotency_key(context: OfficerContext, view: CaseView, form: EditForm) -> IdempotencyKey:
    nonce = context.verify_form_key(FORM, view.case.id, form.key)
    return make_case_form_key(context.page.deps.keys, "edit", nonce, form.posted)


async def _save(context: OfficerContext, view: CaseView, form: EditForm, command: EditCase) -> Response:
    key = _idempotency_key(context, view, form)
    try:
        await context.page.deps.service.perform(command, context.officer, idempotency_key=key)
    except EditedMeanwhile:
        return await _rebased_page(context, await context.reveal(view.case.number, {"answers"}), form)
    except Refused as refusal:
        text = refusal_text(refusal, context.page.words)
        form = with_new_key(context, view, form)
        if isinstance(refusal, EditReasonRequired | ReasonTooLong):
            return _review_page(context, view, replace(form, reason_problem=text), command)
        return _review_page(context, view, replace(form, alert=text), command)
    if form.place is not None:
        await form_drafts.remove(context.page, form.place)
    return redirect_to_case(context, view.case.id, view.case.number, Flash("edited"))


async def _rebased_page(context: OfficerContext, view: CaseView, form: EditForm) -> Response:
    """The form on a colleague's newer answers, with what the officer typed."""
    seen = await context.page.deps.service.database.read(
        lambda tx: contents.load_answers(tx, view.case.id, form.version)
    )
    rebased, changed = rebase_form(view, form, Versions(seen, view.answers))
    latest, w = view.case.latest_edit, context.page.words
    assert latest is not None  # there is a version after the first
    is_own = latest.by == context.officer.ref
    name = officer_name(latest.by, context.page.catalog)
    text = w("no.edited.you", time=latest.at) if is_own else w("no.edited", name=name, time=latest.at)
    newer = _newer_answers(view, changed, w, is_own=is_own)
    rebased = replace(rebased, newer_answers=newer, alert=f"{text} {w('form.kept')}")
    return _form_page(context, view, with_new_key(context, view, rebased), 409)


def _newer_answers(view: CaseView, changed: Iterable[str], w: Words, *, is_own: bool) -> dict[str, str]:
    """That the answers were changed meanwhile, by field; `is_own`: by the officer themselves."""
    fields = {one.key: one for one in view.definition.fields}
    sentence = "page.edit.newer.you" if is_own else "page.edit.newer"
    return {
        key: w(sentence, answer=format_answer(fields[key], view.answers.get(key), w) or w("answer.none"))
        for key in changed
        if key in fields
    }


def _form_page(context: OfficerContext, view: CaseView, form: EditForm, status: int = 200) -> Response:
    section, today = form.section(view.definition), local_day(context.page.now)
    questions = section.questions(form.problems, context.page.words, today)
    return context.page.render(
        "officer/edit.html",
        status,
        **case_header(context, view),
        form=form,
        action=case_form(context, view).address(form.place),
        questions=questions,
        problems=[(question.focus_id, text) for question in questions for text in question.problems],
        conditional=any(question.condition for question in questions),
        limits=context.page.catalog.municipality.files,
    )


def _review_page(context: OfficerContext, view: CaseView, form: EditForm, command: EditCase) -> Response:
    problems = {"reason": form.reason_problem} if form.reason_problem else {}
    filled = FilledForm(values=FieldValues(reason=form.reason), problems=problems)
    return context.page.render(
        "officer/edit_review.html",
        422 if problems else 409 if form.alert else 200,
        **case_header(context, view),
        form=form,
        action=case_form(context, view).address(form.place),
        filled=filled,
        added=[one.name for one in command.files],
        sources=FILE_SOURCES,
        changes=[_change_row(one, view.definition, context.page.words) for one in command.changes],
    )


def _change_row(change: AnswerChange, definition: Definition, w: Words) -> tuple[str, str, str]:
    """(question, answer before, answer after)"""
    field = definition.field(change.field)
    if field is None:
        return change.field, str(change.before or ""), str(change.after or "")
    before, after = (format_answer(field, value, w) for value in (change.before, change.after))
    return field.label.in_(w.language), before, after
