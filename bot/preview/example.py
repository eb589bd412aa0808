"""An example of an applicant and of what they answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from bot.catalog.answers.validation import validate_answers
from bot.catalog.definition import Definition, create_definition
from bot.catalog.fields import CHOICE_KINDS, LIMITED_KINDS, Field
from bot.catalog.services import EService
from bot.domain.submission import Person
from bot.text import words

NAME, EMAIL, PHONE = "Eva Exempel", "eva@exempel.se", "070-174 06 05"

_BY_KIND: Mapping[str, Any] = MappingProxyType(
    {
        "email": EMAIL,
        "phone": PHONE,
        "personnummer": "19121212-1212",
        "organisation_number": "202100-5448",
        "address": {"street": "Storgatan 1", "postcode": "111 22", "city": "Stockholm"},
        "property": "Björken 1:2",
        "yes_no": "yes",
    }
)


def example_person(language: str) -> Person:
    return Person(
        id=uuid.uuid4().hex, name=NAME, email=EMAIL, phone=PHONE, language=language, address_state="code"
    )


def example_answers(service: EService, language: str, today: date) -> dict[str, Any]:
    """What is typed or chosen in the form, by the field's key: of each question that is then shown, files apart."""
    definition = create_definition(service)
    raw: dict[str, Any] = {}
    for field in definition.fields:
        if field.kind not in ("file", "info") and field in _shown(definition, raw, language, today):
            raw[field.key] = _example(field, language, today)
    return raw


def _shown(definition: Definition, raw: Mapping[str, Any], language: str, today: date) -> tuple[Field, ...]:
    answers = validate_answers(definition, raw, language, today=today).by_field()
    return definition.visible_fields(answers)


def _example(field: Field, language: str, today: date) -> Any:
    if field.kind in CHOICE_KINDS:
        chosen = field.choices[0].key
        return [chosen] if field.kind == "choices" else chosen
    if field.kind in LIMITED_KINDS:
        return str(_within(field, today if field.kind == "date" else Decimal(3)))
    if field.kind in ("text", "long_text"):
        length = "short" if field.kind == "text" else "long"
        return words(language)(f"preview.answer.{length}")[: field.max_length]
    return _BY_KIND[field.kind]


def _within(field: Field, value: Any) -> Any:
    """The value, or the nearest that the field's limits allow."""
    least, most = field.min, field.max
    if least is not None and value < least:
        return least
    return most if most is not None and value > most else value
