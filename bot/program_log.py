"""The program's own log: a line of JSON for each event, those of libraries too, without personal data."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

AT_WILL = frozenset({"api_refused", "disk_full", "slack_turned_away"})
"""Log events that anyone can cause as often as they send a request."""

MINUTE = 60.0


class Repeats:
    """Writes each kind of line of `AT_WILL` at most once a minute, with how many were left out since."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._written: dict[tuple[object, ...], float] = {}
        self._left_out: Counter[tuple[object, ...]] = Counter()

    def __call__(
        self, logger: object, method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """The structlog processor. Raises DropEvent for a line that was written within the last minute."""
        if line["event"] not in AT_WILL:
            return line
        kind = line["event"], line.get("why"), line.get("reason"), line.get("path")
        now = self._seconds()
        if now - self._written.get(kind, -MINUTE) < MINUTE:
            self._left_out[kind] += 1
            raise structlog.DropEvent
        self._written[kind] = now
        left_out = self._left_out.pop(kind, 0)
        return {**line, "left_out": left_out} if left_out else line


class LibraryFormatter(logging.Formatter):
    """A library's line as JSON: whose it is and where in its code. Its text may quote a person, and is left out."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        line = {
            "event": "library",
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "logger": record.name,
            "where": [f"{record.filename}:{record.lineno} {record.funcName}"],
        }
        if error is not None:
            from bot.service import safe_traceback  # noqa: PLC0415, which takes half of the time of a small command

            line |= {"error": type(error).__name__, "where": safe_traceback(error)}
        return json.dumps(line)


def configure_logging(stream: TextIO) -> None:
    """Log each event as one line of JSON, those of libraries too. Tracebacks hold no local values."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LibraryFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # Malformed requests are counted instead: anyone could fill the log with them.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    # Bolt's warnings are about requests; what matters of that the program logs itself.
    slack = logging.getLogger("slack_bolt")
    slack.setLevel(logging.ERROR)
    slack.addFilter(_strip_message)
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(stream),
        processors=[
            Repeats(),
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def _strip_message(record: logging.LogRecord) -> bool:
    """Keep only where a line was logged: its text may quote a person, or hold a connection URL with its ticket."""
    record.msg, record.args = f"slack_library {record.levelname.lower()} {record.module}:{record.lineno}", ()
    record.exc_info = record.exc_text = record.stack_info = None
    return True
