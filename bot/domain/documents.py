"""Documents (handlingar): what came in, went out or was drawn up in a case, each with a number of its own.

The numbers follow from the log: each event that brings documents gives them the next ones, in the order of the events.
So they are the same whenever they are asked for, and stay when the contents have been disposed of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.catalog.services import EService
from bot.domain.views import CaseView, HistoryLine

Direction = Literal["incoming", "outgoing", "internal"]
"""Inkommen from the applicant, utgående to them, or upprättad by an officer."""

DocumentKind = Literal["submission", "edit", "message", "note", "file"]


@dataclass(frozen=True, slots=True)
class CaseDocument:
    """A document: the `position` within its case counts from 1.

    `id` is that of the message, note or file; of the submission and an edit, the version of the answers. `owner` is the
    id of what a file came with. `at` is when it was received, sent or written, and `undone` says of a message and its
    files that they were undone and never reached the applicant. `message_kind` is that of a message and of its files.
    """

    position: int
    kind: DocumentKind
    id: str
    direction: Direction
    at: datetime
    by: str
    owner: str = ""
    undone: bool = False
    message_kind: str = ""


def document_number(case_number: str, position: int) -> str:
    """The document's number: 2026-000123-7."""
    return f"{case_number}-{position}"


def list_documents(history: Iterable[HistoryLine]) -> list[CaseDocument]:
    """The documents of a case, by its events, oldest first."""
    found: list[CaseDocument] = []
    for line in history:
        if line.event == "MessageUndone":
            found = [_undo(one, line.facts["message_id"]) for one in found]
        describe = _DOCUMENT_EVENTS.get(line.event)
        if describe is None:
            continue
        kind, direction, document_id = describe(line)
        at = line.facts["received_at"] if kind == "submission" else line.at
        first = CaseDocument(
            len(found) + 1,
            kind,
            document_id,
            direction,
            at,
            line.by,
            message_kind=_message_kind(line) if kind == "message" else "",
        )
        found.append(first)
        found += [
            replace(
                first,
                position=first.position + place,
                kind="file",
                id=file_id,
                owner=document_id,
                direction=_FILE_DIRECTIONS.get(line.facts.get("files_from", ""), direction),
            )
            for place, file_id in enumerate(line.files, start=1)
        ]
    return found


def find_numbers(documents: Iterable[CaseDocument], case_number: str) -> Mapping[str, str]:
    """The number of each document, by its id."""
    return {one.id: document_number(case_number, one.position) for one in documents}


def find_unregistered(
    documents: Iterable[CaseDocument], view: CaseView, service: EService | None
) -> set[str]:
    """The ids of the documents that the catalog says are not registered: by the kind of their message, or by the
    question that a file answers. Without an e-service all are registered.
    """
    if service is None:
        return set()
    fields = {line.file.id: view.definition.field(line.file.field) for line in view.file_lines}
    found = set()
    for one in documents:
        field = fields.get(one.id)
        is_unregistered_kind = bool(one.message_kind) and one.message_kind not in service.registered_messages
        if is_unregistered_kind or (field is not None and not field.registered):
            found.add(one.id)
    return found


def _undo(document: CaseDocument, message_id: str) -> CaseDocument:
    return replace(document, undone=True) if message_id in (document.id, document.owner) else document


def _message_kind(line: HistoryLine) -> str:
    if line.event == "InformationAdded":
        return "added"
    return str(line.facts.get("kind", "information"))


_Description = tuple[DocumentKind, Direction, str]


def _message(direction: Direction) -> Callable[[HistoryLine], _Description]:
    return lambda line: ("message", direction, line.facts["message_id"])


_DOCUMENT_EVENTS: Mapping[str, Callable[[HistoryLine], _Description]] = {
    "CaseSubmitted": lambda _: ("submission", "incoming", "1"),
    "CaseEdited": lambda line: ("edit", "internal", str(line.facts["version"])),
    "MessageSent": _message("outgoing"),
    "MessageReceived": _message("incoming"),
    "InformationAdded": _message("incoming"),
    "NoteAdded": lambda line: ("note", "internal", line.facts["note_id"]),
}
"""The events that bring documents. An edited note is the same document as before."""

_FILE_DIRECTIONS: Mapping[str, Direction] = {"applicant": "incoming"}
"""The direction of files whose source an officer has said, where it is not that of what they came with."""

DOCUMENT_EVENTS = frozenset(_DOCUMENT_EVENTS)
