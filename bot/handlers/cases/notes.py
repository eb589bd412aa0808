"""Internal notes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from itertools import islice
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import with_metadata
from bot.blocks.forms import assign, note
from bot.blocks.forms.fields import FILES_FIELD, MAX_OPTIONS, MAX_TEXT_LENGTH
from bot.blocks.values import DraftRef, decode
from bot.domain.mentions import find_colleagues
from bot.domain.notes import AddNote
from bot.domain.rules import Refused, TextTooLong
from bot.handlers.request.file_transfer import delete_from_slack, fetch_submitted_files
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import form_origin
from bot.service import CommandResult
from bot.store.officers import drafts
from bot.text.working_days import local_day


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:note")(listeners.for_modal(on_note))
    app.action("note:draft")(listeners.for_modal(on_draft))
    app.options(note.MENTIONS_FIELD)(listeners.for_options(on_mention_options))
    app.view(note.ID)(listeners.for_change(on_submitted))


async def on_note(request: SlackRequest) -> None:
    await open_form(request, await find_case(request, request.target.case_id))


async def on_draft(request: SlackRequest) -> None:
    """A reply that was not kept, to be written as a note instead."""
    officer, draft_id = request.officer.key, decode(request.value, DraftRef).draft_id
    draft = await request.deps.service.database.read(lambda tx: drafts.find(tx, officer, draft_id))
    if draft is None:
        await request.respond(request.words("thread.draft.gone"))
        return
    await open_form(
        request, await find_case(request, draft.case_id), str(draft.values.get("text", "")), draft.id
    )


async def open_form(request: SlackRequest, found: FoundCase, text: str = "", draft: str = "") -> None:
    """Open the dialog with the text in it; about some cases one writes on the case page only."""
    found.require_in_slack()
    if len(text) > MAX_TEXT_LENGTH:
        raise TextTooLong(n=len(text) - MAX_TEXT_LENGTH)
    metadata = {**form_origin(request), "form": uuid.uuid4().hex, **({"draft": draft} if draft else {})}
    form = note.NoteForm(found.case, found.service, found.catalog.municipality.files, metadata, text)
    await request.open_view(note.note_form(form, request.words))


async def on_mention_options(request: SlackRequest) -> list[dict[str, Any]]:
    """Those whose name fits, of those who may work with the case; but for the one who writes."""
    found = await find_case(request, str(request.metadata["case"]))
    today, text = local_day(request.deps.service.clock()), str(request.body.get("value") or "")[:200]
    matches = find_colleagues(found.catalog, found.case, today, text)
    others = (one for one in matches if one.key != request.officer.key)
    return assign.suggestions(list(islice(others, MAX_OPTIONS)), (), request.words)


async def on_submitted(request: SlackRequest) -> None:
    """One form is one note, though it be submitted again while its files are fetched.

    A form opened from a card leaves a word behind, for nothing else shows that the note was saved.
    """
    command = note.read(request.view)
    (await find_case(request, command.case_id)).require_in_slack()
    attachments = await fetch_submitted_files(request)
    if attachments.error:
        await request.show_field_errors({FILES_FIELD: attachments.error})
        return
    done = await _add_note(request, replace(command, files=attachments.files))
    if draft := str(request.metadata.get("draft", "")):
        await request.deps.service.database.write(lambda tx: drafts.remove(tx, request.officer.key, draft))
    if "tab" in request.metadata and not attachments.files:
        await refresh.after_change(request)
        return
    await request.replace_view(note.note_saved(request.words))
    request.run_after_ack(_report_slack_copies(request, done.ids["note_id"]))


async def _add_note(request: SlackRequest, command: AddNote) -> CommandResult:
    form_id = str(request.metadata.get("form", ""))
    try:
        return await request.perform(command, f"slack:form:{form_id}" if form_id else "")
    except Refused:
        # The refusal is what came of this filling-in; what is put right and submitted again is another.
        request.body = {**request.body, "view": with_metadata(request.view, form=uuid.uuid4().hex)}
        raise


async def _report_slack_copies(request: SlackRequest, note_id: str) -> None:
    """Say which of its files stay in Slack; and draw the case anew where the form was opened from it."""
    if remaining := await delete_from_slack(request, note_id):
        await request.update_view_by_id(str(request.view["id"]), note.note_saved(request.words, remaining))
    await refresh.refresh_parent_view(request)
