"""The nightly backup of many cases and files, what presses take meanwhile, and what its restore takes.

    python -m bench backups --cases 100000 --gigabytes 20

fills a store (kept for the next time), lays out sparse files of that size, and starts the program twice: without a
backup, and with one that begins at its start, with as many presses at rest after it as before. Then the backup is
restored to an empty place. Printed are the times of both, and the presses' p50 and p99 at rest and during the backup.
The disk needs room for the files twice; all is removed at the end, and at most `--minutes` are taken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import shutil
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles

import structlog
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

from bench import presses
from bench.bench import Bench, prepared
from bench.million import stores
from bench.processes import CATALOG, ROOT
from bot.catalog.files.loader import load
from sandbox.default_workspace import TEAM
from sandbox.from_catalog import slack_id

FILE_BYTES = 10 * 1024**2
GIGABYTE = 1024**3
SPARE_GIGABYTES = 5
"""For the store, its copies, and what is left free."""
SERVICE, OFFICER = "kundfakturaunderlag", slack_id("U", "oskar-wahlgren")
WARM, RESTING = 50, 400
"""Presses before those that count, and those at rest before the backup and after it."""
AT_ONCE = 20
"""Presses between two looks into the log."""
ACTS = ("case:take", "case:release")
NAME = "backed-up"

_FREE = """SELECT id FROM "case" WHERE service = ? AND closed_at IS NULL AND NOT protected
    AND id NOT IN (SELECT case_id FROM assignee) ORDER BY number DESC LIMIT 50"""


def main(arguments: list[str]) -> None:
    """Measure, and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    parser = argparse.ArgumentParser(prog="python -m bench backups")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--gigabytes", type=float, default=20.0)
    parser.add_argument("--minutes", type=float, default=30.0, help="after which it is given up")
    given = parser.parse_args(arguments)
    needed = int(2 * given.gigabytes + SPARE_GIGABYTES)
    free = shutil.disk_usage(tempfile.gettempdir()).free // GIGABYTE
    if free < needed:
        parser.error(f"{needed} GB of disk are needed, {free} are free; choose fewer --gigabytes")
    with stores.filled("sqlite", given.cases, load(CATALOG)) as url:
        store = Path(make_url(url).database or "")
        asyncio.run(asyncio.wait_for(measure(store, given.gigabytes), given.minutes * 60))


async def measure(store: Path, gigabytes: float) -> None:
    """Print what the backup of a copy of the store takes, the presses, and what the restore takes."""
    async with prepared(1) as bench:
        home, generations = bench.folder / NAME, bench.folder / "generations"
        home.mkdir()
        shutil.copy(store, home / "case.db")
        lay_out(home / "files", int(gigabytes * GIGABYTE))
        os.sync()
        resting = await press_at_rest(bench)
        taken, seconds = await press_during(bench, generations)
        os.sync()
        resting += await press_at_rest(bench)
        (backup,) = (one for one in generations.iterdir() if not one.name.startswith("."))
        size = sum(one.stat().st_size for one in backup.rglob("*") if one.is_file())
        shutil.rmtree(home)
        restoring = await restore(bench, backup)
    rest, during = _percentiles(resting), _percentiles(taken)
    table = Table("", "p50, ms", "p99, ms", "presses")
    for what, cuts, times in (("at rest", rest, resting), ("during the backup", during, taken)):
        table.add_row(what, *(f"{cut * 1000:.1f}" for cut in cuts), str(len(times)))
    table.add_row("times", *(f"{a / b:.2f}" for a, b in zip(during, rest, strict=True)), "")
    Console().print(table)
    print(f"the backup of {size / GIGABYTE:.1f} GB took {seconds:.0f} s, its restore {restoring:.0f} s")


def _percentiles(times: list[float]) -> tuple[float, float]:
    """The seconds of p50 and p99."""
    cuts = quantiles(times, n=100)
    return cuts[49], cuts[98]


async def restore(bench: Bench, backup: Path) -> float:
    """The seconds that `restore` takes, to an empty place."""
    place = bench.folder / "restored"
    settings = bench.env(place.name) | {"CATALOG": str(place / "catalog")}
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "restore", str(backup)), env=settings, cwd=ROOT
    )
    try:
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
    return time.perf_counter() - began


def lay_out(folder: Path, size: int) -> None:
    """Sparse files as those of cases, of `size` bytes together."""
    for _ in range(max(1, size // FILE_BYTES)):
        file_id = uuid.uuid4().hex
        (folder / file_id[:2]).mkdir(parents=True, exist_ok=True)
        with (folder / file_id[:2] / file_id).open("wb") as file:
            file.truncate(FILE_BYTES)


async def press_at_rest(bench: Bench) -> list[float]:
    """The seconds of `RESTING` presses, one at a time."""
    async with presses.hook() as response_url, bench.bot(NAME) as bot:
        acts = _acts(bench, response_url)
        await presses.send_serially(bot.url, list(islice(acts, WARM)))
        return await presses.send_serially(bot.url, list(islice(acts, RESTING)))


async def press_during(bench: Bench, generations: Path) -> tuple[list[float], float]:
    """The seconds of all presses until the backup is written, one at a time; and the backup's."""
    async with presses.hook() as response_url, bench.bot(NAME, BACKUP_DIR=str(generations)) as bot:
        began = time.perf_counter()
        acts = _acts(bench, response_url)
        taken: list[float] = []
        while not _is_logged(bench, "backup_written"):
            assert not _is_logged(bench, "backup_failed")
            taken += await presses.send_serially(bot.url, list(islice(acts, AT_ONCE)))
        return taken, bot.seconds_to_ready + time.perf_counter() - began


def _acts(bench: Bench, response_url: str) -> Iterator[bytes]:
    """Presses without end: each case is taken and given back."""
    officer = presses.Officer(OFFICER, TEAM, response_url)
    return (officer.act(case_id, act) for case_id in cycle(_free_cases(bench)) for act in ACTS)


def _free_cases(bench: Bench) -> list[str]:
    with closing(sqlite3.connect(bench.folder / NAME / "case.db")) as database:
        return [row[0] for row in database.execute(_FREE, (SERVICE,))]


def _is_logged(bench: Bench, event: str) -> bool:
    lines = (bench.folder / f"{NAME}-bot.log").read_text().splitlines()
    return any(json.loads(line).get("event") == event for line in lines if line.startswith("{"))
