"""What is wrong with a catalog, in words for the person who wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.catalog.base import Model, Text
from bot.catalog.fields import Choice, Condition, Field
from bot.catalog.municipality import Contact, FileLimits, Municipality, Source, WorkingHours
from bot.catalog.people import Grant, Group, Officer
from bot.catalog.presets import CompletionPreset, DelayPreset, Presets
from bot.catalog.services import AssignmentRule, Classification, EService, Notices, OpenEPlatform, Retention
from bot.catalog.statuses import Status
from bot.catalog.templates import Template
from bot.text.nearest import find_named

# A place in a file: keys of mappings and numbers in lists.
KeyPath = tuple[str | int, ...]

_MODELS: tuple[type[Model], ...] = (
    Text, Choice, Classification, Condition, Field, Contact, FileLimits, Municipality, Source, WorkingHours, Grant,
    Group, Officer, AssignmentRule, EService, Notices, OpenEPlatform, Presets, CompletionPreset, DelayPreset,
    Retention, Status, Template,
)  # fmt: skip

_UNKNOWN = "is not a word the catalog knows"
# By the beginning of pydantic's error types.
_SENTENCES = {
    "string_type": "must be a text; put it between quotes",
    "string_too_short": "must not be empty",
    "model": "must be a mapping of words to values",
    "dict": "must be a mapping of words to values",
    "tuple": "must be a list",
    "bool": "must be true or false",
    "date": "must be a date, such as 2026-11-22",
    "time": "must be a time, such as 08:15",
}


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to correct: file, line (from 1; 0 for the file as a whole), key, and what is wrong."""

    file: str
    line: int
    key: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}  {self.key}: {self.text}" if self.key else f"{place}  {self.text}"


class CatalogError(Exception):
    """The catalog cannot be used; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        heading = "The catalog has 1 problem:" if count == 1 else f"The catalog has {count} problems:"
        return "\n".join([heading, *(f"  {problem}" for problem in self.problems)])


def describe_errors(error: ValidationError) -> list[tuple[KeyPath, str]]:
    """Path and sentence for every error that pydantic found."""
    found = [
        (tuple(detail["loc"]), _describe(detail))
        for detail in error.errors(include_url=False, include_input=False)
    ]
    return list(dict.fromkeys(found))


def _describe(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in ("missing", "extra_forbidden"):
        name = str(detail["loc"][-1])
        return f"{name} is required" if kind == "missing" else f"{name} {_describe_unknown(name)}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"must be one of {str(context['expected']).replace(chr(39), '')}"
    if kind == "string_pattern_mismatch":
        return f"does not have the form {context['pattern']}"
    for beginning, sentence in _SENTENCES.items():
        if kind.startswith(beginning):
            return sentence
    return detail["msg"].replace("Input should", "must")


def _describe_unknown(name: str) -> str:
    """What is wrong with a key that has no place where it stands."""
    if " " in name:
        return f"{_UNKNOWN}; a text with a comma in it goes between quotes"
    known = {field.alias or key for part in _MODELS for key, field in part.model_fields.items()}
    return "does not belong here" if name in known else f"{_UNKNOWN}{did_you_mean(name, known)}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion to append to a sentence about an unknown name; empty where no known name is similar."""
    candidates = find_named(name, [(one, one) for one in sorted(known)]).candidates
    return f"; did you mean {candidates[0]}?" if candidates else ""
