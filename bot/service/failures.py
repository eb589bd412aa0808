"""Logging of unexpected errors, without personal data."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable
from typing import TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")


async def log_failure(work: Awaitable[T], event: str, **fields: object) -> T | None:
    """The result of `work`; None where it raises, which is logged as `event` with `fields`. CancelledError is raised.

    For loops that must go on after an error.
    """
    try:
        return await work
    except Exception as bug:  # noqa: BLE001  (one of three places that may: what calls this must go on)
        log.error(event, error=type(bug).__name__, where=safe_traceback(bug), **fields)
        return None


def safe_traceback(error: BaseException) -> list[str]:
    """Where an exception came from, for the log: no message, no source line, no value."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
