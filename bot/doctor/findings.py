"""The finding of a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.text import Words

Severity = Literal["ok", "note", "problem"]


class Size(int):
    """A number of bytes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding: `ok`, `note` (worth knowing) or `problem` (to be mended). `key` names its sentence.

    `blocks_slack_checks` says that nothing else of Slack can be checked.
    """

    severity: Severity
    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    blocks_slack_checks: bool = False

    def in_words(self, words: Words) -> str:
        """The finding, and what to do about it, in one or two sentences."""
        return words(self.key, **{name: _in_words(fact, words) for name, fact in self.facts.items()})


def _in_words(fact: Any, words: Words) -> str | int:
    if isinstance(fact, datetime):
        return words.moment(fact)
    if isinstance(fact, Size):
        return words.size(fact)
    if isinstance(fact, list | tuple):
        return words.list([str(one) for one in fact])
    return fact if isinstance(fact, int) else str(fact)


def ok(key: str, **facts: Any) -> Finding:
    return Finding("ok", key, facts)


def note(key: str, **facts: Any) -> Finding:
    return Finding("note", key, facts)


def problem(key: str, **facts: Any) -> Finding:
    return Finding("problem", key, facts)


def slack_down() -> Finding:
    return Finding("problem", "doctor.slack.down", blocks_slack_checks=True)


def token_refused() -> Finding:
    return Finding("problem", "doctor.token", blocks_slack_checks=True)
