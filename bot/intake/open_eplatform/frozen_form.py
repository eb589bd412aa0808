"""Conversion of a document's questions to a frozen form and its answers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from bot.catalog.answers.values import FileRef as FileAnswer
from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import Field, FieldKind
from bot.catalog.municipality import FileLimits
from bot.catalog.services import EService
from bot.domain.submission import FileRef
from bot.intake.files import Incoming
from bot.intake.open_eplatform.document import CaseDocument, DocumentFile, Part, Question
from bot.store.files.file_kinds import safe_name, validate_file
from bot.text import words
from bot.text.personal_data import is_name_word, tells_of_person

MAX_LINE_LENGTH = 200
"""Characters up to which an answer becomes a `text` field rather than a `long_text`."""

# Documents are in Swedish, and the contents of a case are not translated.
_SV = words("sv")

# Elements with the text of a choice, whose names are not shown.
_VALUES = frozenset({"Value", "TextAlternative"})
_KNOWN_ELEMENTS = frozenset(
    {
        "Firstname", "Lastname", "CareOf", "SocialSecurityNumber", "CitizenIdentifier", "Email", "Phone",
        "MobilePhone", "ContactBySMS", "OrganizationNumber", "Address", "ZipCode", "PostalAddress",
        "OrganizationName", "PropertyUnitDesignation", "PropertyUnitNumber",
    }
)  # fmt: skip
# Parts of the names of elements and columns with contact details, in lower case. An answer with one of them is never
# shown in Slack; of others the value decides.
_OF_A_CONTACT = re.compile(
    "name|namn|careof|security|citizen|person|identi|mail|epost|phone|telefon"
    "|mobil|sms|contact|kontakt|address|adress|zip|postnummer|postnr|organizationnumber"
)

_ROW = re.compile(r"(.*\D)(\d{1,3})")
_WORD = re.compile(r"[A-ZÅÄÖ]+(?![a-zåäö])|[A-ZÅÄÖ]?[a-zåäö]+|\d+")


@dataclass(frozen=True, slots=True)
class FrozenForm:
    """The form of a document, the answers to it, and their files.

    `rejected_files` is the number of the document's files that were not accepted; the answers name them.
    """

    definition: Definition
    values: dict[str, Any]
    files: tuple[Incoming, ...]
    rejected_files: int


class _FieldSpec(NamedTuple):
    """The specification of a field of the form."""

    key: str
    kind: FieldKind
    label: str
    in_slack: bool = False
    sensitive: bool = False


def freeze_form(document: CaseDocument, service: EService, limits: FileLimits) -> FrozenForm:
    """Convert the document's questions and answers to those of a case of the e-service."""
    specs: list[_FieldSpec] = []
    values: dict[str, Any] = {}
    incoming: list[Incoming] = []
    rejected_files = 0
    in_slack = _questions_in_slack(service)
    names = tuple(person.name for person in document.people)
    for question in document.questions:
        if question.parts or not question.files:
            specs.append(_field_spec(question, values, in_slack, names))
        if question.files:
            accepted, rejected = _split_files(question, limits, limits.max_files - len(incoming))
            specs += _file_fields(question, accepted, rejected, values)
            incoming += accepted
            rejected_files += sum(file.payload is not None for file in rejected)
    definition = _definition(service.key, service.name, tuple(specs))
    return FrozenForm(definition, values, tuple(incoming), rejected_files)


@lru_cache(maxsize=512)
def _definition(service: str, name: Text, specs: tuple[_FieldSpec, ...]) -> Definition:
    """The definition; cached, since most cases of an e-service share it, and its digest is expensive."""
    fields = (
        Field(
            key=spec.key,
            kind=spec.kind,
            label=_same_text(spec.label),
            in_slack=spec.in_slack,
            sensitive=spec.sensitive,
        )
        for spec in specs
    )
    return Definition(service=service, name=name, fields=tuple(fields))


def _questions_in_slack(service: EService) -> frozenset[str]:
    return frozenset(service.open_eplatform.questions_in_slack) if service.open_eplatform else frozenset()


def _field_spec(
    question: Question, values: dict[str, Any], in_slack: frozenset[str], names: tuple[str, ...]
) -> _FieldSpec:
    text = format_parts(question.parts)
    if text:
        values[question.key] = text
    is_personal = _is_about_someone(question.parts, names)
    return _FieldSpec(
        key=question.key,
        kind="text" if "\n" not in text and len(text) <= MAX_LINE_LENGTH else "long_text",
        label=question.name,
        in_slack=question.name in in_slack and not is_personal,
        sensitive=is_personal,
    )


def _same_text(text: str) -> Text:
    return Text(sv=text, en=text)


def _is_about_someone(parts: tuple[Part, ...], names: tuple[str, ...]) -> bool:
    """Whether the answer is personal: by its value, or by names of its elements that contacts have."""
    separate_parts = [part for part in parts if part.column or not _is_value(part)]
    return (
        any(tells_of_person(part.value, names) for part in parts)
        or (len(separate_parts) > 1 and _is_divided(separate_parts, names))
        or any(_is_of_a_contact(name) for part in parts for name in (*part.path, part.column))
    )


def _is_divided(separate_parts: list[Part], names: tuple[str, ...]) -> bool:
    """Whether personal data is in several elements or columns, such as a first name and a family name."""
    named = {part.column or part.path[-1] for part in separate_parts if is_name_word(part.value)}
    return len(named) > 1 or tells_of_person(" ".join(part.value for part in separate_parts), names)


@lru_cache(maxsize=1024)
def _is_of_a_contact(name: str) -> bool:
    bare = "".join(sign for sign in name.casefold() if sign.isalnum())
    return _OF_A_CONTACT.search(bare) is not None


def format_parts(parts: tuple[Part, ...]) -> str:
    """The answer as lines. With several fields each line names its own; ids of choices are left out.

    A row of a table is one line.
    """
    visible = [part for part in parts if not _is_choice_id(part, parts)]
    if not any(part.column for part in visible) and (
        len(visible) == 1 or all(_is_value(part) for part in visible)
    ):
        return "\n".join(_lines(part.value) for part in visible)
    tables = {part.path[:-2] for part in visible if part.row and part.column}
    lines: list[str] = []
    for row, group in groupby(visible, key=lambda part: part.row):
        if row:
            lines.append(_row(list(group), named=len(tables) > 1))
        else:
            lines += [f"{_label(part)}: {_lines(part.value)}" for part in group]
    return "\n".join(lines)


def _is_value(part: Part) -> bool:
    return not part.path or part.path[-1] in _VALUES


def _row(parts: list[Part], *, named: bool) -> str:
    """`Namn: Eva, Ålder: 7`; if `named`, after the name of the table's rows."""
    cells = [f"{label}: {value}" for label, value in _cells(parts)]
    name = next((part.path[-3] for part in parts if part.column), "") if named else ""
    return (f"{_element_label(name)} – " if name else "") + ", ".join(cells)


def _cells(parts: list[Part]) -> Iterator[tuple[str, str]]:
    for label, group in groupby(parts, key=lambda part: part.column or _element_label(part.path[-1])):
        yield label, "; ".join(" ".join(part.value.split()) for part in group)


def _is_choice_id(part: Part, parts: tuple[Part, ...]) -> bool:
    """Whether the part is the ID in an element like `Alternative{ID, Value}`, whatever the element's name."""
    if len(part.path) < 2 or part.path[-1] != "ID":
        return False
    return any(other.path == (*part.path[:-1], "Value") for other in parts)


def _lines(value: str) -> str:
    """The value with records that are joined by pipes on separate lines."""
    if "|" not in value or "\n" in value:
        return value
    return "\n".join(record for piece in value.split("|") if (record := piece.strip()))


def _label(part: Part) -> str:
    """The label of a part: translated for contact details, otherwise the e-service's own name."""
    if part.column:
        return part.column
    names = [name for name in part.path if name not in _VALUES] or [part.path[-1]] if part.path else []
    return ", ".join(_element_label(name) for name in names) or _SV("import.part.answer")


def _element_label(name: str) -> str:
    if name in _KNOWN_ELEMENTS:
        return _SV(f"import.part.{name.lower()}")
    row = _ROW.fullmatch(name)
    stem, number = (row[1], f" ({row[2]})") if row else (name, "")
    if stem in _KNOWN_ELEMENTS:
        return _SV(f"import.part.{stem.lower()}") + number
    pieces = _WORD.findall(stem) or [stem]
    return (
        " ".join([pieces[0], *(piece if piece.isupper() else piece.lower() for piece in pieces[1:])]) + number
    )


def _split_files(
    question: Question, limits: FileLimits, remaining: int
) -> tuple[list[Incoming], list[DocumentFile]]:
    """The accepted files, and the rejected ones, which remain in the platform."""
    accepted: list[Incoming] = []
    rejected: list[DocumentFile] = []
    for file in question.files:
        payload = file.payload
        if payload is None or payload.unreadable or payload.too_large or len(accepted) >= remaining:
            rejected.append(file)
            continue
        checked_file = validate_file(payload.content, file.name, limits)
        if checked_file.refusal_key:
            rejected.append(file)
            continue
        ref = FileRef(
            id=uuid.uuid4().hex,
            name=checked_file.name,
            size=payload.size,
            kind=checked_file.media_type,
            sha256=payload.sha256,
            field=question.key,
        )
        accepted.append(Incoming(ref, payload.chunks))
    return accepted, rejected


def _file_fields(
    question: Question, accepted: list[Incoming], rejected: list[DocumentFile], values: dict[str, Any]
) -> list[_FieldSpec]:
    """The file fields of a question: one for its files, and one that names the rejected ones."""
    specs = []
    if accepted:
        key = f"{question.key}_files" if question.parts else question.key
        values[key] = [asdict(_file_answer(incoming.ref)) for incoming in accepted]
        specs.append(_FieldSpec(key, "file", question.name))
    if rejected:
        key = f"{question.key}_left"
        values[key] = "\n".join(_rejected_file(file) for file in rejected)
        specs.append(_FieldSpec(key, "long_text", question.name, sensitive=True))
    return specs


def _rejected_file(file: DocumentFile) -> str:
    if file.payload is not None and file.payload.unreadable:
        return _SV("import.file.unreadable", name=safe_name(file.name))
    return _SV("import.file.left", name=safe_name(file.name), size=_SV.size(file.size))


def _file_answer(ref: FileRef) -> FileAnswer:
    return FileAnswer(ref.id, ref.name, ref.size, ref.kind)
