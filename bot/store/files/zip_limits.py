"""Limits on zip files, checked by their end records before the directory is read."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO

MOST_PARTS = 4_000
"""Entries of the directory. A presentation of 500 slides with notes and pictures has half as many."""
MOST_DIRECTORY = 512 * 1024
"""Bytes of the directory."""
LONGEST_NAME = 1_024
"""Bytes of a part's name, and of a comment on it."""
LONGEST_EXTRA = 72
"""Bytes of a part's extra field: Windows' times take 36, zip64's sizes 28. Python's reader is slow with long ones."""

# The records of APPNOTE.TXT 4.3.12 and 4.3.14 to 4.3.16.
_ENTRY = struct.Struct("<4s24x3H12x")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ4x2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY_MARK = b"PK\x01\x02"
_END_MARK = b"PK\x05\x06"
_END_64_MARK = b"PK\x06\x06"
_LOCATOR_64_MARK = b"PK\x06\x07"
_TAIL = _LOCATOR_64.size + _END_64.size + _END.size + 0xFFFF
"""Bytes at the file's end within which the end records are."""
_IN_ZIP64 = (0xFFFF, 0xFFFFFFFF)
"""Values in the end record that refer to the zip64 record."""


class Unreadable(ValueError):
    """The zip file is invalid, contradictory, or costs too much to read."""


@dataclass(frozen=True, slots=True)
class _Directory:
    parts: int
    size: int
    offset: int


def check(file: IO[bytes]) -> None:
    """Raise Unreadable where the directory is too large, or differs from the end records.

    Reads the file's last 66 kB, and the directory where it is small according to them.
    """
    end = file.seek(0, 2)
    start = max(0, end - _TAIL)
    file.seek(start)
    directory = _directory(file.read(_TAIL), start)
    if directory.parts > MOST_PARTS or directory.size > MOST_DIRECTORY:
        raise Unreadable("a large directory")
    file.seek(directory.offset)
    _check_entries(file.read(directory.size), directory.parts)


def _directory(tail: bytes, start: int) -> _Directory:
    """The directory by the end records, which must agree; it must end right before them."""
    at = _end_record(tail)
    _, disk, first_disk, parts_on_disk, parts, size, offset, _ = _END.unpack_from(tail, at)
    directory = _Directory(parts, size, offset)
    if disk or first_disk or parts_on_disk != parts:
        raise Unreadable("one of several disks")
    if at >= _LOCATOR_64.size and tail.startswith(_LOCATOR_64_MARK, at - _LOCATOR_64.size):
        at -= _LOCATOR_64.size + _END_64.size
        directory = _directory_64(tail, at, start, directory)
    if directory.offset + directory.size != start + at:
        raise Unreadable("a directory elsewhere")
    return directory


def _end_record(tail: bytes) -> int:
    """The offset of the end record. Raises Unreadable where there are several possible ones, as in a comment."""
    found = [at for at in _all(_END_MARK, tail) if _ends_the_file(tail, at)]
    if len(found) != 1 or found[0] != tail.rfind(_END_MARK):
        raise Unreadable("no end record, or several")
    return found[0]


def _all(mark: bytes, tail: bytes) -> list[int]:
    found, at = [], tail.find(mark)
    while at >= 0:
        found.append(at)
        at = tail.find(mark, at + 1)
    return found


def _ends_the_file(tail: bytes, at: int) -> bool:
    if at + _END.size > len(tail):
        return False
    comment: int = _END.unpack_from(tail, at)[-1]
    return at + _END.size + comment == len(tail)


def _directory_64(tail: bytes, at: int, start: int, directory: _Directory) -> _Directory:
    """The directory by the zip64 record, which must agree with the end record."""
    if at < 0 or not tail.startswith(_END_64_MARK, at):
        raise Unreadable("no record of zip64")
    _, length, disk, first_disk, parts_on_disk, parts, size, offset = _END_64.unpack_from(tail, at)
    _, locator_disk, located, disks = _LOCATOR_64.unpack_from(tail, at + _END_64.size)
    whole = length == _END_64.size - 12 and located == start + at
    if not whole or disk or first_disk or locator_disk or disks > 1 or parts_on_disk != parts:
        raise Unreadable("a broken record of zip64")
    pairs = ((directory.parts, parts), (directory.size, size), (directory.offset, offset))
    if any(short not in (long, *_IN_ZIP64) for short, long in pairs):
        raise Unreadable("two end records that differ")
    return _Directory(parts, size, offset)


def _check_entries(directory: bytes, parts: int) -> None:
    at = 0
    for _ in range(parts):
        if at + _ENTRY.size > len(directory):
            raise Unreadable("fewer entries than promised")
        mark, name, extra, comment = _ENTRY.unpack_from(directory, at)
        if mark != _ENTRY_MARK or max(name, comment) > LONGEST_NAME or extra > LONGEST_EXTRA:
            raise Unreadable("an entry that is none, or too long")
        at += _ENTRY.size + name + extra + comment
    if at != len(directory):
        raise Unreadable("more entries than promised")
