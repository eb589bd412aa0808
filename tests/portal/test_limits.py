"""What a form may bring: strangers neither keep the program busy nor fill its disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text
from starlette.requests import Request
from structlog.testing import capture_logs

from bot.portal.forms import posted_form as uploads
from bot.portal.page_context import PageContext
from bot.portal.upload_budget import DAY, UploadBudget
from bot.store import Database, DiskFull
from bot.store.files.file_store import FileStore
from bot.store.tables import FileRow
from tests.conftest import Clock
from tests.portal.browser import Browser, filled
from tests.portal.conftest import Portal, create_portal
from tests.portal.portal_catalog import portal_catalog

KB = 1024
PDF = b"%PDF-1.7\n" + b"0" * 200 * KB
CUT = "multipart/form-data; boundary=x"
NOBODYS = "/mina-sidor/arende/" + "0" * 32


def part(name: str, content: bytes, filename: str = "") -> bytes:
    of = f'; filename="{filename}"' if filename else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{of}\r\n\r\n'.encode() + content + b"\r\n"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many letters each form had that was parsed."""
    seen: list[int] = []
    whole = uploads.parse_qsl

    def parse(text: str, *args: Any, **given: Any) -> list[tuple[str, str]]:
        seen.append(len(text))
        return whole(text, *args, **given)

    monkeypatch.setattr(uploads, "parse_qsl", parse)
    return seen


async def in_pieces(body: bytes, sent: list[int], times: int = 1) -> AsyncIterator[bytes]:
    """The body, without saying how large it is."""
    for _ in range(times):
        for at in range(0, len(body), 16 * KB):
            sent.append(len(body[at : at + 16 * KB]))
            yield body[at : at + 16 * KB]


async def kept(portal: Portal) -> tuple[int, int]:
    """How many rows and how many files on disk there are."""
    rows = await portal.database.read(
        lambda tx: tx.conn.execute(select(func.count()).select_from(FileRow)).scalar_one()
    )
    return rows, sum(one.is_file() for one in portal.deps.files.root.rglob("*"))


async def post(browser: Browser, path: str, content: Any, kind: str = CUT) -> httpx.Response:
    return await browser.client.post(path, content=content, headers={"content-type": kind})


async def test_four_megabytes_for_a_code_are_not_even_parsed(eva: Browser, parsed: list[int]) -> None:
    answer = await post(
        eva, "/mina-sidor/kod", b"code=" + b"a" * 3_900_000, "application/x-www-form-urlencoded"
    )
    assert (answer.status_code, parsed) == (413, [])
    assert "för stort" in answer.text


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; " + "a=b; " * 12_000,
        'multipart/form-data; boundary="' + '\\"' * 30_000,
        'multipart/form-data; boundary="' + "x" * 1_000,
        "multipart/form-data; a=b" * 1_000,
    ],
    ids=["many options", "many quotes", "no end", "many kinds"],
)
async def test_a_form_whose_kind_is_a_flood_or_broken_is_refused_and_is_no_bug(
    eva: Browser, kind: str
) -> None:
    with capture_logs() as log_entries:
        answer = await post(eva, "/mina-sidor/kod", b"x", kind)
    assert answer.status_code in (400, 422)
    assert [line for line in log_entries if line["event"] == "bug"] == []


async def test_a_part_of_a_form_with_a_flood_of_options_is_refused(eva: Browser) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="code"; ' + b"a=b; " * 600
    assert (await post(eva, "/mina-sidor/kod", head + b"\r\n\r\n1\r\n--x--\r\n")).status_code == 400


async def test_who_hides_how_much_comes_is_stopped_at_the_limit(eva: Browser, parsed: list[int]) -> None:
    sent: list[int] = []
    body = in_pieces(b"code=" + b"a" * 3_900_000, sent)
    answer = await post(eva, "/mina-sidor/kod", body, "application/x-www-form-urlencoded")
    assert (answer.status_code, parsed) == (413, [])
    assert sum(sent) <= 32 * KB


@pytest.mark.parametrize("path", ["/mina-sidor/logga-in", NOBODYS, "/handlaggare/2026-000001/meddelande"])
@pytest.mark.parametrize("say", [True, False])
async def test_no_stranger_leaves_files_where_none_are_asked_of_them(
    portal: Portal, eva: Browser, path: str, say: bool
) -> None:
    body = b"".join(part("files", PDF, f"{n}.pdf") for n in range(4)) + b"--x--\r\n"
    for _ in range(2):
        await post(eva, path, body if say else in_pieces(body, []))
    assert await kept(portal) == (0, 0)


async def test_files_without_the_key_of_a_form_are_not_kept_and_asked_for_again(
    portal: Portal, eva: Browser
) -> None:
    form = await filled(eva)
    page = await eva.submit(form.fill(key="forfalskad").attach("svar_ritning", "a.pdf", PDF))
    assert "välja på nytt" in page.text and page.form().value("svar_vad") == "En altan"
    assert await kept(portal) == (0, 0)


async def test_files_before_the_key_of_their_form_are_not_kept(portal: Portal, eva: Browser) -> None:
    key = (await filled(eva)).value("key").encode()
    body = part("svar-ritning", PDF, "a.pdf") + part("key", key) + b"--x--\r\n"
    await post(eva, "/e-tjanster/altan", body)
    assert await kept(portal) == (0, 0)


async def test_the_key_of_a_public_form_keeps_no_files_for_a_case(portal: Portal, eva: Browser) -> None:
    key = (await filled(eva)).value("key").encode()
    await post(eva, NOBODYS, part("key", key) + part("files", PDF, "a.pdf") + b"--x--\r\n")
    assert await kept(portal) == (0, 0)


def with_room(database: Database, clock: Clock, folder: Path, upload_budget: UploadBudget) -> Portal:
    return create_portal(database, portal_catalog(), clock, folder, upload_budget=upload_budget)


async def leaves(portal: Portal, ip: str) -> str:
    """Someone who fills in a form with a file and never sends it; what they are told."""
    browser = portal.browser(ip)
    form = (await filled(browser)).fill(svar_vad="").attach("svar_ritning", "a.pdf", PDF)
    page = await browser.submit(form)
    await browser.close()
    return page.text


async def test_one_address_leaves_no_more_files_than_its_share(
    impatient_database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = with_room(impatient_database, clock, tmp_path, UploadBudget(max_each=450 * KB))
    result = [await leaves(portal, "192.0.2.1") for _ in range(3)]
    assert ["inte ta emot filer" in one for one in result] == [False, False, True]
    assert await kept(portal) == (2, 2)
    assert "inte ta emot filer" not in await leaves(portal, "192.0.2.2")
    clock.advance(seconds=DAY.total_seconds())
    assert "inte ta emot filer" not in await leaves(portal, "192.0.2.1")


async def test_all_strangers_together_leave_no_more_than_there_is_room_for(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = with_room(database, clock, tmp_path, UploadBudget(max_unattached=450 * KB))
    result = [await leaves(portal, f"192.0.2.{n}") for n in range(3)]
    assert ["inte ta emot filer" in one for one in result] == [False, False, True]
    # Another process, or the same after a start, counts what is there already.
    again = with_room(database, clock, tmp_path, UploadBudget(max_unattached=450 * KB))
    assert "inte ta emot filer" in await leaves(again, "192.0.2.9")
    assert await kept(portal) == (2, 2)


async def test_a_file_that_a_case_has_takes_no_room_from_others(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = with_room(database, clock, tmp_path, UploadBudget(max_unattached=250 * KB))
    for n in range(3):
        browser = portal.browser(f"192.0.2.{n}")
        assert (
            await browser.submit((await filled(browser)).attach("svar_ritning", "a.pdf", PDF))
        ).status == 200
        await browser.close()
    assert len(await portal.list_cases()) == 3


async def test_where_the_disk_is_nearly_full_files_are_refused_in_plain_words_and_texts_are_taken(
    portal: Portal, eva: Browser
) -> None:
    portal.deps.files.reserved_bytes = 2**62
    page = await eva.submit((await filled(eva)).attach("svar_ritning", "a.pdf", PDF))
    assert page.status == 422 and "inte ta emot filer just nu" in page.text
    assert page.form().value("svar_vad") == "En altan"
    assert await kept(portal) == (0, 0)
    assert (await eva.submit(page.form())).status == 200
    assert len(await portal.list_cases()) == 1


@pytest.mark.parametrize(
    ("language", "wording"), [("sv", "kan vi inte ta emot något"), ("en", "cannot accept anything just now")]
)
async def test_where_the_database_has_no_room_either_a_page_says_so(
    portal: Portal, eva: Browser, language: str, wording: str
) -> None:
    form = (await filled(eva)).fill(svar_mer="Ö" * 5000)
    portal.database.write_sync(lambda tx: tx.conn.execute(text("PRAGMA max_page_count = 1")))
    form.action += f"&lang={language}"
    for _ in range(100):  # what is free on the pages that there are is taken first
        page = await eva.submit(form)
        if page.status != 200:
            break
        form = (await filled(eva)).fill(svar_mer="Ö" * 5000)
        form.action += f"&lang={language}"
    assert page.status == 507 and wording in page.text


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("unix", "unix", True),
    ],
)
async def test_whoever_has_a_whole_network_counts_as_one(
    portal: Portal, first: str, second: str, same: bool
) -> None:
    seen = []
    for ip in (first, second):
        request = Request({"type": "http", "client": (ip, 1), "headers": [], "app": portal.app})
        seen.append(PageContext(request, portal.deps, "sv").client_hash)
    assert (seen[0] == seen[1]) is same


def test_a_store_takes_files_while_more_is_free_than_is_kept_free(tmp_path: Path) -> None:
    assert FileStore(tmp_path, 1).write("a" * 32, [b"x"])[0] == 1
    with pytest.raises(DiskFull):
        FileStore(tmp_path, 2**62).write("b" * 32, [b"x"])
