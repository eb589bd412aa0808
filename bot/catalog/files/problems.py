"""What is wrong with a catalog, in words for the person who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.catalog.base import KEY_PATTERN, Model, Text, to_key
from bot.catalog.faults import Either, Fault, FaultError, fault
from bot.catalog.fields import FIELD_KEY_PATTERN
from bot.catalog.municipality import SHA256_PATTERN, Municipality
from bot.catalog.services import EService
from bot.text.nearest import find_named
from bot.text.words import Words, words

# A place in a file: keys of mappings and numbers in lists.
KeyPath = tuple[str | int, ...]

_KEY_FORMS = {
    KEY_PATTERN: "fault.key_form",
    FIELD_KEY_PATTERN: "fault.field_key_form",
}
"""What is said of keys, by the pattern that they must match."""
# By the beginning of pydantic's error types; the first that fits.
_FAULTS = {
    "string_type": fault("fault.not_text"),
    "string_too_short": fault("fault.empty"),
    "model": fault("fault.not_mapping"),
    "dict": fault("fault.not_mapping"),
    "tuple": fault("fault.not_list"),
    "bool": fault("fault.not_bool"),
    "date": fault("fault.not_date"),
    "time": fault("fault.not_time"),
    "int": fault("fault.not_whole"),
}
_BOUNDS = {
    "greater_than_equal": ("fault.small", "least", "ge"),
    "less_than_equal": ("fault.large", "most", "le"),
    "string_too_long": ("fault.long", "most", "max_length"),
    "too_short": ("fault.few", "least", "min_length"),
}
"""The text, its fact, and the key of that in pydantic's context, by pydantic's error types."""
_NAMES_PEOPLE = frozenset({"officer", "group", "members", "protected_officers"})
"""Keys whose values are keys of officers and groups."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OF_UNIONS = {
    "is": fault("fault.not_answer"),
    "when": fault("fault.not_answer"),
    "min": fault("fault.not_limit"),
    "max": fault("fault.not_limit"),
}
"""What is said of keys whose values may be of several types, of each of which pydantic reports that it is not."""


@dataclass(frozen=True)
class Problem:
    """One thing to correct: file, line (from 1; 0 for the file as a whole), key, and what is wrong."""

    file: str
    line: int
    key: str
    fault: Fault

    @property
    def place(self) -> str:
        """The file, with its line."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def in_words(self, words: Words) -> str:
        text = self.fault.in_words(words)
        return f"{self.place}  {self.key}: {text}" if self.key else f"{self.place}  {text}"


class CatalogError(Exception):
    """The catalog cannot be used; `problems` holds everything that is wrong with it.

    As a text it is in the municipality's `language`, as far as that could be read.
    """

    def __init__(self, problems: Iterable[Problem], language: str) -> None:
        self.problems = tuple(sorted(set(problems), key=_sort_key))
        self.language = language
        super().__init__(self.problems, language)

    def in_words(self, words: Words) -> str:
        heading = words("fault.heading", n=len(self.problems))
        return "\n".join([heading, *(f"  {problem.in_words(words)}" for problem in self.problems)])

    def __str__(self) -> str:
        return self.in_words(words(self.language))


def _sort_key(problem: Problem) -> tuple[str, int, str, str, str]:
    return problem.file, problem.line, problem.key, problem.fault.key, repr(problem.fault.facts)


def describe_errors(error: ValidationError) -> list[tuple[KeyPath, Fault]]:
    """Path and fault for every error that pydantic found."""
    found: list[tuple[KeyPath, Fault]] = []
    for detail in error.errors(include_url=False):
        path = tuple(detail["loc"])
        at = next((n for n, step in enumerate(path) if step in _OF_UNIONS and n < len(path) - 1), None)
        if _is_no_day(detail):
            found.append((path if at is None else path[: at + 1], fault("fault.no_day", day=detail["input"])))
        elif at is not None:
            found.append((path[: at + 1], _OF_UNIONS[str(path[at])]))
        else:
            found += [(path, one) for one in _describe(detail)]
    return _without_less(found)


def _without_less(found: list[tuple[KeyPath, Fault]]) -> list[tuple[KeyPath, Fault]]:
    """Without duplicates, and without what a union says of a day that there is none of."""
    no_days = {path for path, one in found if one.key == "fault.no_day"}
    remaining = [(path, one) for path, one in found if path not in no_days or one.key == "fault.no_day"]
    return list(dict.fromkeys(remaining))


def _is_no_day(detail: ErrorDetails) -> bool:
    """Whether what is no date is written as one, such as 2026-02-30."""
    written = detail["input"]
    return (
        detail["type"].startswith("date") and isinstance(written, str) and _DAY.fullmatch(written) is not None
    )


def _describe(detail: ErrorDetails) -> Iterator[Fault]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error" and isinstance(context["error"], FaultError):
        yield from context["error"].faults
    elif kind == "missing":
        yield fault("fault.missing", name=str(detail["loc"][-1]))
    elif kind == "extra_forbidden":
        yield _describe_unknown(str(detail["loc"][-1]))
    elif kind == "literal_error":
        yield fault("fault.literal", choices=Either(tuple(re.findall("'([^']*)'", context["expected"]))))
    elif kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        if pattern == KEY_PATTERN and _NAMES_PEOPLE.intersection(map(str, detail["loc"][-2:])):
            yield fault("fault.key_of_person")
            return
        yield _describe_form(pattern, str(detail["input"]))
    elif kind == "model_type" and context.get("class_name") == Text.__name__:
        yield fault("fault.not_texts")
    elif kind in _BOUNDS:
        key, name, limit = _BOUNDS[kind]
        yield fault(key, **{name: int(context[limit])})
    else:
        yield next((one for start, one in _FAULTS.items() if kind.startswith(start)), fault("fault.other"))


def _describe_form(pattern: str, written: str) -> Fault:
    """What is wrong with a text that does not match the pattern."""
    if pattern == SHA256_PATTERN:
        return fault("fault.token_form")
    if pattern not in _KEY_FORMS:
        return fault("fault.pattern", pattern=pattern)
    suggested = to_key(written)
    hint = fault("fault.hint", name=suggested) if re.fullmatch(pattern, suggested) else ""
    return fault(_KEY_FORMS[pattern], hint=hint)


def _describe_unknown(name: str) -> Fault:
    """What is wrong with a key that has no place where it stands."""
    if " " in name:
        return fault("fault.unknown_text", name=name)
    known = _known_words()
    if name in known:
        return fault("fault.misplaced", name=name)
    return fault("fault.unknown_key", name=name, hint=did_you_mean(name, known))


@cache
def _known_words() -> frozenset[str]:
    """All keys that a catalog's files may have somewhere."""
    models: tuple[type[Model], ...] = (Municipality, EService)
    return frozenset(name for model in models for name in _properties(model.model_json_schema()))


def _properties(schema: object) -> Iterator[str]:
    """The names of all properties within a JSON Schema."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for part in schema.values():
            yield from _properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _properties(part)


def did_you_mean(name: str, known: Iterable[str]) -> Fault | str:
    """A suggestion to end a sentence about an unknown name with; empty where no known name is similar."""
    candidates = find_named(name, [(one, one) for one in sorted(known)]).candidates
    return fault("fault.hint", name=candidates[0]) if candidates else ""
