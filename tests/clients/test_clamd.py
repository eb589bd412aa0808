"""The virus scanner's protocol."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator

import pytest

from bot.clients.clamd import Clamd
from bot.clients.errors import PermanentFailure, TemporaryFailure
from tests.clamd_server import EICAR, ClamdServer, running_clamd

CHUNK = b"x" * 256 * 1024


@pytest.fixture
async def server() -> AsyncIterator[ClamdServer]:
    async with running_clamd() as running:
        yield running


async def test_a_harmless_file_is_clean_and_was_scanned_whole(server: ClamdServer) -> None:
    # The protocol ends with an empty chunk: one from the disk must not hide what follows it.
    assert await Clamd(server.address).scan([CHUNK, b"", CHUNK, b"end"]) == "clean"
    assert server.scanned == [CHUNK + CHUNK + b"end"]


async def test_an_empty_file_is_clean(server: ClamdServer) -> None:
    assert await Clamd(server.address).scan([]) == "clean"


async def test_a_harmful_file_is_told(server: ClamdServer) -> None:
    assert await Clamd(server.address).scan([b"before", EICAR]) == "infected"


async def test_a_file_too_large_for_the_scanner_is_told_so_though_it_hangs_up(server: ClamdServer) -> None:
    server.max_bytes = 1000
    with pytest.raises(PermanentFailure) as failure:
        await Clamd(server.address).scan([CHUNK] * 40)
    assert failure.value.trouble == "scan_size"


async def test_a_scanner_that_hangs_up_is_asked_again_and_holds_up_no_other_file(server: ClamdServer) -> None:
    server.hangs_up = True
    with pytest.raises(TemporaryFailure) as failure:
        await Clamd(server.address).scan([CHUNK] * 40)
    assert not failure.value.is_outage


async def test_a_scanner_that_never_answers_is_given_up(server: ClamdServer) -> None:
    server.is_silent = True
    with pytest.raises(TemporaryFailure):
        await Clamd(server.address, reply_seconds=0.01).scan([b"x"])


async def test_a_scanner_that_is_away_is_told_as_an_outage() -> None:
    async with running_clamd() as gone:
        pass
    with pytest.raises(TemporaryFailure) as failure:
        await Clamd(gone.address).scan([b"x"])
    assert failure.value.is_outage


async def test_the_scanner_may_be_at_a_socket_of_the_machine() -> None:
    with tempfile.TemporaryDirectory(prefix="clamd") as folder:
        async with running_clamd(f"{folder}/clamd.ctl") as server:
            clamd = Clamd(server.address)
            assert await clamd.scan([EICAR]) == "infected"
            assert await clamd.version() == "ClamAV 1.4.3/27500"
