"""Lists of cases, and the way from one of them to its cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bot.blocks.case_words import colour_words, officers_of, status_name
from bot.blocks.case_words import title as case_title
from bot.blocks.elements import SEPARATOR, Element, button, context, header, section
from bot.blocks.message import Block, Message
from bot.blocks.mrkdwn import literal_within
from bot.catalog.models import Catalog
from bot.domain.views import CaseRow, InList
from bot.text import Words

Kind = Literal["mine", "unassigned", "flagged", "all", "closed"]


def case_list(kind: Kind, rows: Sequence[CaseRow], total: int, catalog: Catalog, words: Words) -> Message:
    """The newest cases of a kind, each with its button; `total` is how many there are in all."""
    if not rows:
        said = words(f"list.empty.{kind}")
        return Message(said, [section(said)])
    said = words("list.count", title=words(f"list.{kind}"), n=total)
    drawn = [_row(row, InList(kind, place), catalog, words) for place, row in enumerate(rows)]
    blocks = [header(said), *drawn]
    if total > len(rows):
        blocks.append(context(words("list.shown", n=len(rows))))
    return Message(literal_within(said, 300), blocks)


def _row(row: CaseRow, place: InList, catalog: Catalog, words: Words) -> Block:
    service = catalog.service(row.service)
    first = case_title(row.number, None if row.protected else service, words)
    told = [
        words("list.new") if row.news else "",
        status_name(service, row.status, words),
        officers_of(row.officers, row.groups, catalog, words) or words("label.none"),
        f"{words('label.received')} {words.day(row.received_at)}",
    ]
    marks = [words("flag.star") if row.flagged else "", colour_words(row.colour, words)]
    first = SEPARATOR.join(part for part in (first, *marks) if part)
    text = f"{first}\n{SEPARATOR.join(part for part in told if part)}"
    return section(text, show_button(row, place, words))


def show_button(row: CaseRow, place: InList, words: Words) -> Element:
    """[Visa]: the case opens with the way to the cases before and after it in the list."""
    label = f"{words('btn.show')} {row.number}"
    return button(words("list.show"), "case:show", opened_from(row.id, place), label=label)


def opened_from(case_id: str, place: InList) -> str:
    """What a button carries that opens a case of a list: `c1@mine:3:`."""
    return f"{case_id}@{place.name}:{place.place}:{place.id}"


def place_in(value: str) -> InList | None:
    """The place that `opened_from` put into a button, if any."""
    _, of_list, rest = value.partition("@")
    name, place, list_id = (*rest.split(":", 2), "", "")[:3]
    return InList(name, int(place) if place.isdecimal() else 0, list_id) if of_list and name else None
