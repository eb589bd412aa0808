"""Writing to the applicant: written, previewed, sent, and for a while undone."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import loading_modal
from bot.blocks.forms import message
from bot.blocks.forms.fields import FILES_FIELD, MAX_TEXT_LENGTH, block_id_of
from bot.blocks.forms.message import MessageForm, MessageValues
from bot.catalog.models import Catalog
from bot.catalog.templates import Template
from bot.domain.correspondence import UNDO_PERIOD, UndoMessage, waiting_status
from bot.domain.name_search import find_templates
from bot.domain.rules import ApplicantDoesNotFollow, ChangedMeanwhile, TextTooLong
from bot.domain.status import allowed_statuses
from bot.domain.submission import Person
from bot.domain.template_gaps import describe_answer_day, describe_gaps
from bot.handlers.request.file_transfer import delete_from_slack, fetch_submitted_files, restore_files
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import MESSAGE_DRAFT, form_origin
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.files import unattached
from bot.store.officers import drafts
from bot.store.officers.drafts import Draft
from bot.text.working_days import local_day

SENT_DRAFT = "sent"
"""A draft that was sent and can still be undone."""


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:message")(listeners.for_modal(on_message))
    app.action(message.TEMPLATE_FIELD)(listeners.for_display(on_template))
    app.options(message.TEMPLATE_FIELD)(listeners.for_options(on_template_options))
    app.view(message.ID)(listeners.for_change(on_preview))
    app.view(message.PREVIEW_ID)(listeners.for_change(on_send))
    app.action("case:message:undo")(listeners.for_change(on_undo))


async def on_message(request: SlackRequest) -> None:
    await open_form(request, await find_case(request, request.target.case_id))


async def open_form(request: SlackRequest, found: FoundCase, text: str = "") -> None:
    """Open the form with what was begun earlier, or with the text; it is sent by its own button only."""
    found.require_in_slack()
    if not found.service.applicant_follows or not found.case.applicants:
        raise ApplicantDoesNotFollow
    if len(text) > MAX_TEXT_LENGTH:
        raise TextTooLong(n=len(text) - MAX_TEXT_LENGTH)
    origin_metadata, title = form_origin(request), request.words("message.title")
    draft = await request.deps.service.database.read(
        lambda tx: drafts.find_for_case(tx, request.officer.key, found.case.id, MESSAGE_DRAFT)
    )
    metadata = {**origin_metadata, "case": found.case.id, "draft": draft.id if draft else uuid.uuid4().hex}
    await request.open_view(loading_modal(message.ID, title, metadata, request.words))
    values = message.values_from_draft(draft.values) if draft and not text else MessageValues(text=text)
    form = await _build_form(request, found, metadata, values, request.opened_view_id)
    if form.values.files != values.files:
        await _save_draft(request, form)
    await request.update_opened_view(message.message_form(form, request.words))


async def on_template_options(request: SlackRequest) -> list[dict[str, Any]]:
    """The templates whose name fits, where there are more of them than Slack lists."""
    found = (await find_case(request, str(request.metadata["case"]))).require_in_slack()
    text = str(request.body.get("value") or "")[:200]
    templates = found.service.templates_for("message", found.case.status)
    return message.suggestions(find_templates(templates, text), request.words)


async def on_template(request: SlackRequest) -> None:
    """The template's text comes below what was typed, with its tags filled in."""
    found = (await find_case(request, request.metadata["case"])).require_in_slack()
    form = await _build_form(
        request, found, request.metadata, message.read(request.view), str(request.view["id"])
    )
    chosen = next((one for one in form.templates if one.key == request.value), None)
    if chosen is None:
        return
    template_text = _fill_template(chosen, form, found.catalog)
    text = f"{form.values.text}\n\n{template_text}" if form.values.text.strip() else template_text
    if len(text) > MAX_TEXT_LENGTH:
        too_long = request.words("no.toolong", n=len(text) - MAX_TEXT_LENGTH)
        await request.update_view(message.message_form(replace(form, alert=too_long), request.words))
        return
    form = form.with_template(text, chosen)
    await request.update_view(message.message_form(form, request.words))
    await _save_draft(request, form)


def _fill_template(template: Template, form: MessageForm, catalog: Catalog) -> str:
    """In the language of the one who reads it. What is not known stays as a gap."""
    language = _reader_language(form, catalog)
    values_by_tag = {
        "case.number": form.case.number,
        "case.service": form.service.name.in_(language),
        "officer.name": form.sender.name,
        "officer.unit": form.sender.unit.in_(language),
        "municipality.name": catalog.municipality.name.in_(language),
        "applicant.name": ", ".join(one.name for one in form.people if one.name),
    }
    return template.fill({tag: value for tag, value in values_by_tag.items() if value}, language).strip()


def _reader_language(form: MessageForm, catalog: Catalog) -> str:
    """That of whoever reads the message."""
    return form.people[0].language if form.people else catalog.municipality.language


async def on_preview(request: SlackRequest) -> None:
    values = message.read(request.view)
    if errors := _validate(request, values):
        await request.show_field_errors(errors)
        return
    found = (await find_case(request, request.metadata["case"])).require_in_slack()
    attachments = await fetch_submitted_files(request, values.files)
    if attachments.error:
        await request.show_field_errors({FILES_FIELD: attachments.error})
        return
    values = replace(values, files=tuple(file.id for file in attachments.files))
    form = await _build_form(request, found, request.metadata, values, str(request.view["id"]))
    form = replace(form, values=form.values.with_final_text(_reader_language(form, found.catalog)))
    await _save_draft(request, form)
    await request.push_view(message.preview(form, request.words))
    if request.metadata.get("tab") == "messages":
        # What was begun stands among the messages beneath.
        request.run_after_ack(refresh.refresh_parent_view(request))


def _validate(request: SlackRequest, values: MessageValues) -> dict[str, str]:
    """All that is to be put right, by field."""
    today = local_day(request.deps.service.clock())
    answer_by = date.fromisoformat(values.answer_by) if values.answer_by else None
    problems = {
        block_id_of(request.view, "text"): describe_gaps(values.text, request.words)
        if values.text.strip()
        else request.words("no.empty"),
        "answer_by": describe_answer_day(values.text, answer_by, today, request.words),
    }
    return {field: problem for field, problem in problems.items() if problem}


async def _save_draft(request: SlackRequest, form: MessageForm) -> None:
    """Its files live as long as the draft does."""
    now = request.deps.service.clock()
    draft = Draft(form.metadata["draft"], form.case.id, MESSAGE_DRAFT, form.values.to_draft(), now)

    def save(tx: Tx) -> None:
        drafts.save(tx, request.officer.key, draft)
        unattached.keep_alive(tx, form.values.files, now)

    await request.deps.service.database.write(save)


async def on_send(request: SlackRequest) -> None:
    metadata, officer = request.metadata, request.officer.key
    found = (await find_case(request, metadata["case"])).require_in_slack()
    draft = await request.deps.service.database.read(lambda tx: drafts.find(tx, officer, metadata["draft"]))
    if draft is None or draft.case_id != found.case.id:
        await request.respond(request.words("message.gone"))
        return
    values = message.values_from_draft(draft.values)
    files = await restore_files(request.deps, values.files)
    if (
        draft.form == SENT_DRAFT or len(files) < len(values.files)
    ) and not await request.is_already_performed():
        await request.respond(request.words("message.gone" if draft.form == SENT_DRAFT else "attach.gone"))
        return
    now = request.deps.service.clock()
    undo_until, sent = now + UNDO_PERIOD, replace(draft, form=SENT_DRAFT, at=now)
    command = values.command(found.case.id, metadata["was"], files)
    try:
        # Were the draft still begun after the message has gone, it would be sent twice.
        done = await request.perform(command, in_transaction=lambda tx: _replace_draft(tx, officer, sent))
    except ChangedMeanwhile as changed:
        form = await _build_form(request, found, metadata, values, str(request.view["id"]))
        preview = message.preview(replace(form, alert=changed.in_words(request.words)), request.words)
        await request.replace_view(preview)
        return
    sent_ids = {**metadata, "message": done.ids["message_id"]}
    await request.replace_view(message.sending(sent_ids, undo_until, request.words))
    request.run_after_ack(_confirm_sent(request, sent_ids, undo_until))
    request.run_after_ack(refresh.refresh_home(request))


def _replace_draft(tx: Tx, officer: str, draft: Draft) -> None:
    """The same draft as another form: sent and undoable, or begun again."""
    drafts.remove(tx, officer, draft.id)
    drafts.save(tx, officer, draft)


async def _confirm_sent(request: SlackRequest, metadata: Mapping[str, Any], undo_until: datetime) -> None:
    """Say that the message is sent, once it can no longer be undone."""
    deps = request.deps
    await deps.sleep(max(0.0, (undo_until - deps.service.clock()).total_seconds()))
    state = await deps.service.database.read(
        lambda tx: system_queries.load_message_state(tx, metadata["message"])
    )
    if state is not None and state.undone:
        return
    await deps.service.database.write(lambda tx: drafts.remove(tx, request.officer.key, metadata["draft"]))
    lines, view_id = [request.words("ok.sent")], str(request.view["id"])
    await request.update_view_by_id(view_id, message.sent(metadata, lines, request.words))
    if remaining := await delete_from_slack(request, metadata["message"]):
        lines.append(remaining)
        await request.update_view_by_id(view_id, message.sent(metadata, lines, request.words))
    await deps.sleep(deps.delay_check_after)
    if delay_key := await refresh.find_delay_key(request):
        await request.update_view_by_id(
            view_id, message.sent(metadata, [*lines, request.words(delay_key)], request.words)
        )


async def on_undo(request: SlackRequest) -> None:
    """The message is taken back, and what was written is a draft again."""
    metadata, officer, now = request.metadata, request.officer.key, request.deps.service.clock()
    await find_case(request, metadata["case"])
    command = UndoMessage(case_id=metadata["case"], message_id=metadata["message"])
    await request.perform(
        command, in_transaction=lambda tx: _reopen_draft(tx, officer, metadata["draft"], now)
    )
    request.run_after_ack(
        request.update_view_by_id(str(request.view["id"]), message.undone(metadata, request.words))
    )
    request.run_after_ack(refresh.refresh_home(request))


def _reopen_draft(tx: Tx, officer: str, draft_id: str, now: datetime) -> None:
    draft = drafts.find(tx, officer, draft_id)
    if draft is not None:
        _replace_draft(tx, officer, replace(draft, form=MESSAGE_DRAFT, at=now))


async def _build_form(
    request: SlackRequest, found: FoundCase, metadata: Mapping[str, Any], values: MessageValues, view_id: str
) -> MessageForm:
    """The form's state. Names are personal data, so that they are shown is recorded first.

    A file of the draft's that is no more is told of: it was to go with the message.
    """
    view = await request.deps.service.reveal(request.officer, found.case.id, {"answers"}, opening=view_id)
    sender = found.catalog.officer(request.officer.key)
    assert sender is not None
    waiting = waiting_status(found.service)
    allowed = allowed_statuses(view.case, request.officer, found.service)
    people: tuple[Person, ...] = view.people
    files = await restore_files(request.deps, values.files)
    is_missing_files = len(files) < len(values.files)
    return MessageForm(
        case=view.case,
        service=found.service,
        sender=sender,
        people=people,
        templates=found.service.templates_for("message", view.case.status),
        waiting=waiting if waiting in allowed else None,
        limits=found.catalog.municipality.files,
        metadata=metadata,
        files=files,
        values=replace(values, files=tuple(file.id for file in files)),
        alert=request.words("attach.gone") if is_missing_files else "",
    )
