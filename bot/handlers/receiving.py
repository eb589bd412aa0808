"""Slack's door over HTTP: size, signature, and whether what came can be understood, before anything is done with it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn
from urllib.parse import parse_qs

import structlog
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.handlers.shapes import fits, is_shallow

log = structlog.get_logger()

MOST = 4 * 1024**2
"""Bytes of one request: a view of 250 kB, what was typed in it, and much to spare."""

Door = Callable[[Request], Awaitable[Response]]


class _Turned(Exception):
    """The request goes no further; `why` is a word for the log, which holds nothing of what came."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


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
            if told.get("ssl_check") == "1":  # Slack asks whether anyone is there
                return Response()
            heard = _heard(request, told)
        except _Turned as turned:
            log.info("slack_turned_away", why=turned.why)
            return Response(status_code=turned.status)
        return to_starlette_response(await app.async_dispatch(heard))

    return answer


def _refuse_unmeasured(request: Request) -> None:
    """Whoever says no size, or too large a one, is not read."""
    stated = request.headers.get("content-length", "")
    if not stated.isascii() or not stated.isdecimal() or len(stated) > 9 or int(stated) > MOST:
        raise _Turned(413, "size")


async def _body(request: Request) -> bytes:
    """What is sent in chunks may state any size as well, so what comes is measured too."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST:
                raise _Turned(413, "size")
    except ClientDisconnect:
        raise _Turned(400, "cut") from None
    return bytes(body)


def _refuse_unsigned(request: Request, body: bytes, verifier: SignatureVerifier) -> None:
    stamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    # The library takes both for what they should be, and the body for text.
    sound = stamp.isascii() and stamp.isdecimal() and len(stamp) < 20 and signature.isascii()
    if not sound or not _is_text(body) or not verifier.is_valid(body, stamp, signature):
        raise _Turned(401, "signature")


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parsed(request: Request, body: bytes) -> dict[str, Any]:
    """The request's object: its JSON, the JSON in its form, or the form itself."""
    text = body.decode()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _object(text)
    if kind != "application/x-www-form-urlencoded" or text.startswith("{"):
        raise _Turned(415, "media")
    fields = _fields(text)
    return _object(fields["payload"]) if "payload" in fields else fields


def _fields(text: str) -> dict[str, str]:
    try:
        pairs = parse_qs(text, keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError:
        raise _Turned(400, "form") from None
    if any(len(values) > 1 for values in pairs.values()):
        raise _Turned(400, "form")
    return {name: values[0] for name, values in pairs.items()}


def _object(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text, parse_constant=_no_constant)
        # Half a pair of surrogates can be written in JSON, but nowhere else.
        json.dumps(told, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise _Turned(400, "json") from None
    if not isinstance(told, dict) or not is_shallow(told):
        raise _Turned(400, "json")
    return told


def _heard(request: Request, told: dict[str, Any]) -> AsyncBoltRequest:
    """The request for Bolt, which reads some of it of its own, and fails where that is not what it thinks."""
    if not fits(told):
        raise _Turned(400, "shape")
    try:
        return AsyncBoltRequest(body=told, headers=dict(request.headers), mode="socket_mode")
    except (AttributeError, LookupError, TypeError, ValueError):
        raise _Turned(400, "shape") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
