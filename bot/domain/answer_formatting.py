"""Formatting of answers for people, the same in Slack and on the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers

from bot.catalog.answers.parsing import typed_number
from bot.catalog.answers.values import Address
from bot.catalog.fields import Field
from bot.text import Words


def format_answer(field: Field, value: Any, words: Words) -> str:
    """The answer as text; `value` is stored or parsed. Empty for no answer.

    A value that does not fit the field's kind, which imports can contain, is shown unformatted.
    """
    if value is None or value in ("", [], ()):
        return ""
    try:
        return _RENDERERS.get(field.kind, _text)(field, value, words)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        return str(value)


def _text(_: Field, value: Any, words: Words) -> str:
    return str(value)


def _number(_: Field, value: Any, words: Words) -> str:
    return words.number(Decimal(str(value)))


def _date(_: Field, value: Any, words: Words) -> str:
    return words.day(value if isinstance(value, date) else date.fromisoformat(value))


def _choice(field: Field, value: Any, words: Words) -> str:
    return field.choice_label(str(value), words.language)


def _choices(field: Field, value: Any, words: Words) -> str:
    chosen = [value] if isinstance(value, str) else value
    return "\n".join(field.choice_label(str(key), words.language) for key in chosen)


def _yes_no(_: Field, value: Any, words: Words) -> str:
    return words("value.yes") if value else words("value.no")


def typed_answer(field: Field, stored: str) -> str:
    """The stored answer as people write it in a form's field."""
    return _AS_TYPED.get(field.kind, str)(stored)


def format_phone(number: str) -> str:
    """A stored telephone number as it is dialled: a Swedish one without its country code. What is none is kept."""
    try:
        parsed = phonenumbers.parse(number, "SE")
    except phonenumbers.NumberParseException:
        return number
    form = phonenumbers.PhoneNumberFormat
    is_swedish = parsed.country_code == phonenumbers.country_code_for_region("SE")
    return phonenumbers.format_number(parsed, form.NATIONAL if is_swedish else form.INTERNATIONAL)


def _phone(_: Field, value: Any, words: Words) -> str:
    return format_phone(str(value))


def _identity_number(_: Field, value: Any, words: Words) -> str:
    digits = str(value)
    return f"{digits[:-4]}-{digits[-4:]}" if digits.isdecimal() else digits


def _address(_: Field, value: Any, words: Words) -> str:
    address = value if isinstance(value, Address) else Address(**value)
    place = f"{address.postcode} {address.city}".strip()
    return "\n".join(line for line in (address.street, place, address.country) if line)


def _files(_: Field, value: Any, words: Words) -> str:
    files = value if isinstance(value, list | tuple) else [value]
    return "\n".join(
        f"{_component(file, 'name')} ({words.size(int(_component(file, 'size')))})" for file in files
    )


def _component(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, Mapping) else getattr(value, name)


_RENDERERS: dict[str, Callable[[Field, Any, Words], str]] = {
    "number": _number,
    "date": _date,
    "choice": _choice,
    "choices": _choices,
    "yes_no": _yes_no,
    "phone": _phone,
    "personnummer": _identity_number,
    "organisation_number": _identity_number,
    "address": _address,
    "file": _files,
}

_AS_TYPED: Mapping[str, Callable[[str], str]] = {"number": typed_number, "phone": format_phone}
"""What is stored otherwise than people write it, by the field's kind."""
