"""The nightly backups in one folder: a generation for each day, of which some are kept."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from bot.backup.copying import UNFINISHED, HowToCopy, Places, require_apart, write_backup
from bot.backup.manifest import MANIFEST, BackupRefused, Manifest, read_manifest
from bot.text.working_days import local_day

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class GenerationLimits:
    """How many generations are kept: of the last days, and the newest of the last weeks and months with one."""

    daily: int
    weekly: int
    monthly: int


@dataclass(frozen=True)
class Generations:
    """The folder of the nightly backups: what is backed up, how many are kept, and the language of their manifests."""

    places: Places
    folder: Path
    limits: GenerationLimits
    language: str = "sv"

    def list_whole(self) -> list[Path]:
        """The whole backups in the folder, the oldest first."""
        return list_generations(self.folder)

    def write(self, now: datetime, is_stopped: Callable[[], bool]) -> Manifest:
        """Write the day's generation, unless it is there, and then remove those that are no longer kept.

        A case's file is on disk once for all generations of a month; the first of each month copies all anew, so that
        one spoilt block of the disk does not spoil every month. What a backup that was killed left is removed. Raises
        what `write_backup` raises, and BackupRefused where another process writes one there.
        """
        require_apart(self.places, self.folder)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _hold_alone(self.folder):
            for left in self.folder.glob(f"*{UNFINISHED}"):
                shutil.rmtree(left)
            target, earlier = self.folder / local_day(now).isoformat(), self.list_whole()
            if target in earlier:
                return read_manifest(target)[0]
            how = HowToCopy(_find_lending(earlier, target), is_stopped)
            try:
                manifest = write_backup(self.places, target, now, self.language, how)
            finally:
                shutil.rmtree(target.with_name(target.name + UNFINISHED), ignore_errors=True)
            for one in find_expired([*earlier, target], self.limits):
                _remove(one)
        return manifest


def list_generations(folder: Path) -> list[Path]:
    """The whole backups in the folder, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(one for one in folder.iterdir() if _DAY.fullmatch(one.name) and (one / MANIFEST).is_file())


def find_newest_time(folder: Path) -> datetime | None:
    """When the newest generation became whole; None where there is none."""
    generations = list_generations(folder)
    if not generations:
        return None
    return datetime.fromtimestamp((generations[-1] / MANIFEST).stat().st_mtime, UTC)


def _find_lending(earlier: Sequence[Path], target: Path) -> Path | None:
    """The newest generation of the same month; None where there is none, or its manifest is damaged."""
    if not earlier or earlier[-1].name[:7] != target.name[:7]:
        return None
    try:
        read_manifest(earlier[-1])
    except BackupRefused:
        return None
    return earlier[-1]


def find_expired(generations: Iterable[Path], limits: GenerationLimits) -> list[Path]:
    """Those of the generations that are not kept, the newest of which always is."""
    newest_first = sorted(generations, reverse=True)
    retained = set(newest_first[: max(1, limits.daily)])
    retained |= _newest_of_each(newest_first, _week_of, limits.weekly)
    retained |= _newest_of_each(newest_first, _month_of, limits.monthly)
    return [one for one in newest_first if one not in retained]


def _newest_of_each(newest_first: Iterable[Path], period: Callable[[date], str], most: int) -> set[Path]:
    """The newest generation of each of the last periods, at most so many."""
    found: dict[str, Path] = {}
    for one in newest_first:
        found.setdefault(period(date.fromisoformat(one.name)), one)
    return set(list(found.values())[:most])


def _week_of(day: date) -> str:
    return f"{day:%G-%V}"


def _month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def _remove(generation: Path) -> None:
    """Remove a generation, which is none any more from the first moment on."""
    going = generation.with_name(generation.name + UNFINISHED)
    generation.rename(going)
    shutil.rmtree(going)


@contextmanager
def _hold_alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock during the block; the system releases it when the process dies. Raises BackupRefused."""
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupRefused("cli.stop.backing_up", folder=folder) from None
    finally:
        os.close(lock)
