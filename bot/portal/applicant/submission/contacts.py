"""The questions about the applicants, as fields like the e-service's own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import Choice, Condition, Field
from bot.catalog.services import EService
from bot.domain.submission import Person
from bot.text import LANGUAGES, words

MAX_PERSONS = 10
MAX_NAME_LENGTH = 200
"""Persons in one form."""

PREFIX = "om-"

_APPLICANTS_TEXTS: Mapping[str, str] = {
    "who": "page.who.label",
    "who_help": "page.who.help",
    "named": "page.who.named",
    "protected_help": "page.protected.help",
    "protected": "page.protected.yes",
}
_OFFICERS_TEXTS: Mapping[str, str] = {
    "who": "register.who.label",
    "who_help": "register.who.help",
    "named": "register.who.named",
    "protected_help": "register.protected.help",
    "protected": "register.protected.yes",
}
"""The texts that are worded for the applicant who fills in the form, and for an officer who does it for them."""

MAIL_REQUIRED = "page.person.email.needed"
"""The key of the text about a mail address that is required."""


def contact_definition(service: EService, count: int, *, is_registration: bool = False) -> Definition:
    """The definition: whether anonymously, then name, e-mail and telephone of each person, then protected identity.

    An officer who registers a case for an applicant need give no mail address (`is_registration`), and is not
    addressed as the applicant.
    """
    keys = _OFFICERS_TEXTS if is_registration else _APPLICANTS_TEXTS
    texts = {name: _text_of(service, key) for name, key in keys.items()}
    fields: list[Field] = [_anonymity_field(texts)] if service.anonymous else []
    named = Condition(field="who", is_="named") if service.anonymous else None
    for n in range(count):
        fields += _person_fields(service, n, named, _mail_help(service, is_registration=is_registration))
    fields.append(_protection_field(named, texts))
    return Definition(service=service.key, name=service.name, fields=tuple(fields))


def requires_mail(service: EService) -> bool:
    """Whether an e-mail address is required, since Mina sidor is opened by a code sent to it."""
    return service.applicant_follows and service.login != "none"


def parse_people(answers: Mapping[str, object], language: str) -> tuple[Person, ...]:
    """The persons of the answers; empty for an anonymous submission."""
    if is_anonymous(answers):
        return ()
    given = (_parse_person(answers, n, language) for n in range(MAX_PERSONS))
    return tuple(person for person in given if person is not None)


def is_anonymous(answers: Mapping[str, object]) -> bool:
    return answers.get("who") == "anonymous"


def is_protected(answers: Mapping[str, object]) -> bool:
    return bool(answers.get("protected"))


def _parse_person(answers: Mapping[str, object], n: int, language: str) -> Person | None:
    name = answers.get(f"p{n}_name")
    if not isinstance(name, str):
        return None
    return Person(
        id=uuid.uuid4().hex,
        name=name,
        email=str(answers.get(f"p{n}_email", "")),
        phone=str(answers.get(f"p{n}_phone", "")),
        role="representative" if answers.get(f"p{n}_role") == "representative" else "applicant",
        language=language,
    )


def _text_of(service: EService, key: str) -> Text:
    """The text, which calls an applicant as the e-service does."""
    sv, en = (service.words_in(language)(key) for language in LANGUAGES)
    return Text(sv=sv, en=en)


def _text(key: str) -> Text:
    return Text(sv=words("sv")(key), en=words("en")(key))


def _anonymity_field(texts: Mapping[str, Text]) -> Field:
    return Field(
        key="who",
        kind="choice",
        label=texts["who"],
        help=texts["who_help"],
        required=True,
        choices=(
            Choice(key="named", label=texts["named"]),
            Choice(key="anonymous", label=_text("page.who.anonymous")),
        ),
    )


def _mail_help(service: EService, *, is_registration: bool) -> str:
    """The key of the text about the mail address."""
    if is_registration:
        return "register.email.help"
    return MAIL_REQUIRED if requires_mail(service) else "page.person.email.receipt"


def name_field(key: str, **settings: Any) -> Field:
    """The field for a person's name, which has a letter of any script."""
    return Field(
        key=key,
        kind="text",
        label=_text("page.person.name"),
        max_length=MAX_NAME_LENGTH,
        pattern=r"(?s).*[^\W\d_].*",
        pattern_help=_text("page.person.name.letter"),
        **settings,
    )


def _person_fields(service: EService, n: int, named: Condition | None, mail_help: str) -> list[Field]:
    fields = [
        name_field(f"p{n}_name", shown_if=named, required=True),
        Field(
            key=f"p{n}_email",
            kind="email",
            label=_text("page.person.email"),
            help=_text_of(service, mail_help),
            required=mail_help == MAIL_REQUIRED and n == 0,
            shown_if=named,
        ),
        Field(key=f"p{n}_phone", kind="phone", label=_text("page.person.phone"), shown_if=named),
    ]
    return [*fields, _role_field(n, named, service)] if service.several_applicants else fields


def _role_field(n: int, named: Condition | None, service: EService) -> Field:
    return Field(
        key=f"p{n}_role",
        kind="choice",
        label=_text("page.person.role"),
        shown_if=named,
        choices=(
            Choice(key="applicant", label=_text_of(service, "page.person.role.applicant")),
            Choice(key="representative", label=_text("page.person.role.representative")),
        ),
    )


def _protection_field(named: Condition | None, texts: Mapping[str, Text]) -> Field:
    return Field(
        key="protected",
        kind="choices",
        label=_text("page.protected.label"),
        help=texts["protected_help"],
        shown_if=named,
        choices=(Choice(key="yes", label=texts["protected"]),),
    )
