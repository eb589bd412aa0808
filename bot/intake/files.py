"""Files on their way into a case."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.domain.intake import FileRef
from bot.intake.kit import Kit
from bot.store import Tx
from bot.store.files import unattached


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
        unattached.expect(tx, one.ref, now)


def _write(kit: Kit, incoming: Sequence[Incoming]) -> None:
    for one in incoming:
        kit.files.write(one.ref.id, one.chunks())


async def _let_go(kit: Kit, ids: list[str]) -> None:
    for gone in await kit.service.database.write(lambda tx: unattached.forget(tx, ids)):
        kit.files.remove(gone.id)
