"""More presses than are answered, again and again, every connection closed at once: whether the program outlives it.

`python -m bench overload --program bot` tries the program, `plain` and `floor` those beside it. `--parts` first does
what a whole run of the bench has done by then: programs, and a PostgreSQL, that were started and stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import quantiles

import aiohttp

from bench import documents, importing, presses, searching
from bench.bench import Bench, prepared
from bench.processes import KEY, Process
from bot.store import Database, Keys
from bot.store.engine import migrate
from sandbox.default_workspace import TEAM
from sandbox.from_catalog import slack_id

USER = slack_id("U", "oskar-wahlgren")
CASES = 500
AFTER = 1_000
"""Presses, fifty at a time, once the connections are closed; there a process was once gone in the bench."""

ENDINGS = ("answered", "cut", "aborted")
"""How the connections end: after every answer, with answers outstanding, or the same with a reset instead of an end."""


@dataclass(frozen=True)
class OverloadOptions:
    """How much is tried. It ends after `times` or `minutes`, whichever is first."""

    program: str
    times: int
    minutes: float
    rate: float
    seconds: float
    anew: bool
    parts: bool


async def tried(options: OverloadOptions) -> int:
    """Presses that were sent. Raises Ended where the program ends."""
    until, sent, endings = time.monotonic() + options.minutes * 60, 0, cycle(ENDINGS)
    async with prepared(1) as bench:
        await importing.program(documents.write(bench.folder, 1, CASES), bench.env("presses"))
        bench.copy_for_plain_app("presses")
        programs = {"bot": bench.bot, "plain": bench.plain_app, "floor": bench.floor}
        if options.parts:
            await _other_parts(bench)
        left = options.times
        while left and time.monotonic() < until:
            together = 1 if options.anew else left
            async with presses.hook() as url, programs[options.program]("presses") as process:
                content = presses.Officer(USER, TEAM, url).acts(bench.case_ids("presses"))
                while together and time.monotonic() < until:
                    sent += await _run_round(process, options, content, next(endings))
                    together, left = together - 1, left - 1
    return sent


async def _run_round(
    process: Process, options: OverloadOptions, content: Iterator[bytes], ending: str
) -> int:
    """One overload, all connections closed, and a thousand presses more."""
    async with presses.session() as session:
        tasks = await _sent(session, process.url, content, options)
        if ending == "aborted":
            _abort(session.connector)
        if ending != "answered":
            for task in tasks:
                task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    memory = process.memory  # there is no process to look at where it has ended
    _tell(ending, results, memory)
    await presses.at_once(process.url, [next(content) for _ in range(AFTER)], 50)
    return len(tasks) + AFTER


def _tell(ending: str, results: Sequence[float | BaseException], memory: float) -> None:
    taken = [one for one in results if isinstance(one, float)]
    failed = Counter(type(one).__name__ for one in results if isinstance(one, BaseException))
    slowest = f", 99 of 100 within {quantiles(taken, n=100)[98]:.2f} s" if len(taken) > 1 else ""
    failures = "".join(f", {count} {name}" for name, count in failed.items())
    at = time.strftime("%H:%M:%S")
    print(
        f"{at} {ending}: {len(results)} sent, {len(taken)} answered{slowest}{failures}, {memory:.0f} MB",
        flush=True,
    )


async def _sent(
    session: aiohttp.ClientSession, url: str, content: Iterator[bytes], options: OverloadOptions
) -> list[asyncio.Task[float]]:
    """As the clock says, whether or not those before have been answered."""
    began, tasks = time.perf_counter(), []
    for number in range(round(options.rate * options.seconds)):
        if (wait := began + number / options.rate - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(presses.press(session, url, next(content))))
        if number % 50 == 0:
            await asyncio.sleep(0)
    return tasks


def _abort(connector: aiohttp.BaseConnector | None) -> None:
    """Every connection that is in use is reset."""
    assert connector is not None
    for protocol in list(connector._acquired):
        transport = getattr(protocol, "transport", None)
        if transport is not None:
            transport.abort()


async def _other_parts(bench: Bench) -> None:
    for _ in range(3):
        for program in (bench.bot("other"), bench.floor("other")):
            async with program:
                await asyncio.sleep(0.5)
        with searching.addresses(bench.folder) as addresses:
            for url in addresses.values():
                database = Database(url, Keys(KEY))
                migrate.upgrade(database)
                database.close()


def main(arguments: Sequence[str]) -> None:
    """`python -m bench overload`"""
    results = argparse.ArgumentParser("python -m bench overload", description=__doc__)
    results.add_argument("--program", choices=("bot", "plain", "floor"), default="bot")
    results.add_argument("--times", type=int, default=20, help="overloads")
    results.add_argument("--minutes", type=float, default=10, help="after which no other is begun")
    results.add_argument("--rate", type=float, default=1500, help="presses a second")
    results.add_argument("--seconds", type=float, default=2, help="that each overload lasts")
    results.add_argument("--anew", action="store_true", help="a new process for each overload")
    results.add_argument("--parts", action="store_true", help="first start and stop what a whole run does")
    options = OverloadOptions(**vars(results.parse_args(arguments)))
    print(f"{asyncio.run(tried(options)):,} presses sent; the {options.program} outlived them")
