"""A day at the town hall on which the program is killed again and again."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.catalog.loader import load
from bot.store import Database, Keys
from sandbox.faults import DOWNLOAD, EVERY_KIND, MAIL, TO_MAIL
from sandbox.server import Sandbox
from tests.chaos.checker import wrongs
from tests.chaos.evidence import evidence
from tests.chaos.ledger import Ledger
from tests.chaos.people import Applicants, Correspondents, Machine, Officer, Town
from tests.chaos.processes import Nursery, Process
from tests.chaos.reading import found
from tests.conftest import SAMPLE
from tests.scenarios.town_hall import SECRET, workspace_for

ACK_SECONDS = 20.0

IDLE_SECONDS = 3.0
"""How long is waited for someone to do something before the program is killed all the same."""

DROPPED = 0.02
"""The share of what is sent over a connection of Socket Mode that breaks it."""

SETTLED_SECONDS = 60.0
"""How long it may take until all that was begun is delivered."""


HOUR_SECONDS = 15.0
"""After how long the program is begun anew where something is still missing."""


@dataclass(frozen=True)
class Hardship:
    """How the day goes.

    `processes` serve one database. One of them is killed `kills` times, each at most `life` seconds after someone did
    something. `share` of all that goes to or from Slack and the mail server fails, for `lasting` seconds and until all
    is delivered. Time and Slack's pace are `speed` times as fast. `most` forms are sent, and calls of the API.
    """

    folder: Path
    database_url: str
    seed: int
    processes: int = 1
    kills: int = 0
    share: float = 0.0
    lasting: float = 0.0
    by_socket: bool = False
    speed: float = 5.0
    life: float = 1.5
    most: int = 40

    def shortened(self) -> Hardship:
        """The same in a few seconds, with little to do."""
        return replace(self, lasting=min(self.lasting, 2.0), speed=8.0, life=0.5, most=8)


@dataclass
class Outcome:
    """What came of it."""

    wrongs: list[str]
    ledger: Ledger
    refused: dict[str, int] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    struck: int = 0
    mails: int = 0
    stopping: float = 0.0
    seconds: float = 0.0
    evidence: str = ""
    """What is known of the cases that something is wrong with."""

    def told(self) -> str:
        refused = f"429 for {self.refused}" if self.refused else "no 429"
        took = f"{self.seconds:.0f} s, of which {self.stopping:.1f} to stop"
        return f"{self.ledger.told()}; {self.mails} mails; {self.struck} faults; {refused}; {took}"


async def endured(day: Hardship) -> Outcome:
    """Lives through the day, waits until all is delivered, and compares."""
    began = time.perf_counter()
    async with _sandbox(day) as sandbox, Nursery.open() as nursery:
        processes = [nursery.process_at(_environment(day, sandbox)) for _ in range(day.processes)]
        sandbox.request_url = f"{processes[0].url}/slack/events"
        await asyncio.gather(*(_born(one) for one in processes))
        town = Town(sandbox, [one.url for one in processes], Ledger(), random.Random(day.seed))
        officers = _officers(town)
        await asyncio.gather(*(one.introduced() for one in officers))
        if day.share:
            _goes_wrong(sandbox, day)
        people = asyncio.create_task(_at_work(town, officers, day.most))
        await asyncio.wait({people}, timeout=day.lasting)
        await _killed_again_and_again(day, processes, town, people)
        town.over.set()
        await people
        wrong, known = await _settled(day, town, processes)
        stopping = time.perf_counter()
        await asyncio.gather(*(one.end(signal.SIGTERM) for one in processes))
        return Outcome(
            wrong,
            town.ledger,
            dict(sandbox.stage.pace.refused),
            _unanswered(sandbox),
            sum(sandbox.stage.faults.struck.values()),
            len(sandbox.mails()),
            time.perf_counter() - stopping,
            time.perf_counter() - began,
            known,
        )


@contextlib.asynccontextmanager
async def _sandbox(day: Hardship) -> AsyncIterator[Sandbox]:
    mode = "socket" if day.by_socket else "http"
    given = {"workspace": workspace_for(SAMPLE), "speed": day.speed, "retry_seconds": (0.0, 10.0, 30.0)}
    # A busy machine must not decide who is answered.
    given["ack_seconds"] = given["trigger_seconds"] = ACK_SECONDS
    async with Sandbox.running(mode=mode, **given) as sandbox:
        yield sandbox


def _goes_wrong(sandbox: Sandbox, day: Hardship) -> None:
    """Every kind of fault. Connections break less often, for each one that does takes with it what is on its way.

    A file that Slack withholds is told of and not waited for, so none is withheld here.
    """
    everything = [kind for kind in EVERY_KIND if kind != "dropped_socket"]
    of_files = [kind for kind in everything if kind not in ("error", "redirect")]
    sandbox.inject_share(DROPPED, ["dropped_socket"], seed=day.seed)
    sandbox.inject_share(day.share, everything, f"* !{DOWNLOAD}", seed=day.seed)
    sandbox.inject_share(day.share, of_files, DOWNLOAD, seed=day.seed)
    sandbox.inject_share(day.share, TO_MAIL, MAIL, seed=day.seed)


def _unanswered(sandbox: Sandbox) -> list[str]:
    """What people did in Slack that the program heard, and never answered."""
    return [
        f"{ack['kind']} {ack['what']}: {ack['error']}"
        for ack in sandbox.stage.record.acks
        if ack["kind"] != "events_api" and (ack["error"] == "http_error" or ack["ms"] >= ACK_SECONDS * 1000)
    ]


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


def _officers(town: Town) -> list[Officer]:
    places = {"bygglov": ("anna-berg", "bjorn-ek"), "gata-park": ("asa-nordstrom", "jose-fernandez")}
    return [
        Officer(town, key, channel, (n, len(keys)))
        for channel, keys in places.items()
        for n, key in enumerate(keys)
    ]


async def _at_work(town: Town, officers: list[Officer], most: int) -> None:
    quick = [one.acts for one in officers]
    slow = [Applicants(town, most).acts, Machine(town, most).acts, Correspondents(town).acts]
    await asyncio.gather(town.busy(*quick, pause=0.05), town.busy(*slow, pause=0.2))


async def _killed_again_and_again(
    day: Hardship, processes: list[Process], town: Town, people: asyncio.Task[None]
) -> None:
    dice = random.Random(day.seed + 1)
    for _ in range(day.kills):
        victim = dice.choice(processes)
        await _something_is_done(town)
        await asyncio.wait({people}, timeout=dice.uniform(0, day.life))
        if people.done():
            await people
        await victim.end(signal.SIGKILL)
        await victim.start()
        if dice.random() < 0.2:  # now and then it dies before it has got up
            await asyncio.sleep(dice.uniform(0, 0.6))
            await victim.end(signal.SIGKILL)
            await victim.start()
        await victim.ready()


async def _something_is_done(town: Town) -> None:
    """However slow the machine is, people are at work when the program dies."""
    before = len(town.ledger.deeds)
    with contextlib.suppress(TimeoutError):
        await town.until(lambda: len(town.ledger.deeds) > before, IDLE_SECONDS)


async def _settled(day: Hardship, town: Town, processes: list[Process]) -> tuple[list[str], str]:
    """What is wrong when nothing is any more, or when it has been waited for long enough, and the evidence.

    A reply that Slack told of in vain each time is found where threads are read back: each hour, and at the start.
    The hour is not waited for.
    """
    database, catalog = Database(day.database_url, Keys(SECRET.encode())), load(SAMPLE)
    checkpoints = day.folder / "files" / "checkpoints"
    now = time.monotonic()
    deadline, hour, begun_anew = now + SETTLED_SECONDS, now + HOUR_SECONDS, False
    wrong = ["nothing is known"]
    while wrong and time.monotonic() < deadline:
        await asyncio.sleep(0.3)
        if not begun_anew and time.monotonic() > hour:
            begun_anew = True
            await asyncio.gather(*(_begun_anew(one) for one in processes))
        what = await database.read(lambda tx: found(tx, catalog, town.sandbox, checkpoints))
        wrong = wrongs(town.ledger, what)
    known = await database.read(lambda tx: evidence(tx, wrong, town.ledger, day.folder / "bot.log"))
    database.close()
    return wrong, known


async def _begun_anew(process: Process) -> None:
    await process.end(signal.SIGTERM)
    await _born(process)
