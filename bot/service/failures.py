"""Failures that only a bug or a broken store explains, as the log may tell of them."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable
from typing import TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")


async def log_failure(work: Awaitable[T], event: str, **fields: object) -> T | None:
    """What `work` returns; None where it fails, which is logged as `event` with its fields, for what must go on then.

    CancelledError is raised.
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
