"""Slack's door over HTTP: size, signature and media are judged before what was sent is."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import structlog
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.handlers.transport.validation import Turned, judged

log = structlog.get_logger()

MOST = 4 * 1024**2
"""Bytes of one request: a view of 250 kB, what was typed in it, and much to spare."""

Door = Callable[[Request], Awaitable[Response]]


def door(app: AsyncApp, signing_secret: str) -> Door:
    """What answers at Slack's request URL.

    Bolt's own parses a request before it looks at its signature, takes it for well made, and takes any text with
    "payload" in it for a form with that field. It is given what is already verified and parsed here.
    """
    verifier = SignatureVerifier(signing_secret)

    async def answer(request: Request) -> Response:
        try:
            _refuse_unmeasured(request)
            body = await _body(request)
            _refuse_unsigned(request, body, verifier)
            told = _parsed(request, body)
            if isinstance(told, dict) and told.get("ssl_check") == "1":  # Slack asks whether anyone is there
                return Response()
            heard = judged(told, request.headers)
        except ClientDisconnect:
            return Response(status_code=400)
        except Turned as turned:
            log.info("slack_turned_away", why=turned.why)
            return Response(status_code=turned.status)
        return to_starlette_response(await app.async_dispatch(heard))

    return answer


def _refuse_unmeasured(request: Request) -> None:
    """Whoever says no size, or too large a one, is not read."""
    stated = request.headers.get("content-length", "")
    if not stated.isascii() or not stated.isdecimal() or len(stated) > 9 or int(stated) > MOST:
        raise Turned(413, "size")


async def _body(request: Request) -> bytes:
    """What is sent in chunks may state any size as well, so what comes is measured too."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST:
            raise Turned(413, "size")
    return bytes(body)


def _refuse_unsigned(request: Request, body: bytes, verifier: SignatureVerifier) -> None:
    stamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    # The library takes both for what they should be, and the body for text.
    sound = stamp.isascii() and stamp.isdecimal() and len(stamp) < 20 and signature.isascii()
    if not sound or not _is_text(body) or not verifier.is_valid(body, stamp, signature):
        raise Turned(401, "signature")


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parsed(request: Request, body: bytes) -> Any:
    """What was sent: its JSON, the JSON in its form, or the form itself."""
    text = body.decode()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _read(text)
    if kind != "application/x-www-form-urlencoded" or text.startswith("{"):
        raise Turned(415, "media")
    fields = _fields(text)
    return _read(fields["payload"]) if "payload" in fields else fields


def _fields(text: str) -> dict[str, str]:
    try:
        pairs = parse_qs(text, keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError:
        raise Turned(400, "form") from None
    if any(len(values) > 1 for values in pairs.values()):
        raise Turned(400, "form")
    return {name: values[0] for name, values in pairs.items()}


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Turned(400, "json") from None
