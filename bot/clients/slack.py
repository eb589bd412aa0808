"""Slack's Web API, as much of it as is needed to deliver."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.clients.errors import Permanent, Temporary, retry_after
from bot.clients.slack_files import SlackFiles

SLACK = "https://slack.com/api/"
SECONDS = 10
"""How long one call may take; several fit into a delivery's lease."""

METADATA = "case_event"
PAGE = 200

_DOUBTFUL = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""Slack: some aspect of the operation may have succeeded."""

_OURS = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})
"""What is wrong with the program's own token is no delivery's fault: all wait until it is mended."""

_TOKEN_SECONDS = 60.0
_KEY = re.compile(r"[a-z0-9_]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message to post. `intent_id` names it for ever, so that it can be found if the answer is lost."""

    text: str
    blocks: Sequence[Mapping[str, Any]]
    case_id: str
    intent_id: str
    thread_ts: str | None = None
    broadcast: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    """What decides who reads a channel. Never told by the id's first letter."""

    id: str
    is_private: bool
    is_shared: bool
    name: str = ""
    is_archived: bool = False
    is_member: bool = False
    """Whether the bot is in it."""

    @property
    def is_closed(self) -> bool:
        """Closed enough for a strict e-service's cards, if all who are in it are our own (Identity.lets_read)."""
        return self.is_private and not self.is_shared


@dataclass(frozen=True, slots=True)
class User:
    """A Slack account: whether it may be trusted with cases. `team` is the workspace it belongs to.

    `email` is empty where Slack says that the address is not confirmed.
    """

    id: str
    team: str
    enterprise: str
    email: str
    is_guest: bool
    is_stranger: bool
    is_bot: bool
    deleted: bool

    @property
    def is_guest_or_gone(self) -> bool:
        """Not a full member: a guest, a bot, or one who has left."""
        return self.is_guest or self.is_bot or self.deleted


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the token is for."""

    team: str
    enterprise: str
    user: str
    bot: str

    def lets_read(self, user: User) -> bool:
        """Whether the user may be in a closed channel: of our own workspace or organisation, and no guest."""
        if user.is_guest or user.is_stranger:
            return False
        return user.team == self.team or bool(self.enterprise and user.enterprise == self.enterprise)


class SlackClient:
    """The calls. Every one raises Permanent or Temporary, and nothing else, when it fails."""

    def __init__(self, token: str, base_url: str = SLACK, *, seconds: float = SECONDS) -> None:
        self._token = token
        self._base_url = base_url
        self._seconds = seconds
        self._client: AsyncWebClient | None = None
        self._session: aiohttp.ClientSession | None = None
        self.files = SlackFiles(self._call, self._open_session, token, base_url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
        self._client = self._session = None

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

    async def replies(self, place: tuple[str, str], since: datetime) -> list[Mapping[str, Any]]:
        """The messages written since then in the thread at (channel, ts), as Slack has them now."""
        channel, ts = place
        oldest = f"{since.timestamp():.6f}"
        found = self._pages("conversations.replies", "messages", channel=channel, ts=ts, oldest=oldest)
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

    async def channel(self, channel: str) -> Channel:
        """The channel."""
        told = (await self._call("conversations.info", channel=channel))["channel"]
        shared = ("is_ext_shared", "is_pending_ext_shared", "is_shared", "is_org_shared")
        is_shared = any(told.get(name) for name in shared)
        return Channel(
            id=told["id"],
            is_private=bool(told.get("is_private")),
            is_shared=is_shared,
            name=str(told.get("name") or ""),
            is_archived=bool(told.get("is_archived")),
            is_member=bool(told.get("is_member")),
        )

    async def channels(self, *, joined: bool) -> dict[str, str]:
        """The ids, by name, of the channels the bot is in; or of all that it can see, which Slack allows less often."""
        method = "users.conversations" if joined else "conversations.list"
        kinds = "public_channel,private_channel"
        found = self._pages(method, "channels", types=kinds, exclude_archived=joined)
        return {one["name"]: one["id"] async for one in found}

    async def members(self, channel: str) -> list[str]:
        """The ids of those who are in the channel."""
        return [one async for one in self._pages("conversations.members", "members", channel=channel)]

    async def user(self, user: str) -> User:
        """The account."""
        return _user((await self._call("users.info", user=user))["user"])

    async def user_by_email(self, email: str) -> User | None:
        """The account with that verified address, or None."""
        try:
            return _user((await self._call("users.lookupByEmail", email=email))["user"])
        except Permanent as none:
            if none.trouble == "users_not_found":
                return None
            raise

    async def open_view(self, trigger: str, view: Mapping[str, Any]) -> str:
        """Open the view for whoever pressed within the last three seconds. Returns its id."""
        return str((await self._call("views.open", trigger_id=trigger, view=view))["view"]["id"])

    async def push_view(self, trigger: str, view: Mapping[str, Any]) -> str:
        """Lay the view on top of the one that was pressed in. Returns its id."""
        return str((await self._call("views.push", trigger_id=trigger, view=view))["view"]["id"])

    async def update_view(self, view_id: str, view: Mapping[str, Any], hash_: str = "") -> None:
        """Replace the view; with the hash of the one that was seen, only while it is the same."""
        seen = {"hash": hash_} if hash_ else {}
        await self._call("views.update", view_id=view_id, view=view, **seen)

    async def publish(self, user: str, view: Mapping[str, Any]) -> None:
        """Draw the user's App Home."""
        await self._call("views.publish", user_id=user, view=view)

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

    async def who_am_i(self) -> Identity:
        """Whom the token is for; the call that shows whether Slack answers."""
        told = await self._call("auth.test")
        return Identity(
            team=str(told["team_id"]),
            enterprise=str(told.get("enterprise_id") or ""),
            user=str(told["user_id"]),
            bot=str(told.get("bot_id") or ""),
        )

    async def reachable(self) -> bool:
        """Whether Slack answers us."""
        try:
            await self.who_am_i()
        except (Permanent, Temporary):
            return False
        return True

    async def _pages(self, method: str, key: str, **asked: Any) -> AsyncIterator[Any]:
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            told = await self._call(method, limit=PAGE, **asked, **more)
            for one in told.get(key) or []:
                yield one
            cursor = (told.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _call(self, method: str, **asked: Any) -> Mapping[str, Any]:
        data = (await self._answer(method, **asked)).data
        return data if isinstance(data, dict) else {}

    async def _answer(self, method: str, token: str = "", **asked: Any) -> AsyncSlackResponse:
        """The whole answer, to a call with the bot's token or another."""
        other = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return await self._ready().api_call(method, data=_encoded(asked), headers=other)
        except SlackApiError as refused:
            raise _meaning(refused, method) from None
        except aiohttp.ClientConnectorError:
            raise Temporary("slack_down", wide=True) from None
        except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError):
            raise Temporary("slack_down", uncertain=True, wide=True) from None

    def _open_session(self) -> aiohttp.ClientSession:
        self._ready()
        assert self._session is not None
        return self._session

    def _ready(self) -> AsyncWebClient:
        if self._client is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._seconds))
            self._client = AsyncWebClient(
                self._token,
                base_url=self._base_url,
                session=self._session,
                retry_handlers=[],
                logger=_quiet_logger(),
            )
        return self._client


def _quiet_logger() -> logging.Logger:
    """The SDK logs whole bodies at DEBUG; its logger never goes there, whatever the root is set to."""
    logger = logging.getLogger("bot.clients.slack.sdk")
    logger.setLevel(logging.WARNING)
    return logger


def _encoded(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else _word(value)
        for name, value in asked.items()
    }


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _meaning(refused: SlackApiError, method: str) -> Permanent | Temporary:
    """What a refusal means for us; the error's own text holds the whole answer and goes no further."""
    response = refused.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    data = getattr(response, "data", None)
    error = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or error in ("ratelimited", "rate_limited"):
        seconds = retry_after(getattr(response, "headers", None))
        return Temporary("slack_pace", retry_after=seconds, method=method)
    if status >= 500 or error in _DOUBTFUL or not error:
        return Temporary("slack_down", uncertain=True, wide=True)
    if error in _OURS:
        return Temporary("slack_token", retry_after=_TOKEN_SECONDS, wide=True)
    return Permanent(error if _KEY.fullmatch(error) else "other")


def _user(told: Mapping[str, Any]) -> User:
    return User(
        id=told["id"],
        team=told.get("team_id", ""),
        enterprise=(told.get("enterprise_user") or {}).get("enterprise_id") or "",
        email=""
        if told.get("is_email_confirmed") is False
        else (told.get("profile") or {}).get("email") or "",
        is_guest=bool(told.get("is_restricted") or told.get("is_ultra_restricted")),
        is_stranger=bool(told.get("is_stranger")),
        is_bot=bool(told.get("is_bot")) or told["id"] == "USLACKBOT",
        deleted=bool(told.get("deleted")),
    )
