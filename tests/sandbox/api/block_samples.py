"""Small blocks to build larger ones of."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(n: int = 1, **more: Any) -> Json:
    return {"text": plain(f"val {n}"), "value": f"v{n}", **more}


def options(n: int) -> list[Json]:
    return [option(i) for i in range(n)]


def groups(n: int, each: int = 1) -> list[Json]:
    return [{"label": plain(f"g{i}"), "options": options(each)} for i in range(n)]


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Tryck"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(**more: Any) -> Json:
    return {"type": "static_select", **({} if "option_groups" in more else {"options": options(2)}), **more}


def entry(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain("Fält"), "element": element, **more}


def typed(**more: Any) -> Json:
    return entry({"type": "plain_text_input", **more})


def section(**more: Any) -> Json:
    return {"type": "section", **({} if "fields" in more else {"text": mrkdwn("x")}), **more}


def confirm(**more: Any) -> Json:
    return {"title": plain("a"), "text": mrkdwn("b"), "confirm": plain("c"), "deny": plain("d"), **more}


def confirming(**more: Any) -> Json:
    return actions(button(confirm=confirm(**more)))


def picked(kind: str, **more: Any) -> Json:
    return actions({"type": kind, **more})


def chosen(**more: Any) -> Json:
    return entry(select(options=[option(**more)]))


def image(**more: Any) -> Json:
    return {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "x", **more}


def cell(text: str = "a") -> Json:
    return {"type": "raw_text", "text": text}


def table(n: int, width: int = 1, text: str = "a", **more: Any) -> Json:
    return {"type": "table", "rows": [[cell(text)] * width for _ in range(n)], **more}


def data_table(n: int, width: int = 1, text: str = "a", **more: Any) -> Json:
    return {**table(n, width, text), "type": "data_table", "caption": "Ärenden", **more}


def video(**more: Any) -> Json:
    address = "https://example.org/film"
    result = {"video_url": address, "thumbnail_url": f"{address}.png", "alt_text": "x", "title": plain("x")}
    return {"type": "video", **result, **more}


def card(**more: Any) -> Json:
    return {"type": "card", "title": plain("x"), **more}


def container(**more: Any) -> Json:
    return {"type": "container", "title": plain("x"), "child_blocks": [{"type": "divider"}], **more}


def pie(n: int = 1, label: str = "a", **more: Any) -> Json:
    chart = {"type": "pie", "segments": [{"label": label, "value": 1}] * n}
    return {"type": "data_visualization", "title": "Ärenden", "chart": chart, **more}


def lines(series: int = 1, points: int = 1, name: str = "s", axis: str = "x") -> Json:
    data = [{"label": f"p{n}", "value": n} for n in range(points)]
    several = [{"name": f"{name}{n or ''}", "data": data} for n in range(series)]
    labels = {"categories": [point["label"] for point in data], "x_label": axis}
    return pie(chart={"type": "line", "series": several, "axis_config": labels})


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain("T"), "submit": plain("S"), "blocks": [section()], **more}
