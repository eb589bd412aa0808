"""The catalog in force, while its files change."""

import asyncio
from pathlib import Path

import pytest

from bot.catalog import Catalog, CatalogError, Live
from tests.catalog.writing import SERVICE, service, write


class Heard:
    def __init__(self) -> None:
        self.changes: list[Catalog] = []
        self.refusals: list[CatalogError] = []


def live(folder: Path) -> tuple[Live, Heard]:
    heard = Heard()
    return Live(write(folder), heard.changes.append, heard.refusals.append), heard


def test_a_changed_catalog_is_taken_up(tmp_path: Path) -> None:
    held, heard = live(tmp_path)
    write(tmp_path, service("channel: annan"))
    assert held.check_now()
    assert held.current.services["bygglov"].channel == "annan"
    assert heard.changes == [held.current]


def test_a_wrong_catalog_is_refused_and_the_old_one_kept(tmp_path: Path) -> None:
    held, heard = live(tmp_path)
    before = held.current
    write(tmp_path, service("privacy: secret"))
    assert not held.check_now()
    assert held.current is before
    assert held.refused is heard.refusals[0]


def test_the_same_errors_are_told_once(tmp_path: Path) -> None:
    held, heard = live(tmp_path)
    write(tmp_path, service("privacy: secret"))
    held.check_now()
    held.check_now()
    assert len(heard.refusals) == 1


def test_a_corrected_catalog_is_taken_up_after_a_refused_one(tmp_path: Path) -> None:
    held, heard = live(tmp_path)
    for written in (service("privacy: secret"), service("privacy: strict")):
        write(tmp_path, written)
        held.check_now()
    assert held.current.services["bygglov"].strict
    assert held.refused is None
    assert (len(heard.changes), len(heard.refusals)) == (1, 1)


def test_files_saved_without_a_change_change_nothing(tmp_path: Path) -> None:
    held, heard = live(tmp_path)
    write(tmp_path, "# En kommentar\n" + SERVICE)
    assert not held.check_now()
    assert not heard.changes


def test_a_program_does_not_start_on_a_wrong_catalog(tmp_path: Path) -> None:
    with pytest.raises(CatalogError):
        Live(write(tmp_path, service("privacy: secret")))


def test_a_change_is_seen_while_the_program_runs(tmp_path: Path) -> None:
    async def story() -> Live:
        stop, changed = asyncio.Event(), asyncio.Event()
        held = Live(write(tmp_path), on_change=lambda _: changed.set())
        watching = asyncio.create_task(held.watch(stop))
        await asyncio.sleep(0.2)
        write(tmp_path, service("channel: annan"))
        await asyncio.wait_for(changed.wait(), 5)
        stop.set()
        await asyncio.wait_for(watching, 5)
        return held

    assert asyncio.run(story()).current.services["bygglov"].channel == "annan"


def test_a_change_made_while_the_files_are_first_read_is_seen(tmp_path: Path) -> None:
    async def changed_after(seconds: float) -> str | None:
        folder = tmp_path / str(seconds)
        folder.mkdir()
        changed = asyncio.Event()

        def whole(catalog: Catalog) -> None:
            """The files are written one by one, and may be read in between."""
            if {one.channel for one in catalog.services.values()} == {"sedan"}:
                changed.set()

        held = Live(write(folder, *many("forst")), on_change=whole)
        watching = asyncio.create_task(held.watch())
        await asyncio.sleep(seconds)
        write(folder, *many("sedan"))
        await asyncio.wait_for(changed.wait(), 20)
        watching.cancel()
        return held.current.services["bygglov0"].channel

    async def story() -> list[str | None]:
        return await asyncio.gather(*(changed_after(n / 200) for n in range(8)))

    assert set(asyncio.run(story())) == {"sedan"}


def many(channel: str) -> list[str]:
    """So many e-services that reading them takes a while."""
    return [service(f"key: bygglov{n}\nchannel: {channel}") for n in range(8)]
