"""The HTTP endpoint for Slack: size, signature and media type are checked before the body is parsed."""

from __future__ import annotations

import asyncio
import binascii
import json
from collections.abc import Awaitable, Callable
from typing import Any

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

MAX_BODY_BYTES = 4 * 1024**2
"""Bytes of one request. They are held before the signature is known to be Slack's.

The largest that Slack's documented limits allow is 3.3 MB, a view of 250 kB with what is typed in it: 100 blocks of
3,000 letters, each of them an escape in JSON whose backslash is an escape of the form (8 bytes).
"""

LARGE_BODY_BYTES = 64 * 1024
"""Bytes from which a body is verified and parsed in a thread, so as not to block the event loop."""

MAX_VALUES = 80_000
"""Values, keys included, of one request: parsing them holds the interpreter, so that a thread is of no help.

The view of 250 kB that has most, one of nothing but options, has 32,000, and as many again where all are chosen.
"""

MAX_FORM_FIELDS = 100
"""Fields of a form: a slash command has some fifteen."""


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
    in_thread = asyncio.Lock()

    async def verify_and_parse(request: Request, body: bytes) -> AsyncBoltRequest | None:
        if len(body) < LARGE_BODY_BYTES:
            return _verify_and_parse(request, body, verifier)
        # One at a time: the event loop waits for the interpreter as often as there are threads that use it.
        async with in_thread:
            return await asyncio.to_thread(_verify_and_parse, request, body, verifier)

    async def answer(request: Request) -> Response:
        try:
            _check_size(request)
            bolt_request = await verify_and_parse(request, await _read_body(request))
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
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        return _parse_json(body.decode())
    if media_type != "application/x-www-form-urlencoded" or body.startswith(b"{"):
        raise InvalidRequest(415, "media")
    fields = _parse_form(body)
    return _parse_json(fields["payload"]) if "payload" in fields else fields


def _parse_form(body: bytes) -> dict[str, str]:
    pairs = [pair.partition(b"=") for pair in body.split(b"&", MAX_FORM_FIELDS) if pair]
    fields = {_decode(name): _decode(value) for name, _, value in pairs}
    if len(pairs) > MAX_FORM_FIELDS or len(fields) < len(pairs):
        raise InvalidRequest(400, "form")
    return fields


def _decode(encoded: bytes) -> str:
    """The text of a form's name or value. Raises InvalidRequest where an escape or a letter is broken.

    The standard library decodes a form's escapes one by one in Python, and those of quoted-printable, which differ in
    their first sign alone, in C: that takes a fiftieth of the time.
    """
    quoted = encoded.replace(b"+", b" ").replace(b"=", b"=3D").replace(b"%", b"=")
    decoded = binascii.a2b_qp(quoted)
    is_line_broken = b"\n" in encoded or b"\r" in encoded  # which would end an escape in quoted-printable
    if is_line_broken or len(decoded) != len(quoted) - 2 * quoted.count(b"="):
        raise InvalidRequest(400, "form")
    try:
        return decoded.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(400, "form") from None


def _parse_json(text: str) -> Any:
    if sum(text.count(sign) for sign in ",:[") > MAX_VALUES:
        raise InvalidRequest(413, "size")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequest(400, "json") from None
