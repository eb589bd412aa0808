"""Declarations of an event's sentences in the case's log and in the card's thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FactKind = Literal[
    "officer",
    "officers",
    "assignee",
    "assignees",
    "group",
    "choice",
    "assignee_changes",
    "status",
    "day",
    "moment",
    "stop",
    "colour",
    "hold",
    "deletion_ground",
    "origin",
    "link",
    "linked_case",
    "text",
    "changes",
    "contact_changes",
]
"""The type of an event's field, which decides how it is formatted."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of the event and its type.

    For a `status` field `x`, the event's field `x_name` holds its name at the time. An `assignee` is a key, whose type
    is in the event's field `kind`; `assignees` are references, `group` is a key, and `choice` how a member of it was
    chosen; `assignee_changes` are the references in `added` and `removed`, `changes` those of answers, and
    `contact_changes` those of an applicant's contact details. A `linked_case` is the id of another case.
    """

    kind: FactKind
    field: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """The key of a sentence and the facts that fill it; the actor's `name` is always one.

    It applies where the event's field `only_with` is not empty, and with `only_of_officers` where an officer acted.
    """

    key: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    only_with: str = ""
    only_of_officers: bool = False
    only_on_page: bool = False
    """Whether it is shown on the case page only, never in Slack."""


REASON = Sentence("history.reason", {"reason": Fact("text", "reason")}, only_with="reason")
"""The reason that an officer gave."""
