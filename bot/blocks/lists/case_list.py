"""Lists of cases, and the way from one of them to its cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from bot.blocks.block_kit.elements import (
    SEPARATOR,
    Element,
    actions,
    button,
    context,
    header,
    section,
    styled_section,
)
from bot.blocks.block_kit.message import Block, Message
from bot.blocks.block_kit.mrkdwn import literal_within
from bot.blocks.cases.case_words import colour_words, due_line, officers_of, status_name
from bot.catalog.models import Catalog
from bot.domain.views import InList, ListedCase, Why, Worklist
from bot.text import Words
from bot.text.working_days import local_day

Kind = Literal["mine", "unassigned", "flagged", "all", "closed"]

PLACES: Mapping[Worklist, str] = {"todo": "todo", "mine": "mine", "unhandled": "unassigned"}
"""What each tab of the overview is called among the lists that a case's modal knows its way about in."""


def case_list(kind: Kind, rows: Sequence[ListedCase], total: int, catalog: Catalog, words: Words) -> Message:
    """The newest cases of a kind, each with its button; `total` is how many there are in all."""
    if not rows:
        said = words(f"list.empty.{kind}")
        return Message(said, [section(said)])
    said = words("list.count", title=words(f"list.{kind}"), n=total)
    drawn = [case_row(row, InList(kind, place), catalog, words) for place, row in enumerate(rows)]
    blocks = [header(said), *drawn]
    if total > len(rows):
        blocks.append(context(words("list.shown", n=len(rows))))
    blocks += [actions([_overview(tab, words)]) for tab, name in PLACES.items() if name == kind]
    return Message(literal_within(said, 300), blocks)


def _overview(tab: Worklist, words: Words) -> Element:
    return button(words("list.overview"), f"home:list:{tab}")


def case_row(
    row: ListedCase, place: InList, catalog: Catalog, words: Words, today: date | None = None
) -> Block:
    """A case in a list, with the button that opens it: above what it is called, beneath why it waits and how it stands.

    Of a case that is worked with on its page alone there is the number and the status, neither officers nor times.
    """
    service = catalog.service(row.service)
    shown = None if row.protected else service
    status = status_name(service, row.status, words)
    told = [*_waits(row, words), literal_within(status, 300)]
    if shown is not None and not shown.strict:
        told += [literal_within(part, 600) for part in _how_it_stands(row, catalog, words, today)]
    name = (
        literal_within(shown.name.in_(words.language), 300) if shown is not None and not shown.strict else ""
    )
    marks = [words("flag.star") if row.flagged else "", colour_words(row.colour, words)]
    lines = ([f"*{row.number}*", name, *marks], told)
    text = "\n".join(SEPARATOR.join(part for part in line if part) for line in lines)
    return styled_section(text, show_button(row, place, words))


def _waits(row: ListedCase, words: Words) -> list[str]:
    """Why the case waits, the first in bold; where no reasons were asked for, whether the applicant has written."""
    if not row.why:
        return [words("list.new")] if row.news else []
    said = [_why(why, row, words) for why in row.why]
    return [f"*{said[0]}*", *said[1:]]


def _why(why: Why, row: ListedCase, words: Words) -> str:
    return words(f"why.{why}", date=words.day_short(row.due_on) if row.due_on is not None else "")


def _how_it_stands(row: ListedCase, catalog: Catalog, words: Words, today: date | None) -> list[str]:
    held = officers_of(row.officers, row.groups, catalog, words) or words("label.none")
    received = f"{words('label.received')} {_day(row.received_at, words, today)}"
    due = due_line(row.due_on, row.closed_at is not None, today, words, short=True)
    return [held, received, "" if {"overdue", "soon"}.intersection(row.why) else due]


def _day(at: datetime, words: Words, today: date | None) -> str:
    """A day of this year is known without it."""
    this_year = today is not None and local_day(at).year == today.year
    return words.day_short(at) if this_year else words.day(at)


def show_button(row: ListedCase, place: InList, words: Words) -> Element:
    """[Visa]: the case opens with the way to the cases before and after it in the list, where there is news at them."""
    label = f"{words('btn.show')} {row.number}"
    news = row.news or {"message", "added"}.intersection(row.why)
    action = "case:read" if news else "case:show"
    return button(words("list.show"), action, opened_from(row.id, place), label=label)


def opened_from(case_id: str, place: InList) -> str:
    """What a button carries that opens a case of a list: `c1@mine:3:`."""
    return f"{case_id}@{place.name}:{place.place}:{place.id}"


def place_in(value: str) -> InList | None:
    """The place that `opened_from` put into a button, if any."""
    _, of_list, rest = value.partition("@")
    name, place, list_id = (*rest.split(":", 2), "", "")[:3]
    return InList(name, int(place) if place.isdecimal() else 0, list_id) if of_list and name else None
