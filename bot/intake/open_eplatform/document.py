"""A case document: its header, and its questions with their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.intake.open_eplatform.payload import Payload
from bot.intake.open_eplatform.xml_tree import Node, NotImportable
from bot.text.words import STOCKHOLM

MAX_LABEL_LENGTH = 500
_ID_DIGITS = 18
_IN_CELL = frozenset({"ID", "Name", "Value"})


@dataclass(frozen=True, slots=True)
class DocumentPerson:
    """A person in the header; `id` is the platform's number for the user, not a personnummer."""

    name: str
    email: str
    id: str


@dataclass(frozen=True, slots=True)
class Part:
    """One value of an answer, and the path of element names to it, without the question's own.

    A cell of a table has its `column`, and everything in a row its `row`: the indexes of the elements down to it.
    Elsewhere both are empty.
    """

    path: tuple[str, ...]
    value: str
    column: str = ""
    row: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file of an answer; `payload` is None where the platform left its content out. `size` in bytes."""

    name: str
    size: int
    payload: Payload | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was asked, with its answer, in the document's order."""

    key: str
    name: str
    parts: tuple[Part, ...]
    files: tuple[DocumentFile, ...]


@dataclass(frozen=True, slots=True)
class CaseDocument:
    """A case of Open ePlatform's. `family` is the id of the e-service in all its versions; `people` may be empty."""

    id: int
    family: int
    received_at: datetime
    people: tuple[DocumentPerson, ...]
    questions: tuple[Question, ...]


def content_of(root: Node, document: CaseDocument) -> list[Any]:
    """The content that identifies the case and its answers, as JSON-compatible data, to be hashed.

    Without the status and the times of later events, which differ each time the platform writes the document.
    """
    values = root.find("Values")
    people = [[person.name, person.email, person.id] for person in document.people]
    given = values.as_given() if values is not None else []
    return [document.family, document.received_at.isoformat(), people, given]


def parse_document(root: Node) -> CaseDocument:
    """Parse the tree. Raises NotImportable where something that a case must have is missing."""
    header = root.find("Header")
    if header is None:
        raise NotImportable("import.reason.lacks", element="Header")
    values = root.find("Values")
    return CaseDocument(
        id=_number(header, "FlowInstanceID"),
        family=_number(header, "Flow", "FamilyID"),
        received_at=_received(header),
        people=_people(header),
        questions=_questions(values) if values is not None else (),
    )


def to_utc(local: str) -> datetime:
    """Swedish local time as UTC. Raises ValueError for what is no time.

    An ambiguous time in October is taken as the first, and a non-existent one in March is moved forward.
    """
    moment = datetime.fromisoformat(local)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)).astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the calendar") from None


def _number(header: Node, *path: str) -> int:
    text = header.text_of(*path)
    if not (text.isascii() and text.isdecimal() and len(text) <= _ID_DIGITS):
        raise NotImportable("import.reason.lacks", element=path[-1])
    return int(text)


def _received(header: Node) -> datetime:
    """When the case was first submitted; where that is missing, when it was posted."""
    text = header.text_of("FirstSubmitted") or header.text_of("Posted")
    try:
        return to_utc(text)
    except ValueError:
        raise NotImportable("import.reason.lacks", element="FirstSubmitted") from None


def _people(header: Node) -> tuple[DocumentPerson, ...]:
    """The owners, else the person who posted it; empty for an anonymous case."""
    for role in ("Owner", "Poster"):
        people = [_person(child) for child in header.children if child.name == role]
        if named := tuple(person for person in people if person.name or person.email):
            return tuple(dict.fromkeys(named))
    return ()


def _person(node: Node) -> DocumentPerson:
    names = (node.text_of("Firstname"), node.text_of("Lastname"))
    return DocumentPerson(" ".join(name for name in names if name), node.text_of("Email"), node.text_of("ID"))


def _questions(values: Node) -> tuple[Question, ...]:
    used_keys: set[str] = set()
    return tuple(_question(child, place, used_keys) for place, child in enumerate(values.children, 1))


def _question(node: Node, place: int, used_keys: set[str]) -> Question:
    """Parse a question. Its first QueryID and Name are its own; later ones are answers with such names."""
    children = list(node.children)
    number, name = _pop_child_text(children, "QueryID"), _pop_child_text(children, "Name")
    files = tuple(_file(child) for child in children if _is_file(child))
    questions = [child for child in children if not _is_file(child)] if files else children
    parts = tuple(_parts(questions, (), (), _columns(questions)))
    return Question(
        _key(number, place, used_keys),
        name[:MAX_LABEL_LENGTH] or node.name,
        _with_own_text(node, parts),
        files,
    )


def _with_own_text(node: Node, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts, with text directly in the question's element as another."""
    return (Part((), node.text), *parts) if node.text else parts


def _pop_child_text(children: list[Node], name: str) -> str:
    for place, child in enumerate(children):
        if child.name == name:
            del children[place]
            return child.text
    return ""


def _key(number: str, place: int, used_keys: set[str]) -> str:
    """`q` and the question's number; with its index too for a repeated question, or one without number."""
    is_number = number.isascii() and number.isdecimal() and len(number) <= _ID_DIGITS
    key = f"q{number}" if is_number else f"q_{place}"
    if key in used_keys:
        key = f"{key}_{place}"
    used_keys.add(key)
    return key


def _is_file(node: Node) -> bool:
    """Whether the element is a file: it has content, or a name and a size."""
    if not node.children:
        return False
    names = {child.name for child in node.children}
    return "EncodedData" in names or {"Name", "Size"} <= names


def _file(node: Node) -> DocumentFile:
    content = node.find("EncodedData")
    payload = content.payload if content is not None else None
    size_text = node.text_of("Size")
    stated_size = (
        int(size_text) if size_text.isascii() and size_text.isdecimal() and len(size_text) < _ID_DIGITS else 0
    )
    if payload is not None and payload.size == 0 and stated_size and not payload.unreadable:
        payload = None
    return DocumentFile(node.text_of("Name"), payload.size if payload else stated_size, payload)


def _parts(
    nodes: Sequence[Node], above: tuple[str, ...], place: tuple[int, ...], columns: frozenset[str]
) -> list[Part]:
    """The values in the elements, in order; `columns` are the names of elements that are cells of a table."""
    of_table = any(node.name in columns for node in nodes)
    parts = []
    for number, node in enumerate(nodes):
        path = (*above, node.name)
        if _is_cell(node):
            parts += _cell(node, path, place)
        elif not (of_table and _says_nothing(node, columns, in_row=bool(place))):
            parts += [Part(path, node.text, row=place if of_table else ())] if node.text else []
            if node.children:
                parts += _parts(node.children, path, (*place, number), columns)
    return parts


def _columns(nodes: Sequence[Node]) -> frozenset[str]:
    """The names of cells, on all levels."""
    return frozenset(_cell_names(nodes))


def _cell_names(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        if node.children:
            if _is_cell(node):
                yield node.name
            yield from _cell_names(node.children)


def _is_cell(node: Node) -> bool:
    """Whether the element is like `Column{ID, Name, Value}`, whatever its name: a name, a value, and nothing else."""
    if len(node.children) < 2:
        return False
    names = [child.name for child in node.children]
    return (
        names.count("Name") == 1
        and "Value" in names
        and _IN_CELL.issuperset(names)
        and not any(child.children for child in node.children)
        and bool(node.text_of("Name"))
    )


def _says_nothing(node: Node, columns: frozenset[str], *, in_row: bool) -> bool:
    """Whether the element holds no answer: the number that the platform gives a row, or a cell without value."""
    if node.name == "ID" and not node.children:
        return in_row
    return (
        node.name in columns and {child.name for child in node.children} <= {"ID", "Name"} and not node.text
    )


def _cell(node: Node, path: tuple[str, ...], row: tuple[int, ...]) -> list[Part]:
    column = node.text_of("Name")
    values = [child.text for child in node.children if child.name == "Value"]
    return [Part((*path, "Value"), value, column, row) for value in values if value]
