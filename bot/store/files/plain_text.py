"""Detection of plain text: the whole file is text, and nothing in it can be executed."""

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
"""The first bytes of programs and of archives: they decide what a file is, whatever follows."""

_SCRIPT_BEGINNINGS = re.compile(
    r"\s*(#!|@echo\b|rem\s|\{\\rtf|\[internetshortcut\]|\[autorun\]|windows registry editor|regedit4|<\?php)",
    re.IGNORECASE,
)
_RUNNABLE_MARKUP = re.compile(
    r"<\s*(!doctype|html|svg|script|\?xml|head|body|iframe|meta|hta:)", re.IGNORECASE
)
"""Markup that a browser or a shell would execute."""

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
"""Characters that no text contains, in any encoding."""

_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_MAX_NON_ASCII_SHARE = 1 / 3
"""The most non-ASCII bytes in a Windows-1252 text: no language written in it has more."""


def is_plain_text(file: IO[bytes]) -> bool:
    """Whether the whole file is text in UTF-8, UTF-16 or Windows-1252, and nothing in it can be executed."""
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
    """Whether the file is harmless text in that encoding; None where it is not in that encoding."""
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
