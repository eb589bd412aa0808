"""Entities of a workspace: app, people, conversations, messages and views."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field

from sandbox.payload_schema import Json

MOST_EPHEMERALS = 200


def new_id(prefix: str) -> str:
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return prefix + "0" + "".join(secrets.choice(alphabet) for _ in range(9))


@dataclass
class App:
    """What the app's manifest and its three secrets would say."""

    id: str
    name: str
    bot_id: str
    bot_user: str
    bot_token: str
    app_token: str
    signing_secret: str
    verification_token: str
    scopes: frozenset[str]
    commands: list[Json]
    events: frozenset[str]
    shortcuts: list[Json]
    home_tab: bool = True
    messages_tab: bool = True
    deletes_files_of_others: bool = False
    admin_token: str = "xoxp-sandbox-admin-token"
    """An organisation's administrator's, with every admin scope."""
    manifest: Json = field(default_factory=dict)
    """What it was made of; empty for one that was made without."""
    installed: bool = True
    token_error: str = ""
    """The error of all calls with the bot token; empty while the token is valid."""


@dataclass
class User:
    id: str
    name: str
    real_name: str
    team_id: str
    email: str | None = None
    title: str = ""
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_admin: bool = False
    is_invited_user: bool = False
    is_email_confirmed: bool = True
    locale: str = "en-US"
    tz: str = "Europe/Stockholm"


@dataclass
class Message:
    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    bot_id: str | None = None
    app_id: str | None = None
    username: str | None = None
    ephemeral_to: str | None = None
    edited: Json | None = None
    broadcast: bool = False
    tombstone: bool = False
    attachments: list[Json] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    earlier: list[Json] = field(default_factory=list)
    typed: dict[str, Json] = field(default_factory=dict)
    answered_by: list[str] = field(default_factory=list)
    is_locked: bool = False
    """Its thread takes no more replies or reactions."""

    def remember(self, now: float) -> None:
        """Store the current text before an edit, for tests."""
        self.earlier.append({"text": self.text, "blocks": self.blocks, "until": now})
        del self.earlier[:-20]

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class Channel:
    id: str
    name: str
    members: list[str] = field(default_factory=list)
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    frozen_reason: str = ""
    posting: str = ""
    """The error that posts here are refused with, one of `restricted_action…`; empty where they are taken."""
    is_im: bool = False
    is_mpim: bool = False
    topic: str = ""
    created: int = 0
    retention_days: int | None = None
    messages: dict[str, Message] = field(default_factory=dict)
    ephemerals: deque[Message] = field(default_factory=lambda: deque(maxlen=MOST_EPHEMERALS))

    def replies(self, ts: str) -> list[Message]:
        parent = self.messages.get(ts)
        named = parent.answered_by if parent else []
        return [self.messages[reply] for reply in named if reply in self.messages]

    @property
    def is_quiet(self) -> bool:
        """Nothing can be written. That a frozen channel is as one archived is inferred from chat.update's errors."""
        return self.is_archived or bool(self.frozen_reason)

    def top(self) -> list[Message]:
        """What stands in the channel itself: replies only when they were sent there too."""
        return [message for message in self.messages.values() if not message.is_reply or message.broadcast]


@dataclass
class UserGroup:
    """People who are mentioned and chosen together; `usergroup` in the Web API, `subteam` in events."""

    id: str
    handle: str
    name: str
    users: list[str] = field(default_factory=list)
    description: str = ""
    date_create: int = 0
    date_update: int = 0
    date_delete: int = 0
    updated_by: str = ""


@dataclass
class View:
    """A view that was opened; `body` is what the app sent, `typed` what the person has entered."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    typed: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    closed: bool = False


def app_from(payload: Json) -> App:
    return App(
        **{
            **payload,
            "scopes": frozenset(payload["scopes"]),
            "events": frozenset(payload["events"]),
            "commands": list(payload.get("commands", [])),
            "shortcuts": list(payload.get("shortcuts", [])),
        }
    )
