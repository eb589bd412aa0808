"""Calls of Slack's Web API, and what it means when one fails."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from types import TracebackType
from typing import Any, Self

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.clients.errors import Permanent, Temporary, retry_after

SLACK = "https://slack.com/api/"
SECONDS = 10
"""How long one call may take; several fit into a delivery's lease."""

PAGE = 200

Room = Callable[[str], AbstractAsyncContextManager[None]]
"""Within it one call of the method is made, in its place in Slack's pace."""

_DOUBTFUL = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""Slack: some aspect of the operation may have succeeded."""

_OURS = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})
"""What is wrong with the program's own token is no delivery's fault: all wait until it is mended."""

_TOKEN_SECONDS = 60.0
_KEY = re.compile(r"[a-z0-9_]{1,60}")


def at_once(_method: str) -> AbstractAsyncContextManager[None]:
    """The room of calls that take no place."""
    return nullcontext()


class SlackWeb:
    """The connection. Every call raises Permanent or Temporary, and nothing else, when it fails."""

    def __init__(self, token: str, base_url: str = SLACK, *, seconds: float = SECONDS) -> None:
        self._token = token
        self._base_url = base_url
        self._seconds = seconds
        self._client: AsyncWebClient | None = None
        self._session: aiohttp.ClientSession | None = None

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

    async def _pages(self, method: str, key: str, room: Room = at_once, **asked: Any) -> AsyncIterator[Any]:
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            async with room(method):
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
