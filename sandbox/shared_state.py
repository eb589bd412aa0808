"""The sandbox's settings and state, shared by all parts."""

from __future__ import annotations

import asyncio
import html
import re
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.clock import Clock
from sandbox.default_workspace import default_workspace
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.mail import Mailbox
from sandbox.pace import Pace
from sandbox.payload_schema import Json
from sandbox.record import Record
from sandbox.town.entities import Message, new_id
from sandbox.town.files import Ticket
from sandbox.town.forms import message_json
from sandbox.town.workspace import Workspace
from sandbox.transport.signed_http import SignedHttp
from sandbox.transport.sockets import LIFETIME, Sockets

Mode = Literal["http", "socket"]
TRIGGER_SECONDS = 3.0
HOOK_SECONDS, HOOK_POSTS = 30 * 60.0, 5


class ApiError(Exception):
    """An error with Slack's code."""

    def __init__(self, code: str, **more: object) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


@dataclass(frozen=True)
class Config:
    """How a sandbox is set up; `pace` and `speed` are for tests, `workspace` a plain description."""

    workspace: Json = field(default_factory=default_workspace)
    mode: Mode = "http"
    request_url: str | None = None
    options_url: str | None = None
    pace: float | None = 1.0
    speed: float = 1.0
    ack_seconds: float = 3.0
    trigger_seconds: float = TRIGGER_SECONDS
    retry_seconds: tuple[float, ...] = (0.0, 60.0, 300.0)
    connection_seconds: float = LIFETIME
    events_per_hour: int = 30_000
    smtp_port: int | None = 0
    refused_mailboxes: tuple[str, ...] = ()
    app_is_given: bool = False
    """Whether somebody runs the app with the keys it has, so that it must not be replaced."""


@dataclass
class Trigger:
    id: str
    user: str
    view_id: str | None
    at: float
    used: bool = False


@dataclass
class Hook:
    """A response_url: where it answers, how often it has been used, and all texts sent to it, also those lost there."""

    secret: str
    kind: str
    user: str
    channel: str
    at: float
    message: Message | None = None
    posts: int = 0
    said: list[str] = field(default_factory=list)


class SharedState:
    """One running sandbox."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = Clock(config.speed)
        self.workspace = Workspace(config.workspace, self.clock)
        self.pace = Pace(self.clock, config.pace)
        self.record = Record(self.clock)
        self.feed = Feed()
        self.faults = Faults()
        self.events = Events(self.workspace, self.record, config.events_per_hour)
        self.mailbox = Mailbox(self.clock, self.feed, self.faults, config.refused_mailboxes)
        self.sockets = Sockets(self.workspace, self.record, self.feed, config.connection_seconds)
        self.http = SignedHttp(self.workspace.app.signing_secret)
        self.request_url = config.request_url
        self.options_url = config.options_url
        self.triggers: dict[str, Trigger] = {}
        self.hooks: dict[str, Hook] = {}
        self.tickets: dict[str, Ticket] = {}
        self.background: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        """Where the sandbox is; files are told to be there too."""
        return self.workspace.address

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.workspace.address = url

    def changed(self) -> None:
        self.feed.changed()

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the background; it is cancelled with the sandbox."""
        task = asyncio.create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    def warn(self, warning: str, **more: object) -> None:
        self.record.warn(warning, **more)

    # --- triggers and response_urls ---

    def new_trigger(self, user: str, view_id: str | None = None) -> Trigger:
        trigger = Trigger(
            f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}",
            user,
            view_id,
            self.clock.now(),
        )
        self.triggers[trigger.id] = trigger
        while len(self.triggers) > 1_000:
            self.triggers.pop(next(iter(self.triggers)))
        return trigger

    def redeem(self, trigger_id: str) -> Trigger:
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            why = ["[ERROR] invalid `trigger_id`"]
            raise ApiError("invalid_arguments", response_metadata={"messages": why})
        if self.clock.now() - trigger.at > self.config.trigger_seconds:
            raise ApiError("expired_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        trigger.used = True
        return trigger

    def new_hook(self, kind: str, user: str, channel: str, message: Message | None = None) -> str:
        hook = Hook(secrets.token_hex(12), kind, user, channel, self.clock.now(), message)
        self.hooks[hook.secret] = hook
        while len(self.hooks) > 1_000:
            self.hooks.pop(next(iter(self.hooks)))
        return f"{self.base_url}/{kind}/{self.workspace.team['id']}/{secrets.randbelow(10**12)}/{hook.secret}"

    def hook_at(self, url: str) -> Hook | None:
        """The one that answers at the URL."""
        return self.hooks.get(url.rpartition("/")[2])

    # --- messages ---

    def bot_message(self, channel: str, text: str, blocks: list[Json]) -> Message:
        app = self.workspace.app
        return Message(
            self.workspace.next_ts(), channel, app.bot_user, text, blocks, bot_id=app.bot_id, app_id=app.id
        )

    def whisper(self, message: Message) -> None:
        """An ephemeral; in a thread it is only shown where somebody has answered before."""
        thread = message.thread_ts
        if thread is None or self.workspace.channels[message.channel].replies(thread):
            self.workspace.keep(message)
        else:
            self.warn("ephemeral in a thread that nobody has answered in, which is not shown", ts=thread)

    def take_away(self, message: Message) -> None:
        """A parent that has replies leaves a tombstone, so that its thread stays."""
        before = message_json(message, self.workspace)
        channel = self.workspace.channels[message.channel]
        if channel.replies(message.ts):
            message.tombstone, message.blocks, message.text, message.metadata = True, [], "", None
        else:
            channel.messages.pop(message.ts)
        self.events.message_deleted(message, before)

    def person_message(self, channel: str, user: str, text: str) -> Message:
        blocks = [rich_text(text)] if text else []
        return Message(self.workspace.next_ts(), channel, user, text, blocks)


BRACKET = re.compile(r"<([^<>]+)>")


def rich_text(text: str) -> Json:
    """What Slack makes of a person's line, given as its escaped text."""
    parts = [_leaf(part, n % 2 == 1) for n, part in enumerate(BRACKET.split(text)) if part]
    return {
        "type": "rich_text",
        "block_id": new_id("b")[:5],
        "elements": [{"type": "rich_text_section", "elements": parts}],
    }


def _leaf(part: str, is_bracket: bool) -> Json:
    if is_bracket and part.startswith("@"):
        return {"type": "user", "user_id": part[1:]}
    if is_bracket and part.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": part.removeprefix("!subteam^").partition("|")[0]}
    if is_bracket and part.startswith("!"):
        return {"type": "broadcast", "range": part[1:]}
    if is_bracket and part.startswith("#"):
        return {"type": "channel", "channel_id": part[1:].partition("|")[0]}
    words = html.unescape(part)
    return {"type": "link", "url": words} if is_bracket else {"type": "text", "text": words}
