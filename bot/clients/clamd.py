"""The virus scanner clamd, by its INSTREAM command (clamd(8))."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Literal

from bot.clients.errors import PermanentFailure, TemporaryFailure

CONNECT_SECONDS = 10.0
REPLY_SECONDS = 180.0
"""How long a step may take: one chunk, or the verdict after the last. clamd's own limit of a scan is 120 seconds."""

MAX_REPLY_BYTES = 4096

Verdict = Literal["clean", "infected"]
RunInThread = Callable[..., Awaitable[Any]]
"""What runs a function with its arguments in a thread."""


class Clamd:
    """clamd at `host:port` or `unix:/path`. Every call opens a connection of its own, as clamd expects."""

    def __init__(self, address: str, reply_seconds: float = REPLY_SECONDS) -> None:
        self.address = address
        self._reply_seconds = reply_seconds

    async def version(self) -> str:
        """Its version and that of its signatures. Raises TemporaryFailure where it does not answer."""
        async with self._connect() as (reader, writer):
            writer.write(b"zVERSION\0")
            async with asyncio.timeout(CONNECT_SECONDS):
                return await _read_reply(reader)

    async def scan(self, chunks: Iterable[bytes], run: RunInThread = asyncio.to_thread) -> Verdict:
        """Scan a content, whose chunks are read in a thread by `run`.

        Raises PermanentFailure for a content that clamd does not scan (`scan_size` where it is too large for its
        StreamMaxLength, else `scan_refused`), and TemporaryFailure where it does not answer.
        """
        async with self._connect() as (reader, writer):
            # Read from the start: it answers and hangs up in the midst of a content that is too large.
            answer = asyncio.create_task(_read_reply(reader))
            remaining = iter(chunks)
            try:
                await self._send(writer, lambda: run(next, remaining, None), answer)
                async with asyncio.timeout(self._reply_seconds):
                    reply = await answer
            finally:
                answer.cancel()
                await asyncio.gather(answer, return_exceptions=True)
        if reply.endswith(" OK"):
            return "clean"
        if reply.endswith(" FOUND"):
            return "infected"
        raise PermanentFailure("scan_size" if "size limit exceeded" in reply else "scan_refused")

    async def _send(
        self, writer: asyncio.StreamWriter, read: Callable[[], Awaitable[Any]], answer: asyncio.Task[str]
    ) -> None:
        """Each chunk after its length in four bytes, and a length of zero as the end; until there is an answer."""
        writer.write(b"zINSTREAM\0")
        while (chunk := await read()) is not None:
            if answer.done():
                return
            if chunk:
                writer.write(struct.pack("!L", len(chunk)) + chunk)
            with contextlib.suppress(ConnectionError):  # the answer says why, or that there is none
                async with asyncio.timeout(self._reply_seconds):
                    await writer.drain()
        writer.write(struct.pack("!L", 0))

    @contextlib.asynccontextmanager
    async def _connect(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection. TemporaryFailure: an outage where none is opened; also where it breaks or is silent."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await self._open()
        except (OSError, TimeoutError):
            raise TemporaryFailure("scanner_down", is_outage=True) from None
        try:
            yield reader, writer
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise TemporaryFailure("scanner_broke") from None
        finally:
            writer.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.address.startswith("unix:"):
            path = self.address.removeprefix("unix:")
            return await asyncio.open_unix_connection(path, limit=MAX_REPLY_BYTES)
        host, _, port = self.address.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port), limit=MAX_REPLY_BYTES)


async def _read_reply(reader: asyncio.StreamReader) -> str:
    reply = await reader.readuntil(b"\0")
    return reply[:-1].decode("utf-8", "replace").strip()


def require_address(address: str) -> str:
    """The address as given. Raises ValueError for one that is neither `host:port` nor `unix:/path`."""
    host, _, port = address.rpartition(":")
    is_socket = address.startswith("unix:/")
    if not is_socket and not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError("is neither host:port nor unix:/path")
    return address
