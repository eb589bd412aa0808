"""Whether what was sent can be a case, and the case it is."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any

from bot.catalog.answers import FieldProblem, check
from bot.catalog.base import Text
from bot.catalog.definition import Definition, definition_of
from bot.catalog.fields import Field
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.catalog.values import FileRef as FileAnswer
from bot.catalog.values import to_stored
from bot.domain.intake import Answers, FileRef, Person, SubmitCase
from bot.intake.api.models import FieldError, SentCase, SentFile, SentPerson
from bot.intake.api.problems import invalid
from bot.intake.files import Incoming
from bot.store.files.file_kinds import judge as judge_file
from bot.store.files.file_kinds import not_taken, safe_name
from bot.text import Words
from bot.text.working_days import local_day

AHEAD = timedelta(minutes=5)
"""How far a source's clock may go before ours."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def _asked(key: str, kind: str) -> Field:
    return Field.model_validate({"key": key, "kind": kind, "label": Text(sv=key, en=key)})


_PERSON = Definition(
    service="person",
    name=Text(sv="Person", en="Person"),
    fields=(_asked("name", "text"), _asked("email", "email"), _asked("phone", "phone")),
)


@dataclass(frozen=True, slots=True)
class Judging:
    """What a case is judged by: the e-service it is for, the catalog, the time, and the source's language."""

    service: EService
    catalog: Catalog
    now: datetime
    words: Words

    @property
    def definition(self) -> Definition:
        return definition_of(self.service)


@dataclass(frozen=True, slots=True)
class Judged:
    """A case that can be opened, with its files."""

    command: SubmitCase
    files: tuple[Incoming, ...]


def judge(sent: SentCase, source: str, by: Judging) -> Judged:
    """The case that was sent. Raises Refusal with all that is wrong with it at once."""
    errors: list[FieldError] = []
    people = _people(sent, by, errors)
    incoming = _files(sent, by, errors)
    values = _answers(sent, incoming, by, errors)
    received = _received(sent, by, errors)
    if errors:
        raise invalid(errors)
    shown = set(values)
    kept = tuple(one for one in incoming if one.ref.field in shown)
    command = SubmitCase(
        service=by.service.key,
        answers=Answers(definition=by.definition.digest, values=values),
        people=people,
        files=tuple(one.ref for one in kept),
        origin="api",
        received_at=received,
        external=f"{source}:{sent.external_id}" if sent.external_id else "",
        protected=sent.protected,
    )
    return Judged(command, kept)


def _people(sent: SentCase, by: Judging, errors: list[FieldError]) -> tuple[Person, ...]:
    if not sent.people and not by.service.anonymous:
        errors.append(FieldError(field="people", message=by.words("api.people.none")))
    if len(sent.people) > 1 and not by.service.several_applicants:
        errors.append(FieldError(field="people", message=by.words("api.people.several")))
    return tuple(_person(one, f"people[{n}]", sent.language, by, errors) for n, one in enumerate(sent.people))


def _person(given: SentPerson, place: str, language: str, by: Judging, errors: list[FieldError]) -> Person:
    raw = {"name": given.name, "email": given.email, "phone": given.phone}
    checked = check(_PERSON, raw, by.words.language)
    errors += _said(checked.problems, place, by)
    if not (given.name.strip() or given.email.strip()):
        errors.append(FieldError(field=place, message=by.words("api.people.nameless")))
    values = {key: str(value) for key, value in checked.by_field().items()}
    return Person(
        id=uuid.uuid4().hex,
        role=given.role,
        language=given.language or language,
        external_id=given.external_id,
        **values,
    )


def _said(problems: tuple[FieldProblem, ...], place: str, by: Judging) -> Iterator[FieldError]:
    for problem in problems:
        yield FieldError(
            field=f"{place}.{problem.field[:60]}", message=by.words(problem.key, **problem.facts)
        )


def _answers(
    sent: SentCase, incoming: list[Incoming], by: Judging, errors: list[FieldError]
) -> dict[str, Any]:
    """The answers as they are stored. A file is answered with a file, never with a reference to one."""
    raw: dict[str, Any] = dict(sent.answers)
    for field in by.definition.fields:
        if field.kind == "file" and raw.pop(field.key, None) is not None:
            errors.append(FieldError(field=f"answers.{field.key}", message=by.words("api.file.answer")))
    for one in incoming:
        raw.setdefault(one.ref.field, []).append(_reference(one.ref))
    checked = check(by.definition, raw, by.words.language, today=local_day(by.now))
    errors += _said(checked.problems, "answers", by)
    return {key: to_stored(value) for key, value in checked.by_field().items()}


def _reference(ref: FileRef) -> dict[str, Any]:
    return asdict(FileAnswer(ref.id, ref.name, ref.size, ref.kind))


def _files(sent: SentCase, by: Judging, errors: list[FieldError]) -> list[Incoming]:
    limits = by.catalog.municipality.files
    if len(sent.files) > limits.max_files:
        errors.append(FieldError(field="files", message=by.words("api.file.many", n=limits.max_files)))
        return []
    taken = []
    for n, given in enumerate(sent.files):
        try:
            taken.append(_file(given, by))
        except _Unfit as why:
            errors.append(FieldError(field=f"files[{n}].{why.part}", message=str(why)))
    return taken


class _Unfit(Exception):
    """A file that cannot be taken: which part of it, and why, as it is said."""

    def __init__(self, part: str, said: str) -> None:
        super().__init__(said)
        self.part = part


def _file(given: SentFile, by: Judging) -> Incoming:
    field = by.definition.field(given.field)
    if field is None or field.kind != "file":
        raise _Unfit("field", by.words("api.file.field"))
    try:
        content = base64.b64decode(given.content, validate=True)
    except ValueError:
        raise _Unfit("content", by.words("api.file.base64")) from None
    name, media = _judged(given, content, by)
    ref = FileRef(
        id=uuid.uuid4().hex,
        name=name,
        size=len(content),
        kind=media,
        sha256=hashlib.sha256(content).hexdigest(),
        field=given.field,
    )
    return Incoming(ref, partial(iter, (content,)))


def _judged(given: SentFile, content: bytes, by: Judging) -> tuple[str, str]:
    """The file's name and media type, where it may be taken."""
    limits = by.catalog.municipality.files
    judged = judge_file(BytesIO(content), given.name, limits)
    why = "file.large" if len(content) > limits.max_bytes else judged.refused
    if why:
        part = "name" if why == "file.kind" else "content"
        raise _Unfit(part, not_taken(safe_name(given.name), why, limits, by.words))
    return judged.name, judged.media


def _received(sent: SentCase, by: Judging, errors: list[FieldError]) -> datetime | None:
    if sent.received_at is None:
        return None
    try:
        received = sent.received_at.astimezone(UTC)
    except OverflowError:
        received = datetime.max.replace(tzinfo=UTC)
    if not EARLIEST <= received <= by.now + AHEAD:
        errors.append(FieldError(field="received_at", message=by.words("api.received")))
    return received
