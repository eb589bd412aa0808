"""The time of each question at each size, and how much of the database it reads."""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, event, text

from bench.million import stores
from bench.million.questions import NEED_FIGURES, Ask, count_figures, open_query_context, questions
from bench.million.stores import KINDS, Kind
from bench.processes import CATALOG
from bot.catalog.files.loader import load
from bot.store import Database

SIZES = (10_000, 100_000, 1_000_000)
TIMES = 7
LONG = 2.0
"""Seconds after which a question is timed only once."""

PATIENCE = 120.0
"""A question that would take so many seconds at the next size, if it grew with it, is not asked there."""

STEPS = 100
"""Of SQLite's virtual machine, between two counts."""


@dataclass(frozen=True)
class Cost:
    """What a question takes: `seconds` and `cpu` are the least of several times, `statements` how many were run.

    `cpu` are seconds of processor time, of this process and of PostgreSQL's; a busy machine adds to them, but less
    than seconds by the clock. `work` are thousands of steps of SQLite's virtual machine, or pages (8 kB, in memory or
    not) that PostgreSQL's reads touched; it is the same however busy the machine is.
    """

    seconds: float
    cpu: float
    statements: int
    work: float


@dataclass
class _Counting:
    """Counts the statements and work within its context."""

    explain: bool
    statements: int = 0
    work: float = 0.0
    plans: list[str] = field(default_factory=list)
    counted: list[Any] = field(default_factory=list)

    def before(
        self, conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> None:
        self.statements += 1
        raw = conn.connection.dbapi_connection
        if conn.dialect.name == "sqlite":
            raw.set_progress_handler(self._step, STEPS)
            self.counted.append(raw)
            if self.explain:
                rows = raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters or ()).fetchall()
                self.plans += [statement, *(f"    {row[3]}" for row in rows)]
        elif statement.lstrip().startswith(("SELECT", "WITH")):
            self._explained(raw, statement, parameters)
        elif self.explain:
            self.plans.append(statement)

    def _step(self) -> int:
        self.work += STEPS / 1000
        return 0

    def _explained(self, raw: Any, statement: str, parameters: Any) -> None:
        with raw.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
            plan = cursor.fetchone()[0][0]["Plan"]
            self.work += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            if self.explain:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters)
                self.plans += [statement, *(f"    {row[0]}" for row in cursor.fetchall())]


@contextmanager
def _counting(*, explain: bool) -> Iterator[_Counting]:
    counting = _Counting(explain)
    event.listen(Engine, "before_cursor_execute", counting.before)
    try:
        yield counting
    finally:
        event.remove(Engine, "before_cursor_execute", counting.before)
        for raw in counting.counted:
            raw.set_progress_handler(None, 0)


def count_cost(ask: Ask) -> Cost:
    """What the question takes at its first time."""
    with _counting(explain=False) as counting:
        seconds, cpu = _timed(ask)
    return Cost(seconds, cpu, counting.statements, counting.work)


def cost(ask: Ask, *, server: int | None = None, explain: bool = False) -> Cost:
    """Measure: run once for counting, which also fills the caches, then several times; a long one only once.

    `server` is the id of PostgreSQL's process that has the others as its children.
    """
    with _counting(explain=explain) as counting:
        first = _timed(ask, server)
    if explain:
        print("\n".join(counting.plans))
    taken = [_timed(ask, server) for _ in range(1 if first[0] > LONG else TIMES)]
    seconds, cpu = (min(each) for each in zip(*taken, strict=True))
    return Cost(seconds, cpu, counting.statements, counting.work)


def _timed(ask: Ask, server: int | None = None) -> tuple[float, float]:
    """How long it takes, and its processor time, in seconds."""
    began, before = time.perf_counter(), _cpu_times(server)
    ask()
    seconds, after = time.perf_counter() - began, _cpu_times(server)
    return seconds, sum(spent - before.get(process, 0.0) for process, spent in after.items())


def _cpu_times(server: int | None) -> dict[str, float]:
    """Seconds of processor time of this process with those it has waited for, and of each of the server's that runs."""
    waited_for = os.times()
    spent = {"": time.process_time() + waited_for.children_user + waited_for.children_system}
    if server is not None:
        for child in Path(f"/proc/{server}/task/{server}/children").read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                spent[child] = int(Path(f"/proc/{child}/schedstat").read_text().split()[0]) / 1e9
    return spent


def _find_server(database: Database) -> int | None:
    """The id of PostgreSQL's first process, on this machine; None for SQLite."""
    if database.is_sqlite:
        return None
    folder = database.read_sync(lambda tx: tx.conn.execute(text("SHOW data_directory")).scalar_one())
    return int((Path(folder) / "postmaster.pid").read_text().split()[0])


@dataclass(frozen=True)
class GrowthOptions:
    """The options of a measurement."""

    sizes: tuple[int, ...]
    kinds: tuple[Kind, ...]
    only: tuple[str, ...]
    explain: bool
    patience: float
    folder: Path

    def wants(self, name: str) -> bool:
        return not self.only or name.startswith(self.only)


def measure(kind: Kind, options: GrowthOptions) -> dict[str, dict[int, Cost]]:
    """The cost of each question at each size."""
    catalog = load(CATALOG)
    found: dict[str, dict[int, Cost]] = {}
    for size in options.sizes:
        with (
            stores.filled(kind, size, catalog, options.folder) as url,
            open_query_context(url, catalog) as at,
        ):
            server = _find_server(at.database)
            asks = questions(at)
            if any(options.wants(name) and name.startswith(NEED_FIGURES) for name in asks):
                count_figures(at.database)
            for name, ask in asks.items():
                costs = found.setdefault(name, {})
                if options.wants(name) and _would_take(costs, size) <= options.patience:
                    if options.explain:
                        print(f"\n== {name}, {kind}, {size:,}")
                    costs[size] = cost(ask, server=server, explain=options.explain)
    return {name: costs for name, costs in found.items() if costs}


def _would_take(costs: dict[int, Cost], size: int) -> float:
    """Estimated seconds, by linear growth; infinite for a question that was given up at a smaller size."""
    if not costs:
        return 0.0
    last = max(costs)
    return costs[last].seconds * size / last


def table(kind: Kind, sizes: Sequence[int], found: dict[str, dict[int, Cost]]) -> Table:
    """One row a question: at each size its times and work, then how much it grew from the first size to the last.

    It grew in processor time, and in work.
    """
    work = "k steps" if kind == "sqlite" else "pages"
    headings = [heading for size in sizes for heading in (f"{size:,} ms", "CPU ms", work)]
    shown = Table("", *headings, "grew", "work", "statements", title=f"{kind}: least of {TIMES}")
    for column in shown.columns[1:]:
        column.justify = "right"
    for name, costs in found.items():
        cells = [cell for size in sizes for cell in _cells(costs.get(size))]
        first, last = costs[min(costs)], costs[max(costs)]
        grew = (_growth(first.cpu, last.cpu), _growth(first.work, last.work)) if len(costs) > 1 else ("", "")
        shown.add_row(name, *cells, *grew, _statements(first, last))
    return shown


def _cells(one: Cost | None) -> tuple[str, str, str]:
    if one is None:
        return "–", "", ""
    return f"{one.seconds * 1000:,.1f}", f"{one.cpu * 1000:,.1f}", f"{one.work:,.1f}"


def _growth(first: float, last: float) -> str:
    return f"{last / first:.1f}" if first else ""


def _statements(first: Cost, last: Cost) -> str:
    data = [str(one.statements) for one in (first, last)]
    return data[0] if data[0] == data[1] else "→".join(data)


def main(arguments: Sequence[str]) -> None:
    """`python -m bench million`"""
    data = argparse.ArgumentParser("python -m bench million", description=__doc__)
    data.add_argument("--sizes", default=",".join(map(str, SIZES)), help="how many cases, by commas")
    data.add_argument("--database", choices=(*KINDS, "both"), default="both")
    data.add_argument(
        "--only", default="", help="beginnings of questions' names, by commas, such as search,home"
    )
    data.add_argument("--explain", action="store_true", help="print each statement with its plan")
    data.add_argument("--patience", type=float, default=PATIENCE, help="seconds that one question may take")
    data.add_argument("--folder", type=Path, default=stores.FOLDER, help="where filled stores are kept")
    data.add_argument(
        "--clear", action="store_true", help="remove the filled stores that nobody uses, and stop"
    )
    given = data.parse_args(arguments)
    if given.clear:
        return stores.clear(given.folder)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    options = GrowthOptions(
        sizes=tuple(int(one) for one in given.sizes.split(",")),
        kinds=KINDS if given.database == "both" else (given.database,),
        only=tuple(one for one in given.only.split(",") if one),
        explain=given.explain,
        patience=given.patience,
        folder=given.folder,
    )
    for kind in options.kinds:
        Console(width=68 + 34 * len(options.sizes)).print(table(kind, options.sizes, measure(kind, options)))
    return None
