"""Reading of requests: authentication, size, language and JSON."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NoReturn

from starlette.requests import Request

from bot.catalog.models import Catalog
from bot.catalog.municipality import Source
from bot.intake.api.problems import ApiError
from bot.text import LANGUAGES, Words, clean, words

MAX_NESTING = 20
MAX_TEXT_BYTES = 4 * 1024**2
"""Bytes of a body apart from the content of files."""
MAX_SIGNS = 200_000
"""Quotes, commas, colons and brackets of a body. Parsing holds the interpreter, so that a thread is of no help."""
_SIGNS = (b'"', b",", b":", b"[", b"{")
_BASE64 = 4 / 3
_BASE64_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_CHUNK = 256 * 1024
"""Bytes of a file's content that are looked at in one call, a multiple of four; others may run in between."""
_MAX_SPACE = 64
"""Bytes of space after a content that is set aside."""
_LONG = 16 * 1024
"""Bytes of the shortest content that is set aside."""


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """A request's JSON, in which long contents of files are replaced by names of `contents`, their base64."""

    json: Any
    contents: Mapping[str, memoryview] = field(default_factory=dict)
    _names: str = ""

    def decode(self, content: str) -> bytearray:
        """The bytes of a file by what stands for its content. Raises ValueError where that is no base64."""
        encoded = self.contents.get(content)
        if encoded is None:
            return bytearray(base64.b64decode(content, validate=True))
        decoded = bytearray()
        for start in range(0, len(encoded), _CHUNK):
            chunk = bytes(encoded[start : start + _CHUNK])
            if start + _CHUNK < len(encoded) and b"=" in chunk:
                raise ValueError("an end before the end")
            decoded += base64.b64decode(chunk, validate=True)
        return decoded

    def pieces(self, text: str) -> Iterator[bytes | memoryview]:
        """A text made of the JSON, in pieces, with the contents in their places."""
        names = re.split(f"({self._names}[0-9]+)", text) if self._names else [text]
        for name in names:
            content = self.contents.get(name)
            if content is None:
                yield name.encode()
            else:
                yield from (content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK))


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
    pieces, size, signs = [], 0, 0
    async for piece in request.stream():
        size += len(piece)
        signs += sum(piece.count(sign) for sign in _SIGNS)
        if size > limit:
            raise _too_large(limit)
        if signs > MAX_SIGNS:
            raise ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "api.parts")
        pieces.append(piece)
    return await asyncio.to_thread(b"".join, pieces)


def refuse_large(request: Request, limit: int) -> None:
    """Raise ApiError where the Content-Length is too large."""
    stated_length = request.headers.get("content-length", "")
    if stated_length.isdecimal() and int(stated_length[:20]) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> ApiError:
    return ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "api.large", mb=limit // 1024**2)


def parse_json(body: bytes) -> ParsedBody:
    """The body's JSON, with or without a byte order mark, its values as sent. Raises ApiError."""
    names = f"content-{uuid.uuid4().hex}-"
    text, contents = _set_contents_aside(body, names)
    if len(text) > MAX_TEXT_BYTES:
        raise ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "api.parts")
    try:
        raw = json.loads(text.decode("utf-8-sig"), parse_constant=_reject_constant, object_pairs_hook=_object)
        _check_nesting(raw, MAX_NESTING)
    except (ValueError, RecursionError):
        raise ApiError(HTTPStatus.BAD_REQUEST, "api.json") from None
    return ParsedBody(raw, contents, names)


def _set_contents_aside(body: bytes, names: str) -> tuple[bytes, dict[str, memoryview]]:
    """The body with a name in place of each long string of base64, and those by name."""
    pieces: list[bytes] = []
    contents: dict[str, memoryview] = {}
    taken = at = 0
    while (opening := body.find(b'"', at)) >= 0 and (closing := _end_of_string(body, opening + 1)) >= 0:
        at = closing + 1
        content = memoryview(body)[opening + 1 : closing]
        if len(content) >= _LONG and _is_value(body, at) and _is_base64(content):
            name = f"{names}{len(contents)}"
            contents[name] = content
            pieces += [body[taken : opening + 1], name.encode()]
            taken = closing
    return b"".join([*pieces, body[taken:]]), contents


def _is_value(body: bytes, end: int) -> bool:
    """Whether the string that ends there is a value, and not a name."""
    return body[end : end + _MAX_SPACE].lstrip()[:1] in (b",", b"}", b"]")


def _end_of_string(body: bytes, start: int) -> int:
    """The position of the quote that ends the string; -1 where there is none."""
    while (at := body.find(b'"', start)) >= 0:
        before = body[start:at]
        if (len(before) - len(before.rstrip(b"\\"))) % 2 == 0:
            return at
        start = at + 1
    return -1


def _is_base64(content: memoryview) -> bool:
    """Whether all of it is letters of base64; such a string means the same in JSON as its bytes."""
    chunks = (bytes(content[at : at + _CHUNK]) for at in range(0, len(content), _CHUNK))
    return not any(chunk.translate(None, _BASE64_LETTERS) for chunk in chunks)


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
