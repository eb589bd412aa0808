"""Reading of requests: authentication, size, language and JSON."""

from __future__ import annotations

import hashlib
import hmac
import json
from http import HTTPStatus
from typing import Any, NoReturn

from starlette.requests import Request

from bot.catalog.models import Catalog
from bot.catalog.municipality import Source
from bot.intake.api.problems import ApiError
from bot.text import LANGUAGES, Words, clean, words

MAX_NESTING = 20
_BASE64 = 4 / 3


def authenticate_source(request: Request, catalog: Catalog) -> Source:
    """The source of the request's token, which is compared with every source's in constant time. Raises ApiError."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    hashed = hashlib.sha256(token.strip().encode()).hexdigest()
    found = None
    for source in catalog.municipality.sources:
        if hmac.compare_digest(source.token_sha256, hashed):
            found = source
    if scheme.lower() != "bearer" or found is None:
        raise ApiError(HTTPStatus.UNAUTHORIZED, "api.token")
    return found


def request_words(request: Request) -> Words:
    """Swedish, unless the request asks for English first."""
    for part in request.headers.get("accept-language", "").split(","):
        language = part.partition(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return words(language)
    return words("sv")


def max_request_bytes(catalog: Catalog) -> int:
    """The largest request: two of the largest files in base64, and a megabyte for the rest."""
    return int(catalog.municipality.files.max_bytes * 2 * _BASE64) + 1024**2


async def read_body(request: Request, limit: int) -> bytes:
    """The body, counted while it is received. Raises ApiError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "api.media")
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
    return b"".join(pieces)


def refuse_large(request: Request, limit: int) -> None:
    """Raise ApiError where the Content-Length is too large."""
    stated_length = request.headers.get("content-length", "")
    if stated_length.isdecimal() and int(stated_length[:20]) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> ApiError:
    return ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "api.large", mb=limit // 1024**2)


def parse_json(body: bytes) -> Any:
    """The body's JSON, with or without a byte order mark, its values as sent. Raises ApiError."""
    try:
        raw = json.loads(body.decode("utf-8-sig"), parse_constant=_reject_constant, object_pairs_hook=_object)
        _check_nesting(raw, MAX_NESTING)
    except (ValueError, RecursionError):
        raise ApiError(HTTPStatus.BAD_REQUEST, "api.json") from None
    return raw


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object with cleaned names. Raises for duplicate names, of which either may be meant."""
    named = {clean(name): value for name, value in pairs}
    if len(named) != len(pairs):
        raise ApiError(HTTPStatus.BAD_REQUEST, "api.twice")
    return named


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check_nesting(value: Any, levels: int) -> None:
    if not levels:
        raise RecursionError
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inside:
        _check_nesting(item, levels - 1)
