"""The catalog in force, while its files change."""

import asyncio
from pathlib import Path

import pytest

from bot.catalog import Catalog, CatalogError, LiveCatalog
from tests.catalog.catalog_files import SERVICE, service_yaml, write_catalog
from tests.conftest import PATIENCE


class Callbacks:
    def __init__(self) -> None:
        self.changes: list[Catalog] = []
        self.refusals: list[CatalogError] = []


def open_live(folder: Path) -> tuple[LiveCatalog, Callbacks]:
    callbacks = Callbacks()
    return LiveCatalog(write_catalog(folder), callbacks.changes.append, callbacks.refusals.append), callbacks


def test_a_changed_catalog_is_taken_up(tmp_path: Path) -> None:
    live_catalog, callbacks = open_live(tmp_path)
    write_catalog(tmp_path, service_yaml("channel: annan"))
    assert live_catalog.reload()
    assert live_catalog.current.services["bygglov"].channel == "annan"
    assert callbacks.changes == [live_catalog.current]


def test_a_wrong_catalog_is_refused_and_the_old_one_kept(tmp_path: Path) -> None:
    live_catalog, callbacks = open_live(tmp_path)
    before = live_catalog.current
    write_catalog(tmp_path, service_yaml("privacy: secret"))
    assert not live_catalog.reload()
    assert live_catalog.current is before
    assert live_catalog.error is callbacks.refusals[0]


def test_the_same_errors_are_told_once(tmp_path: Path) -> None:
    live_catalog, callbacks = open_live(tmp_path)
    write_catalog(tmp_path, service_yaml("privacy: secret"))
    live_catalog.reload()
    live_catalog.reload()
    assert len(callbacks.refusals) == 1


def test_a_corrected_catalog_is_taken_up_after_a_refused_one(tmp_path: Path) -> None:
    live_catalog, callbacks = open_live(tmp_path)
    for written in (service_yaml("privacy: secret"), service_yaml("privacy: strict")):
        write_catalog(tmp_path, written)
        live_catalog.reload()
    assert live_catalog.current.services["bygglov"].strict
    assert live_catalog.error is None
    assert (len(callbacks.changes), len(callbacks.refusals)) == (1, 1)


def test_files_saved_without_a_change_change_nothing(tmp_path: Path) -> None:
    live_catalog, callbacks = open_live(tmp_path)
    write_catalog(tmp_path, "# En kommentar\n" + SERVICE)
    assert not live_catalog.reload()
    assert not callbacks.changes


def test_a_program_does_not_start_on_a_wrong_catalog(tmp_path: Path) -> None:
    with pytest.raises(CatalogError):
        LiveCatalog(write_catalog(tmp_path, service_yaml("privacy: secret")))


def test_a_change_is_seen_while_the_program_runs(tmp_path: Path) -> None:
    async def story() -> LiveCatalog:
        stop, changed = asyncio.Event(), asyncio.Event()
        live_catalog = LiveCatalog(write_catalog(tmp_path), on_change=lambda _: changed.set())
        watching = asyncio.create_task(live_catalog.watch(stop))
        await asyncio.sleep(0.2)
        write_catalog(tmp_path, service_yaml("channel: annan"))
        await asyncio.wait_for(changed.wait(), PATIENCE)
        stop.set()
        await asyncio.wait_for(watching, PATIENCE)
        return live_catalog

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

        live_catalog = LiveCatalog(write_catalog(folder, *many_services("forst")), on_change=whole)
        watching = asyncio.create_task(live_catalog.watch())
        await asyncio.sleep(seconds)
        write_catalog(folder, *many_services("sedan"))
        await asyncio.wait_for(changed.wait(), PATIENCE)
        watching.cancel()
        return live_catalog.current.services["bygglov0"].channel

    async def story() -> list[str | None]:
        return await asyncio.gather(*(changed_after(n / 200) for n in range(8)))

    assert set(asyncio.run(story())) == {"sedan"}


def many_services(channel: str) -> list[str]:
    """So many e-services that reading them takes a while."""
    return [service_yaml(f"key: bygglov{n}\nchannel: {channel}") for n in range(8)]
