"""Files on their way into a case."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.catalog.municipality import FileLimits
from bot.domain.intake import FileRef
from bot.intake.kit import Kit
from bot.store import Tx, files

UNKNOWN_KIND = "application/octet-stream"
NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that is to be stored: what its row says, and where its bytes come from."""

    ref: FileRef
    chunks: Callable[[], Iterable[bytes]]


@asynccontextmanager
async def held(kit: Kit, incoming: Sequence[Incoming]) -> AsyncIterator[None]:
    """Store the files for as long as it takes to open their cases; those that no case took are gone afterwards.

    The rows come first, so that what a cut leaves behind is found and swept.
    """
    if not incoming:
        yield
        return
    await kit.service.database.write(lambda tx: _expect(tx, kit, incoming))
    try:
        await asyncio.to_thread(_write, kit, incoming)
        yield
    finally:
        await _let_go(kit, [one.ref.id for one in incoming])


def _expect(tx: Tx, kit: Kit, incoming: Sequence[Incoming]) -> None:
    now = kit.service.clock()
    for one in incoming:
        files.expect(tx, one.ref, now)


def _write(kit: Kit, incoming: Sequence[Incoming]) -> None:
    for one in incoming:
        kit.files.write(one.ref.id, one.chunks())


async def _let_go(kit: Kit, ids: list[str]) -> None:
    for file_id in await kit.service.database.write(lambda tx: files.forget(tx, ids)):
        kit.files.remove(file_id)


def is_accepted(name: str, limits: FileLimits) -> bool:
    """Whether the municipality takes files of that name's kind."""
    return ending(name) in limits.kinds


def ending(name: str) -> str:
    """What follows the last dot, in small letters; empty where there is none."""
    _, dot, last = name.rpartition(".")
    return last.lower() if dot else ""


def media_type(name: str) -> str:
    """The MIME type that a name promises."""
    return mimetypes.guess_type(name, strict=False)[0] or UNKNOWN_KIND


def bare_name(name: str) -> str:
    """A file's name without the folders some browsers send along, and not longer than a row should hold."""
    last = name.replace("\\", "/").rpartition("/")[2].strip() or "fil"
    stem, dot, end = last.rpartition(".")
    if len(last) <= NAME_LENGTH:
        return last
    return f"{stem[: NAME_LENGTH - len(end) - 1]}{dot}{end}" if dot and len(end) < 20 else last[:NAME_LENGTH]
