"""Findings of the log's verification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.text import Words

MAX_LISTED = 1000
"""Findings that are stored, so that a ruined database does not fill the memory."""


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
    """A collection of findings, without duplicates for one case.

    Of what is `acknowledged` the findings are `explained`, and not listed.
    """

    listed: list[Finding] = field(default_factory=list)
    hidden_count: int = 0
    most: int = field(default_factory=lambda: MAX_LISTED)
    """How many are listed; the rest are counted only."""
    acknowledged: frozenset[str] = frozenset()
    explained: list[Finding] = field(default_factory=list)
    losses: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Names of what is lost, by the number and the key of its listed finding. Only these can be acknowledged."""
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _explained_seen: set[tuple[str, str]] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        return len(self.listed) >= self.most

    def add(self, number: str, key: str, *, loss: str = "", **facts: Any) -> None:
        """Add a finding. `loss` names exactly what is lost, where that is what it tells."""
        place = number, key
        if loss and loss in self.acknowledged:
            if place not in self._explained_seen:
                self._explained_seen.add(place)
                self.explained.append(Finding(number, key, facts))
            return
        if place not in self._seen:
            if self.is_full:
                self.hidden_count += 1
                return
            self._seen.add(place)
            self.listed.append(Finding(number, key, facts))
        if loss:
            self.losses.setdefault(place, []).append(loss)

    def add_all(self, other: Findings) -> None:
        """Add the findings of another part."""
        for finding in other.listed:
            for loss in other.losses.get((finding.number, finding.key), [""]):
                self.add(finding.number, finding.key, loss=loss, **finding.facts)
        self.hidden_count += other.hidden_count
