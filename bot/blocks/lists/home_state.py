"""What App Home shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.catalog.models import Catalog
from bot.domain.absence import Absence
from bot.domain.actors import Officer
from bot.domain.lists.case_lists import CaseList
from bot.domain.lists.case_query import LIST_QUERIES, QUERY_LIST, CaseCount, CaseKey, CaseQuery
from bot.domain.lists.saved_views import DEFAULT_PAGE_SIZE, PageSize, SavedView
from bot.domain.preferences import ListLayout
from bot.domain.rules import Refused
from bot.domain.views import ListedCase, ListPosition, UnsentMessage


@dataclass(frozen=True, slots=True)
class PageKeys:
    """The keys of a page in its list. The first two are those of the pages around it, None at the ends.

    The page was read after the key `after` or before the key `before`, and is again when it is refreshed; by its number
    where both are None.
    """

    previous: CaseKey | None = None
    next: CaseKey | None = None
    after: CaseKey | None = None
    before: CaseKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownList:
    """The list that App Home shows: a tab's, narrowed or sorted or not, or a saved view.

    `list_id` is the id of the open list, empty for a tab's own. `is_changed`: it has another filter or order than the
    tab or the view that it is shown in. `refusals` say why its cases cannot be shown today. `is_cut`: more cases
    have the text than the list can hold. `is_behind`: some cases cannot be found by their text yet. `is_widened`: the
    text was in no case of the list in which it was searched for, whose name in the store is `searched_from` as long as
    there is a text.
    """

    query: CaseQuery
    count: CaseCount
    list_id: str = ""
    view: SavedView | None = None
    is_changed: bool = False
    layout: ListLayout = "list"
    page_size: PageSize = DEFAULT_PAGE_SIZE
    refusals: Sequence[Refused] = ()
    is_cut: bool = False
    is_behind: bool = False
    is_widened: bool = False
    searched_from: str = ""


@dataclass(frozen=True, slots=True)
class HomeState:
    """The state of one officer's App Home: a page of a list, the number of cases in each tab, and the time."""

    tab: CaseList
    rows: Sequence[ListedCase]
    counts: Mapping[CaseList, CaseCount]
    officer: Officer
    catalog: Catalog
    fetched_at: datetime
    today: date
    shown: ShownList
    page: int = 0
    keys: PageKeys = PageKeys()
    views: Sequence[SavedView] = ()
    absence: Absence | None = None
    unsent: Sequence[UnsentMessage] = ()
    """The officer's messages that are not sent."""
    delayed_count: int = 0
    """Deliveries that are delayed since Slack or the mail server does not accept them."""

    @property
    def first(self) -> int:
        """The index in the list of the page's first case, from 0."""
        return self.page * self.shown.page_size

    @property
    def is_narrowed(self) -> bool:
        """Whether the list may have fewer cases than its tab."""
        query = self.shown.query
        return bool(query.text) or query.filter != LIST_QUERIES[self.tab].filter

    def position(self, index: int) -> ListPosition:
        """The place in the list of a case of the page, by its index on it."""
        place = self.first + index
        if not self.shown.list_id:
            return ListPosition(self.tab, place)
        return ListPosition(QUERY_LIST, place, self.shown.list_id)
