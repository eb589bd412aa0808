"""Words that texts are found by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.search_terms import MAX_TERMS, index_words, parse_query
from tests.text.search_examples import FOUND, MISSED, is_found

anything = st.text(st.characters(codec="utf-8"))
swedish = st.text("abcdefghijklmnopqrstuvwxyzåäö", min_size=3, max_size=30)


@pytest.mark.parametrize(("typed", "text"), FOUND)
def test_a_text_is_found_however_it_is_asked_for(typed: str, text: str) -> None:
    assert is_found(typed, text)


@pytest.mark.parametrize(("typed", "text"), MISSED)
def test_a_text_is_not_found_by_what_it_does_not_say(typed: str, text: str) -> None:
    assert not is_found(typed, text)


@given(anything)
def test_any_text_finds_itself(text: str) -> None:
    assert is_found(text, text) or not parse_query(text)


@given(anything, anything, anything)
def test_a_text_is_found_among_others(before: str, text: str, after: str) -> None:
    assert is_found(text, before, text, after) or not parse_query(text)


@given(swedish, st.data())
def test_a_word_is_found_before_it_is_typed_to_its_end(word: str, data: st.DataObject) -> None:
    assert is_found(word[: data.draw(st.integers(3, len(word)))], word)


@given(swedish, swedish)
def test_the_first_part_of_a_compound_finds_it(first: str, second: str) -> None:
    assert is_found(first, first + second)


@given(anything)
def test_words_are_letters_and_digits_that_no_database_reads_as_its_own(text: str) -> None:
    for word in index_words([text]):
        assert word.isalnum()
        assert len(word) <= 60


def test_a_very_long_text_finds_itself_by_its_first_words() -> None:
    text = " ".join(f"ord{n}" for n in range(20_000))
    assert len(parse_query(text)) == MAX_TERMS
    assert is_found(text, text)


def test_a_word_without_end_is_a_word() -> None:
    assert is_found("a" * 20_000, "b " + "a" * 20_000)
    assert is_found("1" * 20_000, "1" * 20_000)
    assert is_found("a-" * 10_000, "a-" * 10_000)
