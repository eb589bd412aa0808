"""What an answer can be, and how it is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bot.catalog.fields import Field, FieldKind


@dataclass(frozen=True)
class Address:
    """Where someone lives or something is. `country` is empty in Sweden, and where the postcode tells it (FI-00100)."""

    street: str
    postcode: str
    city: str
    country: str = ""


@dataclass(frozen=True)
class FileRef:
    """A file that is already in the store: its id there, its name, its size in bytes and its media type."""

    id: str
    name: str
    size: int
    kind: str


Value = str | bool | Decimal | date | Address | tuple[str, ...] | tuple[FileRef, ...]


def to_stored(value: Value) -> Any:
    """The value as JSON can hold it."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Address):
        return {part: text for part, text in asdict(value).items() if text or part != "country"}
    if isinstance(value, tuple):
        return [asdict(item) if isinstance(item, FileRef) else item for item in value]
    return value


def from_stored(kind: FieldKind, stored: Any) -> Value:
    """What `to_stored` made of an answer to a field of this kind."""
    return _FROM_STORED.get(kind, str)(stored)


_FROM_STORED: dict[str, Callable[[Any], Value]] = {
    "number": Decimal,
    "date": date.fromisoformat,
    "address": lambda stored: Address(**stored),
    "choices": tuple,
    "file": lambda stored: tuple(FileRef(**item) for item in stored),
    "yes_no": bool,
}


def may_pass_through_slack(field: Field, value: Value) -> bool:
    """Whether this answer may be drawn in Slack: `in_slack`, but never a personnummer in disguise.

    A sole trader's organisation number is their personnummer: its third digit is then 0 or 1, and in a
    legal person's at least 2 (Skatteverket, SKV 709).
    """
    if field.kind == "organisation_number" and isinstance(value, str):
        return field.in_slack and value[2:3] >= "2"
    return field.in_slack
