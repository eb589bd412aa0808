"""Replies under cards: what officers write there becomes notes, once each, in whatever order it is heard of."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.blocks.elements import Element, button
from bot.blocks.message import Message
from bot.blocks.private import case_button
from bot.clients.errors import Permanent, Temporary
from bot.domain.actors import Machine
from bot.domain.notes import (
    AddNote,
    HoldsPersonnummer,
    MarkRemovedFromThread,
    NoThreadNotes,
    OnlyOnPage,
    ReviseNote,
    Source,
    thread_use,
)
from bot.domain.rules import Refused, TooLong, named_may_work
from bot.handlers.case_modal import REPLY_DRAFT
from bot.handlers.cases import Found, find
from bot.handlers.errors import Listening, sentence
from bot.handlers.kit import Kit
from bot.handlers.people import Home
from bot.handlers.press import Press
from bot.handlers.spoken import as_text, officers_in
from bot.store import Busy, Tx, cards, drafts, receipts
from bot.store.drafts import Draft
from bot.text.working_days import local_day

log = structlog.get_logger()

SPOKEN = frozenset({None, "thread_broadcast", "file_share"})
"""Subtypes of what people say; all others are Slack's own lines or other programs'."""

SLACKBOT = "USLACKBOT"
MARK = "memo"
MARK_TRIES = 3


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as Slack tells of it; `edited` is the ts of its latest edit, empty for none."""

    channel: str
    thread: str
    ts: str
    user: str
    team: str
    text: str
    edited: str = ""
    with_files: bool = False

    @property
    def place(self) -> str:
        return f"{self.channel}:{self.ts}"

    @property
    def key(self) -> str:
        """By which its repeat is known, through whatever door it comes."""
        return reply_key(self.place, self.edited)


def reply_key(place: str, edited: str = "") -> str:
    return f"slack:reply:{place}:{edited}"


def reply_of(message: Mapping[str, Any], channel: str, team: str) -> Reply | None:
    """The reply, or None for what no person wrote in a thread."""
    ts, thread, user = message.get("ts"), message.get("thread_ts"), message.get("user")
    by_program = message.get("bot_id") or user in (None, SLACKBOT)
    if by_program or not thread or thread == ts or message.get("subtype") not in SPOKEN:
        return None
    return Reply(
        channel=channel,
        thread=str(thread),
        ts=str(ts),
        user=str(user),
        team=str(message.get("user_team") or message.get("team") or team),
        text=str(message.get("text") or ""),
        edited=str((message.get("edited") or {}).get("ts") or ""),
        with_files=bool(message.get("files")),
    )


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


class Replies:
    """Hears of replies, from events and from threads that are read back."""

    def __init__(self, listening: Listening) -> None:
        self._listening = listening
        self._kit = listening.kit

    async def on_message(
        self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext
    ) -> BoltResponse:
        """Acknowledged when what came of it is stored; else Slack tells of it again."""
        stored = asyncio.Event()
        task = self._kit.tasks.start(self._heard(body, Home.of(context), stored))
        await asyncio.wait({task}, timeout=self._kit.limit)
        if not stored.is_set():
            return BoltResponse(status=503)
        return await ack()

    async def _heard(self, body: Mapping[str, Any], home: Home, stored: asyncio.Event) -> None:
        event = body["event"]
        channel, team = str(event.get("channel") or ""), str(body.get("team_id") or "")
        if event.get("subtype") == "message_deleted":
            before = reply_of(event.get("previous_message") or {}, channel, team)
            done = await self.removed(f"{channel}:{event.get('deleted_ts')}", before, home)
        else:
            said = event.get("message") or {} if event.get("subtype") == "message_changed" else event
            reply = reply_of(said, channel, team)
            done = reply is None or await self.hear(reply, home)
        if done:
            stored.set()

    async def hear(self, reply: Reply, home: Home, *, muted: bool = False) -> bool:
        """Make a note of it, or say why not. False where it could not be heard now and is to be told of again."""
        hearing = Hearing(self._kit, reply)
        hearing.guard, hearing.muted = self._listening.guarded, muted
        heard = [True]

        async def work() -> None:
            try:
                await self._taken_in(hearing, home)
            except (Busy, Temporary) as failed:
                heard[0] = False
                log.warning("reply_not_heard", error=type(failed).__name__, user=reply.user)

        await self._listening.guarded(hearing, work())
        return heard[0]

    async def removed(self, place: str, before: Reply | None, home: Home) -> bool:
        """Its note says that it is gone. One that is heard of first by its deletion becomes a note as well."""
        database = self._kit.service.database
        try:
            case_id, heard = await database.read(lambda tx: _known(tx, place, before))
            if case_id is None and before is not None and not heard:
                if not await self.hear(before, home, muted=True):
                    return False
                case_id = await database.read(lambda tx: cards.case_of_reply(tx, place))
            if case_id is not None:
                command = MarkRemovedFromThread(case_id=case_id, place=place)
                await self._kit.service.perform(command, Machine("slack"), once=f"{reply_key(place)}:removed")
        except Busy:
            return False
        return True

    async def _taken_in(self, hearing: Hearing, home: Home) -> None:
        """Nobody is asked for, and nothing told, before it is known that the thread is a case's."""
        reply = hearing.reply
        case_id, kept = await self._kit.service.database.read(lambda tx: _look(tx, reply))
        if case_id is None:
            return
        hearing.case_id = case_id
        if kept is not None:
            if "done" in kept:
                hearing.later(self._marked(hearing))  # after a crash it may have been stored and not marked
            return
        try:
            await self._listening.recognise(hearing, home)
            await self._noted(hearing, await find(hearing, case_id), home)
        except Refused as refused:
            if not refused.repeated and await self._first_time(hearing):
                await self._told(hearing, refused)

    async def _noted(self, hearing: Hearing, found: Found, home: Home) -> None:
        reply, service = hearing.reply, self._kit.service
        use = thread_use(found.case, found.service, found.catalog, local_day(service.clock()))
        if use == "page":
            raise OnlyOnPage
        if is_slip(reply.text, home.bot):
            raise Slip(found)
        if use == "nothing":
            raise NoThreadNotes
        officers = await officers_in(hearing, reply.text)
        hearing.text = as_text(hearing, reply.text, officers)
        if hearing.text:
            told = _mentions(hearing, found, officers.values())
            await service.perform(_command(hearing, told), hearing.officer, once=reply.key)
            hearing.changed = True
            hearing.later(self._marked(hearing))
        if reply.with_files and not reply.edited and await self._first_time(hearing):
            await hearing.tell(hearing.words("thread.files"), _button("btn.page", hearing))

    async def _told(self, hearing: Hearing, refused: Refused) -> None:
        if hearing.muted:
            return
        said = sentence(refused, hearing)
        match refused:
            case Slip():
                await hearing.tell(said, *_ways(refused.found, hearing))
            case HoldsPersonnummer():
                draft = await self._kept(hearing)
                await hearing.tell(said, button(hearing.words("btn.note"), "note:draft", draft))
            case OnlyOnPage() | NoThreadNotes() | TooLong():
                await hearing.tell(said, _button("btn.page", hearing))
            case _:
                await hearing.tell(f"{said} {hearing.words('thread.notkept')}")

    async def _kept(self, hearing: Hearing) -> str:
        """What was written, as a draft of the officer's own: a button must not carry it. Returns the draft's id."""
        service, form = self._kit.service, f"{REPLY_DRAFT}{hearing.reply.ts}"
        draft = Draft(uuid.uuid4().hex, hearing.case_id, form, {"text": hearing.text}, service.clock())
        await service.database.write(lambda tx: drafts.keep(tx, hearing.officer.key, draft))
        return draft.id

    async def _first_time(self, hearing: Hearing) -> bool:
        """Whether the person has not been told yet what came of this reply."""
        key, now = told_key(hearing.reply), self._kit.service.clock()
        return await self._kit.service.database.write(lambda tx: receipts.first(tx, key, {"told": True}, now))

    async def _marked(self, hearing: Hearing) -> None:
        """The reaction that says that it is stored. Without it the note is there all the same."""
        reply, kit = hearing.reply, self._kit
        now = kit.service.clock()
        await kit.service.database.write(lambda tx: cards.touched(tx, reply.channel, reply.thread, now))
        for tried in range(1, MARK_TRIES + 1):
            try:
                await kit.slack.react((reply.channel, reply.ts), MARK)
                return
            except Temporary as failed:
                if tried == MARK_TRIES:
                    log.warning("not_marked", trouble=failed.trouble)
                    return
                await kit.sleep(failed.retry_after or float(tried))
            except Permanent as failed:
                log.info("not_marked", trouble=failed.trouble)
                return


def told_key(reply: Reply) -> str:
    return f"{reply.key}:told"


def is_slip(text: str, bot: str) -> bool:
    """A command, or a call for the bot: neither does anything in a thread, so it was not meant as a note."""
    begun = text.lstrip().casefold()
    return begun.startswith(("/", "@ärendebot", f"<@{bot.casefold()}>", f"<@{bot.casefold()}|"))


class Slip(Refused):
    """What was written in the thread was meant as a command."""

    key = "thread.slip"

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found


def _mentions(hearing: Hearing, found: Found, officers: Iterable[str]) -> tuple[str, ...]:
    """Those of the mentioned who may work with the case; to others it is a name in a text."""
    today = local_day(hearing.kit.service.clock())
    return tuple(key for key in officers if named_may_work(found.catalog, key, found.case, today))


def _command(hearing: Hearing, mentions: tuple[str, ...]) -> AddNote | ReviseNote:
    source = Source(hearing.reply.place, hearing.reply.edited)
    kind = ReviseNote if source.edited else AddNote
    return kind(case_id=hearing.case_id, text=hearing.text, source=source, mentions=mentions)


def _ways(found: Found, hearing: Hearing) -> list[Element]:
    case = found.case
    keys = ["btn.show"]
    if case.closed_at is None:
        keys.append("btn.status")
    if found.service.applicant_follows and case.applicants:
        keys.append("btn.write")
    return [_button(key, hearing) for key in keys]


def _button(key: str, hearing: Hearing) -> Element:
    return case_button(key, hearing.case_id, hearing.words)


def _look(tx: Tx, reply: Reply) -> tuple[str | None, dict[str, Any] | None]:
    """The case under whose card it was written, and what came of the reply before."""
    case_id = cards.case_of_thread(tx, reply.channel, reply.thread)
    if case_id is None:
        return None, None
    return case_id, receipts.find(tx, reply.key) or receipts.find(tx, told_key(reply))


def _known(tx: Tx, place: str, before: Reply | None) -> tuple[str | None, bool]:
    """The case with a note of it, and whether the reply has been heard of."""
    keys = {reply_key(place)}
    if before is not None:
        first = replace(before, edited="")
        keys = {key for one in (before, first) for key in (one.key, told_key(one))}
    return cards.case_of_reply(tx, place), bool(receipts.known(tx, keys))


def register(app: AsyncApp, listening: Listening) -> Replies:
    replies = Replies(listening)
    app.event("message")(replies.on_message)
    return replies
