"""The types of answers, how they are stored, and what is raised for one that is not accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bot.catalog.fields import PERSONAL_KINDS, TYPED_KINDS, Field, FieldKind
from bot.text.personal_data import tells_of_person


@dataclass(frozen=True)
class Address:
    """A postal address. `country` is empty in Sweden, and where the postcode gives it (FI-00100)."""

    street: str
    postcode: str
    city: str
    country: str = ""


@dataclass(frozen=True)
class FileRef:
    """A stored file: its id, name, size in bytes and media type."""

    id: str
    name: str
    size: int
    kind: str


Value = str | bool | Decimal | date | Address | tuple[str, ...] | tuple[FileRef, ...]


def to_stored(value: Value) -> Any:
    """The value as JSON-compatible data."""
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
    """The value of which `to_stored` made the data; the inverse for fields of this kind."""
    return _FROM_STORED.get(kind, str)(stored)


_FROM_STORED: dict[str, Callable[[Any], Value]] = {
    "number": Decimal,
    "date": date.fromisoformat,
    "address": lambda stored: Address(**stored),
    "choices": tuple,
    "file": lambda stored: tuple(FileRef(**item) for item in stored),
    "yes_no": bool,
}


LEGAL_PERSON_DIGITS = 10
"""Digits of a legal person's organisation number. A sole trader's has twelve, or ten where it was stored earlier."""


def may_pass_through_slack(field: Field, value: Any, names: Iterable[str] = ()) -> bool:
    """Whether this answer, stored or typed, may be shown in Slack: the field is `in_slack`, and it is not personal.

    `names` are those of the case's people.
    """
    return field.in_slack and not is_personal(field.kind, value, names)


def is_personal(kind: FieldKind, value: Any, names: Iterable[str] = ()) -> bool:
    """Whether the answer identifies or reaches a person, whatever the question.

    Values that the applicant does not write in their own words (a choice, yes, a day) do not. A sole trader's
    organisation number is their personnummer: its third digit is 0 or 1, a legal person's at least 2 (Skatteverket,
    SKV 709).
    """
    if kind in PERSONAL_KINDS:
        return True
    if kind == "organisation_number":
        return len(str(value)) > LEGAL_PERSON_DIGITS or str(value)[2:3] < "2"
    return kind in TYPED_KINDS and tells_of_person(str(value), names)


class InvalidAnswer(Exception):
    """An answer is not accepted; `key` names the sentence that says why, and `facts` fill it in."""

    def __init__(self, key: str, **facts: object) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts
