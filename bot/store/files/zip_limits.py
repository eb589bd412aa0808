"""What a zip file would cost to read, told from its last records before its directory is read."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO

MOST_PARTS = 4_000
"""Entries of the directory. A presentation of 500 slides with notes and pictures has half of them."""
MOST_DIRECTORY = 512 * 1024
"""Bytes of the directory."""
LONGEST_NAME = 1_024
"""Bytes of a part's name, and of a comment on it."""
LONGEST_EXTRA = 72
"""Bytes of what else is said of a part: Windows' times take 36 and zip64's sizes 28. The reader is slow with these."""

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
"""Bytes from the file's end within which its end records stand."""
_IN_ZIP64 = (0xFFFF, 0xFFFFFFFF)
"""In the end record: the figure stands in the record of zip64."""


class Unreadable(ValueError):
    """The zip file is broken, says two things, or costs too much to read."""


@dataclass(frozen=True, slots=True)
class _Directory:
    parts: int
    size: int
    offset: int


def check(file: IO[bytes]) -> None:
    """Raise Unreadable where the directory is large, or is not what the end of the file says that it is.

    Reads the file's last 66 kB and, where these promise a small directory, the directory.
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
    """The directory as the end records describe it: all of them alike, and right before them."""
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
    """Where the only end record stands. One more that would do as well, in a comment say, is for deceiving."""
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
    """What the record of zip64 says, where the end record agrees."""
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
