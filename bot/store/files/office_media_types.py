"""The media type that zipped office documents declare: OOXML (docx, xlsx, pptx) and OpenDocument (odt, ods)."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import IO, Any, cast

from lxml import etree

from bot.store.files.zip_limits import MOST_PARTS, Unreadable, check

MOST_DECLARED = 512 * 1024
"""Bytes of the part that declares the types of the others, compressed and uncompressed."""
MOST_MEDIA_TYPE = 200
"""Bytes of an OpenDocument's media type."""

_CONTENT_TYPES = "[content_types].xml"
_NAMESPACE = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_MAIN = ".main+xml"
_PROGRAM_ENDINGS = ("vbaproject.bin", ".exe")
_PROGRAM_TYPES = ("vbaproject", "macroenabled")


def declared_media(file: IO[bytes]) -> str:
    """The media type that a zipped document declares, in lower case; empty where it declares none.

    Empty also for documents with macros, contradictory ones, and those that cost too much to read.
    """
    try:
        check(file)
        with zipfile.ZipFile(file) as package:
            return _declared(package)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        return ""


def _declared(package: zipfile.ZipFile) -> str:
    parts: dict[str, list[zipfile.ZipInfo]] = {}
    for one in package.infolist():
        parts.setdefault(one.filename.replace("\\", "/").lower(), []).append(one)
    if any(name.endswith(_PROGRAM_ENDINGS) for name in parts):
        return ""
    if "mimetype" in parts:
        media_type = _only(parts["mimetype"])
        if media_type.compress_type != zipfile.ZIP_STORED:
            return ""
        return _read(package, media_type, MOST_MEDIA_TYPE).decode("ascii").strip().lower()
    if _CONTENT_TYPES not in parts:
        return ""
    types = _content_types(_read(package, _only(parts[_CONTENT_TYPES]), MOST_DECLARED), parts)
    main = {media.removesuffix(_MAIN) for media in types if media.endswith(_MAIN)}
    if len(main) != 1 or any(program in media for media in types for program in _PROGRAM_TYPES):
        return ""
    return main.pop()


def _only(entries: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The single part. Raises Unreadable for two of one name, of which programs read different ones."""
    if len(entries) != 1:
        raise Unreadable("two parts of one name")
    return entries[0]


def _read(package: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> bytes:
    """The uncompressed part. Raises Unreadable over `most` bytes, and for compression that cannot be streamed."""
    plain = part.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if not plain or max(part.file_size, part.compress_size) > most:
        raise Unreadable("a large part")
    with package.open(part) as content:
        return content.read(most)


def _content_types(xml: bytes, parts: Iterable[str]) -> set[str]:
    """The media types of the parts as [Content_Types].xml declares them (ECMA-376 part 2, 7.2.3)."""
    declared = _ContentTypes()
    # DTDs are rejected, so there are no entities to expand or fetch; the other switches are a second safeguard.
    target = cast("Any", declared)  # the stubs want a target that takes bytes; the parser passes text
    parser = etree.XMLParser(target=target, resolve_entities=False, load_dtd=False, no_network=True)
    try:
        parser.feed(xml)
        parser.close()
    except etree.XMLSyntaxError:
        raise Unreadable("no content types") from None
    return {declared.kind_of_part(name) for name in parts}


class _ContentTypes:
    """The parser's target: the types in [Content_Types].xml, by part name and by file extension."""

    def __init__(self) -> None:
        self._by_name: dict[str, str] = {}
        self._by_ending: dict[str, str] = {}
        self._elements = 0

    def kind_of_part(self, name: str) -> str:
        ending = name.rpartition("/")[2].rpartition(".")[2]
        return self._by_name.get(name) or self._by_ending.get(ending, "")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > 2 * MOST_PARTS:
            raise Unreadable("more is declared than can be there")
        media = attributes.get("ContentType", "").partition(";")[0].strip().lower()
        if tag == f"{_NAMESPACE}Override":
            self._by_name[attributes.get("PartName", "").removeprefix("/").lower()] = media
        elif tag == f"{_NAMESPACE}Default":
            self._by_ending[attributes.get("Extension", "").lower()] = media

    def doctype(self, *_: str | None) -> None:
        raise Unreadable("a document type")

    def close(self) -> None:
        """Required of a target."""
