"""A reply in a thread, as Slack tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SPOKEN = frozenset({None, "thread_broadcast", "file_share"})
"""Subtypes of what people say; all others are Slack's own lines or other programs'."""

SLACKBOT = "USLACKBOT"


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
    files: tuple[Mapping[str, Any], ...] = ()

    @property
    def at(self) -> datetime:
        """When it was written; Slack's names of messages are times."""
        return datetime.fromtimestamp(float(self.ts), UTC)

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
        files=tuple(one for one in message.get("files") or () if one.get("mode") != "tombstone"),
    )


def told_key(reply: Reply) -> str:
    return f"{reply.key}:told"


def is_slip(text: str, bot: str) -> bool:
    """A command, or a call for the bot: neither does anything in a thread, so it was not meant as a note."""
    begun = text.lstrip().casefold()
    return begun.startswith(("/", "@ärendebot", f"<@{bot.casefold()}>", f"<@{bot.casefold()}|"))
