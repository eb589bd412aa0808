"""The context of one reply: its writer, and the responses to them."""

from __future__ import annotations

import uuid

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks.block_kit.elements import Element, button
from bot.blocks.block_kit.message import Message
from bot.blocks.private import case_button
from bot.blocks.values import DraftRef, encode
from bot.domain.notes import ContainsPersonnummer, OfficialNoteStays, OnlyOnCasePage, ThreadNotesDisabled
from bot.domain.rules import Refused, TextTooLong
from bot.handlers.request.context import RunAndReport, SlackContext
from bot.handlers.request.dependencies import Dependencies
from bot.handlers.request.found_case import FoundCase
from bot.handlers.request.listeners import describe_refusal
from bot.handlers.request.responder import Responder
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens.case_modal import REPLY_DRAFT
from bot.handlers.threads import reactions
from bot.handlers.threads.reply import Reply
from bot.store.engine import idempotency
from bot.store.officers import drafts
from bot.store.officers.drafts import Draft


class MisplacedCommand(Refused):
    """The reply was meant as a command."""

    key = "thread.slip"

    def __init__(self, found: FoundCase) -> None:
        super().__init__()
        self.found = found


class ThreadResponder(Responder):
    """Responds to a reply privately, in its thread."""

    async def respond_privately(self, message: Message) -> None:
        place, user_id = (self.request.channel_id, self.request.thread_ts), self.request.user_id
        self.start_answer(self.slack.post_ephemeral(place, user_id, message.text, message.blocks))


class ReplyContext(SlackContext):
    """The context of a reply that is being handled."""

    def __init__(self, deps: Dependencies, reply: Reply, run_and_report: RunAndReport) -> None:
        request = SlackRequest(
            reply.user_id, reply.team_id, reply.key, channel_id=reply.channel, thread_ts=reply.thread
        )
        responder = ThreadResponder(deps, request, AsyncAck())  # type: ignore[no-untyped-call]
        super().__init__(deps, request, responder, run_and_report)
        self.reply = reply
        self.text = ""

    async def report_refused_files(self, text: str) -> None:
        """Tell the writer that files were refused, with a button to where they can be uploaded."""
        await self.responder.respond(text, self._button("btn.page"))

    async def report_refusal(self, refused: Refused) -> None:
        """Tell the writer why the reply did not become a note, with a button for what was meant."""
        if self.responder.is_silent:
            return
        text = describe_refusal(refused, self)
        match refused:
            case MisplacedCommand():
                await self.responder.respond(text, *self._case_buttons(refused.found))
            case ContainsPersonnummer():
                draft = await self._save_draft()
                attach_again = f" {self.words('thread.files.again')}" if self.reply.files else ""
                await self.responder.respond(
                    f"{text}{attach_again}",
                    button(self.words("btn.note"), "note:draft", encode(DraftRef(draft))),
                )
            case OfficialNoteStays():
                await self.responder.respond(text, self._button("btn.note"))
            case OnlyOnCasePage() | ThreadNotesDisabled() | TextTooLong():
                await self.responder.respond(text, self._button("btn.page"))
            case _:
                await self.responder.respond(f"{text} {self.words('thread.notkept')}")

    async def _save_draft(self) -> str:
        """Save the text as a draft, since a button value must not hold it. Returns the draft's id."""
        service, form = self.deps.service, f"{REPLY_DRAFT}{self.reply.ts}"
        draft = Draft(uuid.uuid4().hex, self.case_id, form, {"text": self.text}, service.clock())
        await service.database.write(lambda tx: drafts.save(tx, self.officer.key, draft))
        return draft.id

    async def save_if_first_notification(self) -> bool:
        """Save that the person is told the outcome of this reply. False where they have been already."""
        key, now = self.reply.notice_key, self.deps.service.clock()
        return await self.deps.service.database.write(
            lambda tx: idempotency.save_if_new(tx, key, {"told": True}, now)
        )

    async def add_reaction(self) -> None:
        """Add the reaction that confirms the note."""
        await reactions.add_reaction(self.deps, self._thread, self.reply.ts)

    async def touch_thread(self) -> None:
        """Save that the thread was used, for the backfill."""
        await reactions.touch_thread(self.deps, self._thread)

    @property
    def _thread(self) -> tuple[str, str]:
        return self.reply.channel, self.reply.thread

    def _case_buttons(self, found: FoundCase) -> list[Element]:
        case = found.case
        keys = ["btn.show"]
        if case.closed_at is None:
            keys.append("btn.status")
        if found.service.applicant_follows and case.applicants:
            keys.append("btn.write")
        return [self._button(key) for key in keys]

    def _button(self, key: str) -> Element:
        return case_button(key, self.case_id, self.words)
