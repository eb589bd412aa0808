"""The vocabulary of the limits table, and the validator that interprets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What is wrong, where (a JSON pointer), and the error code, where it has one of its own."""

    pointer: str
    message: str
    code: str | None = None

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


Faults = Iterator[Fault]
Rule = Callable[[Json, str], Faults]


@dataclass(frozen=True)
class Str:
    most: int
    least: int = 0
    start: str = ""

    def validate(self, value: Any, at: str) -> Faults:
        if not isinstance(value, str):
            yield Fault(at, "must provide a string")
        elif len(value) < self.least:
            yield Fault(at, f"must be more than {self.least - 1} characters")
        elif len(value) > self.most:
            yield Fault(at, f"must be less than {self.most + 1} characters")
        elif not value.startswith(self.start):
            yield Fault(at, f"must start with {self.start}")


@dataclass(frozen=True)
class Word:
    allowed: tuple[str, ...]

    def validate(self, value: Any, at: str) -> Faults:
        if value not in self.allowed:
            yield Fault(at, f"must be a valid enum value: {', '.join(self.allowed)}")


@dataclass(frozen=True)
class Flag:
    def validate(self, value: Any, at: str) -> Faults:
        if not isinstance(value, bool):
            yield Fault(at, "must provide a boolean")


@dataclass(frozen=True)
class Whole:
    least: int
    most: int

    def validate(self, value: Any, at: str) -> Faults:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Fault(at, "must provide an integer")
        elif not self.least <= value <= self.most:
            yield Fault(at, f"must be between {self.least} and {self.most}")


@dataclass(frozen=True)
class Number:
    def validate(self, value: Any, at: str) -> Faults:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield Fault(at, "must provide a number")


@dataclass(frozen=True)
class Parsed:
    """A string that a parser must accept: a date, a time, an address."""

    read: Callable[[str], object]
    what: str

    def validate(self, value: Any, at: str) -> Faults:
        if not isinstance(value, str):
            yield Fault(at, "must provide a string")
            return
        try:
            self.read(value)
        except ValueError:
            yield Fault(at, f"must be a valid {self.what}")


@dataclass(frozen=True)
class Many:
    of: Any
    most: int
    least: int = 1

    def validate(self, value: Any, at: str) -> Faults:
        if not isinstance(value, list):
            yield Fault(at, "must provide an array")
            return
        if len(value) < self.least:
            yield Fault(at, f"no less than {self.least} items allowed")
        if len(value) > self.most:
            yield Fault(at, f"no more than {self.most} items allowed")
        for n, item in enumerate(value):
            yield from self.of.validate(item, f"{at}/{n}")


@dataclass(frozen=True)
class Maybe:
    """A value that may also be null."""

    of: Any

    def validate(self, value: Any, at: str) -> Faults:
        if value is not None:
            yield from self.of.validate(value, at)


@dataclass(frozen=True)
class Shape:
    """An object: the fields it must have, those it may have, and rules across them."""

    must: Mapping[str, Any] = field(default_factory=dict)
    may: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def validate(self, value: Any, at: str) -> Faults:
        if not isinstance(value, dict):
            yield Fault(at, "must provide an object")
            return
        faults = list(self._parts(value, at))
        yield from faults
        if not faults:
            for rule in self.rules:
                yield from rule(value, at)

    def _parts(self, value: Json, at: str) -> Faults:
        for name in self.must:
            if name not in value:
                yield Fault(at, f"missing required field: {name}")
        for name, part in value.items():
            shape = self.must.get(name) or self.may.get(name)
            if shape is not None:
                yield from shape.validate(part, f"{at}/{name}")
            elif name != "type":
                yield Fault(at, f"invalid additional property: {name}")


@dataclass(frozen=True)
class Plain:
    """An object without a type, where a `type` field is as foreign as any other."""

    shape: Shape

    def validate(self, value: Any, at: str) -> Faults:
        if isinstance(value, dict) and "type" in value:
            yield Fault(at, "invalid additional property: type")
        yield from self.shape.validate(value, at)


@dataclass(frozen=True)
class Kinds:
    """One of several objects, told apart by `type`."""

    table: Mapping[str, Any]
    allowed: frozenset[str] | None = None

    def validate(self, value: Any, at: str) -> Faults:
        if not isinstance(value, dict):
            yield Fault(at, "must provide an object")
            return
        kind = value.get("type")
        if kind is None:
            yield Fault(at, "missing required field: type")
        elif not isinstance(kind, str) or kind not in self.table:
            yield Fault(f"{at}/type", f"unsupported type: {kind}")
        elif self.allowed is not None and kind not in self.allowed:
            yield Fault(f"{at}/type", f"unsupported type here: {kind}")
        else:
            yield from self.table[kind].validate(value, at)


def find_faults(shape: Any, value: Any, at: str, rules: tuple[Rule, ...] = ()) -> list[Fault]:
    """Every fault; rules that look across the whole run only when each part has the right form."""
    faults = list(shape.validate(value, at))
    if not faults:
        faults = [fault for rule in rules for fault in rule(value, at)]
    return faults
