"""A page made into a model; of a page with errors, the part that can still be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from bot.catalog.base import Model
from bot.catalog.problems import Path, Problem, sentences
from bot.catalog.reading import Page

M = TypeVar("M", bound=Model)

# Stands in for what is required and missing or wrong, so that everything else is checked in the same run.
_STAND_INS: dict[str, Any] = {
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
    """What became of a page. With errors, `model` is of the rest of it, and None if there is none."""

    page: Page
    model: M | None = None
    problems: tuple[Problem, ...] = ()
    broken: frozenset[str] = frozenset()
    # Where list items were left out: the numbers in the file of those that remain.
    _kept: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def wrong(self) -> bool:
        return bool(self.problems)

    def problem(self, path: Path, text: str) -> Problem:
        """A problem at a place in the model, told by its place in the file."""
        if len(path) > 1 and isinstance(path[1], int) and path[0] in self._kept:
            path = (path[0], self._kept[str(path[0])][path[1]], *path[2:])
        return self.page.problem(path, text)

    def keys(self, part: str) -> frozenset[str] | None:
        """The keys a list names, right or wrong in themselves; None where the file could not be read."""
        items = self.page.data.get(part) if self.page.data else None
        if not isinstance(items, list):
            return frozenset() if self.page.data else None
        return frozenset(str(item.get("key")) for item in items if isinstance(item, dict))


def parse(model: type[M], page: Page) -> Parsed[M]:
    if page.data is None:
        return Parsed(page, problems=tuple(page.problems))
    try:
        return Parsed(page, model.model_validate(page.data), tuple(page.problems))
    except ValidationError as error:
        found = sentences(error)
    problems = (*page.problems, *(page.problem(path, text) for path, text in found))
    left, kept, broken = _without([path for path, _ in found], page.data)
    fillers = {key: value for key, value in _STAND_INS.items() if key in model.model_fields}
    try:
        rest = model.model_validate(fillers | left)
    except ValidationError:
        return Parsed(page, problems=problems)
    return Parsed(page, rest, problems, broken, kept)


def _without(
    wrong: list[Path], data: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, tuple[int, ...]], frozenset[str]]:
    """The data without its wrong parts; of a list, only the wrong items go."""
    left = dict(data)
    kept: dict[str, tuple[int, ...]] = {}
    broken: set[str] = set()
    for part in {str(path[0]) for path in wrong if path}:
        items = left.pop(part, None)
        bad = {step for path in wrong if path[:1] == (part,) for step in path[1:2] if isinstance(step, int)}
        # The statuses are judged together, so without one of them there is nothing to judge.
        if not isinstance(items, list) or not bad or part == "statuses":
            broken.add(part)
            continue
        kept[part] = tuple(index for index in range(len(items)) if index not in bad)
        left[part] = [items[index] for index in kept[part]]
        broken |= {str(item.get("key")) for item in (items[i] for i in bad) if isinstance(item, dict)}
    return left, kept, frozenset(broken)
