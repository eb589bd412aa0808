"""What may be wrong in what a municipality writes in its catalog, as keys of texts and what is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.text.words import Words


@dataclass(frozen=True, slots=True)
class Either:
    """Keys of which one is to be written."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, to be said in any language: the key of a text, and its facts by name.

    A fact that is a tuple is read as a list, and one that is a fault as its own text.
    """

    key: str
    facts: tuple[tuple[str, Fact], ...] = ()

    def in_words(self, words: Words) -> str:
        return words(self.key, **{name: _in_words(fact, words) for name, fact in self.facts})


Fact = str | int | tuple[str, ...] | Either | Fault


def fault(key: str, /, **facts: Fact) -> Fault:
    return Fault(key, tuple(facts.items()))


def _in_words(fact: Fact, words: Words) -> str:
    match fact:
        case Fault():
            return fact.in_words(words)
        case Either(keys):
            return words.either(keys)
        case tuple():
            return words.list(fact)
        case _:
            return str(fact)


class FaultError(ValueError):
    """What a model's validation raises where the value is wrong in one way or several."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults


def raise_any(faults: Iterable[Fault]) -> None:
    """Raise FaultError with the faults, if there are any."""
    if found := tuple(faults):
        raise FaultError(*found)
