"""Charts as inline SVG. Their colours and fonts are the style sheet's, so that they follow dark mode and print."""

from __future__ import annotations

from typing import Any

import pygal
from lxml import etree
from markupsafe import Markup
from pygal.style import Style

from bot.domain.figure_tables import ChartPoints, FigureChart, FigureTable
from bot.text import Words

HEIGHT = 300
"""Of the drawing, in its own units; the page scales it."""

MARGIN = 8
"""Around it."""

SIZES = {"wide": (520, 20), "narrow": (330, 14)}
"""By the class of a drawing, its width, and how many labels are written beneath it: of more rows only every second,
third and so on has one. The page shows the one that its texts can be read in."""

LONGEST_LABEL = {"wide": 32, "narrow": 20}
"""Characters of a label beside its bar; longer ones are cut."""

LABEL_ROTATION = 315
"""Degrees: a label ends beneath its bar, and lies clear of the next one's."""

_FONT_SIZES = Style(label_font_size=18, major_label_font_size=18, legend_font_size=13)
"""Room is left for texts of these sizes. Those of labels are larger than the style sheet's, whose fonts are wider than
pygal reckons: they would else be cut off below, or stand on the legend."""

LONG_LABEL = 14
"""Characters: bars with longer labels, such as the names of e-services, are horizontal, each beside its name."""

ROW_HEIGHT = 44
"""Of such a bar, in the drawing's own units."""

_SIDE_FONT_SIZES = Style(label_font_size=12, major_label_font_size=12, legend_font_size=13)
"""As above, of labels beside horizontal bars, for which pygal reckons with wide letters."""

_SHAPES = {"bar": pygal.Bar, "line": pygal.Line}

_SVG = "{http://www.w3.org/2000/svg}"


def draw_chart(table: FigureTable, chart: FigureChart, words: Words) -> tuple[str, Markup]:
    """The chart's title, and the chart as `svg` elements without style, script or ids, which the pages' content policy
    refuses: one for each size. Empty where there is nothing in it to see."""
    points = table.points(chart)
    if points.is_empty:
        return points.title, Markup("")
    return points.title, Markup("").join(_draw(points, chart.kind, words, size) for size in SIZES)


def _draw(points: ChartPoints, kind: str, words: Words, size: str) -> Markup:
    is_horizontal = kind == "bar" and max(map(len, points.labels)) > LONG_LABEL
    drawing = _horizontal_bars(points, size) if is_horizontal else _vertical_chart(points, kind, size)
    drawing.config(
        value_formatter=lambda value: words.number(round(value, 2)),
        min_scale=2,
        max_scale=6,
    )
    for title, values in points.series:
        drawing.add(title, values[::-1] if is_horizontal else values)
    if not any(value for _, values in points.series for value in values):
        drawing.config(range=(0, 1))
    return _to_inline(
        drawing.render_tree(), _describe(points), f"{size} horizontal" if is_horizontal else size
    )


def _horizontal_bars(points: ChartPoints, size: str) -> Any:
    """The first is the topmost; pygal begins at the bottom."""
    width, _ = SIZES[size]
    drawing = pygal.HorizontalBar(
        js=[],
        no_prefix=True,
        style=_SIDE_FONT_SIZES,
        width=width,
        height=ROW_HEIGHT * len(points.labels) + 100,
        margin=MARGIN,
    )
    drawing.config(legend_at_bottom=True, legend_at_bottom_columns=1, show_legend=len(points.series) > 1)
    drawing.config(truncate_legend=60, no_data_text="", spacing=8)
    drawing.x_labels = [_shorten(label, LONGEST_LABEL[size]) for label in points.labels[::-1]]
    return drawing


def _shorten(label: str, max_length: int) -> str:
    return label if len(label) <= max_length else f"{label[: max_length - 1].rstrip()}…"


def _vertical_chart(points: ChartPoints, kind: str, size: str) -> Any:
    """Bars or a line, with as many labels beneath as have room."""
    width, most_labels = SIZES[size]
    drawing = _SHAPES[kind](
        js=[],
        no_prefix=True,
        style=_FONT_SIZES,
        width=width,
        height=HEIGHT,
        margin=MARGIN,
        spacing=8,
        dots_size=3,
        include_x_axis=True,
    )
    drawing.config(legend_at_bottom=True, legend_at_bottom_columns=1, show_legend=len(points.series) > 1)
    drawing.config(x_label_rotation=LABEL_ROTATION, truncate_label=22, truncate_legend=60, no_data_text="")
    drawing.x_labels = points.labels
    every = -(-len(points.labels) // most_labels)
    if every > 1:
        # From the last, which people look for first.
        drawing.config(x_labels_major=points.labels[::-every], show_minor_x_labels=False)
    return drawing


def _describe(points: ChartPoints) -> str:
    """What the chart is of; its numbers are in the table beneath."""
    names = [title for title, _ in points.series]
    return points.title if len(names) == 1 else f"{points.title}: {', '.join(names)}"


def _to_inline(svg: Any, label: str, size: str) -> Markup:
    etree.strip_tags(svg, etree.Comment)
    for element in list(svg.iter(f"{_SVG}defs", f"{_SVG}title", f"{_SVG}g", "defs", "title", "g")):
        if _name(element) in ("defs", "title") or element.get("class") == "plot tooltip-overlay":
            element.getparent().remove(element)
    for element in svg.iter():
        for attribute in ("id", "style"):
            element.attrib.pop(attribute, None)
        _title_of_point(element)
        if element.get("class") == "legends":
            _move_to_edge(element)
    svg.set("class", f"chart {size}")
    svg.set("role", "img")
    svg.set("aria-label", label)
    return Markup(etree.tostring(svg, encoding="unicode"))  # noqa: S704 - lxml has escaped all texts


def _move_to_edge(legends: Any) -> None:
    """Begin the legends at the drawing's edge: pygal puts them beneath the plot, where a narrow one cuts them off."""
    _, comma, below = legends.get("transform").partition(",")
    legends.set("transform", f"translate({MARGIN}{comma}{below}")


def _title_of_point(element: Any) -> None:
    """Replace pygal's descriptions of a bar or dot, which its own script reads, by a title for the pointer."""
    described = {part.get("class", "").strip(): part.text or "" for part in element if _name(part) == "desc"}
    if not described:
        return
    for part in [part for part in element if _name(part) == "desc"]:
        element.remove(part)
    title = etree.SubElement(element, f"{_SVG}title" if element.tag.startswith(_SVG) else "title")
    title.text = ": ".join(filter(None, (described.get("x_label"), described.get("value"))))


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
