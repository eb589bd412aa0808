"""Validation of requests from Slack, the same for HTTP and Socket Mode."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.handlers.request.payload import parse_payload

MAX_DEPTH = 60
"""The deepest nesting of lists and objects; Slack's own are below twenty."""

Headers = Mapping[str, str | Sequence[str]]


class InvalidRequest(Exception):
    """The request is refused; `reason` is a word for the log, without any of the request's content.

    `status` is the HTTP status of the response.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def parse_request(body: object, headers: Headers) -> AsyncBoltRequest:
    """The request for Bolt, from parsed JSON or a form. Raises InvalidRequest.

    Its context holds the parsed payload, which Bolt passes to each listener as the argument `payload_model`. Bolt also
    reads the body itself, and fails where it is not as expected.
    """
    valid = _validate_json(body)
    try:
        context = {"payload_model": parse_payload(valid)}
        return AsyncBoltRequest(body=valid, headers=dict(headers), context=context, mode="socket_mode")
    except (AttributeError, LookupError, TypeError, ValueError, ValidationError):
        raise InvalidRequest(400, "shape") from None


def _validate_json(payload: object) -> dict[str, Any]:
    """The payload as an object that can be serialised again: Python's parser accepts more than JSON."""
    try:
        # Fails for lone surrogates, which JSON can escape but UTF-8 cannot encode, and for NaN and infinity.
        json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise InvalidRequest(400, "json") from None
    if not isinstance(payload, dict) or not _is_within_depth(payload):
        raise InvalidRequest(400, "json")
    return payload


def _is_within_depth(payload: dict[str, Any]) -> bool:
    """Whether nothing is nested deeper than MAX_DEPTH."""
    level: list[Any] = [payload]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return not level
