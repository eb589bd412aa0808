"""Reading of posted forms: texts are cleaned, files streamed to the file store, and limits enforced."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header as parse_any_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.catalog.municipality import FileLimits
from bot.domain.submission import FileRef
from bot.portal.forms.limits import FormLimits, limits_of
from bot.portal.page_context import PageContext
from bot.portal.sessions import load
from bot.store import DiskFull, Tx
from bot.store.files import unattached
from bot.store.files.file_store import FULL, NOT_STORED, FileStore, IncomingFile, ReceivedFile, refuse_file
from bot.text import clean

BATCH_BYTES = 256 * 1024
"""Bytes that are parsed and written in one call to a thread."""

MAX_HEADER_BYTES = 2048
"""Bytes of a header with options: a name of a file takes at most 255 letters. The library is slow with many options."""

MAX_BOUNDARY_BYTES = 70
"""RFC 2046, section 5.1.1."""

AGAIN = "file.again"
"""The key of the reason where a file was refused since its form's key is expired or invalid."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file: accepted (`file`), or refused for a reason whose key is `refusal_key`."""

    field: str
    name: str
    file: FileRef | None = None
    refusal_key: str = ""


class FieldValues(dict[str, str]):
    """Values by field; empty for missing fields."""

    def __missing__(self, name: str) -> str:
        return ""


@dataclass
class PostedForm:
    """The contents of a posted form."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)

    def get(self, name: str) -> str:
        return next((value for key, value in self.fields if key == name), "")

    def get_all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def first_values(self) -> FieldValues:
        """The first value of each field, for forms without repeated fields."""
        return FieldValues(reversed(self.fields))

    def require(self, *names: str) -> None:
        """Raises HTTPException 400 without these fields, which the form sends with every button, if only as empty.

        What is not sent at all must not be read as taken away.
        """
        if not {key for key, _ in self.fields}.issuperset(names):
            raise HTTPException(400)

    def accepted_files(self, name: str) -> list[FileRef]:
        return [upload.file for upload in self.uploads if upload.field == name and upload.file]

    def refused_files(self, name: str) -> list[Upload]:
        return [upload for upload in self.uploads if upload.field == name and upload.refusal_key]


KeyCheck = Callable[[str], object]
"""Returns whether a form's key is valid (truthy)."""


def accept_no_key(key: str) -> object:
    """A `KeyCheck` that accepts no key."""
    return None


async def read_form(page: PageContext, holds: KeyCheck = accept_no_key) -> PostedForm:
    """Read the form of a request; cached in the request, for pages that ask for something else first.

    The limits are those of its route. Files are stored only where they follow a form key that `holds` accepts. Raises
    HTTPException 413 for a form beyond the limits, 400 for a malformed one.
    """
    page.request.state.is_form_begun = True
    posted = page.request.state.posted = await _read_form(page, holds)
    return posted


async def _read_form(page: PageContext, holds: KeyCheck) -> PostedForm:
    request, limits = page.request, limits_of(page.request)
    kind, options = _parse_options_header(request.headers.get("content-type", "").encode("latin-1"))
    if kind == b"application/x-www-form-urlencoded":
        return PostedForm(fields=await _read_urlencoded(request, limits))
    if kind != b"multipart/form-data" or not 0 < len(options.get(b"boundary", b"")) <= MAX_BOUNDARY_BYTES:
        raise HTTPException(400)
    receiver = await _create_receiver(page, limits, holds)
    with _MultipartReader(receiver, limits, options[b"boundary"]) as reader:
        # A part that ends may be sent to a storage, which no other thread is to wait for.
        await _feed(request, lambda data: page.deps.files.run(reader.feed, data), limits.max_bytes(request))
        posted = await asyncio.to_thread(reader.finish)
        accepted = [one.file for one in posted.uploads if one.file]
        if accepted:
            await page.deps.service.database.write(lambda tx: _save_rows(tx, accepted, page.now))
        reader.keep()
    return posted


def _parse_options_header(value: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """The header's value and its options. Raises HTTPException 400 where it is too long or malformed."""
    if len(value) > MAX_HEADER_BYTES:
        raise HTTPException(400)
    try:
        return parse_any_options_header(value)
    except FormParserError:
        raise HTTPException(400) from None


async def _create_receiver(page: PageContext, limits: FormLimits, holds: KeyCheck) -> _FileReceiver:
    """The receiver of the form's files, with a budget by session for signed-in people, else by address."""
    session = await load(page, limits.kind) if limits.kind else None
    receiver = _FileReceiver(page, holds, session.id if session else page.client_hash, session is not None)
    if limits.files:
        page.deps.upload_budget.set_stored(await page.deps.service.database.read(unattached.size))
    return receiver


def _save_rows(tx: Tx, files: list[FileRef], now: datetime) -> None:
    for file in files:
        unattached.save(tx, file, now)


async def _read_urlencoded(request: Request, limits: FormLimits) -> list[tuple[str, str]]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.max_text_bytes:
            raise HTTPException(413)
    return await asyncio.to_thread(_parse_urlencoded, bytes(body), limits.max_fields)


def _parse_urlencoded(body: bytes, max_fields: int) -> list[tuple[str, str]]:
    text = body.decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=max_fields, errors="replace")
    except ValueError:
        raise HTTPException(413) from None
    return [(name, clean(value)) for name, value in pairs]


async def _feed(request: Request, feed: Callable[[bytes], Awaitable[None]], max_bytes: int) -> None:
    buffer, total = bytearray(), 0
    async for chunk in request.stream():
        buffer += chunk
        total += len(chunk)
        if total > max_bytes:
            raise HTTPException(413)
        if len(buffer) >= BATCH_BYTES:
            await feed(bytes(buffer))
            buffer.clear()
    await feed(bytes(buffer))


@dataclass
class _FileReceiver:
    """Receives files within a budget. `taken` bytes have been reserved, and `stored` of them are retained."""

    page: PageContext
    holds: KeyCheck
    who: str
    known: bool
    taken: int = 0
    stored: int = 0

    @property
    def limits(self) -> FileLimits:
        return self.page.catalog.municipality.files

    def receive(self) -> IncomingFile:
        """Begin a file. Raises NOT_STORED."""
        return self.page.deps.files.receive(uuid.uuid4().hex)

    def add(self, incoming: IncomingFile, data: bytes) -> None:
        """Write the next chunk of a file. Raises DiskFull."""
        if not self.page.deps.upload_budget.reserve(self.who, len(data), self.page.now, known=self.known):
            raise DiskFull
        self.taken += len(data)
        incoming.add(data)

    def done(self) -> None:
        self.page.deps.upload_budget.settle(self.taken, self.stored)


@dataclass
class _Part:
    """The multipart part being read."""

    name: str = ""
    filename: str | None = None
    text: bytearray = field(default_factory=bytearray)
    incoming: IncomingFile | None = None
    refusal_key: str = ""


class _MultipartReader:
    """Parses a multipart body in chunks. Written files are removed again unless `keep` is called."""

    def __init__(self, receiver: _FileReceiver, limits: FormLimits, boundary: bytes) -> None:
        self._receiver = receiver
        self._limits = limits
        self._stack = contextlib.ExitStack()
        self._part = _Part()
        self._header = [bytearray(), bytearray()]
        self._posted = PostedForm()
        self._is_complete = False
        self._parts = self._files = self._text_bytes = 0
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda *piece: self._text(self._header[0], *piece),
                "on_header_value": lambda *piece: self._text(self._header[1], *piece),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._complete,
            },
        )

    def __enter__(self) -> _MultipartReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._receiver.done()

    def keep(self) -> None:
        """Retain the written files, whose rows are saved."""
        self._receiver.stored = sum(one.file.size for one in self._posted.uploads if one.file)
        self._stack.pop_all()

    def feed(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError:
            raise HTTPException(400) from None

    def finish(self) -> PostedForm:
        """The form, after the last chunk."""
        if not self._is_complete:
            raise HTTPException(400)
        return self._posted

    def _complete(self) -> None:
        self._is_complete = True

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.max_fields:
            raise HTTPException(413)
        self._part = _Part()

    def _header_end(self) -> None:
        name, value = (bytes(part) for part in self._header)
        self._header = [bytearray(), bytearray()]
        if name.lower() != b"content-disposition":
            return
        _, options = _parse_options_header(value)
        self._part.name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            self._part.filename = options[b"filename"].decode("utf-8", "replace")

    def _headers_finished(self) -> None:
        part = self._part
        if not part.filename:
            return
        self._files += 1
        if self._files > self._receiver.limits.max_files:
            part.refusal_key = "file.many"
        elif not self._limits.files or not self._receiver.holds(self._posted.get("key")):
            part.refusal_key = AGAIN
        else:
            self._receive(part)

    def _receive(self, part: _Part) -> None:
        try:
            part.incoming = self._receiver.receive()
        except NOT_STORED:
            part.refusal_key = FULL
        else:
            self._stack.callback(part.incoming.discard)

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part.filename:
            self._file_data(part, data[start:end])
        elif part.filename is None:
            self._text(part.text, data, start, end)

    def _text(self, into: bytearray, data: bytes, start: int, end: int) -> None:
        """Append a piece of a field's value or a part's headers, within the limits."""
        self._text_bytes += end - start
        if self._text_bytes > self._limits.max_text_bytes:
            raise HTTPException(413)
        into += data[start:end]

    def _file_data(self, part: _Part, data: bytes) -> None:
        if part.incoming is None or part.refusal_key:
            return
        try:
            self._receiver.add(part.incoming, data)
        except NOT_STORED:
            part.refusal_key = FULL
        if part.incoming.size > self._receiver.limits.max_bytes:
            part.refusal_key = "file.large"
        if part.refusal_key:
            part.incoming.discard()

    def _end(self) -> None:
        part = self._part
        if part.filename:
            self._posted.uploads.append(self._upload(part, part.filename))
        elif part.filename is None:
            text = clean(bytes(part.text).decode("utf-8", "replace"))
            self._posted.fields.append((part.name, text))

    def _upload(self, part: _Part, filename: str) -> Upload:
        if part.refusal_key or part.incoming is None:
            received = refuse_file(filename, part.refusal_key)
        else:
            received = self._validate(part.incoming, filename)
        return Upload(part.name, received.name, received.file, received.refusal_key)

    def _validate(self, incoming: IncomingFile, filename: str) -> ReceivedFile:
        try:
            return incoming.validate(filename, self._receiver.limits)
        except NOT_STORED:
            return refuse_file(filename, FULL)


async def open_file(store: FileStore, file_id: str) -> Iterator[bytes]:
    """The file's chunks for a response. Raises HTTPException 404 where it is gone, and FilesUnavailable."""
    try:
        return await store.run(store.open, file_id)
    except FileNotFoundError:
        raise HTTPException(404) from None
