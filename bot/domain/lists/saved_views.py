"""Officers' saved views: queries with a name, and how long their pages are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bot.domain.lists.case_query import CaseQuery
from bot.domain.rules import Refused
from bot.text import clean, fold

MAX_VIEWS = 30
"""Of one officer."""

MAX_NAME_LENGTH = 60

PageSize = Literal[10, 20, 40]
"""Rows of a page in App Home."""

PAGE_SIZES: tuple[PageSize, ...] = get_args(PageSize)
DEFAULT_PAGE_SIZE: PageSize = 20

WebPageSize = Literal[50, 200]
"""Rows of a page of a list on the officer's pages."""

WEB_PAGE_SIZES: tuple[WebPageSize, ...] = get_args(WebPageSize)
DEFAULT_WEB_PAGE_SIZE: WebPageSize = 50


class ViewNameMissing(Refused):
    """A view needs a name."""

    key = "no.view.name"


class ViewNameTooLong(Refused):
    """The name is `n` characters too long."""

    key = "no.view.long"


class ViewNameTaken(Refused):
    """The officer has another view with that name."""

    key = "no.view.taken"


class TooManyViews(Refused):
    """The officer has as many views as there may be."""

    key = "no.view.many"


class NoSuchView(Refused):
    """The officer has no such view (any more)."""

    key = "no.view.unknown"


class ViewUnreadable(Refused):
    """The view was saved by another version of the program, which this one cannot read."""

    key = "no.view.unreadable"


@dataclass(frozen=True, slots=True)
class SavedView:
    """A query that an officer has saved under a name. `query` is None where it is of another version of the program."""

    id: str
    name: str
    query: CaseQuery | None
    page_size: PageSize = DEFAULT_PAGE_SIZE


def validate_view_name(typed: str) -> str:
    """The name on one line. Raises ViewNameMissing and ViewNameTooLong."""
    name = " ".join(clean(typed).split())
    if not name:
        raise ViewNameMissing
    if len(name) > MAX_NAME_LENGTH:
        raise ViewNameTooLong(n=len(name) - MAX_NAME_LENGTH)
    return name


def is_same_name(one: str, other: str) -> bool:
    """Whether two names would be taken for the same."""
    return fold(one) == fold(other)


def parse_page_size(typed: object) -> PageSize:
    """The page size; the default for one that there is not."""
    return next((size for size in PAGE_SIZES if str(size) == str(typed)), DEFAULT_PAGE_SIZE)


def parse_web_page_size(typed: object) -> WebPageSize:
    """As `parse_page_size`, of a list on the officer's pages."""
    return next((size for size in WEB_PAGE_SIZES if str(size) == str(typed)), DEFAULT_WEB_PAGE_SIZE)
