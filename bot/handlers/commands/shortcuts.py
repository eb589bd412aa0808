"""Shortcuts: global ones to one's own cases and to register a case, and message shortcuts to the case of a thread."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.domain.notes import MakeNoteOfficial, thread_use
from bot.domain.rules import Refused
from bot.handlers.cases import notes
from bot.handlers.request.context import SlackContext
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.payload import MessagePayload
from bot.handlers.request.responder import ModalResponder
from bot.handlers.screens import case_modal, home, page_links
from bot.handlers.screens.case_modal import ModalPosition
from bot.handlers.screens.home_loading import HomeRequest
from bot.handlers.threads.reply import parse_reply
from bot.handlers.threads.slack_text import find_mentioned_officers, to_plain_text
from bot.store.officers.preferences import HomePosition
from bot.store.outbox import card_places
from bot.text.working_days import local_day

MY_CASES, SHOW, NOTE = "shortcut:mine", "shortcut:show", "shortcut:note"
MAKE_OFFICIAL, REGISTER = "shortcut:official", "shortcut:register"


class NotACaseThread(Refused):
    """The shortcut was used on a message that is not in a case's thread."""

    key = "no.notacase"


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.shortcut(MY_CASES)(listeners.for_modal(on_my_cases, responder_class=ModalResponder))
    app.shortcut(REGISTER)(listeners.for_modal(page_links.show_registration, responder_class=ModalResponder))
    app.shortcut(SHOW)(listeners.for_modal(on_show, responder_class=ModalResponder))
    app.shortcut(NOTE)(listeners.for_modal(on_note, responder_class=ModalResponder))
    app.shortcut(MAKE_OFFICIAL)(listeners.for_change(on_make_official, responder_class=ModalResponder))


async def on_my_cases(context: SlackContext) -> None:
    await home.open_list_modal(context, HomeRequest(HomePosition("mine"), list_id=""))


async def on_show(context: SlackContext) -> None:
    found = await _find_case(context)
    await case_modal.open_case(context, ModalPosition(found.case.id))


async def on_note(context: SlackContext) -> None:
    """Open the note dialog with the message's text, where that may become a note."""
    found = await _find_case(context)
    await notes.open_form(context, found, await _note_text(context, found))


async def on_make_official(context: SlackContext) -> None:
    """Make the note that the reply has become official. Raises NotANote and ReplyEdited."""
    found = await _find_case(context)
    found.require_in_slack()
    message, channel = _message(context)
    edited = message.edited.ts if message.edited is not None else ""
    command = MakeNoteOfficial(case_id=found.case.id, place=f"{channel}:{message.ts}", expected=edited)
    await context.performer.perform(command)
    await context.responder.respond(context.words("ok.official"))


async def _find_case(context: SlackContext) -> FoundCase:
    """The case whose thread or card the message is in. Raises NotACaseThread."""
    message, channel = _message(context)
    thread = message.thread_ts or message.ts
    database = context.deps.service.database
    case_id = await database.read(lambda tx: card_places.find_case_of_thread(tx, channel, thread))
    if case_id is None:
        raise NotACaseThread
    return await find_case(context, case_id)


async def _note_text(context: SlackContext, found: FoundCase) -> str:
    """The message's text; empty for the bot's own, and where replies do not become notes."""
    service, (message, channel) = context.deps.service, _message(context)
    thread_usage = thread_use(found.case, found.service, found.catalog, local_day(service.clock()))
    reply = parse_reply(message, channel, context.request.team_id) if thread_usage == "notes" else None
    if reply is None:
        return ""
    return to_plain_text(context, reply.text, await find_mentioned_officers(context, reply.text))


def _message(context: SlackContext) -> tuple[MessagePayload, str]:
    message = context.request.message
    assert message is not None, "a message shortcut has its message"
    return message, context.request.channel_id
