"""The HTTP endpoint for Slack: size, signature and media type are checked before the body is parsed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import structlog
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.handlers.transport.payload_validation import InvalidRequest, parse_request
from bot.web.post_limits import PostLimits, RateLimitedBy

log = structlog.get_logger()

MAX_BODY_BYTES = 2 * 1024**2
"""Bytes of one request: more than a view of 250 kB with what is typed in it."""

LARGE_BODY_BYTES = 64 * 1024
"""Bytes from which a body is verified and parsed in a thread, so as not to block the event loop."""

MAX_VALUES = 60_000
"""Values, keys included, of one request: parsing them holds the interpreter, so that a thread is of no help."""

MAX_ESCAPES = 300_000
"""Escaped bytes of a form, for the same reason: a view of 250 kB has far fewer."""


class SlackLimits(PostLimits):
    """No rate limit for Slack; requests of others have no valid signature."""

    @property
    def rate_limited_by(self) -> RateLimitedBy:
        return "signature"

    def max_bytes(self, request: Request) -> int:
        return MAX_BODY_BYTES

    async def __call__(self, request: Request) -> None:
        """Nothing is checked here: the endpoint checks the size itself, and logs refusals."""


Endpoint = Callable[[Request], Awaitable[Response]]


def create_endpoint(app: AsyncApp, signing_secret: str) -> Endpoint:
    """The endpoint of Slack's request URL.

    Bolt's own adapter parses a request before it verifies the signature, fails on malformed ones, and takes any text
    with "payload" in it for a form. So requests are verified and parsed here, and passed to Bolt afterwards.
    """
    verifier = SignatureVerifier(signing_secret)

    async def answer(request: Request) -> Response:
        try:
            _check_size(request)
            body = await _read_body(request)
            work = partial(_verify_and_parse, request, body, verifier)
            bolt_request = work() if len(body) < LARGE_BODY_BYTES else await asyncio.to_thread(work)
            if bolt_request is None:
                return Response()
        except ClientDisconnect:
            return Response(status_code=400)
        except InvalidRequest as invalid:
            log.info("slack_turned_away", why=invalid.reason)
            return Response(status_code=invalid.status)
        return to_starlette_response(await app.async_dispatch(bolt_request))

    return answer


def _verify_and_parse(request: Request, body: bytes, verifier: SignatureVerifier) -> AsyncBoltRequest | None:
    """The request for Bolt; None where Slack checks whether the endpoint is alive. Raises InvalidRequest."""
    _check_signature(request, body, verifier)
    payload = _parse_body(request, body)
    if isinstance(payload, dict) and payload.get("ssl_check") == "1":
        return None
    return parse_request(payload, request.headers)


def _check_size(request: Request) -> None:
    """Raise InvalidRequest where the Content-Length is missing or too large."""
    declared = request.headers.get("content-length", "")
    if (
        not declared.isascii()
        or not declared.isdecimal()
        or len(declared) > 9
        or int(declared) > MAX_BODY_BYTES
    ):
        raise InvalidRequest(413, "size")


async def _read_body(request: Request) -> bytes:
    """Read the body, counting it: with chunked encoding the Content-Length may be wrong."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise InvalidRequest(413, "size")
    return bytes(body)


def _check_signature(request: Request, body: bytes, verifier: SignatureVerifier) -> None:
    timestamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    # The SDK expects well-formed headers, and a body that is text.
    is_well_formed = (
        timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 20 and signature.isascii()
    )
    if not is_well_formed or not _is_utf8(body) or not verifier.is_valid(body, timestamp, signature):
        raise InvalidRequest(401, "signature")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parse_body(request: Request, body: bytes) -> Any:
    """The JSON of the body, the JSON in the form's field `payload`, or the form itself."""
    text = body.decode()
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        return _parse_json(text)
    if media_type != "application/x-www-form-urlencoded" or text.startswith("{"):
        raise InvalidRequest(415, "media")
    fields = _parse_form(text)
    return _parse_json(fields["payload"]) if "payload" in fields else fields


def _parse_form(text: str) -> dict[str, str]:
    if text.count("%") > MAX_ESCAPES:
        raise InvalidRequest(413, "size")
    try:
        pairs = parse_qs(text, keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError:
        raise InvalidRequest(400, "form") from None
    if any(len(values) > 1 for values in pairs.values()):
        raise InvalidRequest(400, "form")
    return {name: values[0] for name, values in pairs.items()}


def _parse_json(text: str) -> Any:
    if sum(text.count(sign) for sign in ",:[") > MAX_VALUES:
        raise InvalidRequest(413, "size")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequest(400, "json") from None
