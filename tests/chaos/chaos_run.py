"""A day at the town hall on which the program is killed again and again."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.catalog.files.loader import load
from bot.store import Database, Keys
from sandbox.faults import DOWNLOAD, EVERY_KIND, MAIL, TO_MAIL
from sandbox.server import Sandbox
from tests.chaos.checker import find_violations
from tests.chaos.evidence import collect_evidence
from tests.chaos.final_state import hasten_status_mails, read_final_state
from tests.chaos.ledger import Ledger
from tests.chaos.people import ApiClient, Applicants, Correspondents, Officer, RunContext
from tests.chaos.processes import ForkServer, Process
from tests.conftest import SAMPLE
from tests.quiet_hours import end_quiet_hours
from tests.scenarios.running_program import SECRET, workspace_for

ACK_SECONDS = 20.0

IDLE_SECONDS = 3.0
"""How long is waited for someone to do something before the program is killed all the same."""

DROPPED_SHARE = 0.02
"""The share of what is sent over a connection of Socket Mode that breaks it."""

SETTLED_SECONDS = 60.0
"""How long it may take until less is missing than before: on a busy machine all that was begun takes its time."""


CONFIRMED_ACTIONS = 3
"""How many things people get done before one process is killed for good, and how many after it."""

RESTART_SECONDS = 15.0
"""After how long the program is begun anew where something is still missing."""


@dataclass(frozen=True)
class ChaosPlan:
    """How the day goes.

    `processes` serve one database. One of them is killed `kills` times, each at most `max_life` seconds after someone
    did something. Then one is killed for good where `loses_one`, and the others go on.
    `fault_share` of all that goes to or from Slack and the mail server fails, for `duration` seconds and
    until all is delivered. Time and Slack's rate limits are `speed` times as fast. `max_requests` forms are sent, and
    calls of the API.
    """

    folder: Path
    database_url: str
    seed: int
    processes: int = 1
    kills: int = 0
    loses_one: bool = False
    fault_share: float = 0.0
    duration: float = 0.0
    uses_socket_mode: bool = False
    speed: float = 5.0
    max_life: float = 1.5
    max_requests: int = 40

    def shortened(self) -> ChaosPlan:
        """The same in a few seconds, with little to do."""
        return replace(self, duration=min(self.duration, 2.0), speed=8.0, max_life=0.5, max_requests=8)


@dataclass
class Outcome:
    """What came of it."""

    violations: list[str]
    ledger: Ledger
    refused: dict[str, int] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    fault_count: int = 0
    mail_count: int = 0
    stop_seconds: float = 0.0
    seconds: float = 0.0
    evidence_text: str = ""
    """What is known of the cases that something is wrong with."""

    def summary(self) -> str:
        refused = f"429 for {self.refused}" if self.refused else "no 429"
        took = f"{self.seconds:.0f} s, of which {self.stop_seconds:.1f} to stop"
        return (
            f"{self.ledger.summary()}; {self.mail_count} mails; {self.fault_count} faults; {refused}; {took}"
        )


async def run_chaos(plan: ChaosPlan) -> Outcome:
    """Lives through the day, waits until all is delivered, and compares."""
    started_at = time.perf_counter()
    async with _sandbox(plan) as sandbox, ForkServer.open() as fork_server:
        processes = [fork_server.create_process(_environment(plan, sandbox)) for _ in range(plan.processes)]
        sandbox.request_url = f"{processes[0].url}/slack/events"
        await asyncio.gather(*(_start_process(process) for process in processes))
        await _end_quiet_hours(plan)
        context = RunContext(
            sandbox, [process.url for process in processes], Ledger(), random.Random(plan.seed)
        )
        officers = _create_officers(context)
        await asyncio.gather(*(process.introduce() for process in officers))
        if plan.fault_share:
            _inject_faults(sandbox, plan)
        people = asyncio.create_task(_run_people(context, officers, plan.max_requests))
        await asyncio.wait({people}, timeout=plan.duration)
        await _kill_repeatedly(plan, processes, context, people)
        if plan.loses_one:
            await _lose_one(plan, processes, context, people)
        context.is_over.set()
        await people
        violations, evidence_text = await _wait_until_settled(plan, context, processes)
        stopping_at = time.perf_counter()
        await asyncio.gather(*(process.stop(signal.SIGTERM) for process in processes))
        return Outcome(
            violations,
            context.ledger,
            dict(sandbox.shared.pace.refused),
            _list_unanswered(sandbox),
            sum(sandbox.shared.faults.struck.values()),
            len(sandbox.mails()),
            time.perf_counter() - stopping_at,
            time.perf_counter() - started_at,
            evidence_text,
        )


async def _end_quiet_hours(plan: ChaosPlan) -> None:
    database = Database(plan.database_url, Keys(SECRET.encode()))
    await end_quiet_hours(database, load(SAMPLE))
    database.close()


@contextlib.asynccontextmanager
async def _sandbox(plan: ChaosPlan) -> AsyncIterator[Sandbox]:
    mode = "socket" if plan.uses_socket_mode else "http"
    options = {"workspace": workspace_for(SAMPLE), "speed": plan.speed, "retry_seconds": (0.0, 10.0, 30.0)}
    # A busy machine must not decide who is answered.
    options["ack_seconds"] = options["trigger_seconds"] = ACK_SECONDS
    async with Sandbox.running(mode=mode, **options) as sandbox:
        yield sandbox


def _inject_faults(sandbox: Sandbox, plan: ChaosPlan) -> None:
    """Every kind of fault. Connections break less often, for each one that does takes with it what is on its way.

    A file that Slack withholds is told of and not waited for, so none is withheld here.
    """
    everything = [kind for kind in EVERY_KIND if kind != "dropped_socket"]
    of_files = [kind for kind in everything if kind not in ("error", "redirect")]
    sandbox.inject_share(DROPPED_SHARE, ["dropped_socket"], seed=plan.seed)
    sandbox.inject_share(plan.fault_share, everything, f"* !{DOWNLOAD}", seed=plan.seed)
    sandbox.inject_share(plan.fault_share, of_files, DOWNLOAD, seed=plan.seed)
    sandbox.inject_share(plan.fault_share, TO_MAIL, MAIL, seed=plan.seed)


def _list_unanswered(sandbox: Sandbox) -> list[str]:
    """What people did in Slack that the program heard, and never answered."""
    return [
        f"{ack['kind']} {ack['what']}: {ack['error']}"
        for ack in sandbox.shared.record.acks
        if ack["kind"] != "events_api" and (ack["error"] == "http_error" or ack["ms"] >= ACK_SECONDS * 1000)
    ]


def _environment(plan: ChaosPlan, sandbox: Sandbox) -> dict[str, str]:
    uses_socket_mode = sandbox.shared.config.mode == "socket"
    return {
        "SLACK_BOT_TOKEN": sandbox.app.bot_token,
        "SLACK_APP_TOKEN": sandbox.app.app_token if uses_socket_mode else "",
        "SLACK_SIGNING_SECRET": "" if uses_socket_mode else sandbox.app.signing_secret,
        "SLACK_API_URL": sandbox.api_url,
        "DATABASE_URL": plan.database_url,
        "FILES_DIR": str(plan.folder / "files"),
        "SMTP_URL": f"smtp://127.0.0.1:{sandbox.smtp_port}",
        "MAIL_FROM": "arenden@lindsjo.example",
        "PUBLIC_URL": "http://127.0.0.1:1",
        "CATALOG": str(SAMPLE),
        "SECRET_KEY": SECRET,
        "LOG": str(plan.folder / "bot.log"),
        "ORIGIN": str(sandbox.shared.clock._origin),
        "SPEED": str(plan.speed),
    }


async def _start_process(process: Process) -> None:
    await process.start()
    await process.wait_until_ready()


def _create_officers(context: RunContext) -> list[Officer]:
    places = {"bygglov": ("anna-berg", "bjorn-ek"), "gata-park": ("asa-nordstrom", "jose-fernandez")}
    return [
        Officer(context, key, channel, (n, len(keys)))
        for channel, keys in places.items()
        for n, key in enumerate(keys)
    ]


async def _run_people(context: RunContext, officers: list[Officer], max_requests: int) -> None:
    quick = [one.act for one in officers]
    slow = [
        Applicants(context, max_requests).act,
        ApiClient(context, max_requests).act,
        Correspondents(context).act,
    ]
    await asyncio.gather(context.keep_busy(*quick, pause=0.05), context.keep_busy(*slow, pause=0.2))


async def _kill_repeatedly(
    plan: ChaosPlan, processes: list[Process], context: RunContext, people: asyncio.Task[None]
) -> None:
    dice = random.Random(plan.seed + 1)
    for _ in range(plan.kills):
        victim = dice.choice(processes)
        await _wait_for_action(context)
        await asyncio.wait({people}, timeout=dice.uniform(0, plan.max_life))
        if people.done():
            await people
        await victim.stop(signal.SIGKILL)
        await victim.start()
        if dice.random() < 0.2:  # now and then it dies before it has got up
            await asyncio.sleep(dice.uniform(0, 0.6))
            await victim.stop(signal.SIGKILL)
            await victim.start()
        await victim.wait_until_ready()


async def _lose_one(
    plan: ChaosPlan, processes: list[Process], context: RunContext, people: asyncio.Task[None]
) -> None:
    """One is killed in the middle of its work and does not come again; nobody is sent to it any longer."""
    victim = random.Random(plan.seed + 2).choice(processes)
    await _wait_for_confirmed(context, people)
    await victim.stop(signal.SIGKILL)
    processes.remove(victim)
    context.urls.remove(victim.url)
    await _wait_for_confirmed(context, people)


async def _wait_for_confirmed(context: RunContext, people: asyncio.Task[None]) -> None:
    """Waits until CONFIRMED_ACTIONS more things are answered as done. TimeoutError."""

    def count() -> int:
        return sum(action.is_confirmed for action in context.ledger.actions)

    enough = count() + CONFIRMED_ACTIONS
    await context.wait_until(lambda: people.done() or count() >= enough, SETTLED_SECONDS)
    if people.done():
        await people


async def _wait_for_action(context: RunContext) -> None:
    """However slow the machine is, people are at work when the program dies."""
    before = len(context.ledger.actions)
    with contextlib.suppress(TimeoutError):
        await context.wait_until(lambda: len(context.ledger.actions) > before, IDLE_SECONDS)


async def _wait_until_settled(
    plan: ChaosPlan, context: RunContext, processes: list[Process]
) -> tuple[list[str], str]:
    """What is wrong when nothing is any more, or when no less is for SETTLED_SECONDS, and the evidence.

    A reply that Slack told of in vain each time is found where threads are read back: each hour, and at the start.
    The hour is not waited for.
    """
    database, catalog = Database(plan.database_url, Keys(SECRET.encode())), load(SAMPLE)
    checkpoints = plan.folder / "files" / "checkpoints"
    now = time.monotonic()
    deadline, restart_at, is_restarted = now + SETTLED_SECONDS, now + RESTART_SECONDS, False
    violations, fewest = ["nothing is known"], math.inf
    while violations and time.monotonic() < deadline:
        await asyncio.sleep(0.3)
        if not is_restarted and time.monotonic() > restart_at:
            is_restarted = True
            await asyncio.gather(*(_restart_process(one) for one in processes))
            deadline = time.monotonic() + SETTLED_SECONDS
        await database.write(hasten_status_mails)
        state = await database.read(lambda tx: read_final_state(tx, catalog, context.sandbox, checkpoints))
        violations = find_violations(context.ledger, state)
        if len(violations) < fewest:
            fewest, deadline = len(violations), time.monotonic() + SETTLED_SECONDS
    evidence_text = await database.read(
        lambda tx: collect_evidence(tx, violations, context.ledger, plan.folder / "bot.log")
    )
    database.close()
    return violations, evidence_text


async def _restart_process(process: Process) -> None:
    await process.stop(signal.SIGTERM)
    await _start_process(process)
