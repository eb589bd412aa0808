"""What is a file, and what is turned away."""

from __future__ import annotations

from io import BytesIO

import pytest

from bot.catalog.municipality import FileLimits
from bot.store.files.file_kinds import refusal_text, safe_name, validate_file
from bot.text import words

LIMITS = FileLimits(kinds=(*FileLimits().kinds, "csv"))
CONTENTS = {
    "plan.pdf": b"%PDF-1.4\n",
    "bild.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "bild.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "bild.JPEG": b"\xff\xd8\xff\xe1\x00\x10Exif\x00",
    "bild.heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "iphone.heic": b"\x00\x00\x00\x24ftypmif1\x00\x00\x00\x00mif1heic",
    "nedladdad.jfif": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "gammal.jpe": b"\xff\xd8\xff\xdb\x00\x43",
    "kamera.hif": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "skanning.tiff": b"II*\x00\x08\x00\x00\x00",
    "skanning.tif": b"II*\x00\x08\x00\x00\x00",
    "brev.txt": "Hej på dig, å vad bra.\n".encode(),
    "gammal.txt": "Hej på dig".encode("latin-1"),
    "utf16.txt": "Hej på dig".encode("utf-16"),
    "windows.txt": "”Hej på dig” – å vad bra…".encode("cp1252"),
    "lista.csv": "Fastighet;Åtgärd\r\nBjörken 4:12;Altan\r\n".encode("latin-1"),
    "rysk.txt": "Привет, сосед".encode(),
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
    "plan.pdf": b"MZ" + bytes(range(0xA0, 0x100)) * 3,
    "program.txt": b"MZ this program cannot be run in DOS mode",
    "styrkoder.txt": b"Hej\x1b[2J p\xc3\xa5 dig",
    "styrkoder2.txt": "Hej \x9bpå dig".encode(),
    "latinska.txt": b"Hej p\xe5 dig \x90\x81",
    "sent.txt": b"Hej! " * 2_000 + b"\x00\x01\x02\x03",
    "sent2.txt": b"Hej! " * 200_000 + b"\xff\xfe\x00\x00",
    "brus.txt": bytes(range(0xA1, 0x100)) * 9,
    "java.txt": b"\xca\xfe\xba\xbe" + b"a" * 40,
    "brev.rtf.txt": b"{\\rtf1\\ansi{\\object\\objemb}}",
    "utskrift.txt": b"%!PS-Adobe-3.0\n/x 1 def",
    "genvag.txt": b"[InternetShortcut]\r\nURL=file://elak/x",
    "register.txt": "Windows Registry Editor Version 5.00\r\n".encode("utf-16"),
    "kommandon.txt": b"\r\n@ECHO OFF\r\ndel *.*",
    "sida16.txt": "<script>alert(1)</script>".encode("utf-16"),
    "gammal.doc": bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600,
    "gammal.docx": bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600,
    "tom.pdf": b"",
    "arkiv.zip": b"PK\x03\x04" + b"\x00" * 40,
    "trasig.docx": b"PK\x03\x04" + b"\x00" * 40,
}


@pytest.mark.parametrize("name", CONTENTS)
def test_what_people_send_is_taken(name: str) -> None:
    validated = validate_file(BytesIO(CONTENTS[name]), name, LIMITS)
    assert (validated.refusal_key, validated.name) == ("", name)


def test_a_format_that_is_not_taken_is_not_taken_by_another_of_its_endings() -> None:
    pictures = FileLimits(kinds=("pdf", "png"))
    assert (
        validate_file(BytesIO(CONTENTS["nedladdad.jfif"]), "nedladdad.jfif", pictures).refusal_key
        == "file.kind"
    )
    assert validate_file(BytesIO(CONTENTS["lista.csv"]), "lista.csv", FileLimits()).refusal_key == "file.kind"


@pytest.mark.parametrize("name", BAD)
def test_what_can_harm_is_refused(name: str) -> None:
    assert validate_file(BytesIO(BAD[name]), name, LIMITS).refusal_key


def test_a_name_that_says_another_kind_gets_the_right_ending() -> None:
    picture = BytesIO(CONTENTS["bild.png"])
    assert validate_file(picture, "bild.jpg", LIMITS).name == "bild.png"
    assert validate_file(picture, "BILD.JPG", LIMITS).name == "BILD.png"
    assert validate_file(picture, "bild", LIMITS).name == "bild.png"


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
        ("x" * 3_000_000 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_are_made_safe(given: str, kept: str) -> None:
    assert safe_name(given) == kept


@pytest.mark.parametrize("reason", ["file.full", "file.again", "file.many"])
def test_who_can_send_no_file_now_is_not_told_which_kinds_to_send(reason: str) -> None:
    said = refusal_text("ritning.pdf", reason, FileLimits(), words("sv"))
    assert said.startswith("ritning.pdf kan inte tas emot: ") and "Tillåtna" not in said
    assert "Tillåtna: pdf" in refusal_text("ritning.exe", "file.kind", FileLimits(), words("sv"))
