"""Clients that are slow, silent or gone: they keep nothing busy, and nobody is woken for them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import structlog
from fastapi import FastAPI, Response

from bot.catalog.models import Catalog
from bot.intake.api import router as api
from bot.portal import mount
from bot.serving import HANDLED_AT_ONCE, MAX_HEAD_BYTES, Server, TimedProtocol, Timeouts
from bot.store import Database
from tests.conftest import PATIENCE, Clock
from tests.portal.conftest import create_portal
from tests.portal.portal_catalog import portal_catalog

HEAD = (
    "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tok_of_a_source\r\n"
    "Content-Length: {size}\r\nContent-Type: {kind}\r\n\r\n"
)
FILE = b'--x\r\nContent-Disposition: form-data; name="svar-ritning"; filename="a.pdf"\r\n\r\n'
TIMES = Timeouts(head=1000, silence=1500, body=90_000, unread=1500)
"""Longer than a test can take, so that only the time that it says has passed counts."""

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Served:
    """The pages and the API, served as the program serves them."""

    server: Server
    port: int
    files: Any
    lines: list[Line] = field(default_factory=list)

    @property
    def connections(self) -> list[TimedProtocol]:
        return [one for one in self.server.server_state.connections if isinstance(one, TimedProtocol)]

    async def connect(self, sent: bytes = b"") -> Line:
        line = await asyncio.open_connection("127.0.0.1", self.port)
        line[1].write(sent)
        self.lines.append(line)
        return line

    async def until(self, is_so: Any) -> None:
        """Until the server has taken in what was sent."""
        async with asyncio.timeout(PATIENCE):
            while not is_so():  # noqa: ASYNC110 - the web server tells it no other way
                await asyncio.sleep(0)

    async def arrived(self, connections: int, of_each: int) -> None:
        def is_so() -> bool:
            return sum(one.received >= of_each for one in self.connections) == connections

        await self.until(is_so)

    def seconds_later(self, seconds: float) -> None:
        """Look for slow clients as if so long had passed."""
        self.server.cut_slow(asyncio.get_running_loop().time() + seconds)


@contextlib.asynccontextmanager
async def served(web: FastAPI, files: Any = None, timeouts: Timeouts = TIMES) -> AsyncIterator[Served]:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        server = Server(web, "127.0.0.1", timeouts)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        here = Served(server, listener.getsockname()[1], files)
        await here.until(lambda: server.started or running.done())
        try:
            yield here
        finally:
            for _, writer in here.lines:
                writer.close()
            server.should_exit = True
            await running


def with_a_source() -> Catalog:
    told = portal_catalog().model_dump(by_alias=True, exclude_unset=True)
    hashed = hashlib.sha256(b"tok_of_a_source").hexdigest()
    told["municipality"]["sources"] = [
        {"key": "kalla", "name": "Källa", "token_sha256": hashed, "services": ["altan"]}
    ]
    return Catalog.model_validate(told)


@pytest.fixture
async def pages(sqlite_database: Database, clock: Clock, tmp_path: Any) -> AsyncIterator[Served]:
    portal = create_portal(sqlite_database, with_a_source(), clock, tmp_path)
    web = FastAPI()
    web.include_router(api(portal.deps))
    mount(web, portal.deps)
    async with served(web, portal.deps.files) as here:
        yield here


def begun(
    path: str, body: bytes, kind: str = "multipart/form-data; boundary=x", size: int = 9_000_000
) -> bytes:
    return HEAD.format(path=path, size=size, kind=kind).encode() + body


async def told(reader: asyncio.StreamReader) -> bytes:
    """All that the other end said before it closed the connection."""
    async with asyncio.timeout(PATIENCE):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


def test_the_times_are_short_enough_to_be_of_use_and_long_enough_for_a_poor_network() -> None:
    times = Timeouts()
    assert 10 <= times.head <= times.silence <= 30 and times.unread <= 30 and times.body <= 1800
    assert times.slowest <= 5000


async def test_a_hundred_who_ask_at_once_are_answered_some_at_a_time() -> None:
    """So that what threads have finished is told in between. Each asks three times at once, and again in two pieces."""
    begun_in: Counter[int] = Counter()
    iteration = 0
    loop = asyncio.get_running_loop()

    def count_iterations() -> None:
        nonlocal iteration
        iteration += 1
        loop.call_soon(count_iterations)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            begun_in[iteration] += 1
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

    asked = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    async with served(cast(FastAPI, answer)) as here:
        lines = [await here.connect() for _ in range(100)]
        await here.until(lambda: len(here.connections) == 100)
        count_iterations()
        for _, writer in lines:
            writer.write(asked * 3 + asked[:10])
        await here.until(lambda: begun_in.total() == 300)
        for _, writer in lines:
            writer.write(asked[10:])
        await here.until(lambda: begun_in.total() == 400)
        for reader, _ in lines:
            assert [await reader.readuntil(b"\r\n\r\n") for _ in range(4)]
    assert max(begun_in.values()) <= HANDLED_AT_ONCE


@pytest.mark.parametrize(
    "flood",
    ["GET /" + "a" * MAX_HEAD_BYTES, "GET / HTTP/1.1\r\nHost: x\r\n" + "a: b\r\n" * (MAX_HEAD_BYTES // 6)],
    ids=["an address", "headers"],
)
@pytest.mark.parametrize("end", ["", "\r\n", " HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("before", ["", "GET /static/site.css HTTP/1.1\r\nHost: x\r\n\r\n"])
async def test_a_head_that_is_a_flood_is_refused_wherever_it_stands(
    pages: Served, before: str, flood: str, end: str
) -> None:
    reader, _ = await pages.connect((before + flood + end).encode())
    answered = await told(reader)
    assert answered.count(b"HTTP/1.1 ") == (2 if before else 1) and b"HTTP/1.1 400" in answered
    assert pages.server.ended["malformed"] == 1


@pytest.mark.long
async def test_three_hundred_who_say_nothing_are_cut_off_after_the_stated_time(pages: Served) -> None:
    lines = [await pages.connect() for _ in range(150)]
    lines += [await pages.connect(begun("/e-tjanster/altan", b"--x\r\n")) for _ in range(150)]
    await pages.arrived(150, 100)
    await pages.until(lambda: len(pages.connections) == 300)
    pages.seconds_later(TIMES.head - 500)
    assert len(pages.connections) == 300 and not pages.server.ended
    pages.seconds_later(TIMES.silence + 1)
    assert [await told(reader) for reader, _ in lines] == [b""] * 300
    await pages.until(lambda: not pages.connections)
    assert pages.server.ended["too_slow"] == 300


async def test_who_sends_a_byte_now_and_then_is_cut_off_too(pages: Served) -> None:
    reader, writer = await pages.connect(b"GET / HTTP/1.1\r\nX: ")
    await pages.arrived(1, 10)
    writer.write(b"a")
    await pages.arrived(1, 20)
    pages.seconds_later(TIMES.head + 1)
    assert await told(reader) == b""
    slow, writer = await pages.connect(begun("/e-tjanster/altan", b"--x\r\n"))
    await pages.arrived(1, 100)
    (connection,) = pages.connections
    connection.began_at -= TIMES.head + 2  # it has come in drops since then
    pages.seconds_later(0)
    assert await told(slow) == b""


async def test_an_upload_that_comes_steadily_may_take_its_time(pages: Served) -> None:
    _, writer = await pages.connect(begun("/e-tjanster/altan", FILE))
    writer.write(b"0" * 2_000_000)
    await pages.arrived(1, 2_000_000)
    (connection,) = pages.connections
    connection.began_at -= 900
    pages.seconds_later(TIMES.silence - 500)
    assert not pages.server.ended
    connection.began_at -= TIMES.body
    pages.seconds_later(0)
    assert pages.server.ended == {"too_slow": 1}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/e-tjanster/altan", "multipart/form-data; boundary=x"),
        ("/mina-sidor/kod", "application/x-www-form-urlencoded"),
        ("/api/v1/cases", "application/json"),
    ],
)
async def test_uploads_cut_halfway_leave_nothing_and_are_one_line_in_the_log(
    pages: Served, path: str, kind: str
) -> None:
    with structlog.testing.capture_logs() as lines:
        for _ in range(100):
            _, writer = await pages.connect(begun(path, FILE, kind, size=5000))
            await writer.drain()
            await pages.arrived(1, 100)
            writer.close()
            await pages.until(lambda: not pages.connections)
        await pages.until(lambda: not pages.server.server_state.tasks)
        pages.server.write_down()
        pages.server.write_down()
    assert lines == [{"event": "clients_ended_early", "cut_short": 100, "log_level": "info"}]
    assert not [one for one in pages.files.root.rglob("*") if one.is_file()]


async def test_what_is_no_request_is_counted_and_not_written_down_one_by_one(
    pages: Served, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(5):
        reader, _ = await pages.connect(b"\x16\x03\x01 hello\r\n\r\n")
        assert b"400" in await told(reader)
    assert pages.server.ended == {"malformed": 5}


async def test_who_is_refused_may_not_go_on_sending_for_ever(pages: Served) -> None:
    reader, writer = await pages.connect(
        begun("/mina-sidor/arende/" + "0" * 32 + "/kvittera", b"", size=3000)
    )
    async with asyncio.timeout(PATIENCE):
        assert b"303" in await reader.readline()
    writer.write(b"x")
    pages.seconds_later(TIMES.unread + 1)
    await told(reader)
    assert pages.server.ended == {"too_slow": 1}


async def test_who_does_not_take_the_answer_is_cut_off(clock: Clock) -> None:
    web = FastAPI()

    @web.get("/")
    async def large() -> Any:
        return Response(b"0" * 50_000_000)

    async with served(web) as here:
        await here.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await here.until(lambda: any(one.flow.write_paused for one in here.connections))
        here.seconds_later(TIMES.silence + 1)
        assert here.server.ended == {"too_slow": 1}


@pytest.mark.long
async def test_the_server_looks_for_them_by_itself() -> None:
    async with served(FastAPI(), timeouts=Timeouts(head=0)) as here:
        reader, _ = await here.connect()
        assert await told(reader) == b""
