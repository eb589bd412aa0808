"""Shortcuts: from anywhere to one's own cases, and from what is written under a card to its case."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.elements import Element
from bot.blocks.block_kit.message import Message
from bot.blocks.private import private_message
from bot.domain.notes import thread_use
from bot.domain.rules import Refused
from bot.handlers.cases import notes
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import case_modal, home
from bot.handlers.screens.case_modal import ModalPosition
from bot.handlers.threads.reply import parse_reply
from bot.handlers.threads.slack_text import find_mentioned_officers, to_plain_text
from bot.store.outbox import card_places
from bot.text.working_days import local_day

MY_CASES, SHOW, NOTE = "shortcut:mine", "shortcut:show", "shortcut:note"


class NotACaseThread(Refused):
    """The shortcut was used on a message that is in no case's thread."""

    key = "no.notacase"


class ShortcutRequest(SlackRequest):
    """A shortcut. A global one has no channel, and in a thread none can answer, so all is said in a modal."""

    async def respond(self, text: str, *buttons: Element) -> None:
        await self.respond_privately(private_message(text, *buttons))

    async def respond_privately(self, message: Message) -> None:
        await self.open_view(self._message_view(message))


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.shortcut(MY_CASES)(listeners.for_modal(on_my_cases, ShortcutRequest))
    app.shortcut(SHOW)(listeners.for_modal(on_show, ShortcutRequest))
    app.shortcut(NOTE)(listeners.for_modal(on_note, ShortcutRequest))


async def on_my_cases(request: SlackRequest) -> None:
    await home.open_list_modal(request, "mine")


async def on_show(request: SlackRequest) -> None:
    found = await _find_case(request)
    await case_modal.open_case(request, ModalPosition(found.case.id))


async def on_note(request: SlackRequest) -> None:
    """With what a person wrote in it, where that may become a note."""
    found = await _find_case(request)
    await notes.open_form(request, found, await _note_text(request, found))


async def _find_case(request: SlackRequest) -> FoundCase:
    """The case of the thread that the message is in, or that its card begins. NotACaseThread for none."""
    message, channel = _message(request)
    thread = str(message.get("thread_ts") or message.get("ts"))
    database = request.deps.service.database
    case_id = await database.read(lambda tx: card_places.find_case_of_thread(tx, channel, thread))
    if case_id is None:
        raise NotACaseThread
    return await find_case(request, case_id)


async def _note_text(request: SlackRequest, found: FoundCase) -> str:
    """Empty for the bot's own lines, and where what is said in threads is not kept."""
    service, (message, channel) = request.deps.service, _message(request)
    thread_usage = thread_use(found.case, found.service, found.catalog, local_day(service.clock()))
    reply = parse_reply(message, channel, request.team_id) if thread_usage == "notes" else None
    if reply is None:
        return ""
    return to_plain_text(request, reply.text, await find_mentioned_officers(request, reply.text))


def _message(request: SlackRequest) -> tuple[dict[str, Any], str]:
    return dict(request.body["message"]), str(request.body["channel"]["id"])
