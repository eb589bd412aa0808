"""What was seen of one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.text import Words

State = Literal["right", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Sign:
    """`right` as it should be, `note` worth knowing, `wrong` to be mended. `key` names the sentence.

    It `shuts_out` where nothing else can be seen of Slack.
    """

    state: State
    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    shuts_out: bool = False

    def said(self, words: Words) -> str:
        """It, and what to do about it, in one or two plain sentences."""
        return words(self.key, **{name: _spoken(fact, words) for name, fact in self.facts.items()})


def _spoken(fact: Any, words: Words) -> str | int:
    if isinstance(fact, list | tuple):
        return words.list([str(one) for one in fact])
    return fact if isinstance(fact, int) else str(fact)


def right(key: str, **facts: Any) -> Sign:
    return Sign("right", key, facts)


def note(key: str, **facts: Any) -> Sign:
    return Sign("note", key, facts)


def wrong(key: str, **facts: Any) -> Sign:
    return Sign("wrong", key, facts)


def slack_is_down() -> Sign:
    return Sign("wrong", "doctor.slack.down", shuts_out=True)


def token_is_refused() -> Sign:
    return Sign("wrong", "doctor.token", shuts_out=True)
