"""Lists of cases, with buttons that open them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bot.blocks.block_kit.elements import (
    SEPARATOR,
    Element,
    actions,
    button,
    context,
    header,
    mrkdwn_section,
    section,
)
from bot.blocks.block_kit.message import Block, Message
from bot.blocks.block_kit.mrkdwn import escape_within
from bot.blocks.cases.case_words import assignees_line_from_keys, colour_words
from bot.blocks.values import CaseInList, encode
from bot.catalog.models import Catalog
from bot.catalog.services import words_for
from bot.domain.case_lists import HOME_LISTS, CaseList, stored_name
from bot.domain.case_query import MAX_COUNTED, QUERY_LIST, StoredQuery
from bot.domain.due_days import due_days, due_line, first_due
from bot.domain.query_wording import describe_query
from bot.domain.status import status_name
from bot.domain.views import ListedCase, ListPosition, WaitReason
from bot.text import Words
from bot.text.working_days import local_day


def case_list(
    kind: CaseList, rows: Sequence[ListedCase], total: int, catalog: Catalog, words: Words
) -> Message:
    """The first cases of a list, each with its button; `total` is the number of all, as far as counted."""
    if not rows:
        return _empty_list(words(f"list.empty.{kind}"))
    overview = button(words("list.overview"), f"home:list:{stored_name(kind)}")
    row_blocks = [case_row(row, ListPosition(kind, index), catalog, words) for index, row in enumerate(rows)]
    return _list_message(
        _count(words(f"list.{kind}"), total, words),
        [
            *row_blocks,
            *_rest_line(rows, total, words),
            *([actions([overview])] if kind in HOME_LISTS else []),
        ],
    )


def query_list(
    query: StoredQuery, rows: Sequence[ListedCase], total: int, catalog: Catalog, words: Words
) -> Message:
    """The first cases of a query, as `case_list`."""
    title = describe_query(query.query, catalog, words) or words("list.all")
    if not rows:
        return _empty_list(words("query.empty", title=title))
    positions = (ListPosition(QUERY_LIST, index, query.id) for index in range(len(rows)))
    row_blocks = [case_row(row, place, catalog, words) for row, place in zip(rows, positions, strict=True)]
    return _list_message(_count(title, total, words), [*row_blocks, *_rest_line(rows, total, words)])


def _empty_list(text: str) -> Message:
    return Message(escape_within(text, 300), [section(escape_within(text, 300))])


def _list_message(title: str, blocks: Sequence[Block]) -> Message:
    return Message(escape_within(title, 300), [header(title), *blocks])


def _rest_line(rows: Sequence[ListedCase], total: int, words: Words) -> list[Block]:
    return [context(words("list.shown", n=len(rows)))] if total > len(rows) else []


def _count(title: str, total: int, words: Words) -> str:
    if total > MAX_COUNTED:
        return words("list.count.many", title=title, n=words.number(MAX_COUNTED))
    return words("list.count", title=title, n=total)


def case_row(
    row: ListedCase, position: ListPosition, catalog: Catalog, words: Words, today: date | None = None
) -> Block:
    """A case in a list, with the button that opens it: its name, and below it why it waits and its state.

    A case that is handled on its page only has just number and status, without officers and times.
    """
    service = catalog.service(row.service)
    words = words_for(service, words)
    shown = None if row.protected else service
    status = status_name(service, row.status, words)
    second_line = [*_waiting_reasons(row, words), escape_within(status, 300)]
    if shown is not None and not shown.strict:
        second_line += [escape_within(part, 600) for part in _state_parts(row, catalog, words, today)]
    name = (
        escape_within(shown.name.in_(words.language), 300) if shown is not None and not shown.strict else ""
    )
    marks = [words("flag.star") if row.flagged else "", colour_words(row.colour, words)]
    lines = ([f"*{row.number}*", name, *marks], second_line)
    text = "\n".join(SEPARATOR.join(part for part in line if part) for line in lines)
    return mrkdwn_section(text, show_button(row, position, words))


DUE_REASONS: frozenset[WaitReason] = frozenset({"overdue", "soon"})
"""The reasons that name the due day that comes first."""


def _waiting_reasons(row: ListedCase, words: Words) -> list[str]:
    """Why the case waits, the first reason in bold; without reasons, whether the applicant has written."""
    if not row.wait_reasons:
        news = words("list.new" if row.closed_at is None else "why.closed")
        return [escape_within(news, 300)] if row.news else []
    reasons = [escape_within(_waiting_reason(why, row, words), 300) for why in row.wait_reasons]
    return [f"*{reasons[0]}*", *reasons[1:]]


def _waiting_reason(why: WaitReason, row: ListedCase, words: Words) -> str:
    kind = first_due(row)
    if why not in DUE_REASONS or kind is None:
        return words(f"why.{why}")
    key = f"why.{why}.step" if kind == "step" else f"why.{why}"
    return words(key, date=words.day_short(due_days(row)[kind]))


def _state_parts(row: ListedCase, catalog: Catalog, words: Words, today: date | None) -> list[str]:
    assignees = assignees_line_from_keys(row.officers, row.groups, catalog, words) or words(
        "label.unassigned"
    )
    received = f"{words('label.received')} {_day(row.received_at, words, today)}"
    named = first_due(row) if DUE_REASONS.intersection(row.wait_reasons) else None
    due = [
        due_line(kind, day, today, words, short=True) for kind, day in due_days(row).items() if kind != named
    ]
    return [assignees, received, *due]


def _day(at: datetime, words: Words, today: date | None) -> str:
    """The day, without the year where it is the current one."""
    this_year = today is not None and local_day(at).year == today.year
    return words.day_short(at) if this_year else words.day(at)


def show_button(row: ListedCase, position: ListPosition, words: Words) -> Element:
    """[Visa], which opens the case at its news where there are any, and with its neighbours in the list."""
    label = f"{words('btn.show')} {row.number}"
    news = row.news or {"closed", "message", "added"}.intersection(row.wait_reasons)
    action = "case:read" if news else "case:show"
    return button(words("list.show"), action, encode(CaseInList.at(row.id, position)), label=label)
