"""A day at the town hall on which the program is killed again and again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.catalog.loader import load
from bot.store import Database, Keys
from sandbox.server import Sandbox
from tests.chaos.checker import wrongs
from tests.chaos.ledger import Ledger
from tests.chaos.people import Applicants, Correspondents, Machine, Officer, Town
from tests.chaos.processes import ROOT, Nursery, Process
from tests.chaos.reading import found
from tests.conftest import SAMPLE
from tests.scenarios.town_hall import SECRET, workspace_for

SETTLED_SECONDS = 60.0
"""How long it may take until all that was begun is delivered."""


@dataclass(frozen=True)
class Hardship:
    """How the day goes: `processes` serve one database, one of them is killed `kills` times after at most `life`
    seconds, and time and Slack's pace are `speed` times as fast. `most` forms, and as many calls of the API."""

    folder: Path
    database_url: str
    processes: int
    kills: int
    seed: int
    speed: float = 5.0
    life: float = 2.0
    most: int = 40


@dataclass
class Outcome:
    """What came of it."""

    wrongs: list[str]
    ledger: Ledger
    refused: dict[str, int] = field(default_factory=dict)
    mails: int = 0
    seconds: float = 0.0

    def told(self) -> str:
        return f"{self.ledger.told()}; {self.mails} mails; {self.refused or 'no'} 429; {self.seconds:.0f} s"


async def endured(day: Hardship) -> Outcome:
    """Lives through the day, waits until all is delivered, and compares."""
    began = time.perf_counter()
    async with _sandbox(day) as sandbox, Nursery.open() as nursery:
        processes = [nursery.process_at(_environment(day, sandbox)) for _ in range(day.processes)]
        sandbox.request_url = f"{processes[0].url}/slack/events"
        await asyncio.gather(*(_born(one) for one in processes))
        town = Town(sandbox, [one.url for one in processes], Ledger(), random.Random(day.seed))
        people = asyncio.create_task(_at_work(town, day))
        await _killed_again_and_again(day, processes, people)
        town.over.set()
        await people
        wrong = await _settled(day, town)
        await asyncio.gather(*(one.end(signal.SIGTERM) for one in processes))
        return Outcome(
            wrong or await _found_wrong(day, town, await _log_verified(day, sandbox)),
            town.ledger,
            dict(sandbox.stage.pace.refused),
            len(sandbox.mails()),
            time.perf_counter() - began,
        )


@contextlib.asynccontextmanager
async def _sandbox(day: Hardship) -> AsyncIterator[Sandbox]:
    mode = "http" if day.processes == 1 else "socket"
    given = {"workspace": workspace_for(SAMPLE), "speed": day.speed, "retry_seconds": (0.0, 10.0, 30.0)}
    async with Sandbox.running(mode=mode, **given) as sandbox:
        yield sandbox


def _environment(day: Hardship, sandbox: Sandbox) -> dict[str, str]:
    by_socket = sandbox.stage.config.mode == "socket"
    return {
        "SLACK_BOT_TOKEN": sandbox.app.bot_token,
        "SLACK_APP_TOKEN": sandbox.app.app_token if by_socket else "",
        "SLACK_SIGNING_SECRET": "" if by_socket else sandbox.app.signing_secret,
        "SLACK_API_URL": sandbox.api_url,
        "DATABASE_URL": day.database_url,
        "FILES_DIR": str(day.folder / "files"),
        "SMTP_URL": f"smtp://127.0.0.1:{sandbox.smtp_port}",
        "MAIL_FROM": "arenden@lindsjo.example",
        "PUBLIC_URL": "http://127.0.0.1:1",
        "CATALOG": str(SAMPLE),
        "SECRET_KEY": SECRET,
        "LOG": str(day.folder / "bot.log"),
        "ORIGIN": str(sandbox.stage.clock._origin),
        "SPEED": str(day.speed),
    }


async def _born(process: Process) -> None:
    await process.start()
    await process.ready()


async def _at_work(town: Town, day: Hardship) -> None:
    officers = [
        Officer(town, key, channel, (n, 2))
        for channel, keys in {
            "bygglov": ("anna-berg", "bjorn-ek"),
            "gata-park": ("asa-nordstrom", "jose-fernandez"),
        }.items()
        for n, key in enumerate(keys)
    ]
    applicants, machine = Applicants(town, day.most), Machine(town, day.most)
    quick = [*(one.acts for one in officers)]
    slow = [applicants.acts, machine.acts, Correspondents(town).acts]
    await asyncio.gather(town.busy(*quick, pause=0.05), town.busy(*slow, pause=0.2))


async def _killed_again_and_again(
    day: Hardship, processes: list[Process], people: asyncio.Task[None]
) -> None:
    dice = random.Random(day.seed + 1)
    for _ in range(day.kills):
        victim = dice.choice(processes)
        await asyncio.wait({people}, timeout=dice.uniform(0.05, day.life))
        if people.done():
            await people
        await victim.end(signal.SIGKILL)
        await victim.start()
        if dice.random() < 0.8:  # now and then it dies before it has got up
            await victim.ready()
    await asyncio.gather(*(one.ready() for one in processes))


async def _settled(day: Hardship, town: Town) -> list[str]:
    """What is wrong when nothing is any more, or when it has been waited for long enough."""
    deadline = time.monotonic() + SETTLED_SECONDS
    wrong = ["nothing is known"]
    while wrong and time.monotonic() < deadline:
        await asyncio.sleep(0.3)
        wrong = await _found_wrong(day, town)
    return wrong


async def _found_wrong(day: Hardship, town: Town, log: str = "") -> list[str]:
    database, catalog = Database(day.database_url, Keys(SECRET.encode())), load(SAMPLE)
    try:
        return wrongs(town.ledger, await database.read(lambda tx: found(tx, catalog, town.sandbox, log)))
    finally:
        database.close()


async def _log_verified(day: Hardship, sandbox: Sandbox) -> str:
    """What `log verify` says where it finds anything."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "log", "verify"),
        cwd=ROOT,
        env={**os.environ, **_environment(day, sandbox)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return "" if process.returncode == 0 else said.decode()
