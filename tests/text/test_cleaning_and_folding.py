"""Texts made safe, alike and sortable."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import clean, fold, sort_key


def test_line_breaks_of_every_kind_become_one_kind() -> None:
    assert clean("a\r\nb\rc\u2028d") == "a\nb\nc\nd"


def test_control_characters_go_but_line_breaks_and_tabs_stay() -> None:
    assert clean("a\x00b\x07\tc\nd") == "ab\tc\nd"


def test_a_text_cannot_turn_the_reading_order() -> None:
    assert clean("faktura\u202efdp.exe") == "fakturafdp.exe"


@pytest.mark.parametrize(
    "unseen",
    ["\u200b", "\u200b \u00a0", "\u3164\n\u2800", "\u00ad", "\u2060\ufe0f", "\U000e0041", "\t\u2003\n"],
)
def test_a_text_in_which_nothing_is_seen_is_empty(unseen: str) -> None:
    assert clean(unseen) == ""
    assert clean(f"x{unseen}y").startswith("x")


@pytest.mark.parametrize("seen", ["å", "❤️", "👩‍👧", "\u0663", "ع", "—", "½", "\u0600"])
def test_whatever_is_seen_is_a_text(seen: str) -> None:
    assert clean(seen) == seen


def test_letters_are_composed() -> None:
    assert clean("A\u030angstro\u0308m") == "Ångström"


def test_space_at_the_end_goes_and_at_the_beginning_stays() -> None:
    assert clean("  a  \n  b \n\n") == "  a\n  b"


@given(st.text(st.characters(codec=None)))
def test_a_clean_text_is_left_as_it_is_and_can_be_stored(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    cleaned.encode("utf-8")


@pytest.mark.parametrize("written", ["ÄRENDET", "ärendet", "arendet", "a\u0308rendet"])
def test_case_and_diacritics_make_no_difference_to_a_search(written: str) -> None:
    assert fold(written) == "arendet"


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("sign", ["\ufdfa", "\ufdfb", "\u3300", "\u33a5", "\u0390"])
def test_no_sign_becomes_many_letters_where_texts_are_searched(sign: str) -> None:
    assert len(fold(sign * 1_000)) <= 5_000


def test_names_stand_in_swedish_order() -> None:
    names = ["Öman", "Ärlig", "Åberg", "Zorn", "Müller", "Myhr", "Ek", "Émond", "Andersson"]
    assert sorted(names, key=sort_key) == [
        "Andersson", "Ek", "Émond", "Myhr", "Müller", "Zorn", "Åberg", "Ärlig", "Öman",
    ]  # fmt: skip


def test_a_short_name_stands_before_a_longer_one_that_begins_the_same() -> None:
    assert sorted(["Berglund, Eva", "Berg, Örjan", "Berg, Anna"], key=sort_key) == [
        "Berg, Anna", "Berg, Örjan", "Berglund, Eva",
    ]  # fmt: skip
