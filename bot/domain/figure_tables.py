"""The tables that figures are shown in, and the charts drawn of their columns: on the page, in Slack and in Excel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from bot.catalog.models import Catalog
from bot.domain.case_figures import DURATION_KINDS, CountKind, DurationKind
from bot.domain.figures import (
    AGE_LIMITS,
    FigurePeriod,
    FigureReport,
    Interval,
    OverdueCases,
    Summary,
    add_summaries,
)
from bot.text import Words

Measure = Literal["count", "duration", "share", "average"]
"""What a column's values are: whole numbers, minutes, parts of 1, or numbers for each case."""

MEDIAN, MOST = 0.5, 0.9
"""The shares of cases whose time a duration is: half of them, and nine of ten, do not exceed it."""

MINUTES_AN_HOUR = 60

MINUTES_A_DAY = 24 * MINUTES_AN_HOUR

LEAST_IN_DAYS = 2 * MINUTES_A_DAY
"""Shorter durations are told in hours, or in minutes."""

CHART_UNITS = {"minutes": 1, "hours": MINUTES_AN_HOUR, "days": MINUTES_A_DAY}
"""The units that a chart of durations is drawn in, in minutes."""

LEAST_BASIS = 10
"""Cases that a share, an average or a duration must be of to be given out."""

ROUNDED_TO = 5
"""Counts that are given out are rounded to the nearest multiple of this."""


@dataclass(frozen=True, slots=True)
class FigureCell:
    """A value, or None where there is none, and for what is no count the number of cases that it is of."""

    value: float | None
    basis: int = 0


@dataclass(frozen=True, slots=True)
class FigureTableRow:
    """A row: what it is about, and a value for each column. `is_sum`: it adds up others."""

    label: str
    cells: tuple[FigureCell, ...]
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class FigureColumn:
    """A column's title, and what its values are."""

    title: str
    measure: Measure


@dataclass(frozen=True, slots=True)
class FigureChart:
    """A chart of the columns with those places, of all rows but sums.

    Of durations `title` says that they are in days, and `unit_titles` are the same in each of CHART_UNITS.
    """

    title: str
    kind: Literal["bar", "line"]
    columns: tuple[int, ...]
    unit_titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChartPoints:
    """What a chart shows: its title, the labels of its rows, and each of its columns, title and values.

    `is_empty`: there is nothing in it to see, neither a number above zero nor a time or share, which may well be zero.
    """

    title: str
    labels: list[str]
    series: list[tuple[str, list[float | None]]]
    is_empty: bool


@dataclass(frozen=True, slots=True)
class FigureTable:
    """A table: its name in code and its title, what its rows are about, its columns, rows and charts."""

    name: str
    title: str
    row_title: str
    columns: tuple[FigureColumn, ...]
    rows: tuple[FigureTableRow, ...]
    charts: tuple[FigureChart, ...] = ()

    def points(self, chart: FigureChart) -> ChartPoints:
        """What the chart shows. Durations are in the unit that the longest of them is told in."""
        rows = [row for row in self.rows if not row.is_sum]
        cells = [(row.cells[n], self.columns[n].measure) for row in rows for n in chart.columns]
        unit = _chart_unit([cell.value for cell, measure in cells if measure == "duration"])
        series = [
            (self.columns[n].title, [_chart_value(row.cells[n], self.columns[n], unit) for row in rows])
            for n in chart.columns
        ]
        is_empty = not any(
            cell.value if measure == "count" else cell.value is not None for cell, measure in cells
        )
        title = chart.unit_titles.get(unit, chart.title)
        return ChartPoints(title, [row.label for row in rows], series, is_empty)


def _chart_unit(durations: Iterable[float | None]) -> str:
    longest = max((minutes for minutes in durations if minutes is not None), default=0)
    if longest < MINUTES_AN_HOUR:
        return "minutes"
    return "hours" if longest < LEAST_IN_DAYS else "days"


def _chart_value(cell: FigureCell, column: FigureColumn, unit: str) -> float | None:
    if cell.value is None:
        return None
    match column.measure:
        case "duration":
            return round(cell.value / CHART_UNITS[unit], 2)
        case "share":
            return round(cell.value * 100, 1)
        case "average":
            return round(cell.value, 2)
        case "count":
            return int(cell.value)


CellsOf = Callable[[Summary], tuple[FigureCell, ...]]
"""The cells of a row."""


def _flow_cells(summary: Summary) -> tuple[FigureCell, ...]:
    counts = (
        summary.count("received"),
        summary.count("closed"),
        summary.count("reopened"),
        summary.open_at_end,
    )
    return tuple(FigureCell(count) for count in counts)


def _time_cells(summary: Summary) -> tuple[FigureCell, ...]:
    return tuple(_quantile_cell(summary, kind, share) for kind in DURATION_KINDS for share in (MEDIAN, MOST))


def _overdue_cells(summary: Summary) -> tuple[FigureCell, ...]:
    shares = (_per_closed_cell(summary, kind) for kind in ("overdue", "overdue_case", "overdue_step"))
    return (FigureCell(summary.count("closed")), *shares)


def _overdue_now_cells(cases: OverdueCases) -> tuple[FigureCell, ...]:
    return tuple(FigureCell(n) for n in (cases.overdue, cases.overdue_case, cases.overdue_step))


def _message_cells(summary: Summary) -> tuple[FigureCell, ...]:
    return (
        FigureCell(summary.count("closed")),
        *(_per_closed_cell(summary, kind) for kind in ("sent", "answered")),
    )


def _service_cells(summary: Summary) -> tuple[FigureCell, ...]:
    return (
        *(FigureCell(n) for n in (summary.count("received"), summary.count("closed"), summary.open_at_end)),
        *(_quantile_cell(summary, kind, MEDIAN) for kind in DURATION_KINDS),
        _quantile_cell(summary, "to_close", MOST),
        *(_per_closed_cell(summary, kind) for kind in ("overdue", "sent", "answered")),
    )


def _quantile_cell(summary: Summary, kind: DurationKind, share: float) -> FigureCell:
    durations = summary.duration(kind)
    return FigureCell(durations.quantile(share), durations.number)


def _per_closed_cell(summary: Summary, kind: CountKind) -> FigureCell:
    return FigureCell(summary.per_closed(kind), summary.count("closed"))


def interval_label(interval: Interval, period: FigurePeriod, words: Words) -> str:
    """nov. 2026, or v. 48 2026"""
    if period.unit == "month":
        return words.month(interval.first)
    year, week, _ = interval.first.isocalendar()
    return words("figures.week", week=week, year=year)


def duration_text(minutes: float, words: Words) -> str:
    """25 min, 5 tim, 3,5 dygn or 42 dygn"""
    if minutes < MINUTES_AN_HOUR:
        return words("figures.minutes", n=round(minutes))
    if minutes < LEAST_IN_DAYS:
        return words("figures.hours", n=round(minutes / MINUTES_AN_HOUR))
    days = minutes / MINUTES_A_DAY
    return words("figures.days", n=words.number(round(days, 1) if days < 10 else round(days)))


def cell_text(cell: FigureCell, column: FigureColumn, words: Words) -> str:
    """The value as people read it; a dash where there is none."""
    if cell.value is None:
        return "–"
    match column.measure:
        case "duration":
            return duration_text(cell.value, words)
        case "share":
            return words("figures.percent", n=words.number(round(cell.value * 100)))
        case "average":
            return words.number(round(cell.value, 1))
        case "count":
            return words.number(int(cell.value))


def round_table(table: FigureTable) -> FigureTable:
    """The table as it may be given out: no small number in it leads to a single person.

    Each count is rounded to the nearest multiple of ROUNDED_TO, sums too, so that none can be had by subtraction;
    other values are left out where they are of fewer cases than LEAST_BASIS.
    """
    rows = tuple(replace(row, cells=tuple(map(_round_cell, row.cells, table.columns))) for row in table.rows)
    return replace(table, rows=rows)


def _round_cell(cell: FigureCell, column: FigureColumn) -> FigureCell:
    if column.measure != "count":
        return cell if cell.basis >= LEAST_BASIS else FigureCell(None, cell.basis)
    return FigureCell(ROUNDED_TO * int((cell.value or 0) / ROUNDED_TO + 0.5))


def build_tables(report: FigureReport, catalog: Catalog, today: date, words: Words) -> list[FigureTable]:
    """All tables of the report. E-services are grouped by the unit that the catalog gives them today."""
    builder = _TableBuilder(report, catalog, words)
    return [
        builder.flow(),
        builder.times(),
        builder.overdue(),
        builder.ages(today),
        builder.overdue_now(),
        builder.messages(),
        *builder.services(),
    ]


_ROWS = {"ages": "ages", "overdue_now": "services", "services": "services"}
"""What the rows of tables are that have none for each month or week."""


@dataclass(frozen=True)
class _TableBuilder:
    report: FigureReport
    catalog: Catalog
    words: Words

    def flow(self) -> FigureTable:
        """What came in and was closed, and what was open at the end of each interval."""
        columns = self._columns("count", "received", "closed", "reopened", "open")
        charts = self._charts(("flow", "bar", (0, 1)), ("open", "bar", (3,)))
        return self._by_interval("flow", columns, _flow_cells, charts)

    def times(self) -> FigureTable:
        """Times from receipt: the median, and what nine of ten do not exceed."""
        names = [f"{kind}.{part}" for kind in DURATION_KINDS for part in ("median", "most")]
        charts = tuple(self._duration_charts())
        return self._by_interval("times", self._columns("duration", *names), _time_cells, charts)

    def overdue(self) -> FigureTable:
        """How large a part of the closed cases had been late, by either due day and by each."""
        columns = (
            *self._columns("count", "closed"),
            *self._columns("share", "overdue", "overdue_case", "overdue_step"),
        )
        charts = self._charts(("overdue", "line", (1, 2, 3)))
        return self._by_interval("overdue", columns, _overdue_cells, charts)

    def ages(self, today: date) -> FigureTable:
        """The cases that are open now, by age."""
        firsts = (0, *(limit + 1 for limit in AGE_LIMITS))
        labels = [
            self.words("figures.age", first=first, last=last)
            for first, last in zip(firsts, AGE_LIMITS, strict=False)
        ]
        labels.append(self.words("figures.age.older", n=AGE_LIMITS[-1]))
        counts = self.report.count_by_age(today)
        rows = tuple(FigureTableRow(label, (FigureCell(n),)) for label, n in zip(labels, counts, strict=True))
        total = FigureTableRow(self.words("figures.sum"), (FigureCell(sum(counts)),), is_sum=True)
        return self._table(
            "ages", self._columns("count", "open"), (*rows, total), self._charts(("ages", "bar", (0,)))
        )

    def overdue_now(self) -> FigureTable:
        """The open cases that are overdue now, by either due day and by each, of the e-services that have any."""
        columns = self._columns("count", "overdue", "overdue_case", "overdue_step")
        by_service, total = self.report.overdue_now, OverdueCases()
        rows = []
        for key in self._services_by_unit():
            if found := by_service.get(key):
                total = total.plus(found)
                rows.append(FigureTableRow(self._service_name(key), _overdue_now_cells(found)))
        sums = FigureTableRow(self.words("figures.sum"), _overdue_now_cells(total), is_sum=True)
        charts = self._charts(("overdue_now", "bar", (0,))) if rows else ()
        return self._table("overdue_now", columns, (*rows, sums), charts)

    def messages(self) -> FigureTable:
        """The messages in the cases that were closed, for each of them."""
        columns = (*self._columns("count", "closed"), *self._columns("average", "sent", "answered"))
        charts = self._charts(("messages", "bar", (1, 2)))
        return self._by_interval("messages", columns, _message_cells, charts)

    def services(self) -> Iterable[FigureTable]:
        """The whole period by e-service, with the sums of units that have several; nothing of a single e-service."""
        if len(self.report.by_service) < 2:
            return
        columns = (
            *self._columns("count", "received", "closed", "open"),
            *self._columns(
                "duration", "to_take.median", "to_answer.median", "to_close.median", "to_close.most"
            ),
            *self._columns("share", "overdue"),
            *self._columns("average", "sent", "answered"),
        )
        total = FigureTableRow(self.words("figures.sum"), _service_cells(self.report.total), is_sum=True)
        charts = self._charts(("services", "bar", (0, 1)))
        yield self._table("services", columns, (*self._service_rows(), total), charts)

    def _units(self) -> dict[str, list[str]]:
        """The units by name, each with the keys of its e-services."""
        by_unit: dict[str, list[str]] = defaultdict(list)
        for key in self.report.by_service:
            by_unit[self.catalog.services[key].unit.in_(self.words.language)].append(key)
        return {unit: by_unit[unit] for unit in sorted(by_unit, key=str.casefold)}

    def _services_by_unit(self) -> list[str]:
        return [key for keys in self._units().values() for key in keys]

    def _service_name(self, key: str) -> str:
        return self.catalog.services[key].name.in_(self.words.language)

    def _service_rows(self) -> Iterable[FigureTableRow]:
        by_unit = self._units()
        for unit, keys in by_unit.items():
            for key in keys:
                yield FigureTableRow(self._service_name(key), _service_cells(self.report.by_service[key]))
            if len(keys) > 1 and len(by_unit) > 1:
                summary = add_summaries([self.report.by_service[key] for key in keys])
                yield FigureTableRow(
                    self.words("figures.sum.unit", unit=unit), _service_cells(summary), is_sum=True
                )

    def _by_interval(
        self,
        name: str,
        columns: tuple[FigureColumn, ...],
        cells: CellsOf,
        charts: tuple[FigureChart, ...],
    ) -> FigureTable:
        period = self.report.period
        rows = tuple(
            FigureTableRow(interval_label(interval, period, self.words), cells(summary))
            for interval, summary in self.report.by_interval
        )
        total = FigureTableRow(self.words("figures.period"), cells(self.report.total), is_sum=True)
        return self._table(name, columns, (*rows, total), charts)

    def _table(
        self,
        name: str,
        columns: tuple[FigureColumn, ...],
        rows: tuple[FigureTableRow, ...],
        charts: tuple[FigureChart, ...],
    ) -> FigureTable:
        rows_are = _ROWS.get(name, self.report.period.unit)
        row_title = self.words(f"figures.rows.{rows_are}")
        return FigureTable(name, self.words(f"figures.table.{name}"), row_title, columns, rows, charts)

    def _columns(self, measure: Measure, *names: str) -> tuple[FigureColumn, ...]:
        return tuple(FigureColumn(self.words(f"figures.{name}"), measure) for name in names)

    def _charts(
        self, *charts: tuple[str, Literal["bar", "line"], tuple[int, ...]]
    ) -> tuple[FigureChart, ...]:
        return tuple(
            FigureChart(self.words(f"figures.chart.{name}"), kind, columns) for name, kind, columns in charts
        )

    def _duration_charts(self) -> Iterable[FigureChart]:
        """Of each kind of duration, its median and what nine of ten do not exceed."""
        for place, kind in enumerate(DURATION_KINDS):
            titles = {
                unit: self.words(f"figures.chart.{kind}", unit=self.words(f"figures.unit.{unit}"))
                for unit in CHART_UNITS
            }
            yield FigureChart(titles["days"], "line", (2 * place, 2 * place + 1), titles)
