"""An officer's saved views, and the lists that they have open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.domain.lists.case_query import CaseFilter, CaseQuery
from bot.domain.lists.saved_views import (
    MAX_VIEWS,
    NoSuchView,
    SavedView,
    TooManyViews,
    ViewNameMissing,
    ViewNameTaken,
    ViewNameTooLong,
)
from bot.store import Database, Tx
from bot.store.lists import open_lists, saved_views
from bot.store.lists.open_lists import ListRequest
from bot.store.officers import preferences
from bot.store.tables import SavedQueryRow
from tests.conftest import Clock
from tests.municipality import officer, small_catalog

ANNA, BO = (officer(small_catalog(), key) for key in ("anna", "bo"))
OVERDUE = CaseQuery(filter=CaseFilter(overdue=True), sort="due", columns=("number", "due"))
VIEW = SavedView("v1", "  Försenade \n bygglov ", OVERDUE, page_size=40)
AT = Clock()()


@pytest.fixture
def saved(database: Database) -> Database:
    """Anna has a view."""
    database.write_sync(lambda tx: saved_views.save_view(tx, ANNA, VIEW, AT))
    return database


def test_a_view_is_its_officers_own_with_its_columns_and_rows(saved: Database) -> None:
    view = replace(VIEW, name="Försenade bygglov")
    assert saved.read_sync(lambda tx: saved_views.list_views(tx, ANNA)) == [view]
    assert saved.read_sync(lambda tx: saved_views.list_views(tx, BO)) == []
    assert saved.read_sync(lambda tx: saved_views.find_view(tx, ANNA, "v1")) == view
    with pytest.raises(NoSuchView):
        saved.read_sync(lambda tx: saved_views.find_view(tx, BO, "v1"))


def test_a_view_is_saved_again_in_its_place_renamed_and_deleted(saved: Database) -> None:
    def work(tx: Tx) -> list[SavedView]:
        saved_views.save_view(tx, ANNA, SavedView("v2", "Alla", CaseQuery()), AT + timedelta(hours=1))
        saved_views.save_view(tx, ANNA, SavedView("v1", "Röda", CaseQuery(sort="number")), AT)
        saved_views.rename_view(tx, ANNA, "v1", "röda")
        saved_views.rename_view(tx, ANNA, "v2", "Allt")
        return saved_views.list_views(tx, ANNA)

    first, second = saved.write_sync(work)
    assert (first.name, first.query, first.page_size) == ("röda", CaseQuery(sort="number"), 20)
    assert second.name == "Allt"
    saved.write_sync(lambda tx: saved_views.delete_view(tx, ANNA, "v1"))
    assert saved.read_sync(lambda tx: saved_views.list_views(tx, ANNA)) == [second]


def test_what_cannot_be_saved_is_refused_and_nothing_is_changed(saved: Database) -> None:
    def refuse(problem: type[Exception], view: SavedView, who: str = "anna") -> None:
        officer_ = ANNA if who == "anna" else BO
        with pytest.raises(problem):
            saved.write_sync(lambda tx: saved_views.save_view(tx, officer_, view, AT))

    refuse(ViewNameMissing, replace(VIEW, id="v2", name=" \n "))
    refuse(ViewNameTooLong, replace(VIEW, id="v2", name="x" * 61))
    refuse(ViewNameTaken, replace(VIEW, id="v2", name="FÖRSENADE BYGGLOV"))
    refuse(NoSuchView, replace(VIEW, name="Bos"), who="bo")
    for n in range(2, MAX_VIEWS + 1):
        saved.write_sync(
            lambda tx, n=n: saved_views.save_view(tx, ANNA, SavedView(f"v{n}", f"Vy {n}", OVERDUE), AT)
        )
    refuse(TooManyViews, replace(VIEW, id="v99", name="En till"))
    for gone in (
        lambda tx: saved_views.rename_view(tx, BO, "v1", "Min"),
        lambda tx: saved_views.delete_view(tx, BO, "v1"),
        lambda tx: saved_views.delete_view(tx, ANNA, "v99"),
    ):
        with pytest.raises(NoSuchView):
            saved.write_sync(gone)
    views = saved.read_sync(lambda tx: saved_views.list_views(tx, ANNA))
    assert len(views) == MAX_VIEWS and views[0].name == "Försenade bygglov"


def test_a_view_of_another_version_is_listed_without_its_query(saved: Database) -> None:
    saved.write_sync(
        lambda tx: tx.conn.execute(update(SavedQueryRow).values(body='{"filter":{"weight":"heavy"}}'))
    )
    (view,) = saved.read_sync(lambda tx: saved_views.list_views(tx, ANNA))
    assert view.query is None


def test_home_starts_with_a_view_for_as_long_as_there_is_one(saved: Database) -> None:
    with pytest.raises(NoSuchView):
        saved.write_sync(lambda tx: preferences.save_start_view(tx, "bo", "v1"))
    saved.write_sync(lambda tx: preferences.save_start_view(tx, "anna", "v1"))
    chosen = saved.read_sync(lambda tx: preferences.load(tx, "anna"))
    assert chosen.start_view == "v1"
    saved.write_sync(lambda tx: preferences.save(tx, "anna", replace(chosen, language="en")))
    again = saved.read_sync(lambda tx: preferences.load(tx, "anna"))
    assert (again.start_view, again.language) == ("v1", "en")
    saved.write_sync(lambda tx: saved_views.delete_view(tx, ANNA, "v1"))
    assert saved.read_sync(lambda tx: preferences.load(tx, "anna")).start_view == ""


def test_a_list_is_open_for_its_officer_while_it_is_looked_at_and_views_stay(saved: Database) -> None:
    def show(tx: Tx, hours: int, who: str = "anna") -> str:
        requested = ListRequest(tab="overdue", query=OVERDUE, page_size=20)
        return open_lists.create(tx, who, requested, AT + timedelta(hours=hours)).id

    def find(tx: Tx, who: str = "anna") -> CaseQuery | None:
        opened = open_lists.load(tx, who, shown)
        return opened and opened.query

    shown = saved.write_sync(lambda tx: show(tx, 0))
    assert saved.write_sync(lambda tx: show(tx, 40)) == shown
    assert saved.write_sync(lambda tx: show(tx, 0, "bo")) != shown
    assert saved.read_sync(lambda tx: find(tx, "bo")) is None
    for hours, known in ((80, OVERDUE), (90, None)):
        before = AT + timedelta(hours=hours) - open_lists.LIFETIME
        saved.write_sync(lambda tx, before=before: open_lists.sweep(tx, before))
        assert saved.read_sync(find) == known
    assert len(saved.read_sync(lambda tx: saved_views.list_views(tx, ANNA))) == 1
