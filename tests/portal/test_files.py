"""What is a file, and what is turned away."""

from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.catalog.municipality import FileLimits
from bot.portal.filekinds import judge, safe_name
from bot.portal.kit import MB
from bot.store import Database
from tests.conftest import Clock
from tests.portal.conftest import portal_over
from tests.portal.village import village

LIMITS = FileLimits()
CONTENTS = {
    "plan.pdf": b"%PDF-1.4\n",
    "bild.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "bild.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "bild.JPEG": b"\xff\xd8\xff\xe1\x00\x10Exif\x00",
    "bild.heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "iphone.heic": b"\x00\x00\x00\x24ftypmif1\x00\x00\x00\x00mif1heic",
    "skanning.tif": b"II*\x00\x08\x00\x00\x00",
    "brev.txt": "Hej på dig, å vad bra.\n".encode(),
    "gammal.txt": "Hej på dig".encode("latin-1"),
    "utf16.txt": "Hej på dig".encode("utf-16"),
}
BAD = {
    "program.exe": b"MZ\x90\x00\x03",
    "program.pdf": b"MZ\x90\x00\x03",
    "elf.txt": b"\x7fELF\x02\x01\x01\x00",
    "sida.html": b"<!DOCTYPE html><html>",
    "sida.txt": b"\xef\xbb\xbf <html><script>alert(1)</script>",
    "teckning.svg": b"<svg xmlns='http://www.w3.org/2000/svg'>",
    "teckning.png": b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'>",
    "skript.txt": b"#!/bin/sh\nrm -rf /",
    "gammal.doc": bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600,
    "gammal.docx": bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600,
    "tom.pdf": b"",
    "arkiv.zip": b"PK\x03\x04" + b"\x00" * 40,
    "trasig.docx": b"PK\x03\x04" + b"\x00" * 40,
}


@pytest.mark.parametrize("name", CONTENTS)
def test_what_people_send_is_taken(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_bytes(CONTENTS[name])
    judged = judge(tmp_path / "x", name, LIMITS)
    assert (judged.refused, judged.name) == ("", name)


@pytest.mark.parametrize("name", BAD)
def test_what_can_harm_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_bytes(BAD[name])
    assert judge(tmp_path / "x", name, LIMITS).refused


@pytest.mark.parametrize(
    ("name", "parts", "taken"),
    [
        ("brev.docx", {"[Content_Types].xml": "", "word/document.xml": ""}, True),
        ("lista.xlsx", {"[Content_Types].xml": "", "xl/workbook.xml": ""}, True),
        ("brev.odt", {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ""}, True),
        ("lista.ods", {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, True),
        (
            "makro.docx",
            {"[Content_Types].xml": "", "word/document.xml": "", "word/vbaProject.bin": ""},
            False,
        ),
        ("arkiv.docx", {"hemligt.exe": ""}, False),
        ("java.docx", {"META-INF/MANIFEST.MF": ""}, False),
        ("bild.docx", {"[Content_Types].xml": "", "ppt/presentation.xml": ""}, False),
    ],
)
def test_packages_are_told_apart_by_what_they_hold(
    tmp_path: Path, name: str, parts: dict[str, str], taken: bool
) -> None:
    with zipfile.ZipFile(tmp_path / "x", "w") as package:
        for part, content in parts.items():
            package.writestr(part, content)
    assert (judge(tmp_path / "x", name, LIMITS).refused == "") == taken


def test_a_name_that_says_another_kind_gets_the_right_ending(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(CONTENTS["bild.png"])
    assert judge(tmp_path / "x", "bild.jpg", LIMITS).name == "bild.png"
    assert judge(tmp_path / "x", "bild", LIMITS).name == "bild.png"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Mina dokument\\plan.pdf", "plan.pdf"),
        ("räkning \u202efdp.exe", "räkning fdp.exe"),
        ('a"b<c>.pdf', "a_b_c_.pdf"),
        ("...", "fil"),
        ("", "fil"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_are_made_safe(given: str, kept: str) -> None:
    assert safe_name(given) == kept


async def test_a_request_that_says_it_is_too_large_is_not_read_into_the_store(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = portal_over(sqlite_database, village(), clock, tmp_path, max_request=2 * MB)
    form = (await portal.browser().get("/e-tjanster/altan")).form()
    page = await portal.browser().send(form.attach("svar_ritning", "stor.pdf", b"%PDF-" + b"x" * 3 * MB))
    assert page.status == 413 and "för stort" in page.text
    assert not portal.kit.files.root.exists()


async def test_a_request_that_hides_its_size_is_stopped_while_it_is_read(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = portal_over(sqlite_database, village(), clock, tmp_path, max_request=2 * MB)

    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="svar-ritning"; filename="a.pdf"\r\n\r\n%PDF-'
        for _ in range(40):
            yield b"x" * 100_000

    answer = await portal.browser().client.post(
        "/e-tjanster/altan",
        content=body(),
        headers={"content-type": "multipart/form-data; boundary=x", "transfer-encoding": "chunked"},
    )
    assert answer.status_code == 413
    assert not [one for one in portal.kit.files.root.rglob("*") if one.is_file()]


async def test_a_broken_form_leaves_nothing_behind(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = portal_over(sqlite_database, village(), clock, tmp_path)
    answer = await portal.browser().client.post(
        "/e-tjanster/altan",
        content=b'--x\r\nContent-Disposition: form-data; name="svar-ritning"; filename="a.pdf"\r\n\r\n%PDF-',
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 400
    assert not [one for one in portal.kit.files.root.rglob("*") if one.is_file()]


async def test_a_large_file_is_never_held_in_memory(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    portal = portal_over(sqlite_database, village(), clock, tmp_path)
    peaks: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="svar-ritning"; filename="a.pdf"\r\n\r\n%PDF-'
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
    assert answer.status_code == 200
    assert max(peaks) < 12 * MB
