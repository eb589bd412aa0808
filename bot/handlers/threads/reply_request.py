"""One reply being heard: who wrote it, and what they are told of it."""

from __future__ import annotations

import uuid

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks.block_kit.elements import Element, button
from bot.blocks.block_kit.message import Message
from bot.blocks.private import case_button
from bot.clients.errors import Permanent, Temporary
from bot.domain.notes import HoldsPersonnummer, NoThreadNotes, OnlyOnPage
from bot.domain.rules import Refused, TooLong
from bot.handlers.request.dependencies import Kit
from bot.handlers.request.found_case import Found
from bot.handlers.request.listeners import sentence
from bot.handlers.request.press import Press
from bot.handlers.screens.case_modal import REPLY_DRAFT
from bot.handlers.threads.reply import Reply, told_key
from bot.store import Busy
from bot.store.engine import idempotency
from bot.store.officers import drafts
from bot.store.officers.drafts import Draft
from bot.store.outbox import card_places

log = structlog.get_logger()

MARK = "memo"
MARK_TRIES = 3


class Slip(Refused):
    """What was written in the thread was meant as a command."""

    key = "thread.slip"

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found


class Hearing(Press):
    """A reply being heard. It is answered privately, in its thread."""

    def __init__(self, kit: Kit, reply: Reply) -> None:
        super().__init__(kit, {}, AsyncAck())  # type: ignore[no-untyped-call]
        self.reply = reply
        self.text = ""

    @property
    def user(self) -> str:
        return self.reply.user

    @property
    def team(self) -> str:
        return self.reply.team

    async def say(self, message: Message) -> None:
        reply = self.reply
        place = reply.channel, reply.thread
        self._send(self.kit.slack.tell(place, reply.user, message.text, message.blocks))

    async def tell_refusals(self, said: str) -> None:
        """That files of it were not kept; with the way to where they can be."""
        await self.tell(said, self._button("btn.page"))

    async def tell_why_not(self, refused: Refused) -> None:
        """Why it did not become a note, with the way to what was meant."""
        if self.muted:
            return
        said = sentence(refused, self)
        match refused:
            case Slip():
                await self.tell(said, *self._ways(refused.found))
            case HoldsPersonnummer():
                draft = await self._kept()
                again = f" {self.words('thread.files.again')}" if self.reply.files else ""
                await self.tell(f"{said}{again}", button(self.words("btn.note"), "note:draft", draft))
            case OnlyOnPage() | NoThreadNotes() | TooLong():
                await self.tell(said, self._button("btn.page"))
            case _:
                await self.tell(f"{said} {self.words('thread.notkept')}")

    async def _kept(self) -> str:
        """What was written, as a draft of the officer's own: a button must not carry it. Returns the draft's id."""
        service, form = self.kit.service, f"{REPLY_DRAFT}{self.reply.ts}"
        draft = Draft(uuid.uuid4().hex, self.case_id, form, {"text": self.text}, service.clock())
        await service.database.write(lambda tx: drafts.keep(tx, self.officer.key, draft))
        return draft.id

    async def first_time(self) -> bool:
        """Whether the person has not been told yet what came of this reply."""
        key, now = told_key(self.reply), self.kit.service.clock()
        return await self.kit.service.database.write(
            lambda tx: idempotency.first(tx, key, {"told": True}, now)
        )

    async def marked(self) -> None:
        """The reaction that says that it is stored. Without it the note is there all the same."""
        for tried in range(1, MARK_TRIES + 1):
            try:
                await self.touched()
                async with self.kit.room("reactions.add"):
                    await self.kit.slack.react((self.reply.channel, self.reply.ts), MARK)
                return
            except (Busy, Temporary) as failed:
                # Not told: whoever is told that the store is busy believes that nothing was stored.
                trouble, wait = (
                    ("busy", None) if isinstance(failed, Busy) else (failed.trouble, failed.retry_after)
                )
                if tried == MARK_TRIES:
                    log.warning("not_marked", trouble=trouble)
                    return
                await self.kit.sleep(wait or float(tried))
            except Permanent as failed:
                log.info("not_marked", trouble=failed.trouble)
                return

    async def touched(self) -> None:
        """The thread is among those that are read back."""
        reply, now = self.reply, self.kit.service.clock()
        touch = self.kit.service.database.write
        await touch(lambda tx: card_places.touched(tx, reply.channel, reply.thread, now))

    def _ways(self, found: Found) -> list[Element]:
        case = found.case
        keys = ["btn.show"]
        if case.closed_at is None:
            keys.append("btn.status")
        if found.service.applicant_follows and case.applicants:
            keys.append("btn.write")
        return [self._button(key) for key in keys]

    def _button(self, key: str) -> Element:
        return case_button(key, self.case_id, self.words)
