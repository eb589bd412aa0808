"""Typed personnummer, samordningsnummer and organisation numbers, as the digits that are stored."""

from __future__ import annotations

import re
from datetime import date

from stdnum import luhn
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.se import orgnr

from bot.catalog.answers.values import InvalidAnswer
from bot.text.personnummer import CENTURIES, earliest_birth, with_century

_VAT_NUMBER = re.compile(r"SE(?P<organisation>\d{10})01", re.ASCII | re.IGNORECASE)
_PERSONNUMMER = re.compile(r"(?P<century>\d\d)?(?P<rest>\d{6})(?P<sign>[-+]?)(?P<last>\d{4})", re.ASCII)
_DASHED_BIRTH = re.compile(r"^(\d\d(?:\d\d)?)-(\d\d)-(\d\d)(?=[-+]?\d{4}$)", re.ASCII)


def parse_personnummer(typed: str, today: date | None) -> str:
    """Twelve digits of a personnummer or samordningsnummer. Ten are accepted only where `today` gives the century."""
    found = _PERSONNUMMER.fullmatch(_DASHED_BIRTH.sub(r"\1\2\3", typed.replace(" ", "")))
    if not found:
        raise InvalidAnswer("answer.not_a_personnummer")
    if not luhn.is_valid(found["rest"] + found["last"]):
        raise InvalidAnswer("answer.wrong_check_digit")
    twelve = _with_century(found, today)
    if twelve is None:
        raise InvalidAnswer("answer.not_a_personnummer")
    return twelve


def _with_century(found: re.Match[str], today: date | None) -> str | None:
    """The twelve digits of what `_PERSONNUMMER` matched; None where no day of birth fits. Raises InvalidAnswer."""
    digits = found["rest"] + found["last"]
    if found["century"] is None:
        return with_century(digits, today, is_hundred=found["sign"] == "+") if today else None
    born = earliest_birth(found["century"] + found["rest"])
    if born and today and born > today:
        raise InvalidAnswer("answer.in_the_future")
    is_contradicted = born and today and found["sign"] == "+" and born.year > today.year - 100
    return found["century"] + digits if born and not is_contradicted else None


def parse_organisation_number(typed: str, today: date | None) -> str:
    """Ten digits, also of a VAT number. A sole trader's is their personnummer, in twelve digits where `today` is given:
    those who are a hundred years apart have the same ten."""
    undashed = typed.replace(" ", "").replace("-", "")
    vat_number = _VAT_NUMBER.fullmatch(undashed)
    found = _PERSONNUMMER.fullmatch(vat_number["organisation"] if vat_number else undashed)
    if not found or not _is_of_an_organisation(found["century"], found["rest"]):
        raise InvalidAnswer("answer.not_an_organisation_number")
    try:
        digits = str(orgnr.validate(found["rest"] + found["last"]))
    except InvalidChecksum:
        raise InvalidAnswer("answer.wrong_check_digit") from None
    except ValidationError:
        raise InvalidAnswer("answer.not_an_organisation_number") from None
    if _is_of_a_legal_person(found["century"], found["rest"]) or (today is None and not found["century"]):
        return digits
    twelve = _with_century(found, today)
    if twelve is None:
        raise InvalidAnswer("answer.not_an_organisation_number")
    return twelve


def _is_of_an_organisation(century: str | None, rest: str) -> bool:
    """Whether the digits before the last four can be an organisation's.

    What is no legal person's is the birth date of a sole trader, in the century that is given, or else in any.
    """
    if _is_of_a_legal_person(century, rest):
        return True
    return any(earliest_birth(one + rest) is not None for one in ([century] if century else CENTURIES))


def _is_of_a_legal_person(century: str | None, rest: str) -> bool:
    """Whether the third digit is at least 2 (lag 1974:174, 1 §) and the first not 0; some registers write 16 before."""
    return century in (None, "16") and rest[0] != "0" and rest[2] >= "2"
