"""What somebody means by a name that they typed: one rule for commands, lists, statuses, colours and people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from rapidfuzz.distance import OSA

from bot.text.folding import fold

T = TypeVar("T")

MAX_GUESSES = 5
_MIN_PART_LENGTH = 3
_LETTERS_PER_MISTAKE = 4
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """`found` is what is called so. Where nothing is, `guesses` may be meant: the likeliest first, at most five.

    A guess is asked about, never acted on. Neither is there where nothing is like what was typed.
    """

    found: T | None = None
    guesses: tuple[T, ...] = ()

    @property
    def candidates(self) -> tuple[T, ...]:
        """All that may be meant, for where even what is found is only proposed."""
        return self.guesses if self.found is None else (self.found,)


def find_named(typed: str, names: Iterable[tuple[str, T]]) -> Match[T]:
    """What is called `typed` among pairs of a name and what it names; one thing may have several names.

    Found is what has just that name, case and diacritics aside, or else the only one in whose name all typed words
    stand. Guesses are those with such words, where they are several; then those whose words begin with the typed
    ones; then those at most one mistake in four letters away, but for a first one. Fewer than three letters are too
    few to guess from.
    """
    folded = [(fold(name), thing) for name, thing in names]
    term = " ".join(_WORD.findall(fold(typed)))
    if not term:
        return Match()
    for things in (_of_just_that_name(term, folded), _with_the_words(term, folded)):
        if things:
            return Match(things[0]) if len(things) == 1 else Match(guesses=things[:MAX_GUESSES])
    return Match(guesses=(_with_begun_words(term, folded) or _nearly_so_named(term, folded))[:MAX_GUESSES])


def _of_just_that_name(term: str, names: list[tuple[str, T]]) -> tuple[T, ...]:
    return _unique(thing for name, thing in names if name == term)


def _with_the_words(term: str, names: list[tuple[str, T]]) -> tuple[T, ...]:
    words = set(term.split())
    if max(map(len, words)) < _MIN_PART_LENGTH:
        return ()
    return _unique(thing for name, thing in names if words <= set(name.split()))


def _with_begun_words(term: str, names: list[tuple[str, T]]) -> tuple[T, ...]:
    beginnings = term.split()
    if max(map(len, beginnings)) < _MIN_PART_LENGTH:
        return ()
    return _unique(
        thing
        for name, thing in names
        if all(any(word.startswith(one) for word in name.split()) for one in beginnings)
    )


def _nearly_so_named(term: str, names: list[tuple[str, T]]) -> tuple[T, ...]:
    if len(term) < _MIN_PART_LENGTH:
        return ()
    most = max(1, len(term) // _LETTERS_PER_MISTAKE)
    distances = ((OSA.distance(term, name, score_cutoff=most), thing) for name, thing in names)
    near = sorted((one for one in distances if one[0] <= most), key=lambda one: one[0])
    return _unique(thing for _, thing in near)


def _unique(things: Iterable[T]) -> tuple[T, ...]:
    """In their order, each once; what is named need not be hashable."""
    found: list[T] = []
    for thing in things:
        if thing not in found:
            found.append(thing)
    return tuple(found)
