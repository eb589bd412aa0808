"""Replies in cards' threads become notes, once each, in whatever order their events arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse

from bot.clients.errors import TemporaryFailure
from bot.domain.access import may_work_by_key
from bot.domain.actors import Machine
from bot.domain.notes import (
    AddNote,
    MarkReplyRemoved,
    OnlyOnCasePage,
    ReplySource,
    ReviseNote,
    ThreadNotesDisabled,
    require_no_personnummer,
    thread_use,
)
from bot.domain.rules import Refused
from bot.domain.submission import FileRef
from bot.handlers.request.file_transfer import FetchPolicy, describe_refusals, discard_files, fetch_files
from bot.handlers.request.found_case import FoundCase, find_case
from bot.handlers.request.idempotency_key import make_removed_reply_key, make_reply_key
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.payload import EventCallback, MessageEvent
from bot.handlers.threads.reply import Reply, is_misplaced_command, parse_reply
from bot.handlers.threads.reply_context import MisplacedCommand, ReplyContext
from bot.handlers.threads.slack_text import find_mentioned_officers, to_plain_text
from bot.store import DatabaseBusy, Tx
from bot.store.engine import idempotency
from bot.store.files.file_store import ReceivedFile
from bot.store.outbox import card_places
from bot.text.working_days import local_day

log = structlog.get_logger()

MAX_FILE_WAIT = timedelta(hours=1)
"""How long a reply waits for files that cannot be fetched; then its text is stored, and the officer is told."""


class ThreadReplies:
    """Handles replies, from events and from the backfill."""

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners
        self._deps = listeners.deps
        self._in_progress: dict[str, asyncio.Task[bool]] = {}

    async def on_message(self, ack: AsyncAck, payload_model: EventCallback) -> BoltResponse:
        """Acknowledge once the outcome is stored; otherwise Slack sends the event again."""
        stored = asyncio.Event()
        task = self._deps.tasks.start(self._handle_event(payload_model, stored))
        await asyncio.wait({task}, timeout=self._deps.ack_timeout)
        if not stored.is_set():
            return BoltResponse(status=503)
        return await ack()

    async def _handle_event(self, payload: EventCallback, stored: asyncio.Event) -> None:
        event, team = payload.event, payload.team_id
        assert isinstance(event, MessageEvent)
        if event.subtype == "message_deleted":
            previous = parse_reply(event.previous_message, event.channel, team)
            is_handled = await self.handle_deletion(f"{event.channel}:{event.deleted_ts}", previous)
        else:
            message = event.message if event.subtype == "message_changed" else event
            reply = parse_reply(message, event.channel, team)
            is_handled = reply is None or await self.handle(reply)
        if is_handled:
            stored.set()

    async def handle(self, reply: Reply, *, is_silent: bool = False) -> bool:
        """Make the reply a note, or tell its writer why not. False where it is to be handled again later.

        A repeat that arrives while files are being fetched waits for the first to finish.
        """
        task = self._in_progress.get(reply.key)
        if task is None:
            task = self._in_progress[reply.key] = asyncio.create_task(self._handle(reply, is_silent))
            task.add_done_callback(lambda _: self._in_progress.pop(reply.key, None))
        return await asyncio.shield(task)

    async def _handle(self, reply: Reply, is_silent: bool) -> bool:
        context = ReplyContext(self._deps, reply, self._listeners.run_and_report)
        context.responder.is_silent = is_silent
        handled = [True]

        async def work() -> None:
            try:
                await self._process(context)
            except (DatabaseBusy, TemporaryFailure) as failed:
                handled[0] = False
                log.warning("reply_not_heard", error=type(failed).__name__, user=reply.user_id)

        await self._listeners.run_and_report(context, work())
        return handled[0]

    async def handle_deletion(self, place: str, previous: Reply | None) -> bool:
        """Mark its note as removed. A reply that is known only by its deletion becomes a note too."""
        database = self._deps.service.database
        try:
            case_id, is_known = await database.read(lambda tx: _find_case_and_known(tx, place, previous))
            if case_id is None and previous is not None and not is_known:
                if not await self.handle(previous, is_silent=True):
                    return False
                case_id = await database.read(lambda tx: card_places.find_case_of_reply(tx, place))
            if case_id is not None:
                command = MarkReplyRemoved(case_id=case_id, place=place)
                await self._deps.service.perform(
                    command, Machine("slack"), idempotency_key=make_removed_reply_key(place)
                )
        except DatabaseBusy:
            return False
        return True

    async def _process(self, context: ReplyContext) -> None:
        """Process the reply. Nobody is looked up or told anything before the thread is known to be a case's."""
        reply = context.reply
        case_id, outcome = await self._deps.service.database.read(
            lambda tx: _find_case_and_outcome(tx, reply)
        )
        if case_id is None or reply.user_id == (await self._listeners.workspace.identity()).bot_user_id:
            return
        context.case_id = case_id
        if outcome is not None:
            if "done" in outcome:
                context.performer.run_after_ack(
                    context.add_reaction()
                )  # a crash may have come between storing the note and the reaction
            return
        try:
            await self._listeners.identify(context)
            await self._save_note(context, await find_case(context, case_id))
        except Refused as refused:
            if not refused.is_repeated and await context.save_if_first_notification():
                await context.report_refusal(refused)

    async def _save_note(self, context: ReplyContext, found: FoundCase) -> None:
        reply, service = context.reply, self._deps.service
        thread_usage = thread_use(found.case, found.service, found.catalog, local_day(service.clock()))
        if thread_usage == "page":
            raise OnlyOnCasePage
        if is_misplaced_command(reply.text, context.workspace.bot_user_id):
            raise MisplacedCommand(found)
        if thread_usage == "nothing":
            raise ThreadNotesDisabled
        officers = await find_mentioned_officers(context, reply.text)
        context.text = to_plain_text(context, reply.text, officers)
        require_no_personnummer(context.text)
        is_known = found.case.find_reply(reply.place) is not None
        received = [] if is_known else await self._fetch_files(context)
        files = tuple(one.file for one in received if one.file is not None)
        try:
            if context.text or files or (is_known and reply.files):
                command = _build_command(context, _allowed_mentions(context, found, officers.values()), files)
                await context.performer.perform(command)
                context.performer.run_after_ack(context.add_reaction())
        finally:
            await discard_files(
                self._deps, [file.id for file in files]
            )  # those attached to the note are not deleted
        refused_files_text = describe_refusals(received, found.catalog.municipality.files, context.words)
        if refused_files_text and await context.save_if_first_notification():
            await context.report_refused_files(refused_files_text)

    async def _fetch_files(self, context: ReplyContext) -> list[ReceivedFile]:
        """Fetch the reply's files. TemporaryFailure where Slack does not provide them, within MAX_FILE_WAIT."""
        reply = context.reply
        may_retry_later = self._deps.service.clock() - reply.written_at < MAX_FILE_WAIT
        try:
            return await fetch_files(self._deps, reply.files, FetchPolicy(may_retry_later=may_retry_later))
        except TemporaryFailure:
            await context.touch_thread()
            raise


def _allowed_mentions(context: ReplyContext, found: FoundCase, officers: Iterable[str]) -> tuple[str, ...]:
    """The mentioned officers who may work with the case; others remain names in the text."""
    today = local_day(context.deps.service.clock())
    return tuple(key for key in officers if may_work_by_key(found.catalog, key, found.case, today))


def _build_command(
    context: ReplyContext, mentions: tuple[str, ...], files: tuple[FileRef, ...]
) -> AddNote | ReviseNote:
    reply, case_id, text = context.reply, context.case_id, context.text
    source = ReplySource(reply.place, reply.edited_ts)
    if not reply.edited_ts:
        return AddNote(case_id=case_id, text=text, source=source, mentions=mentions, files=files)
    return ReviseNote(
        case_id=case_id,
        text=text,
        source=source,
        mentions=mentions,
        files=files,
        has_files=bool(reply.files),
    )


def _find_case_and_outcome(tx: Tx, reply: Reply) -> tuple[str | None, dict[str, Any] | None]:
    """The case of the reply's thread, and the stored outcome of the reply."""
    case_id = card_places.find_case_of_thread(tx, reply.channel, reply.thread)
    if case_id is None:
        return None, None
    return case_id, idempotency.find(tx, reply.key) or idempotency.find(tx, reply.notice_key)


def _find_case_and_known(tx: Tx, place: str, previous: Reply | None) -> tuple[str | None, bool]:
    """The case with a note from the reply, and whether the reply has been handled before."""
    keys = {make_reply_key(place)}
    if previous is not None:
        unedited = replace(previous, edited_ts="")
        keys = {key for one in (previous, unedited) for key in (one.key, one.notice_key)}
    return card_places.find_case_of_reply(tx, place), bool(idempotency.find_existing(tx, keys))


def register(app: AsyncApp, listeners: Listeners) -> ThreadReplies:
    replies = ThreadReplies(listeners)
    app.event("message")(replies.on_message)
    return replies
