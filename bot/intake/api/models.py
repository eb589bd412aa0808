"""The API's models of requests and responses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic import Field as Given
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from bot.text import clean
from bot.text.typed_values import find_odd_sign

MAX_PEOPLE = 20
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def cleaned(value: Any) -> Any:
    """The JSON value with every text in it cleaned."""
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else clean(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, Mapping):
        return {key: cleaned(item) for key, item in value.items()}
    return value


def _whole(name: str) -> str:
    """The name, refused where it looks like another one: it must not match what that one names."""
    if odd := find_odd_sign(name):
        raise PydanticCustomError("not_whole", "has {sign}", {"sign": odd.name, "position": odd.position})
    return name


def _written_time(given: Any) -> Any:
    """The time, refused where it is a number: pydantic would take 20261130 for seconds, a day in 1970."""
    if not isinstance(given, str) or not _DATE.match(given):
        raise PydanticCustomError("timezone_aware", "is not written with a day and a time zone")
    return given


Clean = BeforeValidator(cleaned)
Whole = AfterValidator(_whole)
Moment = Annotated[AwareDatetime, BeforeValidator(_written_time)]
Name = Annotated[str, Clean, StringConstraints(max_length=200)]
Id = Annotated[str, StringConstraints(max_length=200), Whole]
Key = Annotated[str, StringConstraints(max_length=60), Whole]

_ID = "It is taken as it is: no invisible characters, no spaces but single ones between others, and composed (NFC)."


_NULL = {"type": "null"}


class Sent(BaseModel):
    """A part of a request: an unknown key is an error, and null means absent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: one for name, one in given.items() if one is not None or name not in cls.model_fields}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core))
        for name, described in schema["properties"].items():
            if name not in schema.get("required", ()) and _NULL not in described.get("anyOf", ()):
                about = {key: described.pop(key) for key in ("title", "description") if key in described}
                schema["properties"][name] = {"anyOf": [described, _NULL], **about}
        return schema


class SentPerson(Sent):
    """An applicant: at least a name or an e-mail address."""

    name: Name = ""
    """The person's name."""
    email: Name = ""
    """The person's mail address."""
    phone: Name = ""
    """The person's telephone number."""
    role: Literal["applicant", "representative"] = "applicant"
    """Whether the person applies, or acts for someone who does."""
    language: Literal["sv", "en"] | None = Given(None, description="Defaults to the case's language.")
    external_id: Id = Given("", description=f"The person's id in the source. Not a personnummer. {_ID}")


class SentFile(Sent):
    """A file that answers a field of kind `file`."""

    field: Key
    """The key of the field that it answers."""
    name: Annotated[str, Clean, StringConstraints(min_length=1, max_length=500)]
    """Its name, with its ending."""
    content: str = Given(description="The file, base64.", json_schema_extra={"contentEncoding": "base64"})


class SentCase(Sent):
    """A case to be opened."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "example": {
                "service": "bygglov",
                "external_id": "KC-2026-4711",
                "language": "sv",
                "people": [{"name": "Eva Ek", "email": "eva.ek@exempel.se"}],
                "answers": {"vad": "Jag vill bygga en altan."},
                "files": [{"field": "ritning", "name": "ritning.txt", "content": "UGxhbnJpdG5pbmc="}],
                "received_at": "2026-11-22T13:04:00+01:00",
                "protected": False,
            }
        },
    )

    service: Key = Given(description="The e-service's key.")
    external_id: Annotated[Id, StringConstraints(min_length=1)] | None = Given(
        None,
        description="The case's id in the source. The same id opens one case, however often it is sent, "
        f"and is no other source's. {_ID}",
    )
    language: Literal["sv", "en"] = Given("sv", description="The language the applicants are written to in.")
    people: list[SentPerson] = Given(default_factory=list, max_length=MAX_PEOPLE)
    """The applicants. None, where the e-service allows it."""
    answers: Annotated[dict[str, Any], Clean] = Given(
        default_factory=dict,
        description="By field key. A choice is the choice's key, a number a JSON number, a date YYYY-MM-DD, an address "
        "{street, postcode, city, country}, where country is left out in Sweden. Files are sent in `files`.",
    )
    files: list[SentFile] = Given(default_factory=list)
    """Files that answer fields of kind `file`."""
    received_at: Moment | None = Given(
        None, description="When the applicant sent it, with a time zone; now where it is left out."
    )
    protected: bool = Given(False, description="Someone in the case has protected personal data.")


class Shown(BaseModel):
    """A part of a response."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class OpenedCase(Shown):
    """The response to an opened case."""

    id: str
    """The case's id, which never changes."""
    number: str = Given(description="The case number, such as 2026-000123.", examples=["2026-000123"])


class FieldError(Shown):
    """What is wrong with one field, in words."""

    field: str = Given(examples=["answers.vad", "people[0].email"])
    """The field, as a path into the body."""
    message: str
    """What is wrong with it."""


class ProblemReport(Shown):
    """Why a request was refused (RFC 9457)."""

    type: str
    """An address that names the kind of problem."""
    title: str
    """The kind of problem, in words."""
    status: int
    """The HTTP status."""
    detail: str
    """What is wrong with this request."""
    errors: list[FieldError] = Given(default_factory=list)
    """What is wrong with each field."""


class SaidText(Shown):
    """A text in both languages."""

    sv: str
    """The text in Swedish."""
    en: str
    """The text in English."""


class ChoiceShown(Shown):
    """One of the answers that can be chosen."""

    key: str
    """What is sent as the answer."""
    label: SaidText
    """What people read."""


class ConditionShown(Shown):
    """The field is asked when the answer to `field` is one of `any_of`."""

    field: str
    """The key of the earlier field."""
    any_of: list[bool | str]
    """Its answers."""


class RuleShown(Shown):
    """What an answer, one of `when`, means for the answer to `field`, or for anonymity where that is `anonymous`.

    Of `forbids`, that may not be one of `any_of`. Of `requires`, it must be, or be there at all where `any_of` is null.
    """

    when: list[bool | str]
    """Answers to the rule's own field."""
    field: str
    """The key of the other field, or `anonymous`."""
    any_of: list[bool | str] | None = None
    """Answers to the other field."""
    text: SaidText | None = Given(None, description="What one who breaks the rule is told.")


class FieldShown(Shown):
    """A field of an e-service's form."""

    key: str
    """The name by which the answer is sent."""
    kind: str
    """What kind of answer it takes."""
    label: SaidText
    """The question."""
    help: SaidText | None = None
    """A sentence below it."""
    required: bool
    """Whether it must be answered."""
    choices: list[ChoiceShown] = Given(default_factory=list)
    """What can be chosen."""
    min: str | None = None
    """The least number, or the first day."""
    max: str | None = None
    """The largest number, or the last day."""
    whole: bool = Given(False, description="The number counts something, and has no decimals.")
    max_length: int | None = None
    """Characters of a text."""
    max_files: int | None = None
    """Files of one answer."""
    pattern: str | None = None
    """A regular expression that the whole of a text must match."""
    pattern_help: SaidText | None = Given(None, description="What the pattern asks for, in words.")
    shown_if: ConditionShown | None = None
    """When it is asked."""
    forbids: list[RuleShown] = Given(default_factory=list)
    """Answers to other fields that an answer to this one rules out."""
    requires: list[RuleShown] = Given(default_factory=list)
    """Answers to other fields that an answer to this one requires."""
    errors: dict[str, SaidText] = Given(
        default_factory=dict,
        description="The field's own words about an invalid answer, by what is wrong with it.",
    )


class ServiceShown(Shown):
    """An e-service, for systems that send cases to it."""

    key: str
    """The e-service's key."""
    name: SaidText
    """What people call it."""
    anonymous: bool = Given(description="Whether a case may come without people.")
    several_applicants: bool
    """Whether a case may have several people."""
    fields: list[FieldShown]
    """The questions of its form, in order."""
    file_kinds: list[str]
    """File name endings that are taken."""
    max_file_bytes: int
    """The largest file."""
