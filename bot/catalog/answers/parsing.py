"""Parsing of typed values into answers: one function for each kind of field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import phonenumbers
from babel.dates import get_day_names

from bot.catalog.answers.identity_numbers import parse_organisation_number, parse_personnummer
from bot.catalog.answers.values import Address, FileRef, InvalidAnswer, Value
from bot.catalog.fields import Field
from bot.text import LANGUAGES
from bot.text.mail_addresses import LookAlike, NotAnAddress, copied_address, read_address
from bot.text.typed_values import fold_mail_address, fold_typed

# Characters, where the catalog sets no limit: every value from outside has one.
MAX_LENGTHS = {"text": 500, "long_text": 20_000, "property": 120}
DEFAULT_MAX_LENGTH = 320
MAX_FILES = 10
MAX_NUMBER = 10**15 - 1
_MAX_DECIMALS = 6

_AS_WRITTEN = frozenset({"text", "long_text", "file"})
_WITHOUT_STOP = frozenset({"personnummer", "organisation_number"})
"""Kinds after which a full stop was copied along."""

_FOLDS = {"email": fold_mail_address}
_UNSEEN = "\u00ad\u200b\u2060\ufeff"
"""Invisible characters stripped from the ends of pasted text. Joiners are not: they may belong to a name."""

_YES = frozenset({"true", "ja", "yes", "on", "1"})
_NO = frozenset({"false", "nej", "no", "off", "0"})
_NUMBER = re.compile(r"(?P<whole>-?\d+)(?:(?P<mark>[.,])(?P<decimals>\d{1,6}))?", re.ASCII)
_IN_THOUSANDS = re.compile(
    r"(?P<whole>-?[1-9]\d{0,2}(?P<mark>[ .,'\u2019])\d{3}(?:(?P=mark)\d{3})*)"
    r"(?:(?!(?P=mark))[.,](?P<decimals>\d{1,6}))?",
    re.ASCII,
)
_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAYS: dict[str, int] = {
    name.lower().rstrip("."): number
    for language in LANGUAGES
    for width in ("wide", "abbreviated")
    for number, name in get_day_names(width, locale=language).items()
}
"""The number of a weekday, 0 for Monday, by its name."""

_FIRST_YEAR, _LAST_YEAR = 1000, 2999
"""Years that anyone means: browsers complete 26 to 0026."""
_DAY_FORMATS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
        r"(?P<y>\d{4})(?P<sep>[-/. ])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)",
        r"(?P<d>\d\d?) ?[-/. ] ?(?P<m>\d\d?) ?[-/. ] ?(?P<y>\d{4})",
        r"(?:den )?(?P<d>\d\d?)(?:\.|:[ae]|st|nd|rd|th)? (?P<m>[a-z]{3,9})[.,]? (?P<y>\d{4})",
        r"(?P<m>[a-z]{3,9})\.? (?P<d>\d\d?)(?:st|nd|rd|th)?,? (?P<y>\d{4})",
    )
)
_PHONE = re.compile(r"(?:tel(?:efon)?[.:]? ?)?(?P<number>[+\uff0b]?[\d ()./-]+)", re.ASCII | re.IGNORECASE)
"""A number alone: what phonenumbers else leaves out (an extension) or reads as digits (letters) would be lost."""
_POSTCODE = re.compile(r"(?:SE?[- ]?)?(\d{3}) ?(\d\d)", re.ASCII | re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?P<street>.+?) ?, ?(?P<postcode>(?:SE?[- ])?\d{3} ?\d\d|[A-Z]{1,3}-[A-Z\d]+(?:[ -]\d+)?|\d[A-Z\d]*(?:-\d+)?)"
    r" (?P<city>[^,]+?)(?: ?, ?(?P<country>[^,\d]+))?",
    re.IGNORECASE,
)
_POSTCODE_ABROAD = re.compile(r"[A-Z\d](?:[A-Z\d -]{0,10}[A-Z\d])?", re.ASCII | re.IGNORECASE)
_WITH_COUNTRY = re.compile(r"(?!SE?-)[A-Z]{1,3}-[A-Z\d][A-Z\d -]{1,9}", re.ASCII | re.IGNORECASE)
_SWEDEN = frozenset({"sverige", "sweden", "se", "swe"})
ADDRESS_PARTS = ("street", "postcode", "city", "country")


def parse_answer(field: Field, raw: object, today: date | None) -> Value:
    """The answer to a field. Texts and files are used as given, other kinds folded first. Raises InvalidAnswer."""
    typed = raw if field.kind in _AS_WRITTEN else _folded(raw, _FOLDS.get(field.kind, fold_typed))
    if field.kind in _WITHOUT_STOP and isinstance(typed, str):
        typed = typed.rstrip(" .")
    if field.kind == "personnummer":
        return parse_personnummer(_string(typed), today)
    if field.kind == "organisation_number":
        return parse_organisation_number(_string(typed), today)
    return _PARSERS[field.kind](field, typed)


def _folded(raw: object, fold: Callable[[str], str] = fold_typed) -> object:
    """Each text in an answer folded, without a trailing comma, which is often copied along with it."""
    if isinstance(raw, str):
        return fold(raw).strip(" ").rstrip(" ,;")
    if isinstance(raw, Mapping):
        return {part: _folded(one) if isinstance(one, str) else one for part, one in raw.items()}
    if isinstance(raw, list | tuple):
        return [_folded(one) if isinstance(one, str) else one for one in raw]
    return raw


def _string(raw: object, limit: int = DEFAULT_MAX_LENGTH) -> str:
    if not isinstance(raw, str):
        raise InvalidAnswer("answer.not_text")
    text = raw.strip().strip(_UNSEEN).strip()
    if len(text) > limit:
        raise InvalidAnswer("answer.too_long", n=len(text) - limit, max=limit)
    return text


def _long_text(field: Field, raw: object) -> str:
    text = _string(raw, field.max_length or MAX_LENGTHS.get(field.kind, DEFAULT_MAX_LENGTH))
    if field.pattern is None or re.fullmatch(field.pattern, text):
        return text
    folded = fold_typed(text)
    if not re.fullmatch(field.pattern, folded):
        raise InvalidAnswer("answer.pattern", help=field.pattern_help or "")
    return folded


def _text(field: Field, raw: object) -> str:
    return _long_text(field, " ".join(raw.split()) if isinstance(raw, str) else raw)


def _property(field: Field, raw: object) -> str:
    text = _text(field, raw)
    if not re.search(r"[^\W\d]", text) or not re.search(r"\d", text):
        raise InvalidAnswer("answer.not_a_property")
    return text


def _number(field: Field, raw: object) -> Decimal:
    number = _decimal(raw, whole=field.whole)
    if field.whole and number % 1:
        raise InvalidAnswer("answer.not_whole")
    lowest = -MAX_NUMBER if field.min is None else field.min
    highest = MAX_NUMBER if field.max is None else field.max
    if number < lowest:  # type: ignore[operator]
        raise InvalidAnswer("answer.too_small", min=lowest)
    if number > highest:  # type: ignore[operator]
        raise InvalidAnswer("answer.too_large", max=highest)
    return number


def _decimal(raw: object, *, whole: bool) -> Decimal:
    """The number; one beyond MAX_NUMBER as the next whole one, which no field takes."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise InvalidAnswer("answer.not_a_number")
    if isinstance(raw, str):
        number = _parse_number(raw, whole=whole)
    else:
        number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    if number.is_nan():
        raise InvalidAnswer("answer.not_a_number")
    beyond = Decimal(MAX_NUMBER + 1)
    return _normalize(max(min(number, beyond), -beyond))


def _parse_number(typed: str, *, whole: bool) -> Decimal:
    """The typed number. Raises InvalidAnswer for 1.200 unless `whole`: it may mean 1 200 or 1,2."""
    plain, in_thousands = _NUMBER.fullmatch(typed), _IN_THOUSANDS.fullmatch(typed)
    if plain and in_thousands and not whole:
        raise InvalidAnswer(
            "answer.unclear_number", many=_to_decimal(in_thousands), few=_with_decimals(plain)
        )
    if found := in_thousands or plain:
        return _to_decimal(found)
    raise InvalidAnswer("answer.not_whole" if whole else "answer.not_a_number")


def _to_decimal(found: re.Match[str]) -> Decimal:
    digits = re.sub(r"[^-\d]", "", found["whole"])
    return Decimal(f"{digits}.{found['decimals'] or 0}")


def _with_decimals(plain: re.Match[str]) -> str:
    """The number with other than three decimals, so that they are not taken for thousands."""
    decimals = plain["decimals"].rstrip("0")
    if len(decimals) == 3:
        decimals += "0"
    return f"{plain['whole']}{plain['mark']}{decimals}" if decimals else plain["whole"]


def typed_number(stored: str) -> str:
    """A stored number as it is typed, with a comma, and never so that its decimals could be taken for thousands."""
    plain = _NUMBER.fullmatch(stored.replace(".", ","))
    return _with_decimals(plain) if plain and plain["decimals"] else stored


def _normalize(number: Decimal) -> Decimal:
    """The number without exponent and minus zero. Raises InvalidAnswer where it has too many decimals."""
    rounded = number.quantize(Decimal(1).scaleb(-_MAX_DECIMALS))
    if rounded != number:
        raise InvalidAnswer("answer.not_a_number")
    text = format(rounded, "f").rstrip("0").rstrip(".")
    return Decimal("0" if text in ("-0", "") else text)


def _date(field: Field, raw: object) -> date:
    day = raw if isinstance(raw, date) and not isinstance(raw, datetime) else _parse_date(raw)
    if field.min is not None and day < field.min:  # type: ignore[operator]
        raise InvalidAnswer("answer.too_early", min=field.min)
    if field.max is not None and day > field.max:  # type: ignore[operator]
        raise InvalidAnswer("answer.too_late", max=field.max)
    return day


def typed_day(typed: str) -> date | None:
    """The typed day, in any of the formats that forms accept; None where it is no day."""
    try:
        return _parse_date(_folded(typed))
    except InvalidAnswer:
        return None


def _parse_date(raw: object) -> date:
    """The typed day. Raises InvalidAnswer, also for a day that is written as one and does not exist."""
    typed = raw.lower().rstrip(" .") if isinstance(raw, str) else ""
    first, _, others = typed.partition(" ")
    weekday = _WEEKDAYS.get(first.rstrip(".,"))
    if weekday is not None:
        day = _parse_date(others)
        if day.weekday() != weekday:
            raise InvalidAnswer("answer.other_weekday", day=day)
        return day
    for day_format in _DAY_FORMATS:
        if (found := day_format.fullmatch(typed)) and (month := _month(found["m"])) is not None:
            year = int(found["y"])
            try:
                if _FIRST_YEAR <= year <= _LAST_YEAR:
                    return date(year, month, int(found["d"]))
            except ValueError:
                pass
            raise InvalidAnswer("answer.no_such_day")
    raise InvalidAnswer("answer.not_a_date")


def _month(written: str) -> int | None:
    """A month's number, of its digits or of its name or the beginning of that; None for a word that is none."""
    if written.isdecimal():
        return int(written)
    return next((index % 12 + 1 for index, name in enumerate(_MONTHS) if name.startswith(written)), None)


def _choice(field: Field, raw: object) -> str:
    if not isinstance(raw, str) or field.choice(raw) is None:
        raise InvalidAnswer("answer.not_a_choice")
    return raw


def _choices(field: Field, raw: object) -> tuple[str, ...]:
    """The choices in the form's order, without duplicates."""
    keys = [raw] if isinstance(raw, str) else raw
    if not isinstance(keys, Sequence):
        raise InvalidAnswer("answer.not_a_choice")
    chosen = {_choice(field, choice_key) for choice_key in keys}
    return tuple(choice.key for choice in field.choices if choice.key in chosen)


def _yes_no(_: Field, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = raw.lower() if isinstance(raw, str) else ""
    if word not in _YES | _NO:
        raise InvalidAnswer("answer.not_yes_no")
    return word in _YES


def _email(_: Field, raw: object) -> str:
    address = copied_address(_string(raw))
    if address.count("@") > 1:
        raise InvalidAnswer("answer.several_emails")
    if " " in address and "@" in address:
        raise InvalidAnswer("answer.spaced_email")
    try:
        return read_address(address)
    except LookAlike as found:
        raise InvalidAnswer("answer.lookalike_email", sign=found.sign) from None
    except NotAnAddress:
        raise InvalidAnswer("answer.not_an_email") from None


def _phone(_: Field, raw: object) -> str:
    typed = _PHONE.fullmatch(_string(raw))
    if typed is None:
        raise InvalidAnswer("answer.not_a_phone")
    try:
        number = phonenumbers.parse(typed["number"], "SE")
    except phonenumbers.NumberParseException:
        raise InvalidAnswer("answer.not_a_phone") from None
    if not phonenumbers.is_valid_number(number):
        raise InvalidAnswer("answer.not_a_phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _address(_: Field, raw: object) -> Address:
    """The address: in Sweden with a postcode of five digits, abroad with the country or its letters before it."""
    street, postcode, city, country = _address_parts(raw)
    if not (street and city and (postcode or country)):
        raise InvalidAnswer("answer.not_an_address")
    if country and country.lower() not in _SWEDEN:
        if postcode and not _POSTCODE_ABROAD.fullmatch(postcode):
            raise InvalidAnswer("answer.not_a_postcode_abroad")
        return Address(street, postcode, city, country)
    if found := _POSTCODE.fullmatch(postcode):
        return Address(street, f"{found[1]} {found[2]}", city)
    if not country and _WITH_COUNTRY.fullmatch(postcode):
        return Address(street, postcode.upper(), city)
    raise InvalidAnswer("answer.not_a_postcode")


def _address_parts(raw: object) -> tuple[str, str, str, str]:
    if isinstance(raw, Address):
        return raw.street, raw.postcode, raw.city, raw.country
    if isinstance(raw, Mapping):
        if unknown := [part for part in raw if part not in ADDRESS_PARTS]:
            raise InvalidAnswer("answer.unknown", label=str(unknown[0])[:60])
        street, postcode, city, country = (_string(raw.get(part) or "") for part in ADDRESS_PARTS)
        return street, postcode, city, country
    found = _ADDRESS.fullmatch(_string(raw).replace("\n", ", "))
    if not found:
        raise InvalidAnswer("answer.not_an_address")
    return found["street"], found["postcode"], found["city"], found["country"] or ""


def _files(field: Field, raw: object) -> tuple[FileRef, ...]:
    items = raw if isinstance(raw, list | tuple) else [raw]
    max_files = field.max_files or MAX_FILES
    if len(items) > max_files:
        raise InvalidAnswer("answer.too_many_files", n=max_files)
    return tuple(_file(item) for item in items)


def _file(item: object) -> FileRef:
    if isinstance(item, FileRef):
        return item
    if not isinstance(item, Mapping):
        raise InvalidAnswer("answer.not_a_file")
    id_, name, size, kind = (item.get(part) for part in ("id", "name", "size", "kind"))
    if not (isinstance(id_, str) and isinstance(name, str) and isinstance(kind, str)):
        raise InvalidAnswer("answer.not_a_file")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise InvalidAnswer("answer.not_a_file")
    return FileRef(id_, name, size, kind)


_PARSERS: dict[str, Callable[[Field, object], Value]] = {
    "text": _text,
    "long_text": _long_text,
    "number": _number,
    "date": _date,
    "choice": _choice,
    "choices": _choices,
    "yes_no": _yes_no,
    "email": _email,
    "phone": _phone,
    "address": _address,
    "property": _property,
    "file": _files,
}
