"""Matching of typed names: one rule for commands, lists, statuses, colours and people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from rapidfuzz.distance import OSA

from bot.text.folding import fold

T = TypeVar("T")

MAX_GUESSES = 5
_MAX_TYPED = 200
"""Characters of the longest text that is looked for: no name is longer."""
_MIN_PART_LENGTH = 3
_LETTERS_PER_MISTAKE = 4
_SHORT = 5
"""Letters of words that are another one with another beginning: mall is not alla."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """The result of `find_named`: `found`, or else at most five `guesses`, the likeliest first.

    The person is asked about a guess; it is never acted on. Both are empty where nothing resembles what was typed.
    """

    found: T | None = None
    guesses: tuple[T, ...] = ()

    @property
    def candidates(self) -> tuple[T, ...]:
        """`found` or the guesses, for callers that only propose."""
        return self.guesses if self.found is None else (self.found,)


def find_named(typed: str, names: Iterable[tuple[str, T]]) -> Match[T]:
    """Find what is called `typed` among pairs of a name and what it names; one thing may have several names.

    `found` has exactly that name, case and diacritics aside, or is the only one whose name contains all typed words.
    Guesses are, in order: those that contain all typed words, where they are several; those whose words begin with
    the typed ones; those with at most one error in four letters, and in short words the same first letter. Nothing is
    guessed from fewer than three letters.
    """
    term = " ".join(_WORD.findall(fold(typed))) if len(typed) <= _MAX_TYPED else ""
    if not term:
        return Match()
    folded = [(fold(name), thing) for name, thing in names]
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
    alike = [one for one in names if len(term) > _SHORT or one[0][:1] == term[0]]
    return _nearest(term, alike) or _nearest(term, _words_of(term, names))


def _nearest(term: str, names: Iterable[tuple[str, T]]) -> tuple[T, ...]:
    most = max(1, len(term) // _LETTERS_PER_MISTAKE)
    distances = ((OSA.distance(term, name, score_cutoff=most), thing) for name, thing in names)
    near = sorted((one for one in distances if one[0] <= most), key=lambda one: one[0])
    return _unique(thing for _, thing in near)


def _words_of(term: str, names: Iterable[tuple[str, T]]) -> list[tuple[str, T]]:
    """The words of names of several, one of which may be what was mistyped, such as a first name."""
    if " " in term or len(term) < _SHORT:
        return []
    return [(word, thing) for name, thing in names if " " in name for word in name.split()]


def _unique(things: Iterable[T]) -> tuple[T, ...]:
    """The things in order without duplicates; they need not be hashable."""
    found: list[T] = []
    for thing in things:
        if thing not in found:
            found.append(thing)
    return tuple(found)
