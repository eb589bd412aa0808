"""Office documents: told apart by what they declare, and what only costs time is turned away unread."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest

from bot.catalog.municipality import FileLimits
from bot.store.files import office_media_types
from bot.store.files.file_kinds import validate_file
from bot.store.files.zip_limits import MOST_DIRECTORY, MOST_PARTS

LIMITS = FileLimits(kinds=(*FileLimits().kinds, "pptx"))
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
OFFICE = "application/vnd.openxmlformats-officedocument."
WORD, EXCEL, POWERPOINT = (
    f"{OFFICE}{one}.main+xml"
    for one in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)
ODT = "application/vnd.oasis.opendocument.text"
MOST_READ = 2 * MOST_DIRECTORY + 3 * 66_000
"""Bytes: the directory, once by us and once by the library, and the file's end."""


class Counted(BytesIO):
    """A file that tells how much of it was read."""

    bytes_read = 0

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        self.bytes_read += len(content)
        return content


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The directory's entries that the library has read."""
    read: list[str] = []

    class Entry(zipfile.ZipInfo):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            read.append(self.filename)

    monkeypatch.setattr(zipfile, "ZipInfo", Entry)
    return read


def declared(overrides: Mapping[str, str], defaults: Mapping[str, str] | None = None) -> str:
    said = [f'<Default Extension="{one}" ContentType="{media}"/>' for one, media in (defaults or {}).items()]
    said += [f'<Override PartName="/{part}" ContentType="{media}"/>' for part, media in overrides.items()]
    return f'<?xml version="1.0" encoding="UTF-8"?><Types xmlns="{TYPES}">{"".join(said)}</Types>'


def zipped(parts: Mapping[str, str | bytes], comment: bytes = b"", pack: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", pack) as package:
        for part, inside in parts.items():
            how = zipfile.ZIP_STORED if part == "mimetype" else pack
            package.writestr(part, inside, how)
        package.comment = comment
    return content.getvalue()


def document(part: str = "word/document.xml", media: str = WORD, **more: str) -> dict[str, str | bytes]:
    return {"[Content_Types].xml": declared({part: media}), part: "<document/>", **more}


def taken(content: bytes, name: str = "brev.docx") -> bool:
    return not validate_file(BytesIO(content), name, LIMITS).refusal_key


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("brev.docx", document()),
        ("fran-webben.docx", document("word/document2.xml")),
        ("annan-mapp.docx", document("text/brev.xml")),
        ("lista.xlsx", document("xl/workbook.xml", EXCEL)),
        ("lista2.xlsx", document("xl/workbook2.xml", EXCEL)),
        ("bilder.pptx", document("ppt/presentation.xml", POWERPOINT)),
        (
            "stora.docx",
            {"[Content_Types].xml": declared({"Word/Document.XML": WORD}), "word/document.xml": ""},
        ),
        ("efter-andelse.docx", {"[Content_Types].xml": declared({}, {"xml": WORD}), "word/document.xml": ""}),
        (
            "utf16.docx",
            {
                "[Content_Types].xml": declared({"word/document.xml": WORD})
                .replace("UTF-8", "UTF-16")
                .encode("utf-16"),
                "word/document.xml": "",
            },
        ),
        ("brev.odt", {"mimetype": ODT, "content.xml": ""}),
        ("lista.ods", {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
    ],
)
def test_a_document_is_taken_for_what_it_declares(name: str, parts: dict[str, str | bytes]) -> None:
    validated = validate_file(BytesIO(zipped(parts)), name, LIMITS)
    assert (validated.refusal_key, validated.name) == ("", name)


@pytest.mark.parametrize(
    "parts",
    [
        document() | {"word/vbaProject.bin": ""},
        document(media="application/vnd.ms-word.document.macroEnabled.main+xml"),
        {
            "[Content_Types].xml": declared(
                {"word/document.xml": WORD, "word/settings2.bin": "application/vnd.ms-office.vbaProject"}
            ),
            "word/document.xml": "",
            "word/settings2.bin": "",
        },
        {"hemligt.exe": ""},
        {"META-INF/MANIFEST.MF": ""},
        {"[Content_Types].xml": "", "word/document.xml": ""},
        {"[Content_Types].xml": "<Types><", "word/document.xml": ""},
        {"[Content_Types].xml": declared({"word/document.xml": WORD})},
        {
            "[Content_Types].xml": declared({"word/document.xml": WORD, "xl/workbook.xml": EXCEL}),
            "word/document.xml": "",
            "xl/workbook.xml": "",
        },
        {
            "[Content_Types].xml": '<!DOCTYPE Types [<!ENTITY w "' + WORD + '">]>'
            f'<Types xmlns="{TYPES}"><Override PartName="/word/document.xml" ContentType="&w;"/></Types>',
            "word/document.xml": "",
        },
        {"mimetype": "application/epub+zip"},
    ],
)
def test_a_zip_that_is_no_document_or_holds_programs_is_refused(parts: dict[str, str | bytes]) -> None:
    assert not taken(zipped(parts))


def test_a_document_with_another_inside_it_is_still_a_document() -> None:
    assert taken(
        zipped(document() | {"word/embeddings/lista.xlsx": zipped(document())}, pack=zipfile.ZIP_STORED)
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_document_that_declares_itself_twice_is_refused() -> None:
    content = BytesIO(zipped(document()))
    with zipfile.ZipFile(content, "a") as package:
        package.writestr("[Content_Types].xml", declared({"word/document.xml": WORD}))
    assert not taken(content.getvalue())


# What costs more than it is worth.


def end_record(parts: int, size: int, offset: int, comment: int = 0) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, parts, parts, size, offset, comment)


def end_records_64(parts: int, size: int, offset: int) -> bytes:
    at = offset + size
    whole = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, parts, parts, size, offset)
    return whole + struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)


def entry(name: bytes = b"", extra: bytes = b"", comment: bytes = b"") -> bytes:
    lengths = struct.pack("<3H", len(name), len(extra), len(comment))
    return b"PK\x01\x02" + bytes(24) + lengths + bytes(12) + name + extra + comment


HEAD = b"PK\x03\x04" + bytes(26)
MANY = 540_000


def with_end(directory: bytes, *ends: bytes) -> bytes:
    return HEAD + directory + b"".join(ends)


def many_told() -> bytes:
    directory = entry() * MANY
    return with_end(
        directory,
        end_records_64(MANY, len(directory), len(HEAD)),
        end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
    )


def many_told_as_few() -> bytes:
    directory = entry() * MANY
    return with_end(directory, end_record(3, len(directory), len(HEAD)))


def some_told_as_few() -> bytes:
    """Within the bytes that a directory may have."""
    directory = entry() * (MOST_DIRECTORY // len(entry()))
    return with_end(directory, end_record(3, len(directory), len(HEAD)))


def few_told_as_many() -> bytes:
    return with_end(entry(), end_record(2_000, len(entry()), len(HEAD)))


def few_told_and_many_told_in_zip64() -> bytes:
    directory = entry() * MANY
    few = end_record(3, 3 * len(entry()), len(HEAD))
    return with_end(directory, end_records_64(MANY, len(directory), len(HEAD)), few)


def a_locator_without_its_record() -> bytes:
    directory = entry() * 3
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(HEAD), 1)
    return with_end(directory, bytes(56), locator, end_record(3, len(directory), len(HEAD)))


def a_second_end_in_the_comment() -> bytes:
    small = entry() * 3
    comment = end_record(3, len(small), len(HEAD))
    return with_end(small, end_record(3, len(small), len(HEAD), len(comment)), comment)


def an_end_before_what_follows_it() -> bytes:
    """Some readers look for the last end record and take no notice of what stands after it."""
    return zipped(document()) + b"\x00" * 100


def a_directory_elsewhere() -> bytes:
    directory = entry() * 3
    return with_end(directory, bytes(100), end_record(3, len(directory), len(HEAD)))


def long_names() -> bytes:
    directory = entry(b"x" * 60_000) * 8
    return with_end(directory, end_record(8, len(directory), len(HEAD)))


def long_extras() -> bytes:
    directory = entry(b"x", struct.pack("<HH", 9, 0) * 15_000) * 8
    return with_end(directory, end_record(8, len(directory), len(HEAD)))


def no_end() -> bytes:
    return HEAD + entry() * 20_000


@pytest.mark.parametrize(
    "made",
    [
        many_told,
        many_told_as_few,
        some_told_as_few,
        few_told_as_many,
        few_told_and_many_told_in_zip64,
        a_locator_without_its_record,
        a_second_end_in_the_comment,
        an_end_before_what_follows_it,
        a_directory_elsewhere,
        long_names,
        long_extras,
        no_end,
    ],
)
def test_a_zip_that_costs_much_or_says_two_things_is_refused_before_an_entry_of_it_is_read(
    made: Callable[[], bytes], entries: list[str]
) -> None:
    content = Counted(made())
    entries.clear()
    validated = validate_file(content, "brev.docx", LIMITS)
    assert (validated.refusal_key, entries) == ("file.content", [])
    assert content.bytes_read <= MOST_READ


def test_a_large_directory_is_not_read_at_all() -> None:
    content = Counted(many_told())
    validate_file(content, "brev.docx", LIMITS)
    assert content.bytes_read < 100_000


def test_a_document_of_many_parts_is_taken_and_each_entry_is_read_once(entries: list[str]) -> None:
    pictures = {f"word/media/image{number}.png": "" for number in range(1_500)}
    content = Counted(zipped(document() | pictures))
    entries.clear()
    assert not validate_file(content, "brev.docx", LIMITS).refusal_key
    assert len(entries) == 1_502
    assert content.bytes_read <= MOST_READ


def test_a_spreadsheet_written_with_the_records_of_zip64_is_taken() -> None:
    small = zipped(document("xl/workbook.xml", EXCEL))
    _, _, _, _, parts, size, offset, _ = struct.unpack("<4s4H2LH", small[-22:])
    content = small[:-22] + end_records_64(parts, size, offset) + small[-22:]
    assert taken(content, "lista.xlsx")


def test_a_document_with_a_comment_is_taken() -> None:
    assert taken(zipped(document(), comment=b"Skickat av kommunen"))


@pytest.mark.parametrize("pack", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_content_types_that_grow_when_they_are_unpacked_are_not_unpacked(
    pack: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = declared({"word/document.xml": WORD}).replace("><", ">" + " " * 50_000_000 + "<", 1)
    content = zipped({"[Content_Types].xml": bomb, "word/document.xml": ""}, pack=pack)
    opened: list[zipfile.ZipInfo] = []
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda _, part: opened.append(part))
    assert not taken(content)
    assert opened == []


def test_content_types_packed_in_much_more_than_they_unpack_to_are_not_read() -> None:
    empty_blocks = b"\x00\x00\x00\xff\xff" * 1_000_000
    name = b"[Content_Types].xml"
    local = (
        struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(empty_blocks), 10, len(name), 0) + name
    )
    central = struct.pack(
        "<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, 0, 0, 8, 0, 0, 0, len(empty_blocks), 10, len(name),
        0, 0, 0, 0, 0, 0,
    ) + name  # fmt: skip
    end = end_record(1, len(central), len(local) + len(empty_blocks))
    content = Counted(local + empty_blocks + central + end)
    assert validate_file(content, "brev.docx", LIMITS).refusal_key
    assert content.bytes_read <= MOST_READ


def test_content_types_that_lie_about_their_size_are_read_only_so_far() -> None:
    honest = zipped(document())
    name = b"[Content_Types].xml"
    at = honest.rfind(b"PK\x01\x02", 0, honest.rfind(name))
    lying = honest[: at + 24] + struct.pack("<L", 40) + honest[at + 28 :]
    assert not taken(lying)


def test_content_types_of_very_many_elements_are_not_read_to_their_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    start = office_media_types._ContentTypes.start

    def counted(self: office_media_types._ContentTypes, tag: str, attributes: Mapping[str, str]) -> None:
        seen.append(tag)
        start(self, tag, attributes)

    monkeypatch.setattr(office_media_types._ContentTypes, "start", counted)
    xml = f'<Types xmlns="{TYPES}">' + "<a/>" * 100_000 + "</Types>"
    assert not taken(zipped({"[Content_Types].xml": xml, "word/document.xml": ""}))
    assert len(seen) == 2 * MOST_PARTS + 1
