"""Parsing of replies in threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.handlers.request.idempotency_key import make_reply_key, make_reply_notice_key
from bot.handlers.request.payload import MessagePayload

PERSON_SUBTYPES = frozenset({None, "thread_broadcast", "file_share"})
"""Subtypes of people's messages; all others are Slack's own or other programs'."""

SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply; `edited_ts` is the ts of its latest edit, empty for none."""

    channel: str
    thread: str
    ts: str
    user_id: str
    team_id: str
    text: str
    edited_ts: str = ""
    files: tuple[Mapping[str, Any], ...] = ()

    @property
    def written_at(self) -> datetime:
        """When it was written: the ts of a message is a time."""
        return datetime.fromtimestamp(float(self.ts), UTC)

    @property
    def place(self) -> str:
        return f"{self.channel}:{self.ts}"

    @property
    def key(self) -> str:
        """Its idempotency key, the same from events and from the backfill."""
        return make_reply_key(self.place, self.edited_ts)

    @property
    def notice_key(self) -> str:
        """The idempotency key of telling its writer the outcome, once."""
        return make_reply_notice_key(self.place, self.edited_ts)


def parse_reply(message: MessagePayload | None, channel: str, default_team_id: str) -> Reply | None:
    """The reply; None for a message that no person wrote in a thread."""
    if message is None or message.bot_id or message.user in (None, SLACKBOT):
        return None
    thread = message.thread_ts
    if not thread or thread == message.ts or message.subtype not in PERSON_SUBTYPES:
        return None
    return Reply(
        channel=channel,
        thread=thread,
        ts=message.ts,
        user_id=message.user or "",
        team_id=message.user_team or message.team or default_team_id,
        text=message.text or "",
        edited_ts=message.edited.ts if message.edited is not None else "",
        files=tuple(one for one in message.files or () if one.get("mode") != "tombstone"),
    )


def is_misplaced_command(text: str, bot_user_id: str) -> bool:
    """Whether it is a slash command or a mention of the bot, which do nothing in a thread and are not notes."""
    start = text.lstrip().casefold()
    return start.startswith(
        ("/", "@ärendebot", f"<@{bot_user_id.casefold()}>", f"<@{bot_user_id.casefold()}|")
    )
