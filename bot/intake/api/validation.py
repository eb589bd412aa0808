"""Validation of a request to open a case."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import Any

from bot.catalog.answers.validation import FieldProblem, validate_answers
from bot.catalog.answers.values import FileRef as FileAnswer
from bot.catalog.answers.values import to_stored
from bot.catalog.base import Text
from bot.catalog.definition import Definition, create_definition
from bot.catalog.fields import Field
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.answer_problems import problem_text
from bot.domain.submission import Answers, FileRef, Person, SubmitCase, may_be_received
from bot.intake.api.models import FieldError, SentCase, SentFile, SentPerson
from bot.intake.api.problems import invalid
from bot.intake.files import Incoming
from bot.store.files.file_kinds import refusal_text, safe_name
from bot.store.files.file_kinds import validate_file as validate_content
from bot.text import Words
from bot.text.working_days import local_day


def _field(key: str, kind: str) -> Field:
    return Field.model_validate({"key": key, "kind": kind, "label": Text(sv=key, en=key)})


_PERSON = Definition(
    service="person",
    name=Text(sv="Person", en="Person"),
    fields=(_field("name", "text"), _field("email", "email"), _field("phone", "phone")),
)


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """What a case is validated against: its e-service, the catalog, the time, and the source's language."""

    service: EService
    catalog: Catalog
    now: datetime
    words: Words

    @property
    def definition(self) -> Definition:
        return create_definition(self.service)


@dataclass(frozen=True, slots=True)
class ValidatedCase:
    """A case that can be opened, with its files."""

    command: SubmitCase
    files: tuple[Incoming, ...]


Decode = Callable[[str], bytearray]
"""Decodes the content of a sent file. Raises ValueError where it is no base64."""


def validate_case(sent: SentCase, source: str, context: ValidationContext, decode: Decode) -> ValidatedCase:
    """Validate the case. Raises ApiError with all errors."""
    errors: list[FieldError] = []
    found = context.catalog.source(source)
    is_confirmed = found is not None and found.confirmed_addresses
    people = tuple(
        replace(one, address_state="source" if is_confirmed else "unconfirmed")
        for one in _validate_people(sent, context, errors)
    )
    incoming = _validate_files(sent, context, decode, errors)
    values = _validate_answers(sent, incoming, context, errors)
    received = _validate_received_at(sent, context, errors)
    if errors:
        raise invalid(errors)
    answered = set(values)
    attached = tuple(one for one in incoming if one.ref.field in answered)
    command = SubmitCase(
        service=context.service.key,
        answers=Answers(definition=context.definition.digest, values=values),
        people=people,
        files=tuple(one.ref for one in attached),
        origin="api",
        received_at=received,
        external=f"{source}:{sent.external_id}" if sent.external_id else "",
        protected=sent.protected,
    )
    return ValidatedCase(command, attached)


def _validate_people(
    sent: SentCase, context: ValidationContext, errors: list[FieldError]
) -> tuple[Person, ...]:
    if not sent.people and not context.service.anonymous:
        errors.append(FieldError(field="people", message=context.words("api.people.none")))
    if len(sent.people) > 1 and not context.service.several_applicants:
        errors.append(FieldError(field="people", message=context.words("api.people.several")))
    return tuple(
        _validate_person(one, f"people[{n}]", sent.language, context, errors)
        for n, one in enumerate(sent.people)
    )


def _validate_person(
    given: SentPerson, place: str, language: str, context: ValidationContext, errors: list[FieldError]
) -> Person:
    raw = {"name": given.name, "email": given.email, "phone": given.phone}
    checked = validate_answers(_PERSON, raw, context.words.language)
    errors += _field_errors(checked.problems, _PERSON, place, context)
    if not (given.name.strip() or given.email.strip()):
        errors.append(FieldError(field=place, message=context.words("api.people.nameless")))
    values = {key: str(value) for key, value in checked.by_field().items()}
    return Person(
        id=uuid.uuid4().hex,
        name=values.get("name", ""),
        email=values.get("email", ""),
        phone=values.get("phone", ""),
        role=given.role,
        language=given.language or language,
        external_id=given.external_id,
    )


def _field_errors(
    problems: tuple[FieldProblem, ...], definition: Definition, place: str, context: ValidationContext
) -> Iterator[FieldError]:
    for problem in problems:
        yield FieldError(
            field=f"{place}.{problem.field[:60]}", message=problem_text(problem, definition, context.words)
        )


def _validate_answers(
    sent: SentCase, incoming: list[Incoming], context: ValidationContext, errors: list[FieldError]
) -> dict[str, Any]:
    """The answers as they are stored. Files must be sent; a reference to a stored file is refused."""
    raw: dict[str, Any] = dict(sent.answers)
    for field in context.definition.fields:
        if field.kind == "file" and raw.pop(field.key, None) is not None:
            errors.append(FieldError(field=f"answers.{field.key}", message=context.words("api.file.answer")))
    for one in incoming:
        raw.setdefault(one.ref.field, []).append(_reference(one.ref))
    checked = validate_answers(
        context.definition,
        raw,
        context.words.language,
        today=local_day(context.now),
        anonymous=not sent.people,
    )
    errors += _field_errors(checked.problems, context.definition, "answers", context)
    return {key: to_stored(value) for key, value in checked.by_field().items()}


def _reference(ref: FileRef) -> dict[str, Any]:
    return asdict(FileAnswer(ref.id, ref.name, ref.size, ref.kind))


def _validate_files(
    sent: SentCase, context: ValidationContext, decode: Decode, errors: list[FieldError]
) -> list[Incoming]:
    limits = context.catalog.municipality.files
    if len(sent.files) > limits.max_files:
        errors.append(FieldError(field="files", message=context.words("api.file.many", n=limits.max_files)))
        return []
    accepted = []
    for n, given in enumerate(sent.files):
        try:
            accepted.append(_parse_file(given, context, decode))
        except _InvalidFile as error:
            errors.append(FieldError(field=f"files[{n}].{error.part}", message=str(error)))
    return accepted


class _InvalidFile(Exception):
    """A refused file: which part of it, and why, in words."""

    def __init__(self, part: str, text: str) -> None:
        super().__init__(text)
        self.part = part


def _parse_file(given: SentFile, context: ValidationContext, decode: Decode) -> Incoming:
    field = context.definition.field(given.field)
    if field is None or field.kind != "file":
        raise _InvalidFile("field", context.words("api.file.field"))
    try:
        content = bytes(decode(given.content))
    except ValueError:
        raise _InvalidFile("content", context.words("api.file.base64")) from None
    name, media = _validate_file(given, content, context)
    ref = FileRef(
        id=uuid.uuid4().hex,
        name=name,
        size=len(content),
        kind=media,
        sha256=hashlib.sha256(content).hexdigest(),
        field=given.field,
    )
    return Incoming(ref, partial(iter, (content,)))


def _validate_file(given: SentFile, content: bytes, context: ValidationContext) -> tuple[str, str]:
    """The file's name and media type. Raises _InvalidFile."""
    limits = context.catalog.municipality.files
    checked_file = validate_content(BytesIO(content), given.name, limits)
    error = "file.large" if len(content) > limits.max_bytes else checked_file.refusal_key
    if error:
        part = "name" if error == "file.kind" else "content"
        raise _InvalidFile(part, refusal_text(safe_name(given.name), error, limits, context.words))
    return checked_file.name, checked_file.media_type


def _validate_received_at(
    sent: SentCase, context: ValidationContext, errors: list[FieldError]
) -> datetime | None:
    if sent.received_at is None:
        return None
    try:
        received = sent.received_at.astimezone(UTC)
    except OverflowError:
        received = datetime.max.replace(tzinfo=UTC)
    if not may_be_received(received, context.now):
        errors.append(FieldError(field="received_at", message=context.words("api.received")))
    return received
