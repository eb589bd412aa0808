"""The page of figures, and its workbook. Both are for coordinators, of the e-services that they coordinate."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import Response

from bot.catalog.services import words_for
from bot.domain.figure_tables import (
    LEAST_BASIS,
    ROUNDED_TO,
    FigureTable,
    build_tables,
    cell_text,
    round_table,
)
from bot.domain.figures import FigureReport
from bot.export.figures_workbook import build_workbook
from bot.portal.figures.charts import draw_chart
from bot.portal.figures.choice import PRESET_PERIODS, FigureChoice, list_choices, read_choice
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.store.figures.reading import load_report
from bot.text import Words
from bot.text.working_days import local_day

router = APIRouter()

UNASSIGNED_PLACE = 3
"""Of the open cases that nobody has, among the telling figures: after all that are open."""

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class _Figures:
    """The choice, the report and its tables, with the words for the chosen e-services."""

    choice: FigureChoice
    report: FigureReport
    tables: Sequence[FigureTable]
    words: Words


@router.get("/handlaggare/statistik")
async def on_figures(context: SignedInOfficer) -> Response:
    figures = await _load(context)
    charts = await asyncio.to_thread(_draw_charts, figures)
    page, choice, w = context.page, figures.choice, figures.words
    period = figures.report.period
    facts: dict[str, Any] = {
        "me": context.officer.name,
        "idle_seconds": 30 * 60,
        "values": choice.values,
        "problem": choice.refusal.in_words(page.words) if choice.refusal else "",
        "choices": list_choices(context.officer, page.catalog, page.words),
        "presets": [(preset, page.words(f"page.figures.period.{preset}")) for preset in PRESET_PERIODS],
        "days": page.words("query.days.between", first=period.first, last=period.last),
        "counted_at": figures.report.counted_at,
        "is_strict": any(page.catalog.services[key].strict for key in choice.services),
        "main": _main_figures(figures),
        "sections": [
            (table, charts[table.name], [_texts(table, row.cells, w) for row in table.rows])
            for table in figures.tables
        ],
        "query": choice.query_string,
        "rounded_to": ROUNDED_TO,
        "least": LEAST_BASIS,
    }
    return page.render("officer/figures.html", 422 if choice.refusal else 200, **facts)


@router.get("/handlaggare/statistik/excel")
async def on_figures_workbook(context: SignedInOfficer, avrunda: str = "") -> Response:
    """The tables as a workbook with charts; with `avrunda` rounded, so that it can be given out."""
    figures = await _load(context)
    tables = [round_table(table) for table in figures.tables] if avrunda else figures.tables
    about = _about(context, figures, is_rounded=bool(avrunda))
    content = await asyncio.to_thread(partial(build_workbook, tables, about, figures.words))
    period = figures.report.period
    name = f"statistik-{period.first}-{period.last}{'-avrundad' if avrunda else ''}.xlsx"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=EXCEL, headers=headers)


async def _load(context: OfficerContext) -> _Figures:
    """The figures of the choice in the address. Raises NotACoordinator."""
    page = context.page
    today = local_day(page.now)
    choice = read_choice(page.request.query_params, context.officer, page.catalog, today)
    report = await page.deps.service.database.read(
        partial(load_report, services=choice.services, period=choice.period, today=today)
    )
    only = page.catalog.services[choice.services[0]] if len(choice.services) == 1 else None
    w = words_for(only, page.words)
    return _Figures(choice, report, build_tables(report, page.catalog, today, w), w)


def _draw_charts(figures: _Figures) -> dict[str, list[tuple[str, Markup]]]:
    return {
        table.name: [draw_chart(table, chart, figures.words) for chart in table.charts]
        for table in figures.tables
    }


def _texts(table: FigureTable, cells: Sequence[Any], w: Words) -> list[str]:
    return [cell_text(cell, column, w) for cell, column in zip(cells, table.columns, strict=True)]


def _main_figures(figures: _Figures) -> list[tuple[str, str, str]]:
    """The telling figures of the whole period: what each is, its value, and of how many cases where it is no count."""
    words, by_name = figures.words, {table.name: table for table in figures.tables}
    chosen = (("flow", 0), ("flow", 1), ("flow", 3), ("times", 0), ("times", 4), ("overdue", 1))
    found = []
    for name, place in chosen:
        table = by_name[name]
        cell, column = table.rows[-1].cells[place], table.columns[place]
        basis = words("page.figures.basis", n=cell.basis) if column.measure != "count" else ""
        found.append((column.title, cell_text(cell, column, words), basis))
    unassigned = words.number(figures.report.unassigned_now)
    found.insert(UNASSIGNED_PLACE, (words("page.figures.unassigned"), unassigned, ""))
    return found


def _about(context: OfficerContext, figures: _Figures, *, is_rounded: bool) -> list[tuple[str, Any]]:
    """The lines of the sheet about the workbook."""
    page, w, report = context.page, figures.words, figures.report
    names = [page.catalog.services[key].name.in_(page.language) for key in figures.choice.services]
    lines: list[tuple[str, Any]] = [
        (
            w("page.figures.about.days"),
            w("query.days.between", first=report.period.first, last=report.period.last),
        ),
        (w("page.figures.services"), w.list(names)),
        (w("page.figures.about.counted"), w.moment(report.counted_at) if report.counted_at else "–"),
        (w("page.figures.about.by"), context.officer.name),
    ]
    rules = ["flow", "times", "overdue", "overdue_now", "messages", "unit"]
    lines += [("", w(f"page.figures.rule.{rule}")) for rule in rules]
    key = "page.figures.rounded" if is_rounded else "page.figures.exact"
    return [*lines, ("", w(key, n=ROUNDED_TO, least=LEAST_BASIS))]
