"""Messages to the applicant: writing, preview, sending, and undoing within 20 seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, get_args

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers.parsing import typed_day
from bot.catalog.presets import PresetName
from bot.catalog.statuses import Status
from bot.catalog.templates import MessageKind, find_tags
from bot.domain.confirmation import unconfirmed_warning
from bot.domain.messages.correspondence import SendMessage, fill_answer_day
from bot.domain.messages.message_kinds import offered_kinds
from bot.domain.messages.presets import fill_preset, find_preset
from bot.domain.messages.scheduled_messages import describe_send_time, read_send_time
from bot.domain.messages.template_gaps import (
    describe_answer_day,
    describe_gap_fields,
    describe_gaps,
    fill_gaps,
    gap_label,
    gaps_with_fields,
)
from bot.domain.office_hours import Opening
from bot.domain.rules import ApplicantDoesNotFollow, ChangedMeanwhile, Refused, validate_text
from bot.domain.status import statuses_after_message
from bot.domain.views import CaseView
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash
from bot.portal.forms import form_drafts
from bot.portal.forms.form_drafts import DraftPlace, FormDraft
from bot.portal.forms.limits import OFFICERS_LETTER
from bot.portal.forms.posted_form import FieldValues, PostedForm
from bot.portal.forms.retained_uploads import (
    RetainedFile,
    collect_files,
    late_refusal,
    load_files,
    refusal_texts,
    sign_files,
)
from bot.portal.officer import case_forms
from bot.portal.officer.actions.message_draft import (
    GAP_PREFIX,
    BegunMessage,
    discard_draft,
    load_draft,
    save_draft,
)
from bot.portal.officer.actions.templates import (
    insert_template,
    offered_templates,
    preset_values,
    reader_language,
)
from bot.portal.officer.case_forms import CaseForm, FormKind
from bot.portal.officer.case_page import case_header, is_reachable
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.forms import FILES_FIELD, OfficerForm, read_officer_form, reveal_for_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.portal.page_context import CurrentPage
from bot.store.officers import drafts
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

EXAMPLE_DAYS = timedelta(days=14)
"""How far ahead the example of a day to answer by lies."""

MESSAGE_KINDS: tuple[MessageKind, ...] = get_args(MessageKind)
PRESET_NAMES: tuple[PresetName, ...] = get_args(PresetName)
MESSAGE = FormKind("message", "meddelande")


@dataclass(frozen=True)
class MessageForm:
    """The form as filled in: `place` is where it is kept, and `mark` tells which version of it a preview shows."""

    values: FieldValues = field(default_factory=FieldValues)
    retained: Sequence[RetainedFile] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    alert: str = ""
    key: str = ""
    place: DraftPlace | None = None
    mark: str = ""

    @property
    def text(self) -> str:
        return self.values["text"]

    @property
    def kind(self) -> MessageKind:
        value = self.values.get("kind", "")
        return next((kind for kind in MESSAGE_KINDS if kind == value), "information")

    @property
    def status_after(self) -> str:
        return self.values.get("status_after", "")

    @property
    def answer_by(self) -> date | None:
        return typed_day(self.values.get("answer_by", ""))

    @property
    def send_day(self) -> date | None:
        """The day on which it is to leave; None for at once."""
        return typed_day(self.values.get("send_day", ""))

    def with_changes(self, **changes: Any) -> MessageForm:
        """A copy with some values changed."""
        return replace(self, **changes)


@router.get("/handlaggare/{ref}/meddelande")
async def on_opened_form(context: SignedInOfficer, ref: str, status: str = "", preset: str = "") -> Response:
    """A page of the form, at an address of its own; one of a message that was sent leads to the case.

    `status` is the one that is to follow, of the status page.
    """
    case_form = CaseForm(context, await context.find_case_id(ref), ref, MESSAGE)
    place = case_form.find_place()
    if place is None:
        return context.page.redirect(case_form.new_address())
    if await case_forms.is_sent(case_form, place.nonce):
        return case_forms.redirect_to_sent(case_form, "page.message.repeated")
    view = await reveal_for_form(context, ref, {"answers", "messages"}, "message")
    saved = await form_drafts.load(context.page, place)
    if saved is not None:
        return await _show_saved(context, view, await _read_saved(context, place, saved))
    begun = await _begin(context, view, status, preset)
    key, retained = case_form.create_key(place), [one.file for one in begun.retained]
    return _form_page(
        context,
        view,
        begun.with_changes(
            key=key, place=place, retained=sign_files(context.page, retained, FILES_FIELD, place.nonce)
        ),
    )


async def _begin(context: OfficerContext, view: CaseView, status: str, preset: str) -> MessageForm:
    """The form as it is opened: with the officer's draft, filled in by a preset, or empty."""
    values = FieldValues(was=view.case.status, status_after=status)
    name = next((one for one in PRESET_NAMES if one == preset), None)
    if name is None and (service := context.find_service(view)) is not None:
        name = find_preset(status, view.case, service)
    if name is None:
        begun = BegunMessage(FieldValues()) if status else await load_draft(context, view)
        alert = context.page.words("page.message.draftfiles") if begun.lacks_files else ""
        return MessageForm(FieldValues({**values, **begun.values}), begun.retained, alert=alert)
    today, catalog = local_day(context.page.now), context.page.catalog
    try:
        filled = fill_preset(name, view.case, context.officer, catalog, today)
    except Refused as refusal:
        return MessageForm(values=values, alert=refusal_text(refusal, context.page.words))
    return MessageForm(values=preset_values(context, view, filled))


async def _read_saved(context: OfficerContext, place: DraftPlace, saved: FormDraft) -> MessageForm:
    """The form as it is kept."""
    files = await load_files(context.page, saved.contents.files.get(FILES_FIELD, ()))
    return MessageForm(
        values=PostedForm(list(saved.contents.fields)).first_values(),
        retained=sign_files(context.page, files, FILES_FIELD, place.nonce),
        place=place,
        mark=saved.create_mark(),
    )


async def _show_saved(context: OfficerContext, view: CaseView, written: MessageForm) -> Response:
    """The preview where the address names it and nothing prevents it, else the form."""
    assert written.place is not None
    written = written.with_changes(key=_case_form(context, view).create_key(written.place))
    if await _is_draft_gone(context, written):
        return _form_page(context, view, _with_gone_draft(context, written))
    if form_drafts.read_step(context.page) != case_forms.REVIEW:
        return _form_page(context, view, written)
    if problems := _problems(context, written, PostedForm()):
        return _form_page(context, view, written.with_changes(problems=problems), 422)
    return _preview_page(context, view, written)


@router.post("/handlaggare/{ref}/meddelande", dependencies=limited_by(OFFICERS_LETTER))
async def on_sent_form(page: CurrentPage, ref: str) -> Response:
    form = await read_officer_form(page, ref, "message", {"answers", "messages"})
    context, view, posted = form.context, form.view, form.posted
    if not is_reachable(context, view):
        raise ApplicantDoesNotFollow
    written = MessageForm(values=_with_filled_gaps(posted.first_values()), key=posted.get("key"))
    if form.nonce is None:
        return _form_page(
            context, view, written.with_changes(key="", alert=late_refusal(context.page, posted)), 409
        )
    written = written.with_changes(
        retained=await collect_files(context.page, posted, FILES_FIELD, form.nonce),
        place=_case_form(context, view).find_own_place(form.nonce),
    )
    return await _receive(form, written)


async def _receive(form: OfficerForm, written: MessageForm) -> Response:
    """What comes of the form, by the button that was pressed."""
    context, view, posted = form.context, form.view, form.posted
    action = posted.get("do")
    if action == "discard":
        await discard_draft(context, written.values.get("draft", ""), written.retained)
        await _forget(context, written)
        return redirect_to_case(context, view.case.id, view.case.number, Flash("discarded"))
    is_done = form.nonce is not None and await case_forms.is_sent(_case_form(context, view), form.nonce)
    if (is_done and action != "send") or (not is_done and await _is_draft_gone(context, written)):
        # What was typed is in no draft any more, and is not to be lost.
        return _form_page(context, view, _with_gone_draft(context, written).with_changes(key=""), 409)
    if action != "send":
        written = await _with_draft(context, view, written)
    if action == "template":
        written = written.with_changes(values=insert_template(context, view, "message", written.values))
    if action in ("template", "edit") or action.startswith("remove_file:"):
        return await _show(context, view, written)
    return await _preview_or_send(form, written)


async def _preview_or_send(form: OfficerForm, written: MessageForm) -> Response:
    """The form where something prevents it; of a preview that is not of the newest text, that one's instead."""
    context, view, posted = form.context, form.view, form.posted
    if problems := _problems(context, written, posted):
        await _keep(context, view, written)
        return _form_page(context, view, written.with_changes(problems=problems), 422)
    if posted.get("do") != "send":
        return await _show(context, view, written, case_forms.REVIEW)
    saved = await form_drafts.load(context.page, written.place) if written.place is not None else None
    if saved is None or written.place is None or saved.is_shown_by(posted.get("mark")):
        return await _send(form, written)
    newest = await _read_saved(context, written.place, saved)
    alert = context.page.words("page.message.newer")
    return _preview_page(context, view, newest.with_changes(key=written.key, alert=alert), 409)


async def _show(context: OfficerContext, view: CaseView, written: MessageForm, step: str = "") -> Response:
    """Lead to the form, or to that step; where it cannot be kept, the page itself."""
    if await _keep(context, view, written) and written.place is not None:
        return context.page.redirect(written.place.step_address(step))
    return _preview_page(context, view, written) if step else _form_page(context, view, written)


async def _keep(context: OfficerContext, view: CaseView, written: MessageForm) -> bool:
    posted = PostedForm(list(written.values.items()))
    return await case_forms.save(
        _case_form(context, view), written.place, posted, {FILES_FIELD: written.retained}
    )


async def _forget(context: OfficerContext, written: MessageForm) -> None:
    if written.place is not None:
        await form_drafts.remove(context.page, written.place)


def _case_form(context: OfficerContext, view: CaseView) -> CaseForm:
    return CaseForm(context, view.case.id, view.case.number, MESSAGE)


async def _is_draft_gone(context: OfficerContext, written: MessageForm) -> bool:
    """Whether the form's draft was sent or removed meanwhile, in Slack or in another window."""
    draft_id = written.values.get("draft", "")
    if not draft_id:
        return False
    find = partial(drafts.find, officer=context.officer.key, draft_id=draft_id)
    return await context.page.deps.service.database.read(find) is None


def _with_gone_draft(context: OfficerContext, written: MessageForm) -> MessageForm:
    """The form without its draft, and with the sentence that it is gone."""
    values = FieldValues({**written.values, "draft": ""})
    return written.with_changes(values=values, alert=context.page.words("page.message.gone"))


async def _with_draft(context: OfficerContext, view: CaseView, written: MessageForm) -> MessageForm:
    """The form with its draft, saved as Slack's form has it; one in which nothing is written has none."""
    if not written.text.strip() and not written.retained:
        return written
    at = _send_at(context, written) if not _time_problems(context, written) else None
    values = {
        "text": written.text,
        "kind": written.kind,
        "answer_by": written.answer_by.isoformat() if written.answer_by else "",
        "options": ["receipt"] if written.values.get("receipt") else [],
        "status": written.status_after,
        "gaps": _gap_values(written.values),
        "send_day": written.send_day.isoformat() if at is not None and written.send_day else "",
        "send_time": written.values.get("send_time", "") if at is not None else "",
    }
    draft_id = written.values.get("draft", "")
    draft_id = await save_draft(context, view, draft_id, values, written.retained)
    return written.with_changes(values=FieldValues({**written.values, "draft": draft_id}))


def _gap_values(values: FieldValues) -> dict[str, str]:
    """What was typed in the fields of the text's gaps, by gap."""
    return {
        name.removeprefix(GAP_PREFIX): value for name, value in values.items() if name.startswith(GAP_PREFIX)
    }


def _with_filled_gaps(values: FieldValues) -> FieldValues:
    """The values with what was typed for the gaps in the text, and without the fields that are done with."""
    gaps = {gap: value for gap, value in _gap_values(values).items() if value.strip()}
    text = values["text"]
    done = {f"{GAP_PREFIX}{gap}" for gap in gaps if gap in find_tags(text)}
    others = {name: value for name, value in values.items() if name not in done}
    return FieldValues({**others, "text": fill_gaps(text, gaps)})


def _problems(context: OfficerContext, written: MessageForm, posted: PostedForm) -> dict[str, str]:
    """Errors that prevent the preview, by field."""
    w = context.page.words
    problems: dict[str, str] = {}
    try:
        validate_text(written.text)
    except Refused as refusal:
        problems["text"] = refusal_text(refusal, w)
    fields = _gap_values(written.values)
    if "text" not in problems and (
        gaps := describe_gaps(fill_gaps(written.text, dict.fromkeys(fields, "x")), w)
    ):
        problems["text"] = gaps
    problems |= {
        f"{GAP_PREFIX}{gap}": problem for gap, problem in describe_gap_fields(written.text, fields, w).items()
    }
    today = local_day(context.page.now)
    if written.values.get("answer_by", "") and written.answer_by is None:
        problems["answer_by"] = w("page.message.day")
    elif problem := describe_answer_day(written.text, written.answer_by, today, w):
        problems["answer_by"] = problem
    problems |= _time_problems(context, written)
    if refused_texts := refusal_texts(context.page, posted.refused_files(FILES_FIELD)):
        problems[FILES_FIELD] = " ".join(refused_texts)
    return problems


def _time_problems(context: OfficerContext, written: MessageForm) -> dict[str, str]:
    w, times = context.page.words, (context.page.now, Opening.from_catalog(context.page.catalog))
    if written.values.get("send_day", "") and written.send_day is None:
        return {"send_day": w("page.message.day")}
    typed = written.values.get("send_time", "")
    return describe_send_time(written.send_day, typed, written.answer_by, times, w)


def _send_at(context: OfficerContext, written: MessageForm) -> datetime | None:
    """When it is to leave, aware UTC; None for at once."""
    opening = Opening.from_catalog(context.page.catalog)
    return read_send_time(written.send_day, written.values.get("send_time", ""), opening)


async def _send(form: OfficerForm, written: MessageForm) -> Response:
    context, view, case = form.context, form.view, form.view.case
    command = SendMessage(
        case_id=case.id,
        text=_final_text(context, view, written),
        kind=written.kind,
        answer_by=written.answer_by,
        receipt=bool(written.values.get("receipt")),
        files=tuple(retained_file.file for retained_file in written.retained),
        status=written.status_after,
        expected=written.values.get("was", ""),
        send_at=_send_at(context, written),
    )
    draft_id = written.values.get("draft", "")
    try:
        await context.page.deps.service.perform(
            command,
            context.officer,
            idempotency_key=form.make_idempotency_key("message"),
            in_transaction=lambda tx: drafts.remove(tx, context.officer.key, draft_id),
        )
    except Refused as refusal:
        view = await context.reveal(case.number, {"answers", "messages"})
        return _form_page(context, view, _refused_form(context, view, written, refusal), 409)
    await _forget(context, written)
    return redirect_to_case(context, case.id, case.number, Flash("scheduled" if command.send_at else "sent"))


def _final_text(context: OfficerContext, view: CaseView, written: MessageForm) -> str:
    """The text as the applicant will read it."""
    return fill_answer_day(written.text, written.answer_by, reader_language(context, view))


def _refused_form(
    context: OfficerContext, view: CaseView, written: MessageForm, refusal: Refused
) -> MessageForm:
    """The form as filled in, without its used key; rendering binds the files to a new one."""
    w = context.page.words
    values, alert = FieldValues(written.values), refusal_text(refusal, w)
    if isinstance(refusal, ChangedMeanwhile):
        values["was"] = view.case.status
        alert = f"{alert} {w('form.kept')}"
    return written.with_changes(values=values, alert=alert, key="")


def _form_page(context: OfficerContext, view: CaseView, written: MessageForm, status: int = 200) -> Response:
    written = written if written.key else _with_new_key(context, view, written)
    return context.page.render(
        "officer/message.html",
        status,
        **case_header(context, view),
        to=_recipient_names(view),
        unconfirmed=unconfirmed_warning(view.case, context.page.words),
        unreachable=_has_no_address(view),
        sender=_sender_name(context),
        templates=offered_templates(context, view, "message"),
        kinds=[(kind, context.page.words(f"message.kind.{kind}")) for kind in offered_kinds(view.case)],
        statuses=_statuses_after(context, view),
        gaps=_gap_fields(written),
        written=written,
        example_day=local_day(context.page.now) + EXAMPLE_DAYS,
        kept=written.retained,
        key=written.key,
        action=_case_form(context, view).address(written.place),
        limits=context.page.catalog.municipality.files,
    )


def _with_new_key(context: OfficerContext, view: CaseView, written: MessageForm) -> MessageForm:
    """The form with a key that has not been used, a place for it, and its files bound to it."""
    case_form = _case_form(context, view)
    place = case_form.create_place()
    files = [one.file for one in written.retained]
    retained = sign_files(context.page, files, FILES_FIELD, place.nonce)
    return written.with_changes(key=case_form.create_key(place), place=place, retained=retained)


def _gap_fields(written: MessageForm) -> list[tuple[str, str, str]]:
    """(field, label, gap) of the text's gaps, and of those that were filled in though the text no longer has them."""
    unplaced = [gap for gap, value in _gap_values(written.values).items() if value.strip()]
    gaps = dict.fromkeys((*gaps_with_fields(written.text), *unplaced))
    return [(f"{GAP_PREFIX}{gap}", gap_label(gap), f"{{{gap}}}") for gap in gaps]


def _preview_page(
    context: OfficerContext, view: CaseView, written: MessageForm, status: int = 200
) -> Response:
    following = next((one for one in _statuses_after(context, view) if one.key == written.status_after), None)
    return context.page.render(
        "officer/preview.html",
        status,
        **case_header(context, view),
        to=_recipient_names(view),
        unconfirmed=unconfirmed_warning(view.case, context.page.words),
        sender=_sender_name(context),
        written=written,
        said=_final_text(context, view, written),
        kind=context.page.words(f"message.kind.{written.kind}"),
        status_after=following.name.in_(context.page.language) if following else "",
        unreachable=_has_no_address(view),
        send_at=_send_at(context, written),
        action=_case_form(context, view).address(written.place),
    )


def _statuses_after(context: OfficerContext, view: CaseView) -> list[Status]:
    """The statuses that may follow a message."""
    service = context.find_service(view)
    return statuses_after_message(view.case, context.officer, service) if service else []


def _has_no_address(view: CaseView) -> bool:
    """Whether no mail can reach anybody in the case."""
    return not any(person.email for person in view.people)


def _recipient_names(view: CaseView) -> list[str]:
    return [person.name for person in view.people]


def _sender_name(context: OfficerContext) -> str:
    catalog_officer = context.page.catalog.officer(context.officer.key)
    return (
        f"{context.officer.name}, {catalog_officer.unit.in_(context.page.language)}"
        if catalog_officer
        else context.officer.name
    )
