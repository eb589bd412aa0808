"""Files that are sent through a form."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

from bot.portal.dependencies import MEGABYTE
from bot.store import Database
from tests.conftest import Clock
from tests.portal.conftest import Portal, create_portal
from tests.portal.portal_catalog import portal_catalog


async def begun(portal: Portal) -> bytes:
    """The first bytes of a form with a drawing."""
    key = (await portal.browser().get("/e-tjanster/altan")).form().value("key")
    return (
        f'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\n{key}\r\n'
        '--x\r\nContent-Disposition: form-data; name="svar-ritning"; filename="a.pdf"\r\n\r\n%PDF-'
    ).encode()


async def test_a_request_that_says_it_is_too_large_is_not_read_into_the_store(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = create_portal(sqlite_database, portal_catalog(), clock, tmp_path, max_request_bytes=2 * MEGABYTE)
    form = (await portal.browser().get("/e-tjanster/altan")).form()
    page = await portal.browser().submit(
        form.attach("svar_ritning", "stor.pdf", b"%PDF-" + b"x" * 3 * MEGABYTE)
    )
    assert page.status == 413 and "för stort" in page.text
    assert not portal.deps.files.root.exists()


async def test_a_request_that_hides_its_size_is_stopped_while_it_is_read(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = create_portal(sqlite_database, portal_catalog(), clock, tmp_path, max_request_bytes=2 * MEGABYTE)

    async def body() -> AsyncIterator[bytes]:
        yield await begun(portal)
        for _ in range(40):
            yield b"x" * 100_000

    answer = await portal.browser().client.post(
        "/e-tjanster/altan",
        content=body(),
        headers={"content-type": "multipart/form-data; boundary=x", "transfer-encoding": "chunked"},
    )
    assert answer.status_code == 413
    assert not [one for one in portal.deps.files.root.rglob("*") if one.is_file()]


async def test_a_broken_form_leaves_nothing_behind(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = create_portal(sqlite_database, portal_catalog(), clock, tmp_path)
    answer = await portal.browser().client.post(
        "/e-tjanster/altan",
        content=await begun(portal),
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 400
    assert not [one for one in portal.deps.files.root.rglob("*") if one.is_file()]


async def test_a_large_file_is_never_held_in_memory(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = create_portal(sqlite_database, portal_catalog(), clock, tmp_path)
    peaks: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        yield await begun(portal)
        piece = b"x" * 65_536
        for _ in range(26 * 16):
            yield piece
            peaks.append(tracemalloc.get_traced_memory()[1])
        yield b"\r\n--x--\r\n"

    tracemalloc.start()
    answer = await portal.browser().client.post(
        "/e-tjanster/altan", content=body(), headers={"content-type": "multipart/form-data; boundary=x"}
    )
    tracemalloc.stop()
    assert answer.status_code == 422, "the file is too large, and the rest is not filled in"
    assert max(peaks) < 12 * MEGABYTE
