"""Events: what the app hears of without anyone having asked it."""

from __future__ import annotations

import asyncio

from sandbox import payloads
from sandbox.faults import Strike
from sandbox.files import File
from sandbox.forms import channel_type, message_json
from sandbox.shapes import Json
from sandbox.stage import Stage
from sandbox.workspace import Message

MOST_WAITING = 5_000
SUBSCRIPTIONS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


class Events:
    """Delivers subscribed events one by one, each again when it was not acknowledged."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._queue: asyncio.Queue[Json] = asyncio.Queue(MOST_WAITING)
        self._retrying = 0

    async def run(self) -> None:
        while True:
            event = await self._queue.get()
            try:
                await self._offer(payloads.event_callback(self.stage, event))
            finally:
                self._queue.task_done()

    async def _offer(self, payload: Json) -> None:
        """Once, and the next only then; one that is late lets the others pass."""
        strike = self.stage.faults.next("events_api", [*self.stage.dispatch.able, "late"])
        if strike and strike.kind == "late":
            self.stage.later(self._deliver(payload, strike))
        else:
            await self._deliver(payload, strike)

    async def settle(self) -> None:
        """Waits until every event so far has been offered once."""
        await self._queue.join()

    async def _deliver(self, payload: Json, strike: Strike | None) -> None:
        ack = await self.stage.dispatch.send_event(payload, strike=strike)
        if not ack.ok and "no_retry" not in ack.flags:
            self.stage.later(self._again(payload, ack.reason))

    async def _again(self, payload: Json, reason: str) -> None:
        for n, seconds in enumerate(self.stage.config.retry_seconds, start=1):
            await asyncio.sleep(seconds / self.stage.config.speed)
            ack = await self.stage.dispatch.send_event(payload, n, reason)
            if ack.ok or "no_retry" in ack.flags:
                return
            reason = ack.reason

    def emit(self, subscription: str, event: Json) -> None:
        if subscription not in self.stage.workspace.app.events:
            return
        if self._queue.full():
            self.stage.warn("event dropped", type=event["type"])
            return
        self._queue.put_nowait(event)

    # --- the events ---

    def _about_message(self, message: Message, event: Json) -> None:
        channel = self.stage.workspace.channels[message.channel]
        if self.stage.workspace.app.bot_user in channel.members and not message.ephemeral_to:
            self.emit(SUBSCRIPTIONS[channel_type(channel)], event)

    def message_posted(self, message: Message) -> None:
        event = payloads.message_event(self.stage, message)
        self._about_message(message, event)
        bot = self.stage.workspace.app.bot_user
        if f"<@{bot}" in message.text and message.user != bot:
            self.emit("app_mention", {**event, "type": "app_mention"})

    def message_changed(self, message: Message, before: Json) -> None:
        self._about_message(message, self._hidden(message, "message_changed", before) | self._now(message))

    def message_deleted(self, message: Message, before: Json) -> None:
        event = self._hidden(message, "message_deleted", before) | {"deleted_ts": message.ts}
        self._about_message(message, event)

    def _now(self, message: Message) -> Json:
        return {"message": message_json(message, self.stage.workspace)}

    def _hidden(self, message: Message, subtype: str, before: Json) -> Json:
        ts = self.stage.workspace.next_ts()
        channel = self.stage.workspace.channels[message.channel]
        return {
            "type": "message",
            "subtype": subtype,
            "hidden": True,
            "channel": message.channel,
            "ts": ts,
            "event_ts": ts,
            "channel_type": channel_type(channel),
            "previous_message": before,
        }

    def reacted(self, kind: str, message: Message, name: str, user: str) -> None:
        event = {
            "type": kind,
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": message.channel, "ts": message.ts},
            "item_user": message.user,
            "event_ts": self.stage.workspace.next_ts(),
        }
        channel = self.stage.workspace.channels[message.channel]
        if self.stage.workspace.app.bot_user in channel.members:
            self.emit(kind, event)

    def files_shared(self, message: Message) -> None:
        """Told of each file beside the message, where the app is."""
        channel = self.stage.workspace.channels[message.channel]
        if self.stage.workspace.app.bot_user not in channel.members:
            return
        for file in message.files:
            about = {"file_id": file, "file": {"id": file}, "user_id": message.user, "channel_id": channel.id}
            self.emit("file_shared", {"type": "file_shared", **about, "event_ts": message.ts})

    def file_deleted(self, file: File) -> None:
        about = {"file_id": file.id, "channel_ids": list(file.shares)}
        ts = self.stage.workspace.next_ts()
        self.emit("file_deleted", {"type": "file_deleted", **about, "event_ts": ts})

    def joined(self, channel: str, who: str, inviter: str) -> None:
        """The app hears of itself and, where it is, of others."""
        workspace = self.stage.workspace
        place = workspace.channels[channel]
        if workspace.app.bot_user not in place.members:
            return
        event = {
            "type": "member_joined_channel",
            "user": who,
            "channel": channel,
            "channel_type": "G" if place.is_private else "C",
            "team": workspace.team["id"],
            "inviter": inviter,
            "event_ts": workspace.next_ts(),
        }
        self.emit("member_joined_channel", event)

    def home_opened(self, user: str, channel: str, view: Json | None) -> None:
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": channel,
            "tab": "home",
            "event_ts": self.stage.workspace.next_ts(),
        }
        self.emit("app_home_opened", event | ({"view": view} if view else {}))
