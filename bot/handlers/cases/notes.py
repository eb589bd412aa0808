"""Internal notes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from itertools import islice
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.view import with_ids
from bot.blocks.forms import assign, note
from bot.blocks.forms.fields import FILES, LONGEST, MOST_OPTIONS
from bot.domain.mentions import colleagues_like
from bot.domain.notes import AddNote
from bot.domain.rules import Refused, TooLong
from bot.handlers.request.file_transfer import attached, cleared
from bot.handlers.request.found_case import Found, find
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import origin
from bot.service import Done
from bot.store.officers import drafts
from bot.text.working_days import local_day


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:note")(listening.opening(on_note))
    app.action("note:draft")(listening.opening(on_draft))
    app.options(note.MENTIONS)(listening.suggesting(on_typed))
    app.view(note.ID)(listening.acting(on_note_submitted))


async def on_note(press: Press) -> None:
    await asked(press, await find(press, press.target.case_id))


async def on_draft(press: Press) -> None:
    """A reply that was not kept, to be written as a note instead."""
    officer, draft_id = press.officer.key, press.value
    draft = await press.kit.service.database.read(lambda tx: drafts.find(tx, officer, draft_id))
    if draft is None:
        await press.tell(press.words("thread.draft.gone"))
        return
    await asked(press, await find(press, draft.case_id), str(draft.values.get("text", "")), draft.id)


async def asked(press: Press, found: Found, text: str = "", draft: str = "") -> None:
    """Open the dialog with the text in it; about some cases one writes on the case page only."""
    found.in_slack()
    if len(text) > LONGEST:
        raise TooLong(n=len(text) - LONGEST)
    ids = {**origin(press), "form": uuid.uuid4().hex, **({"draft": draft} if draft else {})}
    noting = note.Noting(found.case, found.service, found.catalog.municipality.files, ids, text)
    await press.open(note.note_form(noting, press.words))


async def on_typed(press: Press) -> list[dict[str, Any]]:
    """Those whose name fits, of those who may work with the case; but for the one who writes."""
    found = await find(press, str(press.ids["case"]))
    today, typed = local_day(press.kit.service.clock()), str(press.body.get("value") or "")[:200]
    alike = colleagues_like(found.catalog, found.case, today, typed)
    others = (one for one in alike if one.key != press.officer.key)
    return assign.suggestions(list(islice(others, MOST_OPTIONS)), (), press.words)


async def on_note_submitted(press: Press) -> None:
    """One form is one note, though it be submitted again while its files are fetched.

    A form opened from a card leaves a word behind, for nothing else shows that the note was saved.
    """
    command = note.read(press.view)
    (await find(press, command.case_id)).in_slack()
    attachments = await attached(press)
    if attachments.fault:
        await press.fault({FILES: attachments.fault})
        return
    done = await _added(press, replace(command, files=attachments.files))
    if draft := str(press.ids.get("draft", "")):
        await press.kit.service.database.write(lambda tx: drafts.drop(tx, press.officer.key, draft))
    if "tab" in press.ids and not attachments.files:
        await refresh.change(press)
        return
    await press.show(note.noted(press.words))
    press.later(_out_of_slack(press, done.ids["note_id"]))


async def _added(press: Press, command: AddNote) -> Done:
    form = str(press.ids.get("form", ""))
    try:
        return await press.perform(command, f"slack:form:{form}" if form else "")
    except Refused:
        # The refusal is what came of this filling-in; what is put right and submitted again is another.
        press.body = {**press.body, "view": with_ids(press.view, form=uuid.uuid4().hex)}
        raise


async def _out_of_slack(press: Press, note_id: str) -> None:
    """Say which of its files stay in Slack; and draw the case anew where the form was opened from it."""
    if left := await cleared(press, note_id):
        await press.put(str(press.view["id"]), note.noted(press.words, left))
    await refresh.beneath(press)
