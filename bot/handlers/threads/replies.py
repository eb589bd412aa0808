"""Replies under cards: what officers write there becomes notes, once each, in whatever order it is heard of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse

from bot.clients.errors import Temporary
from bot.domain.actors import Machine
from bot.domain.intake import FileRef
from bot.domain.notes import (
    AddNote,
    MarkRemovedFromThread,
    NoThreadNotes,
    OnlyOnPage,
    ReviseNote,
    Source,
    refuse_personnummer,
    thread_use,
)
from bot.domain.rules import Refused, named_may_work
from bot.handlers.request.file_transfer import Bringing, bring, let_go, refusals
from bot.handlers.request.found_case import Found, find
from bot.handlers.request.listeners import Listening
from bot.handlers.threads.reply import Reply, is_slip, reply_key, reply_of, told_key
from bot.handlers.threads.reply_request import Hearing, Slip
from bot.handlers.threads.slack_text import as_text, officers_in
from bot.store import Busy, Tx
from bot.store.engine import idempotency
from bot.store.files.file_store import Arrived
from bot.store.outbox import card_places
from bot.text.working_days import local_day

log = structlog.get_logger()

PATIENCE = timedelta(hours=1)
"""How long a reply waits for files that Slack does not give; then its words are kept, and the officer is told."""


class Replies:
    """Hears of replies, from events and from threads that are read back."""

    def __init__(self, listening: Listening) -> None:
        self._listening = listening
        self._kit = listening.kit
        self._under_way: dict[str, asyncio.Task[bool]] = {}

    async def on_message(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        """Acknowledged when what came of it is stored; else Slack tells of it again."""
        stored = asyncio.Event()
        task = self._kit.tasks.start(self._heard(body, stored))
        await asyncio.wait({task}, timeout=self._kit.limit)
        if not stored.is_set():
            return BoltResponse(status=503)
        return await ack()

    async def _heard(self, body: Mapping[str, Any], stored: asyncio.Event) -> None:
        event = body["event"]
        channel, team = str(event.get("channel") or ""), str(body.get("team_id") or "")
        if event.get("subtype") == "message_deleted":
            before = reply_of(event.get("previous_message") or {}, channel, team)
            done = await self.removed(f"{channel}:{event.get('deleted_ts')}", before)
        else:
            said = event.get("message") or {} if event.get("subtype") == "message_changed" else event
            reply = reply_of(said, channel, team)
            done = reply is None or await self.hear(reply)
        if done:
            stored.set()

    async def hear(self, reply: Reply, *, muted: bool = False) -> bool:
        """Make a note of it, or say why not. False where it could not be heard now and is to be told of again.

        Told of again while its files are being fetched, it waits for the first to be done.
        """
        task = self._under_way.get(reply.key)
        if task is None:
            task = self._under_way[reply.key] = asyncio.create_task(self._hear(reply, muted))
            task.add_done_callback(lambda _: self._under_way.pop(reply.key, None))
        return await asyncio.shield(task)

    async def _hear(self, reply: Reply, muted: bool) -> bool:
        hearing = Hearing(self._kit, reply)
        hearing.guard, hearing.muted = self._listening.guarded, muted
        heard = [True]

        async def work() -> None:
            try:
                await self._taken_in(hearing)
            except (Busy, Temporary) as failed:
                heard[0] = False
                log.warning("reply_not_heard", error=type(failed).__name__, user=reply.user)

        await self._listening.guarded(hearing, work())
        return heard[0]

    async def removed(self, place: str, before: Reply | None) -> bool:
        """Its note says that it is gone. One that is heard of first by its deletion becomes a note as well."""
        database = self._kit.service.database
        try:
            case_id, heard = await database.read(lambda tx: _known(tx, place, before))
            if case_id is None and before is not None and not heard:
                if not await self.hear(before, muted=True):
                    return False
                case_id = await database.read(lambda tx: card_places.case_of_reply(tx, place))
            if case_id is not None:
                command = MarkRemovedFromThread(case_id=case_id, place=place)
                await self._kit.service.perform(command, Machine("slack"), once=f"{reply_key(place)}:removed")
        except Busy:
            return False
        return True

    async def _taken_in(self, hearing: Hearing) -> None:
        """Nobody is asked for, and nothing told, before it is known that the thread is a case's."""
        reply = hearing.reply
        case_id, kept = await self._kit.service.database.read(lambda tx: _look(tx, reply))
        if case_id is None or reply.user == (await self._listening.house.home()).bot:
            return
        hearing.case_id = case_id
        if kept is not None:
            if "done" in kept:
                hearing.later(hearing.marked())  # after a crash it may have been stored and not marked
            return
        try:
            await self._listening.recognise(hearing)
            await self._noted(hearing, await find(hearing, case_id))
        except Refused as refused:
            if not refused.repeated and await hearing.first_time():
                await hearing.tell_why_not(refused)

    async def _noted(self, hearing: Hearing, found: Found) -> None:
        reply, service = hearing.reply, self._kit.service
        use = thread_use(found.case, found.service, found.catalog, local_day(service.clock()))
        if use == "page":
            raise OnlyOnPage
        if is_slip(reply.text, hearing.home.bot):
            raise Slip(found)
        if use == "nothing":
            raise NoThreadNotes
        officers = await officers_in(hearing, reply.text)
        hearing.text = as_text(hearing, reply.text, officers)
        refuse_personnummer(hearing.text)
        known = found.case.reply(reply.place) is not None
        arrived = [] if known else await self._brought(hearing)
        files = tuple(one.file for one in arrived if one.file is not None)
        try:
            if hearing.text or files or (known and reply.files):
                command = _command(hearing, _mentions(hearing, found, officers.values()), files)
                await service.perform(command, hearing.officer, once=reply.key)
                hearing.changed = True
                hearing.later(hearing.marked())
        finally:
            await let_go(self._kit, [file.id for file in files])  # those that the note took are not loose
        said = refusals(arrived, found.catalog.municipality.files, hearing.words)
        if said and await hearing.first_time():
            await hearing.tell_refusals(said)

    async def _brought(self, hearing: Hearing) -> list[Arrived]:
        """The reply's files. Where Slack does not give them it is told of again later, but not for ever."""
        reply = hearing.reply
        patient = self._kit.service.clock() - reply.at < PATIENCE
        try:
            return await bring(self._kit, reply.files, Bringing(patient=patient))
        except Temporary:
            await hearing.touched()
            raise


def _mentions(hearing: Hearing, found: Found, officers: Iterable[str]) -> tuple[str, ...]:
    """Those of the mentioned who may work with the case; to others it is a name in a text."""
    today = local_day(hearing.kit.service.clock())
    return tuple(key for key in officers if named_may_work(found.catalog, key, found.case, today))


def _command(hearing: Hearing, mentions: tuple[str, ...], files: tuple[FileRef, ...]) -> AddNote | ReviseNote:
    reply, case_id, text = hearing.reply, hearing.case_id, hearing.text
    source = Source(reply.place, reply.edited)
    if not reply.edited:
        return AddNote(case_id=case_id, text=text, source=source, mentions=mentions, files=files)
    return ReviseNote(
        case_id=case_id,
        text=text,
        source=source,
        mentions=mentions,
        files=files,
        with_files=bool(reply.files),
    )


def _look(tx: Tx, reply: Reply) -> tuple[str | None, dict[str, Any] | None]:
    """The case under whose card it was written, and what came of the reply before."""
    case_id = card_places.case_of_thread(tx, reply.channel, reply.thread)
    if case_id is None:
        return None, None
    return case_id, idempotency.find(tx, reply.key) or idempotency.find(tx, told_key(reply))


def _known(tx: Tx, place: str, before: Reply | None) -> tuple[str | None, bool]:
    """The case with a note of it, and whether the reply has been heard of."""
    keys = {reply_key(place)}
    if before is not None:
        first = replace(before, edited="")
        keys = {key for one in (before, first) for key in (one.key, told_key(one))}
    return card_places.case_of_reply(tx, place), bool(idempotency.known(tx, keys))


def register(app: AsyncApp, listening: Listening) -> Replies:
    replies = Replies(listening)
    app.event("message")(replies.on_message)
    return replies
