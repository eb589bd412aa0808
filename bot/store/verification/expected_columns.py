"""The expected columns of texts' rows, apart from the text, computed from the events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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

_Expected = Iterator[tuple[str, str, Columns]]


def expected_columns(event: Event) -> Iterable[tuple[str, str, Columns]]:
    """What the event has written in which row: (kind, name, columns)."""
    expect = _EXPECTED_OF.get(type(event))
    return expect(event) if expect is not None else ()


def _of_sent_message(event: MessageSent) -> _Expected:
    yield "message", event.message_id, _sent_message(event)


def _of_received_message(event: MessageReceived | InformationAdded) -> _Expected:
    yield "message", event.message_id, _received_message(event)


def _of_undone_message(event: MessageUndone) -> _Expected:
    yield "message", event.message_id, {"undone_at": event.at}


def _of_receipt(event: MessageReceipted) -> _Expected:
    yield "message", event.message_id, {"receipted_at": event.at}


def _of_confirmation(event: AddressConfirmed) -> _Expected:
    yield "person", event.applicant, {"address_state": event.how}


def _of_correction(event: ContactCorrected) -> _Expected:
    if event.is_address_changed:
        yield "person", event.applicant, {"address_state": "unconfirmed"}


def _of_new_representative(event: RepresentativeAdded) -> _Expected:
    columns = {"position": event.position, "address_state": "unconfirmed", "ended_at": None}
    yield "person", event.applicant, columns


def _of_ended_representative(event: RepresentativeEnded) -> _Expected:
    yield "person", event.applicant, {"ended_at": event.at}


def _of_stopped_file(event: FileStopped) -> _Expected:
    if event.infected or event.senders is not None:
        # Earlier versions did not record that an unscannable file was cleared afterwards.
        yield "file", event.file_id, {"stopped_as": "infected" if event.infected else "unscannable"}


def _of_cleared_file(event: FileCleared) -> _Expected:
    yield "file", event.file_id, {"stopped_as": None}


def _of_edit(event: CaseEdited) -> _Expected:
    for file_id in event.withdrawn:
        yield "file", file_id, {"withdrawn_at": event.at}


def _of_note(event: NoteAdded) -> _Expected:
    columns = {"kind": event.kind, "at": event.at, "source": event.source or None, "removed_at": None}
    yield "note", event.note_id, columns


def _of_revision(event: NoteRevised) -> _Expected:
    yield "note", event.revision_id, {"note_id": event.note_id, "at": event.at}


def _of_official_note(event: NoteMadeOfficial) -> _Expected:
    yield "note", event.note_id, {"kind": "official"}


def _of_removed_reply(event: ReplyRemoved) -> _Expected:
    yield "note", event.note_id, {"removed_at": event.at}


def _of_submission(event: CaseSubmitted) -> _Expected:
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


_EXPECTED_OF: dict[type[Event], Callable[[Any], _Expected]] = {
    CaseSubmitted: _of_submission,
    MessageSent: _of_sent_message,
    MessageReceived: _of_received_message,
    InformationAdded: _of_received_message,
    MessageUndone: _of_undone_message,
    MessageReceipted: _of_receipt,
    AddressConfirmed: _of_confirmation,
    ContactCorrected: _of_correction,
    RepresentativeAdded: _of_new_representative,
    RepresentativeEnded: _of_ended_representative,
    FileStopped: _of_stopped_file,
    FileCleared: _of_cleared_file,
    CaseEdited: _of_edit,
    NoteAdded: _of_note,
    NoteRevised: _of_revision,
    NoteMadeOfficial: _of_official_note,
    ReplyRemoved: _of_removed_reply,
}
"""By the event's class: most events write in no row of a text, and are passed over at once."""
