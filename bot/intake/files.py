"""Storing of files that are to be attached to a case."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bot.domain.submission import FileRef
from bot.intake.dependencies import Dependencies
from bot.store import Tx
from bot.store.files import unattached


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file to be stored: its row, and the source of its bytes."""

    ref: FileRef
    chunks: Callable[[], Iterable[bytes]]


@asynccontextmanager
async def store_until_attached(deps: Dependencies, incoming: Sequence[Incoming]) -> AsyncIterator[None]:
    """Store the files before the block, in which their cases are opened; afterwards those not attached are removed.

    The rows are saved first, so that what a crash leaves behind is swept.
    """
    if not incoming:
        yield
        return
    await deps.service.database.write(lambda tx: _expect(tx, deps, incoming))
    try:
        await deps.files.run(_write, deps, incoming)
        yield
    finally:
        await _discard(deps, [one.ref.id for one in incoming])


def _expect(tx: Tx, deps: Dependencies, incoming: Sequence[Incoming]) -> None:
    now = deps.service.clock()
    for one in incoming:
        unattached.save(tx, replace(one.ref, scan=deps.files.first_scan_state), now)


def _write(deps: Dependencies, incoming: Sequence[Incoming]) -> None:
    for one in incoming:
        deps.files.write(one.ref.id, one.chunks())


async def _discard(deps: Dependencies, ids: list[str]) -> None:
    for discarded in await deps.service.database.write(lambda tx: unattached.remove(tx, ids)):
        await deps.files.run(deps.files.remove_soon, discarded.id)
