"""The expected columns of texts' rows, apart from the text, computed from the events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.domain.confirmation import AddressConfirmed
from bot.domain.contacts import ContactCorrected
from bot.domain.editing import CaseEdited
from bot.domain.messages.events import (
    InformationAdded,
    MessageReceipted,
    MessageReceived,
    MessageSent,
    MessageUndone,
)
from bot.domain.notes import NoteAdded, NoteMadeOfficial, NoteRevised, ReplyRemoved
from bot.domain.representatives import RepresentativeAdded, RepresentativeEnded
from bot.domain.rules import Event
from bot.domain.scanning import FileCleared, FileStopped
from bot.domain.submission import CaseSubmitted

Columns = dict[str, Any]
"""Expected values by column name."""


def expected_columns(event: Event) -> Iterator[tuple[str, str, Columns]]:
    """What the event has written in which row: (kind, name, columns)."""
    match event:
        case CaseSubmitted():
            yield from _applicants(event)
        case MessageSent():
            yield "message", event.message_id, _sent_message(event)
        case MessageReceived() | InformationAdded():
            yield "message", event.message_id, _received_message(event)
        case MessageUndone():
            yield "message", event.message_id, {"undone_at": event.at}
        case MessageReceipted():
            yield "message", event.message_id, {"receipted_at": event.at}
        case AddressConfirmed():
            yield "person", event.applicant, {"address_state": event.how}
        case ContactCorrected(is_address_changed=True):
            yield "person", event.applicant, {"address_state": "unconfirmed"}
        case RepresentativeAdded():
            columns = {"position": event.position, "address_state": "unconfirmed", "ended_at": None}
            yield "person", event.applicant, columns
        case RepresentativeEnded():
            yield "person", event.applicant, {"ended_at": event.at}
        case _:
            yield from _expected_note_columns(event)
            yield from _expected_file_columns(event)


def _expected_file_columns(event: Event) -> Iterator[tuple[str, str, Columns]]:
    match event:
        case FileStopped(infected=infected, senders=senders) if infected or senders is not None:
            # Earlier versions did not record that an unscannable file was cleared afterwards.
            yield "file", event.file_id, {"stopped_as": "infected" if infected else "unscannable"}
        case FileCleared():
            yield "file", event.file_id, {"stopped_as": None}
        case CaseEdited():
            for file_id in event.withdrawn:
                yield "file", file_id, {"withdrawn_at": event.at}


def _expected_note_columns(event: Event) -> Iterator[tuple[str, str, Columns]]:
    match event:
        case NoteAdded():
            columns = {"kind": event.kind, "at": event.at, "source": event.source or None, "removed_at": None}
            yield "note", event.note_id, columns
        case NoteRevised():
            yield "note", event.revision_id, {"note_id": event.note_id, "at": event.at}
        case NoteMadeOfficial():
            yield "note", event.note_id, {"kind": "official"}
        case ReplyRemoved():
            yield "note", event.note_id, {"removed_at": event.at}


def _applicants(event: CaseSubmitted) -> Iterator[tuple[str, str, Columns]]:
    states = event.addresses or {}
    for position, person in enumerate(event.applicants):
        state = {"address_state": states[person]} if person in states else {}
        yield "person", person, {"position": position, "ended_at": None, **state}


def _sent_message(event: MessageSent) -> Columns:
    return {
        "applicant": "",
        "kind": event.kind,
        "at": event.at,
        "visible_at": event.visible_at,
        "answer_by": event.answer_by,
        "receipt": event.receipt,
        "undone_at": None,
        "receipted_at": None,
    }


def _received_message(event: MessageReceived | InformationAdded) -> Columns:
    return {
        "applicant": event.applicant,
        "kind": "added" if isinstance(event, InformationAdded) else "information",
        "at": event.at,
        "visible_at": event.at,
        "answer_by": None,
        "receipt": False,
        "undone_at": None,
        "receipted_at": None,
    }
