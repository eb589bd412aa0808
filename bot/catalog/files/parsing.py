"""Parsing of a YAML file into a model; of a file with errors, the part that can still be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from bot.catalog.base import Model
from bot.catalog.faults import Fault
from bot.catalog.files.problems import KeyPath, Problem, describe_errors
from bot.catalog.files.yaml_file import YamlFile

M = TypeVar("M", bound=Model)

# Replaces required values that are missing or invalid, so that everything else is checked in the same run.
_PLACEHOLDERS: dict[str, Any] = {
    "name": "-",
    "short_name": "-",
    "unit": "-",
    "contact": {"name": "-"},
    "support": {"name": "-"},
    "officers": [],
    "privacy": "standard",
    "retention": "keep",
}


@dataclass(frozen=True)
class Parsed(Generic[M]):
    """The result for one file. With errors, `model` is made of the valid rest, or None where that is not enough."""

    file: YamlFile
    model: M | None = None
    problems: tuple[Problem, ...] = ()
    broken: frozenset[str] = frozenset()
    # For lists with items left out: the indexes in the file of those that remain.
    _remaining: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def is_invalid(self) -> bool:
        return bool(self.problems)

    def problem_at(self, path: KeyPath, fault: Fault) -> Problem:
        """A problem at a path in the model, with its line in the file."""
        if len(path) > 1 and isinstance(path[1], int) and path[0] in self._remaining:
            path = (path[0], self._remaining[str(path[0])][path[1]], *path[2:])
        return self.file.problem_at(path, fault)

    def keys(self, part: str) -> frozenset[str] | None:
        """The keys in a list, also of invalid items; None where file or list could not be read."""
        if not self.file.data or not isinstance(items := self.file.data.get(part, []), list):
            return None
        return frozenset(str(item.get("key")) for item in items if isinstance(item, dict))


def parse_model(model: type[M], file: YamlFile) -> Parsed[M]:
    if file.data is None:
        return Parsed(file, problems=tuple(file.problems))
    try:
        return Parsed(file, model.model_validate(file.data), tuple(file.problems))
    except ValidationError as error:
        errors = describe_errors(error)
    problems = (*file.problems, *(file.problem_at(path, fault) for path, fault in errors))
    remaining, indexes, broken = _drop_invalid([path for path, _ in errors], file.data)
    placeholders = {key: value for key, value in _PLACEHOLDERS.items() if key in model.model_fields}
    try:
        partial = model.model_validate(placeholders | remaining)
    except ValidationError:
        return Parsed(file, problems=problems)
    return Parsed(file, partial, problems, broken, indexes)


def _drop_invalid(
    error_paths: list[KeyPath], data: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, tuple[int, ...]], frozenset[str]]:
    """The data without its invalid parts, the indexes that remain of each list, and the keys that were dropped.

    Of a list, only the invalid items are dropped.
    """
    remaining = dict(data)
    indexes: dict[str, tuple[int, ...]] = {}
    broken: set[str] = set()
    for part in {str(path[0]) for path in error_paths if path}:
        items = remaining.pop(part, None)
        invalid = {
            step for path in error_paths if path[:1] == (part,) for step in path[1:2] if isinstance(step, int)
        }
        # The statuses are checked together, so where one is invalid the others are not checked.
        if not isinstance(items, list) or not invalid or part == "statuses":
            broken.add(part)
            continue
        indexes[part] = tuple(index for index in range(len(items)) if index not in invalid)
        remaining[part] = [items[index] for index in indexes[part]]
        # Items without keys of their own, such as grants, are known as their list.
        dropped = [item for item in (items[i] for i in invalid) if isinstance(item, dict)]
        broken |= {str(item.get("key", part)) for item in dropped}
    return remaining, indexes, frozenset(broken)
