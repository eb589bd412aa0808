"""Losses that somebody has explained, in a file beside the checkpoints that only the log's key can write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.store.engine.keys import Keys
from bot.store.verification import checkpoint_file
from bot.store.verification.findings import Findings

FILE_NAME = "acknowledged.jsonl"


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Running numbers of a year, the first and the last with those between."""

    year: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """That somebody (`by`, as they call themselves) knows `why` something is lost.

    `losses` name what checkpoints say of it (`Findings.losses`); `skipped` are numbers that no case is to have, which a
    restore writes, with the time of its backup (ISO) as the reason.
    """

    at: datetime
    by: str
    why: str
    losses: tuple[str, ...] = ()
    skipped: tuple[NumberRange, ...] = ()


def append(folder: Path, keys: Keys, acknowledgement: Acknowledgement) -> None:
    """Add the acknowledgement to the file in `folder`."""
    one, path, key = acknowledgement, folder / FILE_NAME, _key(keys)
    skipped = [[numbers.year, numbers.first, numbers.last] for numbers in one.skipped]
    line = {
        "at": one.at.isoformat(),
        "by": one.by,
        "why": one.why,
        "losses": list(one.losses),
        "skipped": skipped,
    }
    checkpoint_file.append_lines(path, key, checkpoint_file.read_state(path, key), [line])


def load(folder: Path | None, keys: Keys, findings: Findings) -> list[Acknowledgement]:
    """The acknowledgements in the file. A line that was changed counts for nothing, and is a finding."""
    loaded = []
    lines = checkpoint_file.read_lines(folder / FILE_NAME, _key(keys)) if folder is not None else ()
    for number, line in enumerate(lines, 1):
        if line.data:
            skipped = tuple(NumberRange(*numbers) for numbers in line.data["skipped"])
            at = datetime.fromisoformat(line.data["at"])
            one = Acknowledgement(at, line.data["by"], line.data["why"], tuple(line.data["losses"]), skipped)
            loaded.append(one)
        else:
            findings.add("", "proof.acknowledgements", n=number)
    return loaded


def all_skipped(acknowledgements: Iterable[Acknowledgement]) -> frozenset[NumberRange]:
    """The numbers that no case is to have."""
    return frozenset(numbers for one in acknowledgements for numbers in one.skipped)


def _key(keys: Keys) -> bytes:
    return keys.derive("acknowledgement")
