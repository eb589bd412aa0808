"""The connection to Slack's Web API, and what its errors mean."""

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

from bot.clients.errors import PermanentFailure, TemporaryFailure, retry_after

SLACK_API_URL = "https://slack.com/api/"
TIMEOUT_SECONDS = 10
"""How long one call may take; several fit into a delivery's lease."""

PAGE_SIZE = 200

RateLimit = Callable[[str], AbstractAsyncContextManager[None]]
"""A context, by method, that waits for the rate limit; one call of the method is made within it."""

_UNCERTAIN_ERRORS = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""Slack's documentation: some aspect of the operation may have succeeded."""

_TOKEN_ERRORS = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"}
)
"""Errors in the program's own token: they concern all deliveries, which wait until somebody mends it."""

_TOKEN_RETRY_SECONDS = 60.0
_ERROR_KEY = re.compile(r"[a-z0-9_]{1,60}")


def unlimited(_method: str) -> AbstractAsyncContextManager[None]:
    """A `RateLimit` for calls that need not be limited."""
    return nullcontext()


class SlackWeb:
    """The connection. Each call raises PermanentFailure or TemporaryFailure, and nothing else, when it fails."""

    def __init__(
        self, token: str, base_url: str = SLACK_API_URL, *, seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._token = token
        self._base_url = base_url
        self._timeout_seconds = seconds
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

    async def _iterate_pages(
        self, method: str, key: str, rate_limit: RateLimit = unlimited, **arguments: Any
    ) -> AsyncIterator[Any]:
        cursor = ""
        while True:
            cursor_argument = {"cursor": cursor} if cursor else {}
            async with rate_limit(method):
                response = await self._call(method, limit=PAGE_SIZE, **arguments, **cursor_argument)
            for one in response.get(key) or []:
                yield one
            cursor = (response.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        data = (await self._request(method, **arguments)).data
        return data if isinstance(data, dict) else {}

    async def _request(self, method: str, token: str = "", **arguments: Any) -> AsyncSlackResponse:
        """Call the method with the bot's token, or another, and return the response."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return await self._ensure_client().api_call(
                method, data=_encode_arguments(arguments), headers=headers
            )
        except SlackApiError as api_error:
            raise _to_failure(api_error, method) from None
        except aiohttp.ClientConnectorError:
            raise TemporaryFailure("slack_down", is_outage=True) from None
        except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError):
            raise TemporaryFailure("slack_down", may_have_succeeded=True, is_outage=True) from None

    def _open_session(self) -> aiohttp.ClientSession:
        self._ensure_client()
        assert self._session is not None
        return self._session

    def _ensure_client(self) -> AsyncWebClient:
        if self._client is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._timeout_seconds))
            self._client = AsyncWebClient(
                self._token,
                base_url=self._base_url,
                session=self._session,
                retry_handlers=[],
                logger=_quiet_logger(),
            )
        return self._client


def _quiet_logger() -> logging.Logger:
    """A logger for the SDK that never logs at DEBUG, where the SDK writes whole request bodies."""
    logger = logging.getLogger("bot.clients.slack.sdk")
    logger.setLevel(logging.WARNING)
    return logger


def _encode_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict | list)
        else _encode_scalar(value)
        for name, value in arguments.items()
    }


def _encode_scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _to_failure(api_error: SlackApiError, method: str) -> PermanentFailure | TemporaryFailure:
    """The failure for an error of Slack's, without its text, which holds the whole response."""
    response = api_error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    data = getattr(response, "data", None)
    error = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or error in ("ratelimited", "rate_limited"):
        seconds = retry_after(getattr(response, "headers", None))
        return TemporaryFailure("slack_pace", retry_after=seconds, method=method)
    if status >= 500 or error in _UNCERTAIN_ERRORS or not error:
        return TemporaryFailure("slack_down", may_have_succeeded=True, is_outage=True)
    if error in _TOKEN_ERRORS:
        return TemporaryFailure("slack_token", retry_after=_TOKEN_RETRY_SECONDS, is_outage=True)
    return PermanentFailure(error if _ERROR_KEY.fullmatch(error) else "other")
