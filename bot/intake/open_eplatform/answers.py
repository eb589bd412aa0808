"""A document's questions as a frozen form and its answers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from stdnum import luhn

from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import Field, FieldKind
from bot.catalog.municipality import FileLimits
from bot.catalog.services import EService
from bot.catalog.values import FileRef as FileAnswer
from bot.domain.intake import FileRef
from bot.intake.files import Incoming
from bot.intake.open_eplatform.document import CaseDocument, GivenFile, Part, Question
from bot.store.files.file_kinds import judge, safe_name
from bot.text import words
from bot.text.typed import fold_signs

ONE_LINE = 200
"""Characters of an answer that is still a line, not a text."""

# The document is Swedish, and what stands in a case is not rewritten when someone changes language.
_SV = words("sv")

# Where a choice's words stand; the element has no name worth showing.
_VALUES = frozenset({"Value", "TextAlternative"})
# What only people and organisations have. Such an answer is about somebody, and stays out of Slack.
_OF_A_PERSON = frozenset(
    {
        "Firstname", "Lastname", "CareOf", "SocialSecurityNumber", "CitizenIdentifier", "Email", "Phone",
        "MobilePhone", "ContactBySMS", "OrganizationNumber",
    }
)  # fmt: skip
_KNOWN = _OF_A_PERSON | {
    "Address", "ZipCode", "PostalAddress", "OrganizationName", "PropertyUnitDesignation", "PropertyUnitNumber",
}  # fmt: skip

_ROW = re.compile(r"(.*\D)(\d{1,3})")
_WORD = re.compile(r"[A-ZÅÄÖ]+(?![a-zåäö])|[A-ZÅÄÖ]?[a-zåäö]+|\d+")
_PERSONNUMMER = re.compile(r"(?<!\d)(?:\d\d)?(\d{6})[-+ ]{0,3}(\d{4})(?!\d)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A form frozen from a document, the answers to it, and the files among them."""

    definition: Definition
    values: dict[str, Any]
    files: tuple[Incoming, ...]


class _Asked(NamedTuple):
    """What becomes a field of the form."""

    key: str
    kind: FieldKind
    label: str
    in_slack: bool = False
    sensitive: bool = False


def rendered(document: CaseDocument, service: EService, limits: FileLimits) -> Rendered:
    """The document's questions and answers as a case of the e-service has them."""
    asked: list[_Asked] = []
    values: dict[str, Any] = {}
    kept: list[Incoming] = []
    in_slack = _in_slack(service)
    for question in document.questions:
        if question.parts or not question.files:
            asked.append(_asked(question, values, in_slack))
        if question.files:
            taken, left = _sorted_out(question, limits, limits.max_files - len(kept))
            asked += _asked_files(question, taken, left, values)
            kept += taken
    return Rendered(_definition(service.key, service.name, tuple(asked)), values, tuple(kept))


@lru_cache(maxsize=512)
def _definition(service: str, name: Text, asked: tuple[_Asked, ...]) -> Definition:
    """Cached, for most cases of an e-service are asked the same, and their form's digest costs more than the rest."""
    fields = (
        Field(
            key=one.key, kind=one.kind, label=_same(one.label), in_slack=one.in_slack, sensitive=one.sensitive
        )
        for one in asked
    )
    return Definition(service=service, name=name, fields=tuple(fields))


def _in_slack(service: EService) -> frozenset[str]:
    return frozenset(service.open_eplatform.questions_in_slack) if service.open_eplatform else frozenset()


def _asked(question: Question, values: dict[str, Any], in_slack: frozenset[str]) -> _Asked:
    text = answer_text(question.parts)
    if text:
        values[question.key] = text
    about_someone = _is_about_someone(question.parts, text)
    return _Asked(
        key=question.key,
        kind="text" if "\n" not in text and len(text) <= ONE_LINE else "long_text",
        label=question.name,
        in_slack=question.name in in_slack and not about_someone,
        sensitive=about_someone,
    )


def _same(text: str) -> Text:
    return Text(sv=text, en=text)


def _is_about_someone(parts: tuple[Part, ...], text: str) -> bool:
    """By the elements of a contact, or by a personnummer in the text, whoever wrote it there."""
    if any(name in _OF_A_PERSON for part in parts for name in part.path):
        return True
    return any(luhn.is_valid("".join(found)) for found in _PERSONNUMMER.findall(fold_signs(text)))


def answer_text(parts: tuple[Part, ...]) -> str:
    """The answer as lines. Of several fields each line says which; a choice's number in the platform is left out.

    A row of a table is one line.
    """
    shown = [part for part in parts if not _is_choice_id(part, parts)]
    if not any(part.column for part in shown) and (len(shown) == 1 or all(_is_value(part) for part in shown)):
        return "\n".join(_lines(part.value) for part in shown)
    tables = {part.path[:-2] for part in shown if part.row and part.column}
    lines: list[str] = []
    for row, group in groupby(shown, key=lambda part: part.row):
        if row:
            lines.append(_row(list(group), named=len(tables) > 1))
        else:
            lines += [f"{_label(part)}: {_lines(part.value)}" for part in group]
    return "\n".join(lines)


def _is_value(part: Part) -> bool:
    return not part.path or part.path[-1] in _VALUES


def _row(parts: list[Part], *, named: bool) -> str:
    """`Namn: Eva, Ålder: 7`; before it, where there are several tables, what its rows are called."""
    said = [f"{label}: {value}" for label, value in _cells(parts)]
    name = next((part.path[-3] for part in parts if part.column), "") if named else ""
    return (f"{_word(name)} – " if name else "") + ", ".join(said)


def _cells(parts: list[Part]) -> Iterator[tuple[str, str]]:
    for label, group in groupby(parts, key=lambda part: part.column or _word(part.path[-1])):
        yield label, "; ".join(" ".join(part.value.split()) for part in group)


def _is_choice_id(part: Part, parts: tuple[Part, ...]) -> bool:
    """`Alternative{ID, Value}`, whatever the outer one is called: an ID beside a Value."""
    if len(part.path) < 2 or part.path[-1] != "ID":
        return False
    return any(other.path == (*part.path[:-1], "Value") for other in parts)


def _lines(value: str) -> str:
    """Records joined by pipes in one value become a line each."""
    if "|" not in value or "\n" in value:
        return value
    return "\n".join(record for piece in value.split("|") if (record := piece.strip()))


def _label(part: Part) -> str:
    """A contact's parts have their words; any other field is called what the e-service called it."""
    if part.column:
        return part.column
    names = [name for name in part.path if name not in _VALUES] or [part.path[-1]] if part.path else []
    return ", ".join(_word(name) for name in names) or _SV("import.part.answer")


def _word(name: str) -> str:
    if name in _KNOWN:
        return _SV(f"import.part.{name.lower()}")
    row = _ROW.fullmatch(name)
    stem, number = (row[1], f" ({row[2]})") if row else (name, "")
    if stem in _KNOWN:
        return _SV(f"import.part.{stem.lower()}") + number
    pieces = _WORD.findall(stem) or [stem]
    return (
        " ".join([pieces[0], *(piece if piece.isupper() else piece.lower() for piece in pieces[1:])]) + number
    )


def _sorted_out(question: Question, limits: FileLimits, room: int) -> tuple[list[Incoming], list[GivenFile]]:
    """The files that are taken, and those that stay in the platform."""
    taken: list[Incoming] = []
    left: list[GivenFile] = []
    for file in question.files:
        payload = file.payload
        if payload is None or payload.too_large or len(taken) >= room:
            left.append(file)
            continue
        judged = judge(payload.content, file.name, limits)
        if judged.refused:
            left.append(file)
            continue
        ref = FileRef(
            id=uuid.uuid4().hex,
            name=judged.name,
            size=payload.size,
            kind=judged.media,
            sha256=payload.sha256,
            field=question.key,
        )
        taken.append(Incoming(ref, payload.chunks))
    return taken, left


def _asked_files(
    question: Question, taken: list[Incoming], left: list[GivenFile], values: dict[str, Any]
) -> list[_Asked]:
    """A question of files, with a second field saying what stayed behind; files beside text get one of their own."""
    asked = []
    if taken:
        key = f"{question.key}_files" if question.parts else question.key
        values[key] = [asdict(_answer(one.ref)) for one in taken]
        asked.append(_Asked(key, "file", question.name))
    if left:
        key = f"{question.key}_left"
        values[key] = "\n".join(
            _SV("import.file.left", name=safe_name(file.name), size=_SV.size(file.size)) for file in left
        )
        asked.append(_Asked(key, "long_text", question.name, sensitive=True))
    return asked


def _answer(ref: FileRef) -> FileAnswer:
    return FileAnswer(ref.id, ref.name, ref.size, ref.kind)
