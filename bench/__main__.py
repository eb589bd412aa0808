"""python -m bench: every figure with its floor, measured in the same run."""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from statistics import median, quantiles

import aiohttp
from rich.console import Console
from rich.table import Table

from bench import (
    backups,
    counting,
    documents,
    exporting,
    importing,
    many_at_once,
    modal,
    overload,
    presses,
    retention,
    searching,
    suggesting,
    sustained,
    taking,
    typesetting,
    visible,
)
from bench.bench import Bench, prepared
from bench.hostile import hostile
from bench.million import growth
from bench.processes import Process
from bench.year import report
from bot.store import Database
from sandbox.default_workspace import TEAM
from sandbox.from_catalog import slack_id

ROUNDS = 3
WIDTH = 50
ENDURED, WARM = 10_000, 3_000
IMPORTED = 1500
SEARCHES = 450
EXPORTED = 20_000
DISPOSED = 10_000
CHANGED = 10_000
TAKEN = 400
TYPESET = 500
USER = slack_id("U", "oskar-wahlgren")
AT_STREETS = slack_id("U", "asa-nordstrom")
"""An officer of the e-service whose cards are opened."""


@dataclass(frozen=True)
class Figure:
    """One row of the table: the medians over the rounds for the program and for its floor.

    `plain` is that of the plain app, where it is measured.
    """

    what: str
    unit: str
    ours: list[float]
    floor: list[float]
    aim: str
    plain: Sequence[float] = ()
    digits: int = 1
    """Of the decimals."""

    def row(self) -> tuple[str, ...]:
        ours, floor = median(self.ours), median(self.floor)
        ratio = f"{ours / floor:.2f}" if floor > 0 else ""
        between = self._format(median(self.plain)) if self.plain else ""
        return (self.what, self._format(ours), between, self._format(floor), self.unit, ratio, self.aim)

    def _format(self, value: float) -> str:
        return f"{value:.{self.digits}f}"


async def starting(bench: Bench) -> list[Figure]:
    """Time to ready and resting memory, of a program started anew each round."""
    seconds: dict[str, list[float]] = {"bot": [], "floor": []}
    memory: dict[str, list[float]] = {"bot": [], "floor": []}
    for _ in range(bench.rounds):
        for name, program in (("bot", bench.bot("start")), ("floor", bench.floor("start"))):
            async with program as process:
                await asyncio.sleep(1)
                seconds[name].append(process.seconds_to_ready)
                memory[name].append(process.memory)
    return [
        Figure("time to ready", "s", seconds["bot"], seconds["floor"], "under 2 s"),
        Figure("resting memory", "MB", memory["bot"], memory["floor"], "under 150 MB"),
    ]


async def imports(bench: Bench) -> list[Figure]:
    """Cases imported a second, silently, into the database that the other measurements then use.

    With the start of the program, and without it: as of an archive of many thousands.
    """
    ours, begun, floor = [], [], []
    env = bench.env("presses")
    count = IMPORTED
    (nothing := bench.folder / "nothing").mkdir()
    for round_number in range(bench.rounds):
        folder = documents.write(bench.folder, round_number * count + 1, count)
        seconds = await importing.program(folder, env)
        ours.append(count / seconds)
        begun.append(count / max(seconds - await importing.program(nothing, env), 0.001))
        floor.append(
            count / await asyncio.to_thread(importing.floor, folder, bench.folder / f"floor{round_number}.db")
        )
    return [
        Figure("import, silent", "cases/s", ours, floor, "at least 200"),
        Figure("import, silent, once begun", "cases/s", begun, floor, "at least 500"),
    ]


Programs = dict[str, Process]
"""The program, the plain app and the floor, by name."""


@asynccontextmanager
async def side_by_side(bench: Bench) -> AsyncIterator[tuple[Programs, presses.Officer]]:
    """The program, the plain app and the floor, each with the imported cases, and the officer who acts on them."""
    bench.copy_for_plain_app("presses")
    async with (
        presses.hook() as response_url,
        bench.bot("presses") as bot,
        bench.plain_app("presses") as plain,
        bench.floor("presses") as floor,
    ):
        yield {"bot": bot, "plain": plain, "floor": floor}, presses.Officer(USER, TEAM, response_url)


async def pressing(bench: Bench) -> list[Figure]:
    """A press to its acknowledgement, one at a time and 50 at once."""
    ids = bench.case_ids("presses")
    taken: dict[tuple[str, str], list[list[float]]] = {}
    async with side_by_side(bench) as (programs, officer):
        await _warm(bench, programs, officer, ids.pop())
        for round_number in range(bench.rounds):
            await _round(taken, programs, officer, ids[round_number * WIDTH : (round_number + 1) * WIDTH])
    return [
        _press_figure("press, one at a time", "in turn", taken, 0.5, "1.5 times"),
        _press_figure("press, one at a time, p99", "in turn", taken, 0.99, "2.5 times"),
        _press_figure("press, 50 at once", "at once", taken, 0.5, "1.5 times"),
        _press_figure("press, 50 at once, p99", "at once", taken, 0.99, "2.5 times"),
    ]


async def _warm(bench: Bench, programs: Programs, officer: presses.Officer, case_id: str) -> None:
    """Warm up: the first request binds the account and fills caches. Each action changes something, as later."""
    acts = [*islice(officer.acts([case_id]), len(presses.ROUND + presses.AGAIN) * 2)]
    for process in programs.values():
        await presses.send_serially(process.url, acts)
    for name in ("case.db", "plain.db"):
        events = bench.events("presses", name, case_id)
        assert events >= len(acts), f"{events} events in {name} of {len(acts)} acts"


async def _round(
    taken: dict[tuple[str, str], list[list[float]]],
    programs: Programs,
    officer: presses.Officer,
    ids: list[str],
) -> None:
    """Each action on each case, twice: one after another, and on all cases at once."""
    for name, process in programs.items():
        acts, each = officer.acts(ids), len(presses.ROUND) * len(ids)
        one = await presses.send_serially(process.url, [*islice(acts, each)])
        many = await presses.at_once(process.url, [*islice(acts, each)], WIDTH)
        taken.setdefault((name, "in turn"), []).append(one)
        taken.setdefault((name, "at once"), []).append(many)


def _press_figure(
    what: str, how: str, taken: dict[tuple[str, str], list[list[float]]], share: float, aim: str
) -> Figure:
    def times_of(name: str) -> list[float]:
        return [quantiles(one, n=100)[round(share * 100) - 1] * 1000 for one in taken[name, how]]

    return Figure(what, "ms", times_of("bot"), times_of("floor"), aim, times_of("plain"))


async def cards(bench: Bench) -> list[Figure]:
    """A submitted case to its card in the channel, at rest."""
    ours, floor = [], []
    async with bench.bot("cards") as bot, aiohttp.ClientSession() as session:
        for round_number in range(bench.rounds + 1):
            own = await visible.program(session, bot.url, bench.slack, round_number)
            await asyncio.sleep(1.5)
            bare = await visible.floor(session, bench.slack, round_number)
            await asyncio.sleep(1.5)
            if round_number:  # the first finds the channel's id and warms the connections
                ours.append(own * 1000)
                floor.append(bare * 1000)
        opened = await modals(bench, session, bot)  # the last card is pressed on
    return [Figure("submit to card visible", "ms", ours, floor, "under 150 ms"), opened]


async def modals(bench: Bench, session: aiohttp.ClientSession, bot: Process) -> Figure:
    """A press on Visa ärende to the modal filled in, at rest."""
    window = modal.OfficerWindow(session, bench.slack, AT_STREETS)
    ours: list[float] = []
    floor: list[float] = []
    async with bench.floor("cards") as bare:
        for round_number in range(bench.rounds + 1):
            for process, taken in ((bot, ours), (bare, floor)):
                await window.listen(process.url)
                seconds = await window.opens()
                if round_number:  # the first binds the account
                    taken.append(seconds * 1000)
    return Figure("case modal filled in", "ms", ours, floor, "under 120 ms")


async def enduring(bench: Bench) -> list[Figure]:
    """Presses a second that are answered in time, and the memory that many of them take."""
    ids = bench.case_ids("presses")[-500:]
    rates, grown = {}, {}
    async with side_by_side(bench) as (programs, officer):
        for name, process in programs.items():
            acts = officer.acts(ids)
            rates[name] = [await sustained.fastest(process, acts)]
            await sustained.growth(process, acts, WARM)
            grown[name] = [await sustained.growth(process, acts, ENDURED)]
    often, more = "presses a second, p99 under 1 s", f"memory of {ENDURED} presses more"
    return [
        Figure(often, "1/s", rates["bot"], rates["floor"], "", rates["plain"]),
        Figure(more, "MB", grown["bot"], grown["floor"], "flat", grown["plain"]),
    ]


async def searches(bench: Bench) -> list[Figure]:
    """Searches among `searching.CASES` cases, in a database of each kind."""
    dataset, figures = searching.Dataset(), []
    with searching.addresses(bench.folder) as addresses:
        for kind, url in addresses.items():
            database = await searching.seeded(url, dataset)
            figures += _search_figures(kind, bench.rounds, dataset, database, url)
            database.close()
    return figures


def _search_figures(
    kind: str, rounds: int, dataset: searching.Dataset, database: Database, url: str
) -> list[Figure]:
    taken: dict[str, list[list[float]]] = {"ours": [], "floor": []}
    with searching.floor(url) as bare:
        asks = {"ours": searching.program(database), "floor": bare}
        for round_number in range(rounds + 1):
            queries = dataset.queries(SEARCHES)
            for name, ask in asks.items():
                seconds = searching.timed(ask, queries)
                if round_number:  # the first fills the caches
                    taken[name].append(seconds)
    return [
        Figure(f"search at {searching.CASES:,}, {kind}{wording}", "ms", *_shares(taken, share), "under 25 ms")
        for wording, share in (("", 0.5), (", p99", 0.99))
    ]


def _shares(taken: dict[str, list[list[float]]], share: float) -> tuple[list[float], list[float]]:
    """The percentile `share` of each round, in milliseconds, for the program and for its floor."""
    ours, floor = (
        [quantiles(one, n=100)[round(share * 100) - 1] * 1000 for one in taken[name]]
        for name in ("ours", "floor")
    )
    return ours, floor


async def suggestions(bench: Bench) -> list[Figure]:
    """Suggestions while typing a name, among five thousand officers."""
    catalog = suggesting.catalog(bench.folder / "catalog")
    taken: dict[str, list[list[float]]] = {"ours": [], "floor": []}
    async with bench.bot("many", CATALOG=str(catalog)) as bot, bench.floor("many") as floor:
        case_id = await suggesting.case(bot.url, bench.folder / "many" / "case.db")
        for round_number in range(bench.rounds + 1):
            for name, process in (("ours", bot), ("floor", floor)):
                seconds = await suggesting.send_serially(process.url, case_id)
                if round_number:  # the first binds the account
                    taken[name].append(seconds)
    return [
        Figure(f"choice among 5,000 officers{wording}", "ms", *_shares(taken, share), "under 30 ms")
        for wording, share in (("", 0.5), (", p99", 0.99))
    ]


async def disposals(bench: Bench) -> list[Figure]:
    """Cases disposed of a second, in one night of the job. Once: it takes a new store of that many cases each time."""
    found = await asyncio.to_thread(retention.measure, DISPOSED, bench.folder / "retention")
    return [Figure(f"{DISPOSED} disposed cases", "cases/s", [found.ours], [found.floor], "a night")]


async def pdfs(bench: Bench) -> list[Figure]:
    """The summary of a case of 500 messages, as PDF."""
    found = [await asyncio.to_thread(typesetting.measure, TYPESET) for _ in range(bench.rounds)]
    ours, floor = [one.ours for one in found], [one.floor for one in found]
    return [Figure(f"PDF of {TYPESET} messages", "s", ours, floor, "240 s at most")]


async def changes(bench: Bench) -> list[Figure]:
    """A status set in many cases at once, and presses meanwhile beside presses at rest. Once, as the disposals."""
    found = await asyncio.to_thread(many_at_once.measure, CHANGED, bench.folder / "many_at_once")
    meanwhile, at_rest = [found.press_meanwhile], [found.press_at_rest]
    return [
        Figure(f"status of {CHANGED} cases", "s", [found.ours], [found.floor], "20 s"),
        Figure("press meanwhile, p99; floor: at rest", "ms", meanwhile, at_rest, "2 times"),
    ]


async def takes(bench: Bench) -> list[Figure]:
    """The processor time of a take's transaction before its commit, and of its statements by the driver alone."""
    found = await asyncio.to_thread(taking.measure, TAKEN, bench.folder / "taking")
    ours, floor = sorted(found.ours), sorted(found.floor)
    return [
        Figure("transaction of a take, least", "ms", ours[:1], floor[:1], "0.6 ms", digits=2),
        Figure("of half of them at most", "ms", ours, floor, "", digits=2),
    ]


async def exports(bench: Bench) -> list[Figure]:
    """Rows of a workbook, and the memory that they take."""
    taken: dict[str, list[exporting.Written]] = {"program": [], "floor": []}
    for _ in range(bench.rounds):
        for name, written in taken.items():
            path = bench.folder / f"{name}.xlsx"
            written.append(await asyncio.to_thread(exporting.measure, name, EXPORTED, path))
    ours, floor = taken["program"], taken["floor"]
    seconds = [one.seconds for one in ours], [one.seconds for one in floor]
    megabytes = [one.megabytes for one in ours], [one.megabytes for one in floor]
    return [
        Figure(f"{EXPORTED} exported rows", "s", *seconds, "1.15 times"),
        Figure("memory of them", "MB", *megabytes, "flat"),
    ]


async def counts(bench: Bench) -> list[Figure]:
    """What lists grow by from ten to a hundred thousand cases, and what batches and the log's proof cost, in counts."""
    counted = await asyncio.to_thread(counting.count)
    small, large = zip(*counted.lists.values(), strict=True)
    name, (least, most) = counted.costliest, counted.lists[counted.costliest]
    return [
        Figure("list, 100,000 to 10,000 cases", "k steps", [*large], [*small], "2 times"),
        Figure(f"costliest, {name}", "k steps", [most], [least], "2 times"),
        Figure("case in a batch, to one alone", "statements", [counted.in_batch], [counted.alone], ""),
        Figure("events verified, a process", "1/s", [counted.verified], [counted.bare], "10,000"),
    ]


Part = Callable[[Bench], Awaitable[list[Figure]]]
"""A part of the bench, which gives rows of the table."""

PARTS: tuple[Part, ...] = (
    starting, cards, takes, imports, pressing, searches, suggestions, exports, disposals, pdfs, changes, enduring,
    counts,
)  # fmt: skip
"""In their order: what is pressed on has been imported."""

USE_IMPORTED = (pressing, enduring)
"""Parts that press on the cases of `imports`, which is measured before them."""


def choose(names: Sequence[str]) -> list[Part]:
    """The parts with these names, all for none, and `imports` where one of them needs its cases."""
    chosen = {part for part in PARTS if not names or part.__name__ in names}
    if chosen.intersection(USE_IMPORTED):
        chosen.add(imports)
    return [part for part in PARTS if part in chosen]


async def main(rounds: int, only: Sequence[str]) -> None:
    """Measure, and print each part's figures and what it took as soon as it ends."""
    console, began = Console(width=110), time.monotonic()
    async with prepared(rounds) as bench:
        for part in choose(only):
            part_began, used = time.monotonic(), _processor_seconds()
            figures = await part(bench)
            seconds = time.monotonic() - part_began
            console.print(_table(figures))
            console.print(
                f"{part.__name__}: {seconds:.0f} s, {_processor_seconds() - used:.0f} s of processors, "
                f"load {os.getloadavg()[0]:.1f}\n"
            )
    console.print(f"All of it took {time.monotonic() - began:.0f} s; medians of {rounds} rounds.")


def _table(figures: Sequence[Figure]) -> Table:
    table = Table("figure", "ours", "plain", "floor", "unit", "ratio", "aim")
    for figure in figures:
        table.add_row(*figure.row())
    return table


def _processor_seconds() -> float:
    """Seconds of processors that this process and those that it has started have used."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    faulthandler.enable()
    others = {
        "million": growth.main,
        "overload": overload.main,
        "hostile": hostile.main,
        "backups": backups.main,
        "year": report.main,
    }
    if sys.argv[1:2] and sys.argv[1] in others:
        others[sys.argv[1]](sys.argv[2:])
    else:
        parser = argparse.ArgumentParser("python -m bench", epilog=f"or python -m bench {' | '.join(others)}")
        parser.add_argument("--rounds", type=int, default=ROUNDS)
        names = [part.__name__ for part in PARTS]
        parser.add_argument("--only", metavar=",".join(names), default="", help="these parts, with commas")
        given = parser.parse_args()
        only = [name for name in given.only.split(",") if name]
        if unknown := set(only) - set(names):
            parser.error(f"no parts: {', '.join(sorted(unknown))}")
        asyncio.run(main(given.rounds, only))
