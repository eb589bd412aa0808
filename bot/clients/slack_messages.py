"""Messages in Slack: posted, updated, found again, and ephemeral ones that only one person sees."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.slack_web import RateLimit, SlackWeb, unlimited

METADATA = "case_event"

REPLIES = "conversations.replies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message to post. `intent_id` goes into its metadata, so that it can be found if Slack's response is lost."""

    text: str
    blocks: Sequence[Mapping[str, Any]]
    case_id: str
    intent_id: str
    thread_ts: str | None = None
    broadcast: bool = False


@dataclass(frozen=True, slots=True)
class OwnPost:
    """A message of the bot's about a case, at the top of a channel."""

    ts: str
    case_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """A message in a thread, and whether the bot has posted it."""

    ts: str
    is_own: bool


def _is_own(message: Mapping[str, Any]) -> bool:
    """Whether the bot has posted the message, by its metadata: only the app that posted one can set it."""
    return (message.get("metadata") or {}).get("event_type") == METADATA and "bot_id" in message


class SlackMessages(SlackWeb):
    """The calls that write and read messages."""

    async def post_message(self, channel: str, post: Post) -> str:
        """Post the message and return its ts. Never retried here: only the caller may repeat it."""
        metadata = {
            "event_type": METADATA,
            "event_payload": {"case_id": post.case_id, "intent_id": post.intent_id},
        }
        thread = {"thread_ts": post.thread_ts, "reply_broadcast": post.broadcast} if post.thread_ts else {}
        response = await self._call(
            "chat.postMessage",
            channel=channel,
            text=post.text,
            blocks=list(post.blocks),
            metadata=metadata,
            unfurl_links=False,
            unfurl_media=False,
            **thread,
        )
        return str(response["ts"])

    async def update_message(
        self, place: tuple[str, str], text: str, blocks: Sequence[Mapping[str, Any]]
    ) -> None:
        """Replace the message at (channel, ts); idempotent. PermanentFailure `message_not_found` when it is gone."""
        channel, ts = place
        await self._call("chat.update", channel=channel, ts=ts, text=text, blocks=list(blocks))

    async def delete_message(self, place: tuple[str, str]) -> None:
        """Delete the bot's own message at (channel, ts); one that is gone already is no failure."""
        channel, ts = place
        try:
            await self._call("chat.delete", channel=channel, ts=ts)
        except PermanentFailure as refused:
            if refused.trouble != "message_not_found":
                raise

    async def thread_messages(self, place: tuple[str, str]) -> list[ThreadMessage]:
        """The messages under the card at (channel, ts), without the card; none where the thread is gone."""
        channel, ts = place
        arguments = {"channel": channel, "ts": ts, "include_all_metadata": True}
        try:
            pages = self._iterate_pages(REPLIES, "messages", unlimited, **arguments)
            found = [one async for one in pages if one["ts"] != ts]
        except PermanentFailure as refused:
            if refused.trouble not in ("thread_not_found", "message_not_found"):
                raise
            return []
        return [ThreadMessage(one["ts"], is_own=_is_own(one)) for one in found]

    async def post_ephemeral(
        self, place: tuple[str, str], user: str, text: str, blocks: Sequence[Mapping[str, Any]]
    ) -> None:
        """Show one person a message in the thread at (channel, ts); Slack neither guarantees nor stores it."""
        channel, ts = place
        content = {"text": text, "blocks": list(blocks)}
        await self._call("chat.postEphemeral", channel=channel, user=user, thread_ts=ts, **content)

    async def add_reaction(self, place: tuple[str, str], name: str) -> None:
        """Add the reaction to the message at (channel, ts); idempotent."""
        channel, ts = place
        try:
            await self._call("reactions.add", channel=channel, timestamp=ts, name=name)
        except PermanentFailure as refused:
            if refused.trouble != "already_reacted":
                raise

    async def replies(
        self, place: tuple[str, str], since: datetime, rate_limit: RateLimit
    ) -> list[Mapping[str, Any]]:
        """The messages since then in the thread at (channel, ts). `rate_limit` is entered for each page of Slack's."""
        channel, ts = place
        oldest = f"{since.timestamp():.6f}"
        arguments = {"channel": channel, "ts": ts, "oldest": oldest}
        pages = self._iterate_pages(REPLIES, "messages", rate_limit, **arguments)
        return [one async for one in pages if one["ts"] != ts]

    async def open_dm(self, user: str) -> str:
        """The channel id of the direct conversation with the user."""
        response = await self._call("conversations.open", users=user)
        return str(response["channel"]["id"])

    async def find_posted(
        self, channel: str, intents: Collection[str], since: datetime, thread_ts: str | None = None
    ) -> dict[str, str]:
        """The ts, by intent id, of those intents that have been posted since then in the channel or thread."""
        arguments: dict[str, Any] = {"channel": channel, "include_all_metadata": True}
        method = "conversations.history"
        if thread_ts is None:
            arguments["oldest"] = f"{since.timestamp():.6f}"
        else:
            method, arguments["ts"] = REPLIES, thread_ts
        posted: dict[str, str] = {}
        async for message in self._iterate_pages(method, "messages", **arguments):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("intent_id") in intents:
                posted[payload["intent_id"]] = message["ts"]
            if len(posted) == len(intents):
                break
        return posted

    async def list_own_posts(self, channel: str, since: datetime) -> list[OwnPost]:
        """What the bot has posted about cases since then in the channel, but for threads."""
        arguments = {"channel": channel, "include_all_metadata": True, "oldest": f"{since.timestamp():.6f}"}
        posts = []
        pages = self._iterate_pages("conversations.history", "messages", unlimited, **arguments)
        async for message in pages:
            case_id = (message.get("metadata") or {}).get("event_payload", {}).get("case_id")
            is_reply = message.get("thread_ts", message["ts"]) != message["ts"]
            if _is_own(message) and case_id and not is_reply:
                posts.append(OwnPost(message["ts"], str(case_id), str(message.get("text", ""))))
        return posts

    async def respond(
        self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]], thread_ts: str = ""
    ) -> None:
        """Reply privately to a button press or a command, without retries; the url is a secret of the person's."""
        body = {"response_type": "ephemeral", "replace_original": False, "text": text, "blocks": list(blocks)}
        await self._post_response(response_url, body | ({"thread_ts": thread_ts} if thread_ts else {}))

    async def replace_message(
        self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]]
    ) -> None:
        """Replace the message that a button was pressed in, without retries."""
        await self._post_response(
            response_url, {"replace_original": True, "text": text, "blocks": list(blocks)}
        )

    async def _post_response(self, response_url: str, body: Mapping[str, Any]) -> None:
        session = self._open_session()
        try:
            async with session.post(response_url, json=body) as response:
                status = response.status
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise TemporaryFailure("slack_down", may_have_succeeded=True) from None
        if status >= 500 or status == 429:
            raise TemporaryFailure("slack_down", may_have_succeeded=True)
        if status >= 400:
            raise PermanentFailure("answer_refused")
