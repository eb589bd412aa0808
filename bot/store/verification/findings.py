"""What a proof of the log finds wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.text import Words

MAX_LISTED = 1000
"""Findings that are told; the rest are counted, so that a ruined database does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one case; `number` is empty for what concerns none."""

    number: str
    key: str
    facts: Mapping[str, Any]

    def in_words(self, words: Words) -> str:
        """It, in one line, the case number first."""
        facts = dict(self.facts)
        if "what" in facts:
            facts["what"] = words(f"proof.what.{facts['what']}")
        return words(self.key, number=self.number, **facts)


@dataclass(slots=True)
class Findings:
    """Findings as they come, the same thing of the same case once."""

    listed: list[Finding] = field(default_factory=list)
    hidden_count: int = 0
    _seen: set[tuple[str, str]] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        return len(self.listed) >= MAX_LISTED

    def add(self, number: str, key: str, **facts: Any) -> None:
        if (number, key) in self._seen:
            return
        if self.is_full:
            self.hidden_count += 1
            return
        self._seen.add((number, key))
        self.listed.append(Finding(number, key, facts))
