"""What somebody means by a name that they typed."""

from __future__ import annotations

import pytest

from bot.text.nearest import Match, find_named

STATUSES = [
    ("Inskickat", 1),
    ("Första granskning", 2),
    ("Avslutat med beslut", 3),
    ("Avslutat utan beslut", 4),
    ("First review", 2),
]
LISTS = [(name, name) for name in ("mina", "obehandlade", "försenade", "flaggade", "alla", "avslutade")]


@pytest.mark.parametrize("typed", ["Första granskning", "forsta  GRANSKNING", "first review", "granskning"])
def test_what_is_called_so_is_found_by_its_name_or_by_what_only_its_name_says(typed: str) -> None:
    assert find_named(typed, STATUSES) == Match(2)


@pytest.mark.parametrize(
    ("typed", "guesses"),
    [
        ("avslutat", (3, 4)),  # several are called so in part
        ("beslut", (3, 4)),
        ("gransk", (2,)),  # begun
        ("inskikcat", (1,)),  # mistyped
    ],
)
def test_what_may_be_meant_is_a_guess_and_nothing_is_found(typed: str, guesses: tuple[int, ...]) -> None:
    assert find_named(typed, STATUSES) == Match(guesses=guesses)


@pytest.mark.parametrize("typed", ["", "  ", "?", "rosa", "med", "i", "öppna"])
def test_what_is_like_nothing_is_not_guessed_at(typed: str) -> None:
    assert find_named(typed, STATUSES[:2]) == Match()


def test_a_list_is_never_taken_for_another_that_only_sounds_like_it() -> None:
    assert find_named("försenade", LISTS) == Match("försenade")
    assert find_named("forsenadde", LISTS) == Match(guesses=("försenade",))
    assert find_named("försenade", [one for one in LISTS if one[0] != "försenade"]) == Match()


def test_no_more_than_five_are_asked_about() -> None:
    assert find_named("plan", [(f"plan {n}", n) for n in range(9)]).guesses == (0, 1, 2, 3, 4)
