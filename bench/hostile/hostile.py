"""python -m bench hostile: what strangers can send, and what the program's event loop and its officers notice of it.

For each attack: the longest stall of the event loop, how long officers' presses wait meanwhile, and when the memory is
back to what it was. It ends by itself within five minutes, and badly where an aim is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from bench import documents, importing, presses
from bench.bench import Bench, prepared
from bench.hostile.attacks import ATTACKS, SERVICE
from bench.hostile.probe import PORT
from bench.processes import CATALOG, ROOT, SECRET, Process, free_port, running
from sandbox.default_workspace import TEAM
from sandbox.from_catalog import slack_id

USER = slack_id("U", "oskar-wahlgren")

SECONDS = 2.5
"""How long an attack lasts; what it has begun by then is answered."""

CASES = 60
"""Imported cases, which officers press on."""

PRESSES = 10
"""Presses a second."""

STALL, ANSWERED, MEMORY_BACK = 0.05, 0.5, 60.0
"""The aims, in seconds: the longest stall, the slowest press, and until the memory is back at rest."""

AT_REST = 40.0
"""MB more than before an attack that still count as back at rest."""

BUSY = 1.0 + (os.cpu_count() or 1)
"""Processes that want to run, from which the machine is busy with other work."""

WHOLE = 230.0
"""Seconds after which no other attack is begun; the last one may take a minute more."""


FIELDS = """
  - {key: a, label: A, kind: long_text, in_slack: true, searchable: true, max_length: 100000}
  - {key: b, label: B, kind: text, in_slack: true, searchable: true}
  - {key: c, label: C, kind: long_text, in_slack: true, searchable: true, max_length: 100000}
  - {key: fil, label: Fil, kind: file, max_files: 5}
"""


@dataclass
class Outcome:
    """What one attack did: the probe's measurement, the presses' seconds, MB, and what attackers were answered."""

    name: str
    measured: dict[str, Any]
    pressed: list[float] = field(default_factory=list)
    failed: int = 0
    before: float = 0.0
    peak: float = 0.0
    after: float = 0.0
    seconds_back: float = 0.0
    answers: dict[str, int] = field(default_factory=dict)
    is_busy: bool = False
    """Whether other work kept the machine busy: stalls and presses tell of that then, and iterations are judged."""

    @property
    def missed(self) -> list[str]:
        """The aims that it missed."""
        slowest = max(self.pressed, default=ANSWERED + 1)
        found = {
            "stall": self.measured["iteration" if self.is_busy else "stall"] > STALL,
            "presses": self.failed > 0 or (slowest > ANSWERED and not self.is_busy),
            "memory": self.after > self.before + AT_REST,
        }
        return [aim for aim, is_missed in found.items() if is_missed]

    def row(self) -> tuple[str, ...]:
        def ms(seconds: float) -> str:
            return f"{seconds * 1000:.0f}"

        answered = " ".join(f"{count}×{status}" for status, count in sorted(self.answers.items()))
        pressed = self.pressed or [0.0]
        memory = f"{self.before:.0f} {self.peak:.0f} {self.after:.0f}"
        stall, iteration, late, callback = (
            ms(self.measured[name]) for name in ("stall", "iteration", "late", "callback")
        )
        return (
            ATTACKS[self.name].what,
            stall,
            iteration,
            late,
            callback,
            f"{ms(median(pressed))} {ms(max(pressed))}",
            memory,
            f"{self.seconds_back:.0f}",
            answered,
            ", ".join(self.missed),
        )


def write_catalog(folder: Path) -> Path:
    """The sample's catalog with an e-service that takes texts as long as they may be, and shows them in Slack."""
    shutil.copytree(CATALOG, folder)
    services = folder / "services"
    service = (services / "felanmalan-gata-park.yaml").read_text().partition("\nassign:\n")[0]
    before, _, rest = service.partition("\nfields:\n")
    after = rest.partition("\nstatuses:\n")[2].replace(
        "\nofficers:\n", "\nofficers:\n  - {officer: oskar-wahlgren}\n"
    )
    before = before.replace("key: felanmalan-gata-park", f"key: {SERVICE}\nseveral_applicants: true")
    (services / f"{SERVICE}.yaml").write_text(f"{before}\nfields:\n{FIELDS}\nstatuses:\n{after}")
    file = folder / "municipality.yaml"
    file.write_text(file.read_text().replace("[felanmalan-gata-park, bestallning-it]", f"[{SERVICE}]"))
    return folder


@dataclass
class Probed:
    """The program with a probe in it."""

    process: Process
    port: int
    response_url: str
    case_ids: list[str]

    async def measured(self) -> dict[str, Any]:
        """The measurement since the last one."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        found: dict[str, Any] = json.loads(await reader.read())
        writer.close()
        return found


@asynccontextmanager
async def probed(bench: Bench) -> AsyncIterator[Probed]:
    """The program, started with a probe, with imported cases, warmed up."""
    port = free_port()
    env = bench.env("hostile") | {PORT: str(port), "CATALOG": str(write_catalog(bench.folder / "catalog"))}
    await importing.program(documents.write(bench.folder, 1, CASES), env)
    log = bench.folder / "hostile.log"
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(presses.hook())
        process = await stack.enter_async_context(running(["-m", "bench.hostile.probe"], env, log))
        program = Probed(process, port, url, bench.case_ids("hostile"))
        await _press_for(program, Outcome("rest", {}), 2.0)
        yield program
        bugs = [line for line in log.read_text(errors="replace").splitlines() if '"level": "error"' in line]
        print(*dict.fromkeys(line[:300] for line in bugs[:20]), sep="\n", file=sys.stderr)


async def _press_for(program: Probed, outcome: Outcome, seconds: float) -> None:
    """Presses at a steady pace, whether or not those before have been answered."""
    acts = _acts(program)

    async def press(http: aiohttp.ClientSession) -> None:
        try:
            outcome.pressed.append(await presses.press(http, program.process.url, next(acts)))
        except (aiohttp.ClientError, AssertionError):
            outcome.failed += 1

    async with presses.session() as http, asyncio.TaskGroup() as group:
        for _ in range(round(seconds * PRESSES)):
            group.create_task(press(http))
            outcome.peak = max(outcome.peak, program.process.memory)
            await asyncio.sleep(1 / PRESSES)


def _acts(program: Probed) -> Iterator[bytes]:
    return presses.Officer(USER, TEAM, program.response_url).acts(program.case_ids)


async def measure(program: Probed, name: str, seconds: float) -> Outcome:
    """Attack, and press meanwhile; then wait until the memory is back, a minute at most."""
    port = program.process.url.rpartition(":")[2]
    outcome = Outcome(name, {}, before=program.process.memory, is_busy=os.getloadavg()[0] > BUSY)
    arguments = ["-m", "bench.hostile.attacks", name, str(seconds), port, SECRET, USER, TEAM]
    attacker = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert attacker.stdout is not None
    await attacker.stdout.readline()  # it is aimed, and begins
    await program.measured()
    pressing = asyncio.create_task(_press_for(program, outcome, seconds))
    printed, _ = await attacker.communicate()
    await pressing
    assert attacker.returncode == 0, f"the attack {name} failed"
    outcome.measured = await program.measured()
    outcome.answers = json.loads(printed or b"{}")
    began = time.monotonic()
    while (  # noqa: ASYNC110 - a process tells of its memory no other way
        program.process.memory > outcome.before + AT_REST and time.monotonic() - began < MEMORY_BACK
    ):
        await asyncio.sleep(0.5)
    outcome.after, outcome.seconds_back = program.process.memory, time.monotonic() - began
    return outcome


async def attacked(names: Sequence[str], seconds: float, *, places: bool) -> list[Outcome]:
    """The outcomes of the attacks, one after another on one program."""
    began, outcomes = time.monotonic(), []
    async with prepared(1) as bench, probed(bench) as program:
        for name in names:
            if time.monotonic() - began > WHOLE:
                print(f"not tried, for want of time: {name}", file=sys.stderr)
                continue
            outcomes.append(await measure(program, name, seconds))
            _tell(outcomes[-1], places=places)
    return outcomes


def _tell(outcome: Outcome, *, places: bool) -> None:
    measured = outcome.measured
    print(
        f"{outcome.name}: stall {measured['stall'] * 1000:.0f} ms {outcome.answers}",
        file=sys.stderr,
        flush=True,
    )
    if places:
        print(
            f"  longest callback: {measured['callback_name']}",
            f"  longest collection of garbage: {measured['collection'] * 1000:.0f} ms",
            f"longest iteration: {measured['callbacks']} callbacks, the longest of them",
            *(f"  {part}" for part in measured["parts"]),
            *measured["places"],
            sep="\n  ",
            file=sys.stderr,
        )


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(
        "attack", "stall", "iteration", "late", "callback", "press", "MB", "back", "answers", "missed",
        title="stall ≤ 50 ms, slowest press ≤ 500 ms, memory back within 60 s",
        caption="ms; stall: computed by the program while its loop was late (late: by the clock, other work on the "
        "machine included); iteration: by the loop's thread alone; callback: by one of its steps; press: median and "
        "slowest; MB: before, most, after; back: s. On a busy machine, iterations are judged, not presses.",
    )  # fmt: skip
    for outcome in outcomes:
        table.add_row(*outcome.row())
    return table


def main(arguments: Sequence[str]) -> None:
    """`python -m bench hostile`"""
    parser = argparse.ArgumentParser("python -m bench hostile", description=__doc__)
    parser.add_argument("--only", default=",".join(ATTACKS), help="attacks, by name, with commas")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="that each attack lasts")
    parser.add_argument("--places", action="store_true", help="tell where the program was during stalls")
    options = parser.parse_args(arguments)
    names = options.only.split(",")
    outcomes = asyncio.run(attacked(names, options.seconds, places=options.places))
    Console(width=190).print(_table(outcomes))
    if len(outcomes) < len(names) or any(outcome.missed for outcome in outcomes):
        sys.exit(1)
