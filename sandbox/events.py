"""The Events API."""

from __future__ import annotations

import asyncio
from collections import deque

from sandbox.payload_schema import Json
from sandbox.record import Record
from sandbox.town.entities import Channel, Message, User, new_id
from sandbox.town.files import File
from sandbox.town.forms import channel_type, message_json, user_json
from sandbox.town.workspace import Workspace

MOST_WAITING = 5_000
SUBSCRIPTIONS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


class Events:
    """A queue of the events that the app subscribes to, in order."""

    def __init__(self, workspace: Workspace, record: Record, per_hour: int) -> None:
        self.workspace, self._record, self._per_hour = workspace, record, per_hour
        self.queue: asyncio.Queue[Json] = asyncio.Queue(MOST_WAITING)
        self._times: deque[float] = deque()
        self._limited = 0

    async def settle(self) -> None:
        """Waits until every event so far has been offered once."""
        await self.queue.join()

    def emit(self, subscription: str, event: Json) -> None:
        if subscription not in self.workspace.app.events:
            return
        if self.queue.full():
            self._record.warn("event dropped", type=event["type"])
            return
        now = self.workspace.clock.now()
        if self._is_too_many(now):
            return
        self.queue.put_nowait(event_callback(self.workspace, int(now), event))

    def _is_too_many(self, now: float) -> bool:
        """Whether the hourly limit is exceeded: events are then dropped, and the app is notified once a minute."""
        while self._times and self._times[0] <= now - 3600:
            self._times.popleft()
        if len(self._times) < self._per_hour:
            self._times.append(now)
            return False
        minute = int(now // 60) * 60
        if minute != self._limited:
            self._limited = minute
            self.queue.put_nowait(rate_limited(self.workspace, minute))
        return True

    def tell(self, kind: str, /, **about: object) -> None:
        """Send an event with its type, time and fields."""
        self.emit(kind, {"type": kind, **about, "event_ts": self.workspace.next_ts()})

    def tell_of(self, channel: Channel, kind: str, /, **about: object) -> None:
        """Send an event about a conversation, if the app can see it."""
        if not channel.is_private or self.workspace.app.bot_user in channel.members:
            self.tell(kind, **about)

    # --- the events ---

    def _about_message(self, message: Message, event: Json) -> None:
        channel = self.workspace.channels[message.channel]
        if self.workspace.app.bot_user in channel.members and not message.ephemeral_to:
            self.emit(SUBSCRIPTIONS[channel_type(channel)], event)

    def message_posted(self, message: Message) -> None:
        event = message_event(self.workspace, message)
        self._about_message(message, event)
        bot = self.workspace.app.bot_user
        if f"<@{bot}" in message.text and message.user != bot:
            self.emit("app_mention", {**event, "type": "app_mention"})

    def message_changed(self, message: Message, before: Json) -> None:
        self._about_message(message, self._hidden(message, "message_changed", before) | self._now(message))

    def message_deleted(self, message: Message, before: Json) -> None:
        event = self._hidden(message, "message_deleted", before) | {"deleted_ts": message.ts}
        self._about_message(message, event)

    def _now(self, message: Message) -> Json:
        return {"message": message_json(message, self.workspace)}

    def _hidden(self, message: Message, subtype: str, before: Json) -> Json:
        ts = self.workspace.next_ts()
        channel = self.workspace.channels[message.channel]
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
            "event_ts": self.workspace.next_ts(),
        }
        channel = self.workspace.channels[message.channel]
        if self.workspace.app.bot_user in channel.members:
            self.emit(kind, event)

    def files_shared(self, message: Message) -> None:
        """Told of each file beside the message, where the app is."""
        channel = self.workspace.channels[message.channel]
        if self.workspace.app.bot_user not in channel.members:
            return
        for file in message.files:
            about = {"file_id": file, "file": {"id": file}, "user_id": message.user, "channel_id": channel.id}
            self.emit("file_shared", {"type": "file_shared", **about, "event_ts": message.ts})

    def file_deleted(self, file: File) -> None:
        about = {"file_id": file.id, "channel_ids": list(file.shares)}
        ts = self.workspace.next_ts()
        self.emit("file_deleted", {"type": "file_deleted", **about, "event_ts": ts})

    def joined(self, channel: str, who: str, inviter: str) -> None:
        """Send an event about the app itself joining, or about others where the app is a member."""
        workspace = self.workspace
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

    def person_changed(self, kind: str, person: User) -> None:
        with_email = "users:read.email" in self.workspace.app.scopes
        self.tell(kind, user=user_json(person, self.workspace, with_email))

    def home_opened(self, user: str, channel: str, view: Json | None, tab: str = "home") -> None:
        """The tab is "messages" when the conversation with the app is opened."""
        about: Json = {"view": view} if view else {}
        self.tell("app_home_opened", user=user, channel=channel, tab=tab, **about)


def rate_limited(workspace: Workspace, minute: int) -> Json:
    """The one thing told that is no event in an envelope."""
    return {
        "token": workspace.app.verification_token,
        "type": "app_rate_limited",
        "team_id": workspace.team["id"],
        "minute_rate_limited": minute,
        "api_app_id": workspace.app.id,
    }


def event_callback(workspace: Workspace, at: int, event: Json) -> Json:
    app = workspace.app
    channel = workspace.channels.get(event["channel"]) if isinstance(event.get("channel"), str) else None
    return {
        "token": app.verification_token,
        "team_id": workspace.team["id"],
        "context_team_id": workspace.team["id"],
        "context_enterprise_id": None,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": new_id("Ev"),
        "event_time": at,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team["id"],
                "user_id": app.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
        "event_context": new_id("4-"),
    }


def message_event(workspace: Workspace, message: Message) -> Json:
    channel = workspace.channels[message.channel]
    payload = {
        **message_json(message, workspace),
        "channel": channel.id,
        "event_ts": message.ts,
        "channel_type": channel_type(channel),
    }
    if message.files:
        payload["subtype"] = "file_share"
    parent = channel.messages.get(message.thread_ts or "")
    if message.broadcast and parent is not None:
        payload |= {"subtype": "thread_broadcast", "root": message_json(parent, workspace)}
    return payload
