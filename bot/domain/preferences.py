"""Officers' own settings: language, private notices, and App Home: where it starts, and how lists look there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bot.domain.case_lists import HOME_LISTS, CaseList
from bot.domain.case_query import DEFAULT_COLUMNS, ListColumn
from bot.domain.notice_reasons import NOTICE_REASONS, MuteSetting, NoticeReason
from bot.domain.saved_views import DEFAULT_PAGE_SIZE, PageSize

HomeStart = Literal["last"] | CaseList
HOME_STARTS: tuple[HomeStart, ...] = ("last", *HOME_LISTS)
"""Where App Home starts: with the last tab used, or always with the same one."""


ListLayout = Literal["list", "table"]
LIST_LAYOUTS: tuple[ListLayout, ...] = get_args(ListLayout)


@dataclass(frozen=True, slots=True)
class Preferences:
    """An officer's settings. With no `language` the catalog's applies; `muted` are the notices turned off.

    `start_view` is the id of the saved view that App Home starts with, in place of `start`; empty without one. The
    columns are those of lists that are no saved view.
    """

    language: str = ""
    muted: frozenset[MuteSetting] = frozenset()
    start: HomeStart = "last"
    start_view: str = ""
    columns: tuple[ListColumn, ...] = DEFAULT_COLUMNS
    layout: ListLayout = "list"
    page_size: PageSize = DEFAULT_PAGE_SIZE

    def wants(self, reason: NoticeReason) -> bool:
        """Whether the officer is to be notified for that reason."""
        return NOTICE_REASONS[reason].muted_by not in self.muted
