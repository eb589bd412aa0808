"""Answers as people read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.catalog.answers.values import Address
from bot.catalog.fields import Field
from bot.domain.answer_formatting import format_answer
from bot.text import words

SV, EN = words("sv"), words("en")


def field(kind: str, **more: Any) -> Field:
    return Field.model_validate({"key": "f", "kind": kind, "label": "Fråga", **more})


CHOICES = [{"key": "a", "label": {"sv": "Altan", "en": "Terrace"}}, {"key": "b", "label": "Bod"}]


@pytest.mark.parametrize(
    ("kind", "value", "wording"),
    [
        ("text", "Björken 4:12", "Björken 4:12"),
        ("number", "1204.5", "1\u00a0204,5"),
        ("number", Decimal("7"), "7"),
        ("date", "2026-12-04", "4 dec. 2026"),
        ("date", date(2026, 12, 4), "4 dec. 2026"),
        ("yes_no", True, "Ja"),
        ("yes_no", False, "Nej"),
        ("phone", "+46701740605", "070-174 06 05"),
        ("personnummer", "198112189876", "19811218-9876"),
        ("organisation_number", "2120000142", "212000-0142"),
        ("organisation_number", "188503144563", "18850314-4563"),
        ("address", Address("Ekgatan 1", "123 45", "Sandköping"), "Ekgatan 1\n123 45 Sandköping"),
        ("address", Address("Ekgata 1", "0154", "Oslo", "Norge"), "Ekgata 1\n0154 Oslo\nNorge"),
        (
            "address",
            {"street": "Ekgata 1", "postcode": "", "city": "Doha", "country": "Qatar"},
            "Ekgata 1\nDoha\nQatar",
        ),
        (
            "address",
            {"street": "Ekgatan 1", "postcode": "123 45", "city": "Sandköping"},
            "Ekgatan 1\n123 45 Sandköping",
        ),
        (
            "file",
            [{"id": "1", "name": "ritning.pdf", "size": 1_258_291, "kind": "application/pdf"}],
            "ritning.pdf (1,2 MB)",
        ),
        ("text", None, ""),
        ("choices", [], ""),
    ],
)
def test_an_answer_is_written_as_people_write_it(kind: str, value: Any, wording: str) -> None:
    more = {"choices": CHOICES} if kind in ("choice", "choices") else {}
    assert format_answer(field(kind, **more), value, SV) == wording


def test_a_choice_is_shown_by_its_label_in_the_readers_language() -> None:
    asked = field("choices", choices=CHOICES)
    assert format_answer(asked, ["a", "b"], SV) == "Altan\nBod"
    assert format_answer(asked, ("a",), EN) == "Terrace"


@pytest.mark.parametrize(
    ("kind", "value"), [("number", "många"), ("date", "snart"), ("address", "Ekgatan 1")]
)
def test_what_an_import_brought_in_another_form_is_shown_as_it_stands(kind: str, value: str) -> None:
    assert format_answer(field(kind), value, SV) == value
