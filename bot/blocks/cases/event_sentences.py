"""What the history and the card's thread say alike of an event, each by sentences of its own."""

from __future__ import annotations

from collections.abc import Callable

from bot.blocks.cases.case_words import actor_name, describe_assignee_changes, join_names, status_name
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import officer_name
from bot.domain.views import HistoryLine
from bot.text import Words

DescribeEvent = Callable[[HistoryLine, Catalog, EService | None, Words], str]
"""One event in words."""


def fixed_sentence(key: str) -> DescribeEvent:
    """The sentence as it is."""

    def describe(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        return words(key)

    return describe


def actor_sentence(key: str) -> DescribeEvent:
    """With the `name` of whoever acted."""

    def describe(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        return words(key, name=actor_name(entry.by, catalog, words))

    return describe


def taken_sentence(key: str, takeover_key: str) -> DescribeEvent:
    """That an officer, `name`, took the case; by `takeover_key` where they took it from others, `names`."""

    def describe(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        name = officer_name(f"officer:{entry.facts['officer']}", catalog)
        replaced = [
            officer_name(f"officer:{officer_key}", catalog) for officer_key in entry.facts.get("replaced", ())
        ]
        return (
            words(takeover_key, name=name, names=join_names(replaced, words))
            if replaced
            else words(key, name=name)
        )

    return describe


def assignees_sentence(key: str) -> DescribeEvent:
    """With the `changes` of who has the case."""

    def describe(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        changes = describe_assignee_changes(entry, catalog, words)
        return words(key, name=actor_name(entry.by, catalog, words), changes=changes)

    return describe


def overdue_sentence(key: str) -> DescribeEvent:
    """With the `date` when the case should have been done."""

    def describe(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        return words(key, date=words.day(entry.facts["due_on"]))

    return describe


def status_names(entry: HistoryLine, service: EService | None, words: Words) -> dict[str, str]:
    """The statuses of a change, from `a` to `b`."""
    return {
        "a": status_name(service, entry.facts["was"], words, entry.facts["was_name"]),
        "b": status_name(service, entry.facts["status"], words, entry.facts["status_name"]),
    }
