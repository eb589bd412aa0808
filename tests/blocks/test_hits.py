"""What a search found, drawn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from bot.blocks.forms.search import SearchForm, search_form
from bot.blocks.lists.search_results import ROWS, Hits, hit_list
from bot.catalog import Catalog
from bot.domain.actors import Officer
from bot.domain.searching import MOST
from tests.blocks.seen import assert_fits, buttons, read
from tests.blocks.test_card import NASTY
from tests.blocks.test_forms import row
from tests.blocks.town import EN, SV, TOWN, town


def found(count: int, page: int = 0) -> Hits:
    here = min(ROWS, count - page * ROWS)
    return Hits("f" * 32, [row(n) for n in range(here)], count, page)


def dialog(hits: Hits | None, catalog: Catalog = TOWN, words: Any = SV) -> Any:
    officer = Officer("o0", "O", access=dict.fromkeys(catalog.services))  # type: ignore[misc]
    return search_form(SearchForm(officer, catalog, hits), words)


@pytest.mark.parametrize("words", [SV, EN])
@pytest.mark.parametrize(
    "hits", [Hits(), found(1), found(11), found(MOST), found(MOST, page=9), found(13, 1)]
)
def test_what_was_found_fits_into_slack(hits: Hits, words: Any) -> None:
    assert_fits(hit_list(hits, TOWN, words))
    assert_fits(dialog(hits, words=words))


@settings(max_examples=30)
@given(NASTY)
def test_no_name_in_the_catalog_breaks_it(name: str) -> None:
    catalog = town(name=name.strip() or "x")
    assert_fits(hit_list(found(3), catalog, SV))
    assert_fits(dialog(found(3), catalog))


def test_a_hundred_or_more_are_said_to_be_at_least_so_many() -> None:
    assert "Minst 100 träffar" in read(dialog(found(MOST)))
    assert "99 träffar" in read(dialog(found(MOST - 1)))


def test_one_turns_only_to_pages_that_there_are() -> None:
    def turns(hits: Hits) -> list[str]:
        return [text for text in buttons(dialog(hits)) if "sida" in text.lower()]

    assert turns(found(10)) == []
    assert turns(found(25)) == ["Nästa sida"]
    assert turns(found(25, page=1)) == ["Föregående sida", "Nästa sida"]
    assert turns(found(25, page=2)) == ["Föregående sida"]
