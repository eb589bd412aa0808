"""Findings of the log's verification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.text import Words

MAX_LISTED = 1000
"""Findings that are stored; the rest are counted only, so that a ruined database does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, mostly with a case; `number` is empty where it concerns none."""

    number: str
    key: str
    facts: Mapping[str, Any]

    def in_words(self, words: Words) -> str:
        """The finding on one line, with the case number first."""
        facts = dict(self.facts)
        if "what" in facts:
            facts["what"] = words(f"proof.what.{facts['what']}")
        return words(self.key, number=self.number, **facts)


@dataclass(slots=True)
class Findings:
    """A collection of findings, without duplicates for one case."""

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

    def add_all(self, other: Findings) -> None:
        """Add the findings of another part."""
        for finding in other.listed:
            self.add(finding.number, finding.key, **finding.facts)
        self.hidden_count += other.hidden_count
