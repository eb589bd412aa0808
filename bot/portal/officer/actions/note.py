"""Internal notes on the case page, with mentions of colleagues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.actors import officer_name
from bot.domain.mentions import find_colleagues
from bot.domain.messages.template_gaps import describe_gaps
from bot.domain.notes import AddNote, NoteKind
from bot.domain.rules import Refused
from bot.domain.views import CaseView
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash
from bot.portal.forms.limits import OFFICERS_LETTER
from bot.portal.forms.posted_form import PostedForm
from bot.portal.forms.retained_uploads import RetainedFile, collect_files, late_refusal, refusal_texts
from bot.portal.officer.actions.assignees import MAX_OFFERED
from bot.portal.officer.actions.templates import insert_template, offered_templates
from bot.portal.officer.case_page import case_header
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.forms import FILES_FIELD, OfficerForm, read_officer_form, renew_key, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()


@dataclass(frozen=True)
class NoteForm:
    """The form as filled in, with errors by field; `mentions` are officers' keys."""

    text: str = ""
    kind: NoteKind = "official"
    mentions: tuple[str, ...] = ()
    search_text: str = ""
    retained: Sequence[RetainedFile] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    alert: str = ""
    key: str = ""

    def command(self, case_id: str) -> AddNote:
        files = tuple(retained_file.file for retained_file in self.retained)
        return AddNote(case_id=case_id, text=self.text, kind=self.kind, mentions=self.mentions, files=files)


@router.get("/handlaggare/{ref}/notering")
async def on_opened_note(context: SignedInOfficer, ref: str) -> Response:
    return _form_page(context, await reveal_for_form(context, ref, {"notes"}, "note"), NoteForm())


@router.post("/handlaggare/{ref}/notering", dependencies=limited_by(OFFICERS_LETTER))
async def on_sent_note(page: CurrentPage, ref: str) -> Response:
    form = await read_officer_form(page, ref, "note", {"notes"})
    context, view, posted = form.context, form.view, form.posted
    form_ = _parse_form(posted)
    if form.nonce is None:
        return _form_page(
            context, view, replace(form_, key="", alert=late_refusal(context.page, posted)), 409
        )
    form_ = replace(form_, retained=await collect_files(context.page, posted, FILES_FIELD, form.nonce))
    action = posted.get("do")
    if action == "template":
        filled_values = insert_template(context, view, "note", posted.first_values())
        return _form_page(context, view, replace(form_, text=filled_values["text"]))
    if action == "search" or action.startswith("remove_file:"):
        return _form_page(context, view, form_)
    problems: dict[str, str] = {}
    if gaps := describe_gaps(form_.text, context.page.words):
        problems["text"] = gaps
    if refused_texts := refusal_texts(context.page, posted.refused_files(FILES_FIELD)):
        problems[FILES_FIELD] = " ".join(refused_texts)
    if problems:
        return _form_page(context, view, replace(form_, problems=problems), 422)
    return await _save(form, form_)


def _parse_form(posted: PostedForm) -> NoteForm:
    return NoteForm(
        text=posted.get("text"),
        kind="working" if posted.get("kind") == "working" else "official",
        mentions=tuple(dict.fromkeys(posted.get_all("mention"))),
        search_text=posted.get("searched")[:200],
        key=posted.get("key"),
    )


async def _save(form: OfficerForm, noting: NoteForm) -> Response:
    context, view = form.context, form.view
    command = noting.command(view.case.id)
    try:
        await context.page.deps.service.perform(
            command, context.officer, idempotency_key=form.make_idempotency_key("note")
        )
    except Refused as refusal:
        problem = refusal_text(refusal, context.page.words)
        field_ = "mentions" if refusal.key == "no.nopart" else "text"
        return _form_page(context, view, replace(noting, key="", problems={field_: problem}), 422)
    return redirect_to_case(context, view.case.id, view.case.number, Flash("noted"))


def _form_page(context: OfficerContext, view: CaseView, noting: NoteForm, status: int = 200) -> Response:
    key, retained = (
        (noting.key, noting.retained) if noting.key else renew_key(context, view, "note", noting.retained)
    )
    return context.page.render(
        "officer/note.html",
        status,
        **case_header(context, view),
        filled=noting,
        templates=offered_templates(context, view, "note"),
        colleagues=_colleagues(context, view, noting),
        most=MAX_OFFERED,
        kept=retained,
        key=key,
        limits=context.page.catalog.municipality.files,
    )


def _colleagues(context: OfficerContext, view: CaseView, noting: NoteForm) -> list[tuple[str, str]]:
    """(key, name) of ticked officers, and of those who may work with the case and whose name matches."""
    catalog, today = context.page.catalog, local_day(context.page.now)
    matching = find_colleagues(catalog, view.case, today, noting.search_text)
    others = (officer.key for officer in matching if officer.key != context.officer.key)
    keys = dict.fromkeys((*noting.mentions, *islice(others, MAX_OFFERED)))
    return [(key, officer_name(f"officer:{key}", catalog)) for key in keys if catalog.officer(key)]
