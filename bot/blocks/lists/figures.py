"""The telling figures of a coordinator's e-services, in words and with charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks.block_kit.elements import actions, button, context, header, section
from bot.blocks.block_kit.message import Block, Message
from bot.blocks.block_kit.mrkdwn import escape_within
from bot.domain.figure_tables import FigureChart, FigureTable, cell_text
from bot.domain.figures import FigureReport
from bot.text import Words
from bot.text.sentences import join_sentences

FIGURES_BUTTON = "figures:page"

MAX_POINTS = 20
"""Points of a chart, by Slack's limit."""

MAX_LABEL_LENGTH = 20

MAX_TITLE_LENGTH = 50

TEXT_ROWS = 6
"""Months that are written where Slack shows no chart."""


@dataclass(frozen=True, slots=True)
class ShownFigures:
    """The figures to show: `title` says of which e-services. `has_strict`: others are shown on the page only."""

    title: str
    report: FigureReport
    tables: Sequence[FigureTable]
    words: Words
    has_strict: bool

    def find_table(self, name: str) -> FigureTable:
        return next(table for table in self.tables if table.name == name)

    def total_text(self, name: str, place: int) -> str:
        """The value of the whole period in that column of the table."""
        table = self.find_table(name)
        return cell_text(table.rows[-1].cells[place], table.columns[place], self.words)


def figures_message(shown: ShownFigures) -> Message:
    """The telling figures in words, with charts."""
    flow, times = shown.find_table("flow"), shown.find_table("times")
    charts = [_chart(flow, flow.charts[0]), _chart(times, times.charts[-1])]
    return _message(shown, [chart for chart in charts if chart is not None])


def figures_without_charts(shown: ShownFigures) -> Message:
    """The same with the last months in words: for where Slack takes no charts."""
    return _message(shown, [section(_rows_in_words(shown.find_table("flow"), shown.words))])


def _message(shown: ShownFigures, details: Sequence[Block]) -> Message:
    words, text = shown.words, _in_words(shown)
    counted_at = shown.report.counted_at
    counted = words("page.figures.counted", at=words.moment(counted_at)) if counted_at else ""
    notes = [counted or words("page.figures.counting")]
    if shown.has_strict:
        notes.append(words("figures.slack.strict"))
    page = button(words("figures.slack.page"), FIGURES_BUTTON)
    blocks = [
        header(words("figures.slack.title", title=shown.title)),
        section(text),
        *details,
        context(*notes),
        actions([page]),
    ]
    return Message(escape_within(join_sentences([shown.title, text]), 3_000), blocks)


def _in_words(shown: ShownFigures) -> str:
    period, total, words, value = shown.report.period, shown.report.total, shown.words, shown.total_text
    lines = [
        words(
            "figures.slack.flow",
            days=words("query.days.between", first=period.first, last=period.last),
            received=value("flow", 0),
            closed=value("flow", 1),
            open=value("flow", 3),
        )
    ]
    if taken := total.duration("to_take").number:
        facts = {"median": value("times", 0), "most": value("times", 1)}
        lines.append(words("figures.slack.take", n=taken, **facts))
    if shown.report.unassigned_now:
        lines.append(words("figures.slack.unassigned", n=shown.report.unassigned_now))
    if total.count("closed"):
        lines.append(words("figures.slack.close", median=value("times", 4), most=value("times", 5)))
        lines.append(words("figures.slack.overdue", share=value("overdue", 1)))
    return "\n".join(lines)


def _rows_in_words(flow: FigureTable, words: Words) -> str:
    rows = [row for row in flow.rows if not row.is_sum][-TEXT_ROWS:]
    return "\n".join(
        words("figures.slack.row", label=row.label, received=texts[0], closed=texts[1], open=texts[3])
        for row in rows
        if (texts := [cell_text(*one, words) for one in zip(row.cells, flow.columns, strict=True)])
    )


def _chart(table: FigureTable, chart: FigureChart) -> Block | None:
    """The last points that have all values; None where there are too few to see anything."""
    points = table.points(chart)
    labels, series = points.labels, points.series
    whole = [n for n in range(len(labels)) if all(values[n] is not None for _, values in series)][
        -MAX_POINTS:
    ]
    if len(whole) < 2:
        return None
    categories = [labels[n][:MAX_LABEL_LENGTH] for n in whole]
    return {
        "type": "data_visualization",
        "title": points.title[:MAX_TITLE_LENGTH],
        "chart": {
            "type": chart.kind,
            "series": [
                {
                    "name": _series_name(title),
                    "data": [{"label": labels[n][:MAX_LABEL_LENGTH], "value": values[n]} for n in whole],
                }
                for title, values in series
            ],
            "axis_config": {"categories": categories},
        },
    }


def _series_name(title: str) -> str:
    """The column's title; of a longer one what stands last in it, which tells it from the others of its chart."""
    return title if len(title) <= MAX_LABEL_LENGTH else title.rpartition(", ")[2][:MAX_LABEL_LENGTH]
