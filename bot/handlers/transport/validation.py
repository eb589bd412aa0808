"""Whether what Slack sends can be understood, whichever way it comes, before anything is done with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest

from bot.handlers.transport.payload_models import fits, is_shallow

Headers = Mapping[str, str | Sequence[str]]


class Turned(Exception):
    """The request goes no further; `why` is a word for the log, which holds nothing of what came.

    `status` is what whoever sent it over HTTP is answered.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


def judged(told: object, headers: Headers) -> AsyncBoltRequest:
    """The request for Bolt, of what was sent as JSON or in a form. Turned.

    Bolt reads some of it of its own, and fails where that is not what it thinks.
    """
    sound = _sound(told)
    if not fits(sound):
        raise Turned(400, "shape")
    try:
        return AsyncBoltRequest(body=sound, headers=dict(headers), mode="socket_mode")
    except (AttributeError, LookupError, TypeError, ValueError):
        raise Turned(400, "shape") from None


def _sound(told: object) -> dict[str, Any]:
    """An object that can be written down again: Python reads more as JSON than there is elsewhere."""
    try:
        # Half a pair of surrogates can be written in JSON, but nowhere else; and what is no number cannot.
        json.dumps(told, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise Turned(400, "json") from None
    if not isinstance(told, dict) or not is_shallow(told):
        raise Turned(400, "json")
    return told
