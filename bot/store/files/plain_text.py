"""What is plain text: the whole file, and nothing that runs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import IO

CHUNK_SIZE = 256 * 1024
HEAD_SIZE = 8 * 1024

_PROGRAM_SIGNATURES = re.compile(
    rb"MZ|ZM|\x7fELF|\xca\xfe\xba\xbe|\xfe\xed\xfa|[\xce\xcf]\xfa\xed\xfe|\xd0\xcf\x11\xe0|PK|Rar!|7z\xbc\xaf|\x1f\x8b"
    rb"|MSCF|BZh|FWS|CWS|ZWS|ITSF|\x4c\x00\x00\x00|%!PS"
)
"""The first bytes of programs and of what holds programs: these say what a file is, whatever else is in it."""

_SCRIPT_BEGINNINGS = re.compile(
    r"\s*(#!|@echo\b|rem\s|\{\\rtf|\[internetshortcut\]|\[autorun\]|windows registry editor|regedit4|<\?php)",
    re.IGNORECASE,
)
_RUNNABLE_MARKUP = re.compile(
    r"<\s*(!doctype|html|svg|script|\?xml|head|body|iframe|meta|hta:)", re.IGNORECASE
)
"""A text that a browser or a shell would run."""

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
"""No text holds these, in whatever letters it is written."""

_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_MAX_NON_ASCII_SHARE = 1 / 3
"""Of the bytes of a text in Windows' letters; what has more is no text in any language written with them."""


def is_plain_text(file: IO[bytes]) -> bool:
    """Whether all of the file can be read as text, in UTF-8, UTF-16 or Windows' letters, and nothing in it runs."""
    file.seek(0)
    head = file.read(HEAD_SIZE)
    if not head or _PROGRAM_SIGNATURES.match(head):
        return False
    bom_encoding = next(
        (encoding for bom, encoding in _BYTE_ORDER_MARKS.items() if head.startswith(bom)), None
    )
    is_text = _is_text_in(file, bom_encoding or "utf-8")
    if is_text is None and bom_encoding is None:
        return bool(_is_text_in(file, "cp1252")) and _is_mostly_ascii(file)
    return bool(is_text)


def _is_text_in(file: IO[bytes], encoding: str) -> bool | None:
    """None for what is not written in that encoding at all."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    beginning = ""
    try:
        for chunk in _read_chunks(file):
            text = decoder.decode(chunk)
            if _CONTROL_CHARACTERS.search(text):
                return False
            beginning = beginning or text[:HEAD_SIZE].removeprefix("\ufeff")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return not _SCRIPT_BEGINNINGS.match(beginning) and not _RUNNABLE_MARKUP.search(beginning)


def _is_mostly_ascii(file: IO[bytes]) -> bool:
    size = non_ascii = 0
    for chunk in _read_chunks(file):
        size += len(chunk)
        non_ascii += len(chunk.translate(None, bytes(range(0x80))))
    return non_ascii <= size * _MAX_NON_ASCII_SHARE


def _read_chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK_SIZE):
        yield chunk
