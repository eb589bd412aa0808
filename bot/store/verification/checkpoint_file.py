"""The file of checkpoints: lines with chained codes, and the position of the last checkpoint."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from bot.store.engine.keys import canonical_json
from bot.store.log.hash_chain import START_HASH

FILE_NAME = "checkpoints.jsonl"

_TAIL_BYTES = (2**16, 2**22)
"""Bytes at the end of the file that are searched for the end of the last part: the last line, except after a crash."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: a case's head, or the end of a part of a checkpoint, which has no case."""

    data: Mapping[str, Any]
    """Empty for a line that has been changed."""
    mac: str
    end: int
    """Bytes of the file up to the end of the line."""

    @property
    def is_head(self) -> bool:
        return "case" in self.data

    @property
    def is_whole(self) -> bool:
        """Whether a complete checkpoint ends here, not only a part of one."""
        return bool(self.data) and not self.is_head and "more" not in self.data


@dataclass(frozen=True, slots=True)
class Position:
    """The progress of checkpoints: the last event covered with its hash, and the numbers of events and cases.

    Readings are counted until `readings_until`; None where none have been.
    """

    event: int = 0
    hash: str = START_HASH
    events: int = 0
    cases: int = 0
    readings_until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The position as stored in a checkpoint."""
        until = self.readings_until.isoformat() if self.readings_until is not None else None
        return {
            "event": self.event,
            "hash": self.hash,
            "events": self.events,
            "cases": self.cases,
            "readings_until": until,
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> Position:
        """The position from a checkpoint."""
        until = stored["readings_until"]
        return Position(**{**stored, "readings_until": datetime.fromisoformat(until) if until else None})


@dataclass(frozen=True, slots=True)
class FileState:
    """Where the file is continued: the last complete line's code and end, and the position of checkpoints."""

    mac: str = START_HASH
    end: int = 0
    position: Position = field(default_factory=Position)


def read_state(path: Path, key: bytes) -> FileState:
    """Read the file's end; the whole file only where no position is found there."""
    if not path.exists():
        return FileState()
    for size in _TAIL_BYTES:
        state = _state_after(_tail_lines(path, key, size))
        if state.position.event > 0:
            return state
    return _state_after(read_lines(path, key))


def find_newest_time(path: Path, key: bytes) -> datetime | None:
    """When the last whole checkpoint in the file was written; None where there is none."""
    if not path.exists():
        return None
    for size in _TAIL_BYTES:
        times = [
            line.data["at"] for line in _tail_lines(path, key, size) if line.is_whole and "at" in line.data
        ]
        if times:
            return datetime.fromisoformat(times[-1])
    return None


def _tail_lines(path: Path, key: bytes, size: int) -> Iterator[Line]:
    """The complete lines in the last bytes of the file; the first can be verified only if it is the file's first."""
    with path.open("rb") as file:
        start = max(0, file.seek(0, os.SEEK_END) - size)
        file.seek(start)
        if start > 0:
            start += len(file.readline())  # the rest of a line
        yield from _parse_lines(file, key, start, None if start > 0 else START_HASH)


def read_lines(path: Path, key: bytes) -> Iterator[Line]:
    """The complete lines, from the first; an incomplete last line, left by a crash, is ignored."""
    if path.exists():
        with path.open("rb") as file:
            yield from _parse_lines(file, key, 0, START_HASH)


def append_lines(path: Path, key: bytes, state: FileState, lines: Iterable[Mapping[str, Any]]) -> None:
    """Append the lines durably."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mac = state.mac
    with path.open("r+b" if path.exists() else "xb") as file:
        file.truncate(state.end)  # removes a line that a crash has cut short
        file.seek(state.end)
        for data in lines:
            mac = _mac(key, mac, data)
            file.write(canonical_json({**data, "mac": mac}).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _state_after(lines: Iterable[Line]) -> FileState:
    mac, end, position = START_HASH, 0, Position()
    for line in lines:
        mac, end = line.mac, line.end
        if "position" in line.data:
            position = Position.from_json(line.data["position"])
        elif counted := line.data.get("readings"):  # from versions without positions
            position = Position(readings_until=datetime.fromisoformat(counted["until"]))
    return FileState(mac, end, position)


def _parse_lines(file: BinaryIO, key: bytes, end: int, previous_mac: str | None) -> Iterator[Line]:
    """The lines from `end`; the first cannot be verified without the previous line's code."""
    for raw_line in file:
        if not raw_line.endswith(b"\n"):
            return
        end += len(raw_line)
        data, mac = _parse_line(raw_line)
        if previous_mac is None or not hmac.compare_digest(mac, _mac(key, previous_mac, data)):
            data = {}
        previous_mac = mac
        yield Line(data, mac, end)


def _parse_line(raw_line: bytes) -> tuple[dict[str, Any], str]:
    try:
        data = json.loads(raw_line)
        return data, str(data.pop("mac")).encode("ascii", "replace").decode()
    except (ValueError, KeyError, AttributeError, TypeError):
        return {}, ""


def _mac(key: bytes, previous_mac: str, data: Mapping[str, Any]) -> str:
    return hmac.new(key, f"{previous_mac}\x1f{canonical_json(data)}".encode(), hashlib.sha256).hexdigest()
