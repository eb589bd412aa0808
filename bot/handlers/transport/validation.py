"""Whether what Slack sends can be understood, whichever way it comes, before anything is done with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest

from bot.handlers.transport.payload_models import is_valid, is_within_depth

Headers = Mapping[str, str | Sequence[str]]


class InvalidRequest(Exception):
    """The request goes no further; `reason` is a word for the log, which holds nothing of what came.

    `status` is what whoever sent it over HTTP is answered.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def validate_request(payload: object, headers: Headers) -> AsyncBoltRequest:
    """The request for Bolt, of what was sent as JSON or in a form. InvalidRequest.

    Bolt reads some of it of its own, and fails where that is not what it thinks.
    """
    valid = _validate_json(payload)
    if not is_valid(valid):
        raise InvalidRequest(400, "shape")
    try:
        return AsyncBoltRequest(body=valid, headers=dict(headers), mode="socket_mode")
    except (AttributeError, LookupError, TypeError, ValueError):
        raise InvalidRequest(400, "shape") from None


def _validate_json(payload: object) -> dict[str, Any]:
    """An object that can be written down again: Python reads more as JSON than there is elsewhere."""
    try:
        # Half a pair of surrogates can be written in JSON, but nowhere else; and what is no number cannot.
        json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise InvalidRequest(400, "json") from None
    if not isinstance(payload, dict) or not is_within_depth(payload):
        raise InvalidRequest(400, "json")
    return payload
