"""Officers' own settings: language, private notices, and App Home: where it starts, and how lists look there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from bot.domain.lists.case_lists import CaseList
from bot.domain.lists.case_query import DEFAULT_COLUMNS, ListColumn
from bot.domain.lists.saved_views import (
    DEFAULT_PAGE_SIZE,
    DEFAULT_WEB_PAGE_SIZE,
    PageSize,
    WebPageSize,
)
from bot.domain.notice_reasons import NOTICE_REASONS, NoticeKind, NoticeReason

HomeStart = Literal["last"] | CaseList
"""Where App Home starts: with the last tab used, or always with the same one."""


ListLayout = Literal["list", "table"]
LIST_LAYOUTS: tuple[ListLayout, ...] = get_args(ListLayout)


NoticePlace = Literal["slack", "mail", "morning", "nowhere"]
NOTICE_PLACES: tuple[NoticePlace, ...] = get_args(NoticePlace)
"""Where private notices go: to Slack or the mailbox at once, to Slack in the morning, or nowhere; the soonest first."""

USUAL_PLACE: NoticePlace = "slack"


@dataclass(frozen=True, slots=True)
class Preferences:
    """An officer's settings. With no `language` the catalog's applies.

    `places` are where notices of each kind go, for kinds that do not go to the usual place. `start_view` is the id of
    the saved view that App Home starts with, in place of `start`; empty without one. The columns are those of lists
    that are no saved view. `page_size` is of lists in App Home, `web_page_size` of those on the officer's pages. Unless
    `is_quiet`, notices come in evenings and on free days too. With `wants_day` a summary of the day comes in the
    morning.
    """

    language: str = ""
    places: Mapping[NoticeKind, NoticePlace] = field(default_factory=dict)
    start: HomeStart = "last"
    start_view: str = ""
    columns: tuple[ListColumn, ...] = DEFAULT_COLUMNS
    layout: ListLayout = "list"
    page_size: PageSize = DEFAULT_PAGE_SIZE
    web_page_size: WebPageSize = DEFAULT_WEB_PAGE_SIZE
    is_quiet: bool = True
    wants_day: bool = False

    def place_of(self, reason: NoticeReason) -> NoticePlace:
        """Where a notice for that reason goes.

        Where the officer's own message went wrong, as messages of applicants do, but always somewhere.
        """
        kind = NOTICE_REASONS[reason].kind
        place = self.places.get(kind or "message", USUAL_PLACE)
        return USUAL_PLACE if kind is None and place == "nowhere" else place

    def place_of_all(self, reasons: Collection[NoticeReason]) -> NoticePlace:
        """Where a notice for all those reasons goes: where the one goes that comes the soonest."""
        return min((self.place_of(reason) for reason in reasons), key=NOTICE_PLACES.index)

    def wants(self, reason: NoticeReason) -> bool:
        """Whether the officer is to be notified for that reason; always, where their own message went wrong."""
        return self.place_of(reason) != "nowhere"
