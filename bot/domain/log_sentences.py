"""How an event reads in a case's log and in its card's thread: what is declared beside each event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FactKind = Literal["officer", "officers", "assignee", "assignee_changes", "status", "day", "colour", "text"]
"""What a field of an event holds, which decides how it is worded."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of the event and what it holds.

    Beside a status `x` stands its name of then, `x_name`. An `assignee` is a key, and `kind` tells of whom; of
    `assignee_changes` the event has references, `added` and `removed`.
    """

    kind: FactKind
    field: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text by its key, and the facts that fill it, beside the `name` of whoever acted.

    It fits where the event's field `only_with` says something, and where an officer acted if `only_of_officers`.
    """

    key: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    only_with: str = ""
    only_of_officers: bool = False
    only_on_page: bool = False
    """Whether it is for the case page alone: in Slack it is left out."""


REASON = Sentence("history.reason", {"reason": Fact("text", "reason")}, only_with="reason")
"""What an officer gave as reason."""
