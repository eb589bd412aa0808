"""python -m bench year: what a year of 1, 30 and 290 municipalities takes, what runs out first, and when."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from bench.year.costs import COSTS, Assumptions, Costs, Kind, Machine
from bench.year.demand import DAY, HOURS, OFFICE_HOURS, Calls, day_weights, populations, simulate
from bench.year.rate_limits import Limits, Queue, let_through, percentile
from bot.text.working_days import is_working_day

COUNTS = (1, 30, 290)
YEAR = 2027


@dataclass(frozen=True, slots=True)
class Slack:
    """The queues of one workspace over the year."""

    posts: Queue
    updates: Queue


@dataclass(frozen=True, slots=True)
class Totals:
    """What all municipalities together take in a year: bytes by what they are for, CPU, and the busiest hour."""

    cases: float
    presses: float
    mails: float
    log_bytes: float
    database_bytes: float
    """With the log."""
    file_bytes: float
    cpu_hours: float
    busiest_cpu: float
    """The CPU seconds a second of the busiest hour."""
    busiest_mails: float
    """Mails a minute in the busiest hour."""

    @property
    def bytes(self) -> float:
        return self.database_bytes + self.file_bytes


def queues_of(calls: Calls, limits: Limits, late_seconds: float) -> Slack:
    """Let the year's calls through at Slack's pace."""
    until = 400 * DAY
    return Slack(
        let_through(calls.posts, limits.posts, limits.channel, until, late_seconds),
        let_through(calls.updates, limits.updates, None, until, late_seconds),
    )


def totals_of(inhabitants: Sequence[int], costs: Costs, assumed: Assumptions, year: int = YEAR) -> Totals:
    """The totals, as expected numbers: they are sums of very many, which chance hardly changes."""
    cases = sum(inhabitants) * assumed.cases_per_inhabitant
    log = cases * assumed.events_per_case * costs.event_bytes
    rest = cases * (costs.case_bytes + assumed.readings_per_case * costs.reading_bytes)
    presses = cases * assumed.presses_per_case
    cpu = (cases + presses) * costs.press_seconds
    hour = max(day_weights(year)) * cases / len(day_weights(year)) * max(HOURS) / sum(HOURS)
    pressed = _busiest_office_hour(presses, year)
    return Totals(
        cases=cases,
        presses=presses,
        mails=cases * assumed.mails_per_case,
        log_bytes=log,
        database_bytes=log + rest,
        file_bytes=cases * assumed.files_per_case * assumed.file_bytes,
        cpu_hours=cpu / 3600,
        busiest_cpu=(hour + pressed) * costs.press_seconds / 3600,
        busiest_mails=hour * assumed.mails_per_case / 60,
    )


def _busiest_office_hour(presses: float, year: int) -> float:
    """Presses in the busiest hour: half of a case's are on the next working day, so a busy day is followed by one."""
    weights, first = day_weights(year), datetime(year, 1, 1, tzinfo=UTC).date()
    days = [first + timedelta(days=n) for n in range(len(weights))]
    working, gathered, busiest = sum(map(is_working_day, days)), 0.0, 0.0
    for day, weight in zip(days, weights, strict=True):
        if is_working_day(day):
            busiest = max(busiest, 0.5 * gathered / len(weights) + 0.5 / working)
            gathered = 0.0
        gathered += weight
    return presses * busiest * max(OFFICE_HOURS.values()) / sum(OFFICE_HOURS.values())


@dataclass(frozen=True, slots=True, order=True)
class RunsOut:
    """What runs out, and after how many days; infinity where it does not with this demand."""

    days: float
    what: str
    detail: str


def what_runs_out(totals: Totals, slack: Slack, machine: Machine, year: int = YEAR) -> list[RunsOut]:
    """What there is to run out of, the first first. Disk is counted for as many years as it lasts."""
    busiest = day_weights(year).index(max(day_weights(year)))
    cpu, allowed = totals.busiest_cpu, machine.cores * machine.busy_share
    found = [
        RunsOut(
            _late_day(slack.updates),
            "cards redrawn: Slack's updates, in the largest",
            _describe(slack.updates),
        ),
        RunsOut(_late_day(slack.posts), "posts in Slack, in the largest", _describe(slack.posts)),
        RunsOut(
            busiest if cpu > allowed else float("inf"),
            "CPU, all on one machine",
            f"{cpu:.2f} of {machine.cores:g} cores in the busiest hour",
        ),
        RunsOut(
            busiest if totals.busiest_mails > machine.mails_a_minute else float("inf"),
            "mail server",
            f"{totals.busiest_mails:.1f} mails a minute in the busiest hour",
        ),
        RunsOut(
            365 * machine.disk_bytes / totals.bytes,
            f"disk of {machine.disk_bytes / 1e9:g} GB",
            f"{totals.bytes / 1e9:.1f} GB a year",
        ),
    ]
    return sorted(found)


def _late_day(queue: Queue) -> float:
    return queue.first_late / DAY if queue.first_late is not None else float("inf")


def _describe(queue: Queue) -> str:
    p99 = percentile(queue.waits, 0.99)
    at = datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(seconds=queue.waited_at)
    return (
        f"{queue.made:,} made, longest queue {queue.longest:,}, longest wait {queue.longest_wait / 60:.1f} min "
        f"({at:%-d %b %H:%M}), p99 {p99:.1f} s"
    )


def format_when(days: float) -> str:
    if days == float("inf"):
        return "not"
    if days > 365:
        return f"after {days / 365:.1f} years"
    return f"{datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(days=days):%-d %b}"


def _print_assumptions(console: Console, kind: Kind, assumed: Assumptions, machine: Machine) -> None:
    for name, one in (("measured", COSTS[kind]), ("assumed", assumed), ("machine", machine)):
        values = ", ".join(f"{part.name} {getattr(one, part.name):g}" for part in fields(one))
        console.print(f"{name}: {values}")


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench year", description=__doc__)
    parser.add_argument("--database", choices=list(COSTS), default="postgresql")
    parser.add_argument(
        "--municipalities", type=int, nargs="+", default=COUNTS, help="how many of the country's 290"
    )
    parser.add_argument("--seed", type=int, default=1)
    for one in (*fields(Assumptions), *fields(Machine)):
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=float, default=one.default)
    given = vars(parser.parse_args(arguments))
    assumed = Assumptions(**{one.name: given[one.name] for one in fields(Assumptions)})
    machine = Machine(**{one.name: given[one.name] for one in fields(Machine)})
    kind: Kind = given["database"]
    console = Console(width=150)
    _print_assumptions(console, kind, assumed, machine)
    for count in given["municipalities"]:
        inhabitants = populations(count)
        totals = totals_of(inhabitants, COSTS[kind], assumed)
        calls = simulate(inhabitants[0], assumed, YEAR, given["seed"])
        slack = queues_of(calls, Limits(), machine.late_seconds)
        title = (
            f"{count} municipalities, the largest of {inhabitants[0]:,}: {totals.cases:,.0f} cases, "
            f"{totals.presses:,.0f} presses, {totals.mails:,.0f} mails; database {totals.database_bytes / 1e9:.1f} GB, "
            f"of which log {totals.log_bytes / 1e9:.1f}; files {totals.file_bytes / 1e9:.1f} GB; "
            f"CPU {totals.cpu_hours:,.0f} hours"
        )
        table = Table("runs out", "when", "how much", title=title)
        for found in what_runs_out(totals, slack, machine):
            table.add_row(found.what, format_when(found.days), found.detail)
        console.print(table)
