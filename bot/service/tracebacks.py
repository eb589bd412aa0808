"""Where exceptions come from, as the log may say it."""

from __future__ import annotations

import traceback


def safe_traceback(error: BaseException) -> list[str]:
    """Where an exception came from, for the log: no message, no source line, no value."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
