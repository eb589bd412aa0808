"""Lists of cases, with buttons that open them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from bot.blocks.values import CaseInList, ListRef, encode
from bot.catalog.models import Catalog
from bot.catalog.services import EService, words_for
from bot.domain.due_days import due_days, due_line, first_due
from bot.domain.lists.case_lists import CaseList, stored_name
from bot.domain.lists.case_query import (
    DEFAULT_COLUMNS,
    MAX_COUNTED,
    QUERY_LIST,
    ListColumn,
    StoredQuery,
    slack_columns,
)
from bot.domain.lists.case_search import MAX_LISTED
from bot.domain.lists.list_columns import (
    DUE_REASONS,
    column_text,
    column_title,
    column_value,
    wait_reason_text,
)
from bot.domain.lists.query_wording import describe_query, query_title
from bot.domain.views import ListedCase, ListPosition
from bot.text import Words
from bot.text.working_days import local_day


def case_list(
    kind: CaseList, rows: Sequence[ListedCase], total: int, catalog: Catalog, words: Words
) -> Message:
    """The first cases of a list, each with its button; `total` is the number of all, as far as counted."""
    overview = button(words("list.overview"), f"home:list:{stored_name(kind)}")
    if not rows:
        return _empty_list(words(f"list.empty.{kind}"), overview)
    row_blocks = [case_row(row, ListPosition(kind, index), catalog, words) for index, row in enumerate(rows)]
    return _list_message(
        _count(words(f"list.{kind}"), total, words),
        [
            *row_blocks,
            *_rest_line(rows, total, words),
            actions([overview, _tick_button(stored_name(kind), "", words)]),
        ],
    )


@dataclass(frozen=True, slots=True)
class ShownCases:
    """The first cases of a query, and the number of all, as far as counted.

    `is_cut`: the text is in more cases than are listed, which are the newest of them.
    """

    rows: Sequence[ListedCase]
    total: int
    is_cut: bool = False


def cut_line(words: Words) -> str:
    """That a list has only the newest cases with its text, and how to find the others."""
    return words("page.list.cut", n=words.number(MAX_LISTED))


def query_list(query: StoredQuery, shown: ShownCases, catalog: Catalog, words: Words) -> Message:
    """The first cases of a query, as `case_list`."""
    rows, total = shown.rows, shown.total
    cut = [cut_line(words)] if shown.is_cut else []
    if not rows:
        title = describe_query(query.query, catalog, words) or words("list.all")
        return _empty_list(
            " ".join([words("query.empty", title=title), *cut]), _overview_button(query.id, words)
        )
    positions = (ListPosition(QUERY_LIST, index, query.id) for index in range(len(rows)))
    row_blocks = [case_row(row, place, catalog, words) for row, place in zip(rows, positions, strict=True)]
    buttons = actions(query_buttons(query.id, words))
    lines = [*_rest_line(rows, total, words), *(context(one) for one in cut)]
    return _list_message(
        _count(query_title(query.query, catalog, words), total, words), [*row_blocks, *lines, buttons]
    )


def query_buttons(list_id: str, words: Words) -> list[Element]:
    """The ways on from the first cases of an open list: to all of them, and to ticking them."""
    return [_overview_button(list_id, words), _tick_button(QUERY_LIST, list_id, words)]


def _overview_button(list_id: str, words: Words) -> Element:
    return button(words("list.overview"), f"home:list:{QUERY_LIST}", encode(ListRef(QUERY_LIST, list_id)))


def _tick_button(name: str, list_id: str, words: Words) -> Element:
    return button(words("tick.open"), "tick:open", encode(ListRef(name, list_id)))


def _empty_list(text: str, overview: Element) -> Message:
    """That the list has no cases, and the way to the overview, which says what else there is."""
    return Message(escape_within(text, 600), [section(text), actions([overview])])


def _list_message(title: str, blocks: Sequence[Block]) -> Message:
    return Message(escape_within(title, 300), [header(title), *blocks])


def _rest_line(rows: Sequence[ListedCase], total: int, words: Words) -> list[Block]:
    return [context(words("list.shown", n=len(rows)))] if total > len(rows) else []


def _count(title: str, total: int, words: Words) -> str:
    if total > MAX_COUNTED:
        return words("list.count.many", title=title, n=words.number(MAX_COUNTED))
    return words("list.count", title=title, n=total)


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Which columns the rows of a list have; with `today`, days of the current year are written without it."""

    columns: Sequence[ListColumn] = DEFAULT_COLUMNS
    today: date | None = None


DEFAULT_LAYOUT = RowLayout()
MINIMAL_COLUMNS: list[ListColumn] = ["number", "status"]


def case_row(
    row: ListedCase,
    position: ListPosition,
    catalog: Catalog,
    words: Words,
    layout: RowLayout = DEFAULT_LAYOUT,
) -> Block:
    """A case in a list, with the button that opens it: its name, and below it why it waits and its state.

    The number and the first other column are its name; the other columns follow in their order. A case that is handled
    on its page only has just number and status, without officers and times.
    """
    service = catalog.service(row.service)
    words = words_for(service, words)
    row_texts = _RowTexts(row, catalog, words, layout.today)
    columns: list[ListColumn] = [one for one in slack_columns(layout.columns) if one != "number"]
    first, *others = columns if is_fully_shown(row, service) and columns else MINIMAL_COLUMNS
    marks = [
        f"*{escape_within(words('list.unread'), 60)}*" if row.is_unread else "",
        words("flag.star") if row.flagged else "",
        colour_words(row.colour, words),
    ]
    second_line = [
        *_waiting_reasons(row, words),
        *(part for column in others for part in row_texts.texts_of(column)),
    ]
    lines = ([f"*{row.number}*", *row_texts.texts_of(first), *marks], second_line)
    text = "\n".join(SEPARATOR.join(part for part in line if part) for line in lines)
    return mrkdwn_section(text.strip(), show_button(row, position, words))


def is_fully_shown(row: ListedCase, service: EService | None) -> bool:
    """Whether lists in Slack show more of the case than number, status and marks."""
    return service is not None and not service.strict and not row.protected


def _waiting_reasons(row: ListedCase, words: Words) -> list[str]:
    """`waiting_texts`, escaped, and the first reason in bold."""
    texts = [escape_within(text, 120) for text in waiting_texts(row, words)]
    return [f"*{texts[0]}*", *texts[1:]] if row.wait_reasons else texts


def waiting_texts(row: ListedCase, words: Words) -> list[str]:
    """Why the case waits; without reasons, whether the applicant has written."""
    if not row.wait_reasons:
        news = [words("list.new" if row.closed_at is None else "why.closed")] if row.news else []
        return [*news, *([words("why.requested")] if row.is_decision_requested else [])]
    return [wait_reason_text(why, row, words) for why in row.wait_reasons]


@dataclass(frozen=True, slots=True)
class _RowTexts:
    """The columns of one case as they read in its row, escaped."""

    row: ListedCase
    catalog: Catalog
    words: Words
    today: date | None

    def texts_of(self, column: ListColumn) -> list[str]:
        """The texts of the column; none where it has no value, or is among the row's marks or its name."""
        return [escape_within(text, 600) for text in self._texts(column) if text]

    def _texts(self, column: ListColumn) -> list[str]:
        words, row = self.words, self.row
        match column:
            case "number" | "colour" | "flagged":
                return []
            case "officers":
                assignees = assignees_line_from_keys(row.officers, row.groups, self.catalog, words)
                return [assignees or words("label.unassigned")]
            case "due":
                return self._due_texts()
            case "received" | "changed" | "closed" | "step_due" | "case_due":
                at = column_value(row, column, self.catalog, words)
                title = column_title(column, words)
                return [f"{title} {_day(at, words, self.today)}"] if isinstance(at, date) else []
            case _:
                return [column_text(row, column, self.catalog, words)]

    def _due_texts(self) -> list[str]:
        """The due days, but for the one that the reasons name."""
        named = first_due(self.row) if DUE_REASONS.intersection(self.row.wait_reasons) else None
        return [
            due_line(kind, day, self.today, self.words, short=True)
            for kind, day in due_days(self.row).items()
            if kind != named
        ]


def _day(at: date, words: Words, today: date | None) -> str:
    """The day, without the year where it is the current one."""
    day = local_day(at) if isinstance(at, datetime) else at
    this_year = today is not None and day.year == today.year
    return words.day_short(at) if this_year else words.day(at)


def show_button(row: ListedCase, position: ListPosition, words: Words) -> Element:
    """[Visa], which opens the case at its news where there are any, and with its neighbours in the list."""
    label = f"{words('btn.show')} {row.number}"
    news = row.news or {"closed", "message", "added"}.intersection(row.wait_reasons)
    action = "case:read" if news else "case:show"
    return button(words("list.show"), action, encode(CaseInList.at(row.id, position)), label=label)
