"""What a search found, drawn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from bot.blocks.forms.lists.saved_views import views_modal
from bot.blocks.forms.lists.search import SearchForm, search_form
from bot.blocks.lists.case_list import ShownCases, query_list
from bot.blocks.lists.search_results import PAGE_SIZE, SearchResults, search_results_message
from bot.catalog import Catalog
from bot.domain.actors import Officer
from bot.domain.lists.case_query import CaseFilter, CaseQuery, StoredQuery
from bot.domain.lists.case_search import MAX_RESULTS
from bot.domain.lists.saved_views import SavedView
from tests.blocks.cases.test_card import NASTY
from tests.blocks.forms.test_forms import make_row
from tests.blocks.rendered import assert_within_limits, button_texts, read_text
from tests.blocks.sample_catalog import CATALOG, EN, SV, create_catalog
from tests.generated.strategies import examples


def make_results(count: int, page: int = 0) -> SearchResults:
    here = min(PAGE_SIZE, count - page * PAGE_SIZE)
    return SearchResults("f" * 32, [make_row(n) for n in range(here)], count, page)


def render_form(results: SearchResults | None, catalog: Catalog = CATALOG, words: Any = SV) -> Any:
    officer = Officer("o0", "O", access=dict.fromkeys(catalog.services))  # type: ignore[misc]
    return search_form(SearchForm(officer, catalog, results), words)


@pytest.mark.parametrize("words", [SV, EN])
@pytest.mark.parametrize(
    "results",
    [
        SearchResults(),
        make_results(1),
        make_results(11),
        make_results(MAX_RESULTS),
        make_results(MAX_RESULTS, page=9),
        make_results(13, 1),
    ],
)
def test_what_was_found_fits_into_slack(results: SearchResults, words: Any) -> None:
    assert_within_limits(search_results_message(results, CATALOG, words))
    assert_within_limits(render_form(results, words=words))


@examples(30)
@given(NASTY)
def test_no_name_in_the_catalog_breaks_it(name: str) -> None:
    catalog = create_catalog(name=name.strip() or "x")
    assert_within_limits(search_results_message(make_results(3), catalog, SV))
    assert_within_limits(render_form(make_results(3), catalog))


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        (CaseQuery(text="ek"), "Med sökord: 1"),
        (CaseQuery(filter=CaseFilter(own=True), text="ek"), "Mina, med sökord: 1"),
        (CaseQuery(), "Alla ärenden: 1"),
    ],
)
def test_a_list_is_headed_by_what_it_is_narrowed_to_with_a_capital(query: CaseQuery, heading: str) -> None:
    stored = StoredQuery("f" * 32, query)
    message = query_list(stored, ShownCases([make_row(1)], 1), CATALOG, SV)
    assert message.blocks[0]["text"]["text"] == heading == message.text


def test_a_saved_view_says_what_it_finds_and_what_comes_first() -> None:
    view = SavedView("f" * 32, "Min", CaseQuery(text="ek", sort="due"))
    rendered = read_text(views_modal([view], CATALOG, {}, SV))
    assert "Med sökord · ordning: När det ska göras, tidigast först" in rendered


def test_a_list_without_cases_is_named_within_its_sentence() -> None:
    stored = StoredQuery("f" * 32, CaseQuery(text="ek"))
    assert (
        "Inga ärenden motsvarar urvalet med sökord."
        in query_list(stored, ShownCases([], 0), CATALOG, SV).text
    )


def test_a_hundred_or_more_are_said_to_be_at_least_so_many() -> None:
    assert "Minst 100 träffar" in read_text(render_form(make_results(MAX_RESULTS)))
    assert "99 träffar" in read_text(render_form(make_results(MAX_RESULTS - 1)))


def test_one_turns_only_to_pages_that_there_are() -> None:
    def turns(results: SearchResults) -> list[str]:
        return [text for text in button_texts(render_form(results)) if "sida" in text.lower()]

    assert turns(make_results(10)) == []
    assert turns(make_results(25)) == ["Nästa sida"]
    assert turns(make_results(25, page=1)) == ["Föregående sida", "Nästa sida"]
    assert turns(make_results(25, page=2)) == ["Föregående sida"]
