"""Officers' own settings: language, private notices, and App Home: where it starts, and how lists look there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bot.domain.lists.case_lists import HOME_LISTS, CaseList
from bot.domain.lists.case_query import DEFAULT_COLUMNS, ListColumn
from bot.domain.lists.saved_views import DEFAULT_PAGE_SIZE, PageSize
from bot.domain.notice_reasons import NOTICE_REASONS, MuteSetting, NoticeReason

HomeStart = Literal["last"] | CaseList
HOME_STARTS: tuple[HomeStart, ...] = ("last", *HOME_LISTS)
"""Where App Home starts: with the last tab used, or always with the same one."""


ListLayout = Literal["list", "table"]
LIST_LAYOUTS: tuple[ListLayout, ...] = get_args(ListLayout)


NoticePlace = Literal["slack", "mail", "morning", "nowhere"]
NOTICE_PLACES: tuple[NoticePlace, ...] = get_args(NoticePlace)
"""Where private notices go: to Slack or the mailbox at once, to Slack in the morning, or nowhere."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """An officer's settings. With no `language` the catalog's applies; `muted` are the notices turned off.

    `start_view` is the id of the saved view that App Home starts with, in place of `start`; empty without one. The
    columns are those of lists that are no saved view. Unless `is_quiet`, notices come in evenings and on free days too.
    """

    language: str = ""
    muted: frozenset[MuteSetting] = frozenset()
    start: HomeStart = "last"
    start_view: str = ""
    columns: tuple[ListColumn, ...] = DEFAULT_COLUMNS
    layout: ListLayout = "list"
    page_size: PageSize = DEFAULT_PAGE_SIZE
    notice_place: NoticePlace = "slack"
    is_quiet: bool = True

    def wants(self, reason: NoticeReason) -> bool:
        """Whether the officer is to be notified for that reason; always, where their own message went wrong."""
        muted_by = NOTICE_REASONS[reason].muted_by
        return muted_by is None or (self.notice_place != "nowhere" and muted_by not in self.muted)
