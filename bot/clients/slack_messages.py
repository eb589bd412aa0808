"""Messages in Slack: posted once, redrawn, found again, and answers that only one person sees."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from bot.clients.errors import Permanent, Temporary
from bot.clients.slack_web import Room, SlackWeb

METADATA = "case_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message to post. `intent_id` names it for ever, so that it can be found if the answer is lost."""

    text: str
    blocks: Sequence[Mapping[str, Any]]
    case_id: str
    intent_id: str
    thread_ts: str | None = None
    broadcast: bool = False


class SlackMessages(SlackWeb):
    """The calls that write in channels and conversations, and read what was written."""

    async def post(self, channel: str, post: Post) -> str:
        """Post the message and return its ts. Not repeated by anyone but the caller."""
        metadata = {
            "event_type": METADATA,
            "event_payload": {"case_id": post.case_id, "intent_id": post.intent_id},
        }
        thread = {"thread_ts": post.thread_ts, "reply_broadcast": post.broadcast} if post.thread_ts else {}
        told = await self._call(
            "chat.postMessage",
            channel=channel,
            text=post.text,
            blocks=list(post.blocks),
            metadata=metadata,
            unfurl_links=False,
            unfurl_media=False,
            **thread,
        )
        return str(told["ts"])

    async def update(self, place: tuple[str, str], text: str, blocks: Sequence[Mapping[str, Any]]) -> None:
        """Redraw the message at (channel, ts). Harmless twice. Permanent `message_not_found` when it is gone."""
        channel, ts = place
        await self._call("chat.update", channel=channel, ts=ts, text=text, blocks=list(blocks))

    async def tell(
        self, place: tuple[str, str], user: str, text: str, blocks: Sequence[Mapping[str, Any]]
    ) -> None:
        """Tell one person privately in the thread at (channel, ts); they may miss it, and it does not stay."""
        channel, ts = place
        shown = {"text": text, "blocks": list(blocks)}
        await self._call("chat.postEphemeral", channel=channel, user=user, thread_ts=ts, **shown)

    async def react(self, place: tuple[str, str], name: str) -> None:
        """Set the reaction on the message at (channel, ts). Harmless twice."""
        channel, ts = place
        try:
            await self._call("reactions.add", channel=channel, timestamp=ts, name=name)
        except Permanent as refused:
            if refused.trouble != "already_reacted":
                raise

    async def replies(self, place: tuple[str, str], since: datetime, room: Room) -> list[Mapping[str, Any]]:
        """The messages written since then in the thread at (channel, ts), as Slack has them now; page by page."""
        channel, ts = place
        oldest = f"{since.timestamp():.6f}"
        asked = {"channel": channel, "ts": ts, "oldest": oldest}
        found = self._pages("conversations.replies", "messages", room, **asked)
        return [one async for one in found if one["ts"] != ts]

    async def open_dm(self, user: str) -> str:
        """The channel id of the direct conversation with the user."""
        told = await self._call("conversations.open", users=user)
        return str(told["channel"]["id"])

    async def find_posted(
        self, channel: str, intents: Collection[str], since: datetime, thread_ts: str | None = None
    ) -> dict[str, str]:
        """Which of the intents have been posted since then: intent id to ts. In the thread, where one is given."""
        asked: dict[str, Any] = {"channel": channel, "include_all_metadata": True}
        method = "conversations.history"
        if thread_ts is None:
            asked["oldest"] = f"{since.timestamp():.6f}"
        else:
            method, asked["ts"] = "conversations.replies", thread_ts
        found: dict[str, str] = {}
        async for message in self._pages(method, "messages", **asked):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("intent_id") in intents:
                found[payload["intent_id"]] = message["ts"]
            if len(found) == len(intents):
                break
        return found

    async def answer(
        self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]], thread_ts: str = ""
    ) -> None:
        """Answer a press or a command privately, once; the url is a secret of the person's."""
        session = self._open_session()
        body = {"response_type": "ephemeral", "replace_original": False, "text": text, "blocks": list(blocks)}
        body |= {"thread_ts": thread_ts} if thread_ts else {}
        try:
            async with session.post(response_url, json=body) as told:
                status = told.status
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise Temporary("slack_down", uncertain=True) from None
        if status >= 500 or status == 429:
            raise Temporary("slack_down", uncertain=True)
        if status >= 400:
            raise Permanent("answer_refused")
