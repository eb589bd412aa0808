"""A server that speaks clamd's protocol, as far as scanning a stream goes (clamd(8), INSTREAM)."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The file that every scanner says is harmful, and that harms nothing (eicar.org)."""


@dataclass
class ClamdServer:
    """What it has scanned, and how it behaves."""

    address: str = ""
    max_bytes: int = 25 * 1024 * 1024
    hangs_up: bool = False
    """Whether it closes the connection in the midst of a stream, as a daemon that crashes."""
    is_silent: bool = False
    """Whether it never gives its verdict."""
    scanned: list[bytes] = field(default_factory=list)

    async def on_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            command = await reader.readuntil(b"\0")
            reply = await self._scan(reader) if command == b"zINSTREAM\0" else b"ClamAV 1.4.3/27500"
            if reply is not None:
                writer.write(reply + b"\0")
                await writer.drain()
        writer.close()

    async def _scan(self, reader: asyncio.StreamReader) -> bytes | None:
        content = bytearray()
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            if len(content) + size > self.max_bytes:
                return b"INSTREAM size limit exceeded. ERROR"
            content += await reader.readexactly(size)
            if self.hangs_up:
                return None
        self.scanned.append(bytes(content))
        if self.is_silent:
            await reader.read()
            return None
        return b"stream: Eicar-Signature FOUND" if EICAR in content else b"stream: OK"


@contextlib.asynccontextmanager
async def running_clamd(path: str = "") -> AsyncIterator[ClamdServer]:
    """The server, at a port of its own or at the socket with that path."""
    clamd = ClamdServer()
    if path:
        server = await asyncio.start_unix_server(clamd.on_connected, path)
        clamd.address = f"unix:{path}"
    else:
        server = await asyncio.start_server(clamd.on_connected, "127.0.0.1", 0)
        clamd.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield clamd
