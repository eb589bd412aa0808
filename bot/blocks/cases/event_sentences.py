"""What the history and the card's thread say alike of an event, each by sentences of its own."""

from __future__ import annotations

from collections.abc import Callable

from bot.blocks.cases.case_words import by_name, changed_holders, names, status_name
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import name_of
from bot.domain.views import HistoryLine
from bot.text import Words

Tell = Callable[[HistoryLine, Catalog, EService | None, Words], str]
"""One event in words."""


def plainly(key: str) -> Tell:
    """The sentence as it is."""

    def tell(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        return words(key)

    return tell


def by(key: str) -> Tell:
    """With the `name` of whoever acted."""

    def tell(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        return words(key, name=by_name(one.by, catalog, words))

    return tell


def taken(key: str, over: str) -> Tell:
    """That an officer, `name`, took the case; by the sentence `over` where they took it from others, `names`."""

    def tell(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        name = name_of(f"officer:{one.facts['officer']}", catalog)
        replaced = [name_of(f"officer:{was}", catalog) for was in one.facts.get("replaced", ())]
        return words(over, name=name, names=names(replaced, words)) if replaced else words(key, name=name)

    return tell


def reassigned(key: str) -> Tell:
    """With the `changes` of who has the case."""

    def tell(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        changes = changed_holders(one, catalog, words)
        return words(key, name=by_name(one.by, catalog, words), changes=changes)

    return tell


def overdue(key: str) -> Tell:
    """With the `date` when the case should have been done."""

    def tell(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        return words(key, date=words.day(one.facts["due_on"]))

    return tell


def statuses(one: HistoryLine, service: EService | None, words: Words) -> dict[str, str]:
    """The statuses of a change, from `a` to `b`."""
    return {
        "a": status_name(service, one.facts["was"], words, one.facts["was_name"]),
        "b": status_name(service, one.facts["status"], words, one.facts["status_name"]),
    }
