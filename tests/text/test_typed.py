"""Dashes, spaces and digits: one sign for all that are written alike."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.typed_values import DASHES, MOST_TYPED, fold_mail_address, fold_typed
from tests.signs import ALL_DASHES, ALL_SPACES, ALL_UNSEEN


def test_every_dash_is_a_hyphen() -> None:
    assert [one for one in ALL_DASHES if fold_typed(f"a{one}b") != "a-b"] == []
    assert [one for one in ALL_DASHES if not re.fullmatch(f"[{DASHES}]", one)] == []


def test_every_space_is_a_space() -> None:
    assert [one for one in ALL_SPACES if fold_typed(f"{one}a{one}{one}b{one}") != "a b"] == []


def test_what_nobody_sees_is_not_there() -> None:
    assert [one for one in [*ALL_UNSEEN, "\u2800", "\u3164"] if fold_typed(f"{one}a{one}b") != "ab"] == []


@pytest.mark.parametrize("written", ["٢٠٢٦", "۲۰۲۶", "２０２６", "२०२६"])
def test_digits_of_every_script_are_digits(written: str) -> None:
    assert fold_typed(written) == "2026"


def test_lines_stay_lines() -> None:
    assert fold_typed(" Sjögatan\u00a01 \r\n\t123 45  Lindsjö\u2028") == "Sjögatan 1\n123 45 Lindsjö"


def test_a_mail_address_is_never_folded_into_another_that_could_be_somebodys() -> None:
    assert fold_mail_address("علي١@exempel.se") == "علي١@exempel.se"
    assert fold_mail_address("e@نامه\u200cای.example") == "e@نامه\u200cای.example"
    assert fold_mail_address("\u00a0eva\u2013\u200dk@exempel.se\u200b \u200c") == "eva-k@exempel.se"


@given(st.text(st.characters(codec=None)))
def test_what_is_folded_twice_is_folded_once(text: str) -> None:
    assert fold_typed(fold_typed(text)) == fold_typed(text)


@given(st.text(st.characters(max_codepoint=0x17F, categories=["L", "N"])))
def test_letters_and_figures_are_left_as_they_are(text: str) -> None:
    assert fold_typed(text) == text


def test_a_text_too_long_for_any_judge_is_left_as_it_is() -> None:
    text = "\u2013" * (MOST_TYPED + 1)
    assert fold_typed(text) == text
