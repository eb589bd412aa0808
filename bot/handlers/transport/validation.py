"""Whether what Slack sends can be understood, whichever way it comes, before anything is done with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.handlers.request.payload import parse_payload

MAX_DEPTH = 60
"""How deep lists and objects may lie in each other; Slack's own stay below twenty."""

Headers = Mapping[str, str | Sequence[str]]


class InvalidRequest(Exception):
    """The request goes no further; `reason` is a word for the log, which holds nothing of what came.

    `status` is what whoever sent it over HTTP is answered.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def parse_request(body: object, headers: Headers) -> AsyncBoltRequest:
    """The request for Bolt, of what was sent as JSON or in a form. InvalidRequest.

    Its context has the parsed payload, which Bolt hands to each listener as its argument `payload_model`. Bolt reads
    some of the body of its own, and fails where that is not what it thinks.
    """
    valid = _validate_json(body)
    try:
        context = {"payload_model": parse_payload(valid)}
        return AsyncBoltRequest(body=valid, headers=dict(headers), context=context, mode="socket_mode")
    except (AttributeError, LookupError, TypeError, ValueError, ValidationError):
        raise InvalidRequest(400, "shape") from None


def _validate_json(payload: object) -> dict[str, Any]:
    """An object that can be written down again: Python reads more as JSON than there is elsewhere."""
    try:
        # Half a pair of surrogates can be written in JSON, but nowhere else; and what is no number cannot.
        json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise InvalidRequest(400, "json") from None
    if not isinstance(payload, dict) or not _is_within_depth(payload):
        raise InvalidRequest(400, "json")
    return payload


def _is_within_depth(value: Any, max_depth: int = MAX_DEPTH) -> bool:
    """Whether nothing lies deeper in it than that."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return max_depth > 0 and all(_is_within_depth(one, max_depth - 1) for one in inner)
