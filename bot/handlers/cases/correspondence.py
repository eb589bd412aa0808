"""Messages to the applicant: writing, preview, sending, and undoing within a time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import loading_modal
from bot.blocks.forms import template_choice
from bot.blocks.forms.cases import message
from bot.blocks.forms.cases.message import MessageForm, MessageValues
from bot.blocks.forms.fields import FILES_FIELD, MAX_TEXT_LENGTH, block_id_of
from bot.blocks.values import MenuChoice, decode
from bot.catalog.models import Catalog
from bot.catalog.templates import Template
from bot.domain.case import Case
from bot.domain.messages.message_kinds import offered_templates
from bot.domain.messages.presets import MessagePreset, fill_preset, find_preset
from bot.domain.messages.scheduled_messages import describe_send_time
from bot.domain.messages.template_filling import TemplateFacts, append_text, fill_template
from bot.domain.messages.template_gaps import (
    describe_answer_day,
    describe_gap_fields,
    describe_gaps,
    fill_gaps,
)
from bot.domain.messages.undoing import UNDO_PERIOD, UndoMessage
from bot.domain.name_search import find_templates
from bot.domain.office_hours import Opening
from bot.domain.rules import ChangedMeanwhile, Refused, TextTooLong
from bot.domain.status import StatusNotAllowed, current_status_name, status_name, statuses_after_message
from bot.domain.submission import FileRef, Person
from bot.handlers.request.context import SlackContext
from bot.handlers.request.file_transfer import delete_from_slack, fetch_submitted_files
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import MESSAGE_DRAFT, form_origin
from bot.service.draft_files import restore_files
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.files import unattached
from bot.store.officers import drafts
from bot.store.officers.drafts import Draft
from bot.text import Words
from bot.text.working_days import local_day

SENT_DRAFT = "sent"
"""The form of a draft whose message was sent and can still be undone."""


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:message")(listeners.for_modal(on_message))
    app.action(message.TEMPLATE_FIELD)(listeners.for_display(on_template))
    app.options(message.TEMPLATE_FIELD)(listeners.for_options(on_template_options))
    app.view(message.ID)(listeners.for_change(on_preview))
    app.view(message.PREVIEW_ID)(listeners.for_change(on_send))
    app.action("case:unschedule")(listeners.for_change(on_unscheduled))
    app.action("case:message:undo")(listeners.for_change(on_undo))


async def on_message(context: SlackContext) -> None:
    await open_form(context, await find_case(context, context.request.target.case_id))


async def open_form(
    context: SlackContext, found: FoundCase, text: str = "", preset: MessagePreset | None = None
) -> None:
    """Open the form with the earlier draft, the text below it, filled in by the preset. Nothing is sent thereby."""
    found.require_in_slack().require_action("message")
    origin_metadata, title = form_origin(context), context.words("message.title")
    draft = await _find_draft(context, found)
    values = message.values_from_draft(draft.values) if draft else MessageValues()
    if text:
        values = replace(values, text=append_text(values.text, text))
    if len(values.text) > MAX_TEXT_LENGTH:
        raise TextTooLong(n=len(values.text) - MAX_TEXT_LENGTH)
    metadata = {**origin_metadata, "case": found.case.id, "draft": draft.id if draft else uuid.uuid4().hex}
    await context.responder.open_view(loading_modal(message.ID, title, metadata, context.words))
    form = await _build_form(context, found, metadata, values, context.responder.opened_view_id)
    if form.values.files != values.files:
        await _save_draft(context, form)
    if preset is not None and not form.has_preset(preset):
        form = _fill_in(context, form, found.catalog, preset)
    await context.responder.update_opened_view(message.message_form(form, context.words))


async def build_view(
    context: SlackContext, found: FoundCase, origin: Mapping[str, Any], status: str
) -> dict[str, Any]:
    """The form with what was begun earlier, to be shown in the present view, and with the status that is to follow.

    Where that is a preset's, the form is filled in as by the preset.
    """
    found.require_action("message")
    draft = await _find_draft(context, found)
    metadata = {**origin, "case": found.case.id, "draft": draft.id if draft else uuid.uuid4().hex}
    begun = message.values_from_draft(draft.values) if draft else MessageValues()
    values = replace(begun, status=status)
    form = await _build_form(context, found, metadata, values, context.request.view.id)
    name = find_preset(form.values.status, found.case, found.service)
    if name is not None:
        today = local_day(context.deps.service.clock())
        preset = fill_preset(name, found.case, context.officer, found.catalog, today)
        form = form if form.has_preset(preset) else _fill_in(context, form, found.catalog, preset)
    return message.message_form(form, context.words)


async def _find_draft(context: SlackContext, found: FoundCase) -> Draft | None:
    return await context.deps.service.database.read(
        lambda tx: drafts.find_for_case(tx, context.officer.key, found.case.id, MESSAGE_DRAFT)
    )


async def on_template_options(context: SlackContext) -> list[dict[str, Any]]:
    """The templates whose name matches, where there are more than a menu may have."""
    found = (await find_case(context, context.request.metadata["case"])).require_in_slack()
    text = context.request.text[:200]
    templates = offered_templates(found.case, found.service)
    return template_choice.suggestions(find_templates(templates, text), context.words)


async def on_template(context: SlackContext) -> None:
    """Append the template's text, with its tags filled in, to what was typed."""
    found = (await find_case(context, context.request.metadata["case"])).require_in_slack()
    form = await _build_form(
        context, found, context.request.metadata, message.read(context.request.form), context.request.view.id
    )
    chosen = next((one for one in form.templates if one.key == context.request.value), None)
    if chosen is None:
        return
    text = append_text(form.values.text, _fill_template(context, chosen, form, found.catalog))
    if len(text) > MAX_TEXT_LENGTH:
        too_long = context.words("no.toolong", n=len(text) - MAX_TEXT_LENGTH)
        await context.responder.update_view(
            message.message_form(replace(form, alert=too_long), context.words)
        )
        return
    form = form.with_template(text, chosen)
    await context.responder.update_view(message.message_form(form, context.words))
    await _save_draft(context, form)


def _fill_in(
    context: SlackContext, form: MessageForm, catalog: Catalog, preset: MessagePreset
) -> MessageForm:
    """The form with what the preset fills in. What was begun stays above the template's text, while both have room."""
    begun = form.values.text
    template_text = _fill_template(context, preset.template, form, catalog) if preset.template else ""
    text = append_text(begun, template_text) if template_text else begun
    if len(text) <= MAX_TEXT_LENGTH:
        return form.with_preset(text, preset)
    too_long = context.words("no.toolong", n=len(text) - MAX_TEXT_LENGTH)
    return replace(form.with_preset(begun, preset), alert=too_long)


def _fill_template(context: SlackContext, template: Template, form: MessageForm, catalog: Catalog) -> str:
    """The template's text in the reader's language. Unknown facts remain as gaps."""
    facts = TemplateFacts(
        number=form.case.number,
        service=form.service.name,
        municipality=catalog.municipality.name,
        sender=form.sender,
        people=form.people,
        today=local_day(context.deps.service.clock()),
    )
    return fill_template(template, facts, _reader_language(form, catalog))


def _reader_language(form: MessageForm, catalog: Catalog) -> str:
    """The language of the message's reader."""
    return form.people[0].language if form.people else catalog.municipality.language


async def on_preview(context: SlackContext) -> None:
    values = message.read(context.request.form)
    if errors := _validate(context, values):
        await context.responder.show_field_errors(errors)
        return
    found = (await find_case(context, context.request.metadata["case"])).require_in_slack()
    attachments = await fetch_submitted_files(context, values.files)
    if attachments.error:
        await context.responder.show_field_errors({FILES_FIELD: attachments.error})
        return
    values = replace(values, files=tuple(file.id for file in attachments.files))
    form = await _build_form(context, found, context.request.metadata, values, context.request.view.id)
    form = replace(form, values=form.values.with_final_text(_reader_language(form, found.catalog)))
    await _save_draft(context, form)
    await context.responder.push_view(message.preview(form, context.words))
    if context.request.metadata.get("tab") == "messages":
        # The case's modal below shows the draft among the messages.
        context.performer.run_after_ack(refresh.refresh_parent_view(context))


def _validate(context: SlackContext, values: MessageValues) -> dict[str, str]:
    """The errors by field."""
    today = local_day(context.deps.service.clock())
    answer_by = date.fromisoformat(values.answer_by) if values.answer_by else None
    problems = {
        **{
            f"{message.GAP_PREFIX}{gap}": problem
            for gap, problem in describe_gap_fields(values.text, values.gaps, context.words).items()
        },
        block_id_of(context.request.form, "text"): _describe_text(values, context.words),
        "answer_by": describe_answer_day(
            fill_gaps(values.text, values.gaps), answer_by, today, context.words
        ),
        **_describe_time(context, values, answer_by),
    }
    return {field: problem for field, problem in problems.items() if problem}


def _describe_time(context: SlackContext, values: MessageValues, answer_by: date | None) -> dict[str, str]:
    day = date.fromisoformat(values.send_day) if values.send_day else None
    service = context.deps.service
    times = service.clock(), Opening.from_catalog(service.catalog)
    return describe_send_time(day, values.send_time, answer_by, times, context.words)


def _describe_text(values: MessageValues, words: Words) -> str:
    """What is wrong with the text, apart from gaps that have fields of their own; empty where nothing is."""
    if not values.text.strip():
        return words("no.empty")
    filled = fill_gaps(values.text, values.gaps)
    if (excess := len(filled) - MAX_TEXT_LENGTH) > 0:
        return words("no.toolong", n=excess)
    return describe_gaps(fill_gaps(values.text, dict.fromkeys(values.gaps, "x")), words)


async def _save_draft(context: SlackContext, form: MessageForm) -> None:
    """Save the draft, and renew the lifetime of its files."""
    now = context.deps.service.clock()
    draft = Draft(form.metadata["draft"], form.case.id, MESSAGE_DRAFT, form.values.to_draft(), now)

    def save(tx: Tx) -> None:
        drafts.save(tx, context.officer.key, draft)
        unattached.keep_alive(tx, form.values.files, now)

    await context.deps.service.database.write(save)


async def on_send(context: SlackContext) -> None:
    metadata, officer = context.request.metadata, context.officer.key
    found = (await find_case(context, metadata["case"])).require_in_slack()
    previewed = await _load_previewed(context, found)
    if previewed is None:
        return
    draft, values, files = previewed
    now, send_at = context.deps.service.clock(), values.send_at(Opening.from_catalog(found.catalog))
    undo_until, sent = now + UNDO_PERIOD, replace(draft, form=SENT_DRAFT, at=now)
    command = values.command(found.case.id, metadata["was"], files, send_at)

    def replace_draft(tx: Tx) -> None:
        # In the same transaction: a draft that remained after sending could be sent twice.
        if send_at is None:
            _replace_draft(tx, officer, sent)
        else:
            drafts.remove(tx, officer, draft.id)

    try:
        done = await context.performer.perform(command, in_transaction=replace_draft)
    except (ChangedMeanwhile, StatusNotAllowed) as refused:
        await _preview_again(context, found, values, refused)
        return
    sent_ids = {**metadata, "message": done.ids["message_id"]}
    if send_at is None:
        await context.responder.replace_view(message.sending(sent_ids, undo_until, context.words))
        context.performer.run_after_ack(_confirm_sent(context, sent_ids, undo_until))
    else:
        await context.responder.replace_view(message.scheduled(sent_ids, send_at, context.words))
    context.performer.run_after_ack(refresh.refresh_home(context))


async def _load_previewed(
    context: SlackContext, found: FoundCase
) -> tuple[Draft, MessageValues, Sequence[FileRef]] | None:
    """The draft of the preview with its values and files. Where it, or a file, is gone: replies so, and returns None.

    Of a press that was performed before nothing is missed: what it did is answered again.
    """
    officer, draft_id = context.officer.key, context.request.metadata["draft"]
    draft = await context.deps.service.database.read(lambda tx: drafts.find(tx, officer, draft_id))
    if draft is None or draft.case_id != found.case.id:
        await context.responder.respond(context.words("message.gone"))
        return None
    values = message.values_from_draft(draft.values)
    files = await restore_files(context.deps.service, context.deps.files, values.files)
    is_sent, is_whole = draft.form == SENT_DRAFT, len(files) == len(values.files)
    if (is_sent or not is_whole) and not await context.performer.is_already_performed():
        await context.responder.respond(context.words("message.gone" if is_sent else "attach.gone"))
        return None
    return draft, values, files


async def _preview_again(
    context: SlackContext, found: FoundCase, values: MessageValues, refused: Refused
) -> None:
    """Show the preview with what has changed, and without the status that was to follow where that cannot now."""
    form = await _build_form(context, found, context.request.metadata, values, context.request.view.id)
    if form.values.status != values.status:
        await _save_draft(context, form)
    alert = " ".join(filter(None, (refused.in_words(context.words), form.alert)))
    await context.responder.replace_view(message.preview(replace(form, alert=alert), context.words))


def _replace_draft(tx: Tx, officer: str, draft: Draft) -> None:
    """Change the form of the draft: to sent and undoable, or back."""
    drafts.remove(tx, officer, draft.id)
    drafts.save(tx, officer, draft)


async def _confirm_sent(context: SlackContext, metadata: Mapping[str, Any], undo_until: datetime) -> None:
    """Confirm that the message is sent, once it can no longer be undone."""
    deps = context.deps
    await deps.sleep(max(0.0, (undo_until - deps.service.clock()).total_seconds()))
    state = await deps.service.database.read(
        lambda tx: system_queries.load_message_state(tx, metadata["message"])
    )
    if state is not None and state.undone:
        return
    await deps.service.database.write(lambda tx: drafts.remove(tx, context.officer.key, metadata["draft"]))

    async def show(lines: Sequence[str]) -> None:
        view = message.sent(metadata, lines, context.words)
        await context.responder.update_view_by_id(context.request.view.id, view)

    lines = [context.words("ok.sent")]
    await show(lines)
    if remaining := await delete_from_slack(context, metadata["message"]):
        lines.append(remaining)
        await show(lines)
    await deps.sleep(deps.delay_check_after)
    delay_key = await refresh.find_delay_key(context)
    further = [
        await _describe_status_not_set(context, metadata),
        context.words(delay_key) if delay_key else "",
    ]
    if any(further):
        await show([*lines, *filter(None, further)])


async def _describe_status_not_set(context: SlackContext, metadata: Mapping[str, Any]) -> str:
    """That the status did not follow the message, and what the case has; empty where none was left out."""
    found, words = await find_case(context, metadata["case"]), context.words
    target = await context.deps.service.database.read(
        lambda tx: system_queries.find_status_not_set(tx, found.case.id, metadata["message"])
    )
    if target is None:
        return ""
    key, previous_name = target
    name = status_name(found.service, key, words, previous_name)
    return words("message.notset", status=name, now=current_status_name(found.service, found.case, words))


async def on_undo(context: SlackContext) -> None:
    """Undo the message, and make it a draft again."""
    metadata, officer, now = context.request.metadata, context.officer.key, context.deps.service.clock()
    await find_case(context, metadata["case"])
    command = UndoMessage(case_id=metadata["case"], message_id=metadata["message"])
    await context.performer.perform(
        command, in_transaction=lambda tx: _reopen_draft(tx, officer, metadata["draft"], now)
    )
    context.performer.run_after_ack(
        context.responder.update_view_by_id(context.request.view.id, message.undone(metadata, context.words))
    )
    context.performer.run_after_ack(refresh.refresh_home(context))


async def on_unscheduled(context: SlackContext) -> None:
    """Cancel a message that is to leave later, from the case's modal."""
    chosen = decode(context.request.value, MenuChoice)
    await find_case(context, chosen.case_id)
    await context.performer.perform(UndoMessage(case_id=chosen.case_id, message_id=chosen.action))
    await refresh.after_change(context)


def _reopen_draft(tx: Tx, officer: str, draft_id: str, now: datetime) -> None:
    draft = drafts.find(tx, officer, draft_id)
    if draft is not None:
        _replace_draft(tx, officer, replace(draft, form=MESSAGE_DRAFT, at=now))


async def _build_form(
    context: SlackContext, found: FoundCase, metadata: Mapping[str, Any], values: MessageValues, view_id: str
) -> MessageForm:
    """The form's state. It shows names, which are personal data, so the reading is recorded first.

    Files of the draft that no longer exist are reported in it.
    """
    view = await context.deps.service.reveal(context.officer, found.case.id, {"answers"}, opening=view_id)
    sender = found.catalog.officer(context.officer.key)
    assert sender is not None
    people: tuple[Person, ...] = view.people
    files = await restore_files(context.deps.service, context.deps.files, values.files)
    alerts = [context.words("attach.gone")] if len(files) < len(values.files) else []
    statuses = statuses_after_message(view.case, context.officer, found.service)
    status = next((one.key for one in statuses if one.key == values.status), "")
    if status != values.status:
        alerts.append(_describe_lost_status(context, found, view.case, values.status))
    return MessageForm(
        case=view.case,
        service=found.service,
        sender=sender,
        people=people,
        templates=offered_templates(view.case, found.service),
        statuses=statuses,
        limits=found.catalog.municipality.files,
        metadata=metadata,
        files=files,
        values=replace(values, files=tuple(file.id for file in files), status=status),
        alert=" ".join(alerts),
        opening=Opening.from_catalog(found.catalog),
    )


def _describe_lost_status(context: SlackContext, found: FoundCase, case: Case, status: str) -> str:
    """That the status cannot follow the message any more, and what the case has."""
    words, service = context.words, found.service
    target = status_name(service, status, words)
    return words("message.status.lost", status=target, now=current_status_name(service, case, words))
