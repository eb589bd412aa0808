"""Internal notes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import template_choice
from bot.blocks.forms.cases import assign, note, retained_note
from bot.blocks.forms.cases.note import NoteForm
from bot.blocks.forms.fields import FILES_FIELD, MAX_OPTIONS, MAX_TEXT_LENGTH, block_id_of
from bot.blocks.values import DraftRef, NoteAsSeen, decode
from bot.catalog.templates import Template, find_tags
from bot.domain.mentions import find_colleagues
from bot.domain.messages.template_filling import TemplateFacts, append_text, fill_template
from bot.domain.messages.template_gaps import describe_gaps
from bot.domain.name_search import find_templates
from bot.domain.notes import AddNote, MakeNoteOfficial, NotANote
from bot.domain.rules import Refused, TextTooLong
from bot.domain.submission import Person
from bot.handlers.request.context import SlackContext
from bot.handlers.request.file_transfer import delete_from_slack, fetch_submitted_files
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin
from bot.service import CommandResult
from bot.store.cases import officer_queries
from bot.store.officers import drafts
from bot.text.working_days import local_day


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:note")(listeners.for_modal(on_note))
    app.action("note:draft")(listeners.for_modal(on_draft))
    app.options(note.MENTIONS_FIELD)(listeners.for_options(on_mention_options))
    app.action(note.TEMPLATE_FIELD)(listeners.for_display(on_template))
    app.options(note.TEMPLATE_FIELD)(listeners.for_options(on_template_options))
    app.view(note.ID)(listeners.for_change(on_submitted))
    app.action("note:official")(listeners.for_change(on_make_official))
    app.action(retained_note.KEEP_ACTION)(listeners.for_change(on_keep))


async def on_note(context: SlackContext) -> None:
    await open_form(context, await find_case(context, context.request.target.case_id))


async def on_draft(context: SlackContext) -> None:
    """Open the dialog with a reply that did not become a note."""
    officer, draft_id = context.officer.key, decode(context.request.value, DraftRef).draft_id
    draft = await context.deps.service.database.read(lambda tx: drafts.find(tx, officer, draft_id))
    if draft is None:
        context.responder.answers_in_place = True
        await context.responder.respond(context.words("thread.draft.gone"))
        return
    await open_form(
        context, await find_case(context, draft.case_id), str(draft.values.get("text", "")), draft.id
    )


async def open_form(context: SlackContext, found: FoundCase, text: str = "", draft: str = "") -> None:
    """Open the dialog with the text. Raises CasePageOnly for cases whose notes are written on the case page."""
    found.require_in_slack().require_action("note")
    if len(text) > MAX_TEXT_LENGTH:
        raise TextTooLong(n=len(text) - MAX_TEXT_LENGTH)
    metadata = {**form_origin(context), "form": uuid.uuid4().hex, **({"draft": draft} if draft else {})}
    form = _build_form(found, AddNote(case_id=found.case.id, text=text), metadata)
    await context.responder.open_view(note.note_form(form, context.words))


def _build_form(found: FoundCase, values: AddNote, metadata: Mapping[str, Any]) -> NoteForm:
    templates = found.service.templates_for("note", found.case.status)
    limits = found.catalog.municipality.files
    return NoteForm(found.case, found.service, limits, metadata, values, templates)


async def on_template(context: SlackContext) -> None:
    """Append the template's text, with its tags filled in, to what was typed."""
    values, metadata = note.read(context.request.form), context.request.metadata
    found = (await find_case(context, values.case_id)).require_in_slack()
    form = _build_form(found, values, metadata)
    chosen = next((one for one in form.templates if one.key == context.request.value), None)
    if chosen is None:
        return
    text = append_text(values.text, await _fill_template(context, found, chosen))
    if (excess := len(text) - MAX_TEXT_LENGTH) > 0:
        form = replace(form, alert=context.words("no.toolong", n=excess))
    else:
        form = form.with_template(text, chosen)
    await context.responder.update_view(note.note_form(form, context.words))


async def _fill_template(context: SlackContext, found: FoundCase, template: Template) -> str:
    """The template's text in the officer's language. Where it names the applicant, the reading is recorded first."""
    service, language = context.deps.service, context.words.language
    people: tuple[Person, ...] = ()
    if "applicant.name" in find_tags(template.text.in_(language)):
        opening = context.request.view.id
        view = await service.reveal(context.officer, found.case.id, {"answers"}, opening=opening)
        people = view.people
    sender = found.catalog.officer(context.officer.key)
    assert sender is not None
    municipality, today = found.catalog.municipality.name, local_day(service.clock())
    number, name = found.case.number, found.service.name
    return fill_template(template, TemplateFacts(number, name, municipality, sender, people, today), language)


async def on_template_options(context: SlackContext) -> list[dict[str, Any]]:
    """The templates whose name matches, where there are more than a menu may have."""
    found = (await find_case(context, context.request.metadata["case"])).require_in_slack()
    templates = found.service.templates_for("note", found.case.status)
    return template_choice.suggestions(find_templates(templates, context.request.text[:200]), context.words)


async def on_mention_options(context: SlackContext) -> list[dict[str, Any]]:
    """Other officers who may work with the case and whose name matches what is typed."""
    found = await find_case(context, context.request.metadata["case"])
    today, text = local_day(context.deps.service.clock()), context.request.text[:200]
    matches = find_colleagues(found.catalog, found.case, today, text)
    others = (one for one in matches if one.key != context.officer.key)
    return assign.suggestions(list(islice(others, MAX_OPTIONS)), (), context.words)


async def on_submitted(context: SlackContext) -> None:
    """Add the note, once for each form, even if it is submitted again while its files are fetched.

    A form opened from a card is replaced by a confirmation, since the card does not show notes.
    """
    command = note.read(context.request.form)
    (await find_case(context, command.case_id)).require_in_slack()
    if gaps := describe_gaps(command.text, context.words):
        await context.responder.show_field_errors({block_id_of(context.request.form, "text"): gaps})
        return
    attachments = await fetch_submitted_files(context)
    if attachments.error:
        await context.responder.show_field_errors({FILES_FIELD: attachments.error})
        return
    done = await _add_note(context, replace(command, files=attachments.files))
    if draft := context.request.metadata.get("draft", ""):
        await context.deps.service.database.write(lambda tx: drafts.remove(tx, context.officer.key, draft))
    if "tab" in context.request.metadata and not attachments.files:
        await refresh.after_change(context)
        return
    await context.responder.replace_view(note.note_saved(context.words))
    context.performer.run_after_ack(_report_slack_copies(context, done.ids["note_id"]))


async def on_keep(context: SlackContext) -> None:
    """Keep what was written beside a change that was not made: as one note, however often it is pressed."""
    found = (await find_case(context, context.request.metadata["case"])).require_in_slack()
    view = context.request.view
    command = AddNote(case_id=found.case.id, text=retained_note.typed_text_of(context.request.form))
    await context.performer.perform(command, f"slack:keep:{view.id}:{view.hash}")
    saved_view = note.note_saved(context.words)
    context.performer.run_after_ack(context.responder.update_view_by_id(view.id, saved_view))
    context.performer.run_after_ack(refresh.refresh_parent_view(context))


async def on_make_official(context: SlackContext) -> None:
    """Make the note official as the person saw it. Raises NotANote and ReplyEdited."""
    found = (await find_case(context, context.request.metadata["case"])).require_in_slack()
    seen = decode(context.request.value, NoteAsSeen)
    case_then = await context.deps.service.database.read(
        lambda tx: officer_queries.load_case_at_version(tx, found.case.id, seen.seq)
    )
    reply = case_then.find_reply_of_note(seen.note_id)
    if reply is None:
        raise NotANote
    await context.performer.perform(
        MakeNoteOfficial(case_id=found.case.id, place=reply.place, expected=reply.edited)
    )
    await refresh.after_change(context)


async def _add_note(context: SlackContext, command: AddNote) -> CommandResult:
    form_id = context.request.metadata.get("form", "")
    try:
        return await context.performer.perform(command, f"slack:form:{form_id}" if form_id else "")
    except Refused:
        # The refusal is stored under this form's key; the corrected form needs another.
        context.responder.renew_form_metadata(form=uuid.uuid4().hex)
        raise


async def _report_slack_copies(context: SlackContext, note_id: str) -> None:
    """Tell which of the note's files remain in Slack, and refresh the case's modal if the form was opened from it."""
    if remaining := await delete_from_slack(context, note_id):
        await context.responder.update_view_by_id(
            context.request.view.id, note.note_saved(context.words, remaining)
        )
    await refresh.refresh_parent_view(context)
