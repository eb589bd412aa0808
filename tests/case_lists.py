"""An officer's lists, for tests that look at what is in them."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.actors import Officer
from bot.domain.lists.case_lists import CaseList
from bot.domain.lists.case_query import LIST_QUERIES
from bot.domain.views import ListedCase
from bot.store import Tx
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext
from tests.municipality import small_catalog

_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def _queries(tx: Tx, officer: Officer) -> CaseQueries:
    return CaseQueries(tx, ListContext(officer, _NOW, small_catalog()))


def list_cases(tx: Tx, officer: Officer, name: CaseList, *, limit: int = 10) -> list[ListedCase]:
    """The first cases of a list that neither time nor the catalog decides about."""
    return _queries(tx, officer).page(LIST_QUERIES[name], limit=limit).cases


def count_cases(tx: Tx, officer: Officer, name: CaseList) -> int:
    """How many there are in such a list."""
    return _queries(tx, officer).count(LIST_QUERIES[name]).number
