"""The nightly backup of many cases and files, and what presses take meanwhile.

    python -m bench backups --cases 100000 --gigabytes 20

fills a store, lays out sparse files of that size, and starts the program twice: without a backup, and with one that
begins at its start. Printed are the backup's time and the presses' p50 and p99 of both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sqlite3
import uuid
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

from bench import presses
from bench.bench import Bench, prepared
from bench.million import stores
from bench.processes import CATALOG
from bot.catalog.files.loader import load
from sandbox.from_catalog import slack_id
from sandbox.scenery import TEAM

FILE_BYTES = 10 * 1024**2
SERVICE, OFFICER = "kundfakturaunderlag", slack_id("U", "oskar-wahlgren")
WARM, RESTING = 50, 400
"""Presses before those that count, and those at rest."""
AT_ONCE = 20
"""Presses between two looks into the log."""
ACTS = ("case:take", "case:release")
NAME = "backed-up"

_FREE = """SELECT id FROM "case" WHERE service = ? AND closed_at IS NULL AND NOT protected
    AND id NOT IN (SELECT case_id FROM assignee) ORDER BY number DESC LIMIT 50"""


def main(arguments: list[str]) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench backups")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--gigabytes", type=float, default=20.0)
    given = parser.parse_args(arguments)
    with stores.filled("sqlite", given.cases, load(CATALOG)) as url:
        asyncio.run(measure(Path(make_url(url).database or ""), given.gigabytes))


async def measure(store: Path, gigabytes: float) -> None:
    """Print what the backup of a copy of the store takes, and the presses."""
    async with prepared(1) as bench:
        home = bench.folder / NAME
        home.mkdir()
        shutil.copy(store, home / "case.db")
        lay_out(home / "files", int(gigabytes * 1024**3))
        resting, _ = await press_during(bench, {})
        taken, seconds = await press_during(bench, {"BACKUP_DIR": str(bench.folder / "generations")})
        size = sum(one.stat().st_size for one in (bench.folder / "generations").rglob("*") if one.is_file())
    table = Table("", "p50, ms", "p99, ms", "presses")
    for what, times in (("at rest", resting), ("during the backup", taken)):
        cuts = quantiles(times, n=100)
        table.add_row(what, f"{cuts[49] * 1000:.1f}", f"{cuts[98] * 1000:.1f}", str(len(times)))
    Console().print(table)
    print(f"the backup took {seconds:.0f} s and has {size / 1024**3:.1f} GB")


def lay_out(folder: Path, size: int) -> None:
    """Sparse files as those of cases, of `size` bytes together."""
    for _ in range(max(1, size // FILE_BYTES)):
        file_id = uuid.uuid4().hex
        (folder / file_id[:2]).mkdir(parents=True, exist_ok=True)
        with (folder / file_id[:2] / file_id).open("wb") as file:
            file.truncate(FILE_BYTES)


async def press_during(bench: Bench, settings: dict[str, str]) -> tuple[list[float], float]:
    """The seconds of presses, one at a time: of `RESTING`, or of all until the backup is written. And its seconds."""
    async with presses.hook() as response_url, bench.bot(NAME, **settings) as bot:
        began = asyncio.get_running_loop().time()
        officer = presses.Officer(OFFICER, TEAM, response_url)
        acts = (officer.act(case_id, act) for case_id in cycle(_free_cases(bench)) for act in ACTS)
        if not settings:
            await presses.send_serially(bot.url, list(islice(acts, WARM)))
            return await presses.send_serially(bot.url, list(islice(acts, RESTING))), 0.0
        taken: list[float] = []
        while not _is_logged(bench, "backup_written"):
            assert not _is_logged(bench, "backup_failed")
            taken += await presses.send_serially(bot.url, list(islice(acts, AT_ONCE)))
        return taken, bot.seconds_to_ready + asyncio.get_running_loop().time() - began


def _free_cases(bench: Bench) -> list[str]:
    with closing(sqlite3.connect(bench.folder / NAME / "case.db")) as database:
        return [row[0] for row in database.execute(_FREE, (SERVICE,))]


def _is_logged(bench: Bench, event: str) -> bool:
    lines = (bench.folder / f"{NAME}-bot.log").read_text().splitlines()
    return any(json.loads(line).get("event") == event for line in lines if line.startswith("{"))
