"""Forms as they arrive: texts cleaned, files straight to the file store, limits kept while reading."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.catalog.municipality import FileLimits
from bot.domain.intake import FileRef
from bot.portal.visit import Visit
from bot.store import Tx, loose_files
from bot.store.files import FileStore, Incoming, turned_away
from bot.text import clean

BATCH = 256 * 1024
"""Bytes parsed and written in one hop to a thread."""

TEXT_BYTES = 500_000
ALL_TEXT_BYTES = 4_000_000
PARTS = 600


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came: taken (`file`), or refused for a reason whose key is `refused`."""

    field: str
    name: str
    file: FileRef | None = None
    refused: str = ""


class Values(dict[str, str]):
    """What was typed, by field; nothing where nothing was."""

    def __missing__(self, name: str) -> str:
        return ""


@dataclass
class Posted:
    """What a form brought."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)

    def one(self, name: str) -> str:
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def values(self) -> Values:
        """Each field once, for forms that ask everything once."""
        return Values(reversed(self.fields))

    def taken(self, name: str) -> list[FileRef]:
        return [one.file for one in self.uploads if one.field == name and one.file]

    def refused(self, name: str) -> list[Upload]:
        return [one for one in self.uploads if one.field == name and one.refused]


async def read_form(visit: Visit) -> Posted:
    """The form of a request, kept with it for a page that asks for something else first.

    HTTPException 413 when it is larger than a form may be, 400 when it is broken.
    """
    posted = visit.request.state.posted = await _read_form(visit)
    return posted


async def _read_form(visit: Visit) -> Posted:
    request, kit = visit.request, visit.kit
    kind, options = parse_options_header(request.headers.get("content-type"))
    await _refuse_large(request, kit.max_request)
    if kind == b"application/x-www-form-urlencoded":
        return Posted(fields=await _texts(request))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise HTTPException(400)
    limits = visit.catalog.municipality.files
    with _Reader(kit.files, limits, options[b"boundary"]) as reader:
        await _feed(request, reader, kit.max_request)
        posted = await asyncio.to_thread(reader.posted)
        taken = [one.file for one in posted.uploads if one.file]
        if taken:
            await kit.service.database.write(lambda tx: _expect(tx, taken, visit.now))
        reader.keep()
    return posted


def _expect(tx: Tx, files: list[FileRef], now: datetime) -> None:
    for file in files:
        loose_files.expect(tx, file, now)


async def _refuse_large(request: Request, most: int) -> None:
    """Turn away what says itself that it is too large; read to its end within reason, or no browser shows why."""
    said = request.headers.get("content-length", "0")
    if said.isdecimal() and int(said) <= most:
        return
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > most * 2:
            break
    raise HTTPException(413)


async def _texts(request: Request) -> list[tuple[str, str]]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > ALL_TEXT_BYTES:
            raise HTTPException(413)
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=PARTS, errors="replace"
        )
    except ValueError:
        raise HTTPException(413) from None
    return [(name, clean(value)) for name, value in pairs]


async def _feed(request: Request, reader: _Reader, most: int) -> None:
    waiting, total = bytearray(), 0
    async for chunk in request.stream():
        waiting += chunk
        total += len(chunk)
        if total > most:
            raise HTTPException(413)
        if len(waiting) >= BATCH:
            await asyncio.to_thread(reader.feed, bytes(waiting))
            waiting.clear()
    await asyncio.to_thread(reader.feed, bytes(waiting))


@dataclass
class _Part:
    """The part being read."""

    name: str = ""
    filename: str | None = None
    text: bytearray = field(default_factory=bytearray)
    incoming: Incoming | None = None
    refused: str = ""


class _Reader:
    """Takes a multipart body in pieces. What it has written is removed again unless `keep` is called."""

    def __init__(self, store: FileStore, limits: FileLimits, boundary: bytes) -> None:
        self._store = store
        self._limits = limits
        self._stack = contextlib.ExitStack()
        self._part = _Part()
        self._header = [bytearray(), bytearray()]
        self._posted = Posted()
        self._whole = False
        self._parts = self._files = self._text_bytes = 0
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._complete,
            },
        )

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def keep(self) -> None:
        """Everything is noted in the database: the bytes stay."""
        self._stack.pop_all()

    def feed(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError:
            raise HTTPException(400) from None

    def posted(self) -> Posted:
        """What came, when all of it has."""
        if not self._whole:
            raise HTTPException(400)
        return self._posted

    def _complete(self) -> None:
        self._whole = True

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > PARTS:
            raise HTTPException(413)
        self._part = _Part()

    def _header_end(self) -> None:
        name, value = (bytes(part) for part in self._header)
        self._header = [bytearray(), bytearray()]
        if name.lower() != b"content-disposition":
            return
        _, options = parse_options_header(value)
        self._part.name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            self._part.filename = options[b"filename"].decode("utf-8", "replace")

    def _headers_finished(self) -> None:
        part = self._part
        if not part.filename:
            return
        self._files += 1
        if self._files > self._limits.max_files:
            part.refused = "file.many"
            return
        part.incoming = self._store.receive(uuid.uuid4().hex)
        self._stack.callback(part.incoming.drop)

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part.filename:
            self._file_data(part, data[start:end])
        elif part.filename is None and len(part.text) < TEXT_BYTES:
            part.text += data[start:end]
            self._text_bytes += end - start
            if self._text_bytes > ALL_TEXT_BYTES:
                raise HTTPException(413)

    def _file_data(self, part: _Part, data: bytes) -> None:
        if part.incoming is None or part.refused:
            return
        part.incoming.add(data)
        if part.incoming.size > self._limits.max_bytes:
            part.incoming.drop()
            part.refused = "file.large"

    def _end(self) -> None:
        part = self._part
        if part.filename:
            self._posted.uploads.append(self._upload(part, part.filename))
        elif part.filename is None:
            text = clean(bytes(part.text).decode("utf-8", "replace"))
            self._posted.fields.append((part.name, text))

    def _upload(self, part: _Part, filename: str) -> Upload:
        if part.refused or part.incoming is None:
            came = turned_away(filename, part.refused)
        else:
            came = part.incoming.judged(filename, self._limits)
        return Upload(part.name, came.name, came.file, came.refused)


def chunks_of(store: FileStore, file_id: str) -> Iterator[bytes]:
    """The file for an answer; 404 before the first byte where it is gone."""
    if not store.path(file_id).is_file():
        raise HTTPException(404)
    return store.read(file_id)
