"""Calls to Slack that are repeated when it has asked to wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.clients.errors import TemporaryFailure

T = TypeVar("T")

MAX_TRIES = 5

Sleep = Callable[[float], Awaitable[None]]


async def with_retries(call: Callable[[], Awaitable[T]], sleep: Sleep) -> T:
    """The result of the call, repeated after Slack's Retry-After. Raises what the last of `MAX_TRIES` calls raises."""
    for _ in range(MAX_TRIES - 1):
        try:
            return await call()
        except TemporaryFailure as error:
            if error.retry_after is None or not error.method:
                raise
            await sleep(error.retry_after)
    return await call()
