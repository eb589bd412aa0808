"""Shortcuts: from anywhere to one's own cases, and from what is written under a card to its case."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.block_kit.elements import Element
from bot.blocks.block_kit.message import Message
from bot.blocks.private import private
from bot.domain.notes import thread_use
from bot.domain.rules import Refused
from bot.handlers.cases import notes
from bot.handlers.request.found_case import Found, find
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import case_modal, home
from bot.handlers.screens.case_modal import Place
from bot.handlers.threads.reply import reply_of
from bot.handlers.threads.slack_text import as_text, officers_in
from bot.store.outbox import card_places
from bot.text.working_days import local_day

MINE, SHOW, NOTE = "shortcut:mine", "shortcut:show", "shortcut:note"


class NotACase(Refused):
    """The shortcut was used on a message that is in no case's thread."""

    key = "no.notacase"


class Shortcut(Press):
    """A shortcut. A global one has no channel, and in a thread none can answer, so all is said in a modal."""

    async def tell(self, text: str, *buttons: Element) -> None:
        await self.say(private(text, *buttons))

    async def say(self, message: Message) -> None:
        await self.open(self._told(message))


def register(app: AsyncApp, listening: Listening) -> None:
    app.shortcut(MINE)(listening.opening(on_mine, Shortcut))
    app.shortcut(SHOW)(listening.opening(on_show, Shortcut))
    app.shortcut(NOTE)(listening.opening(on_note, Shortcut))


async def on_mine(press: Press) -> None:
    await home.in_modal(press, "mine")


async def on_show(press: Press) -> None:
    found = await _case(press)
    await case_modal.shown(press, Place(found.case.id))


async def on_note(press: Press) -> None:
    """With what a person wrote in it, where that may become a note."""
    found = await _case(press)
    await notes.asked(press, found, await _written(press, found))


async def _case(press: Press) -> Found:
    """The case of the thread that the message is in, or that its card begins. NotACase for none."""
    message, channel = _message(press)
    thread = str(message.get("thread_ts") or message.get("ts"))
    database = press.kit.service.database
    case_id = await database.read(lambda tx: card_places.case_of_thread(tx, channel, thread))
    if case_id is None:
        raise NotACase
    return await find(press, case_id)


async def _written(press: Press, found: Found) -> str:
    """Empty for the bot's own lines, and where what is said in threads is not kept."""
    service, (message, channel) = press.kit.service, _message(press)
    use = thread_use(found.case, found.service, found.catalog, local_day(service.clock()))
    reply = reply_of(message, channel, press.team) if use == "notes" else None
    if reply is None:
        return ""
    return as_text(press, reply.text, await officers_in(press, reply.text))


def _message(press: Press) -> tuple[dict[str, Any], str]:
    return dict(press.body["message"]), str(press.body["channel"]["id"])
