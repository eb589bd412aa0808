"""The rows of answers, persons, messages, notes and files. Each text is stored in one row only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from sqlalchemy import String, and_, bindparam, case, insert, select, update

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
from bot.domain.messages.scheduled_messages import MessageScheduled, ScheduleCancelled, ScheduleStopped
from bot.domain.notes import NoteAdded, NoteMadeOfficial, NoteRevised, ReplyRemoved
from bot.domain.representatives import RepresentativeAdded, RepresentativeEnded
from bot.domain.rules import Event
from bot.domain.status import StatusSet
from bot.domain.submission import CaseSubmitted, FileRef, Person, ScanState
from bot.store.cases import content_places, scheduled_drafts
from bot.store.cases.contents import person_from_row
from bot.store.engine.database import LostRace, Tx
from bot.store.engine.keys import Keys, canonical_json
from bot.store.files.scans import create_seals
from bot.store.log.hash_chain import salted_digest
from bot.store.outbox import applicant_mail
from bot.store.tables import AnswersRow, ApplicantRow, FileRow, MessageRow, NoteRevisionRow, NoteRow

# Built once, with values as parameters, which is far cheaper than building them for each event.
_ANSWERS, _APPLICANTS = insert(AnswersRow), insert(ApplicantRow)
_MESSAGE, _NOTE, _REVISION = insert(MessageRow), insert(NoteRow), insert(NoteRevisionRow)
# The state is sealed as it is then: the scanner may have answered since the file was read.
_ATTACH = (
    update(FileRow)
    .where(
        FileRow.id == bindparam("wanted"),
        FileRow.case_id.is_(None),
        FileRow.sha256 == bindparam("stored"),
        FileRow.scan != "infected",
    )
    .values(
        scan_seal=case(
            {state: bindparam(f"seal_{state}", type_=String) for state in get_args(ScanState)},
            value=FileRow.scan,
        ),
    )
)


def write(tx: Tx, case_id: str, seq: int, event: Event) -> dict[str, Any]:
    """Store the event's texts. Returns their salted digests for the log."""
    writer = WRITERS.get(type(event))
    return writer(tx, case_id, seq, event) if writer is not None else {}


_ABOUT_SCHEDULED = MessageScheduled | ScheduleCancelled | ScheduleStopped


def changes_texts(event: Event) -> bool:
    """Whether the event changes the case's texts."""
    if isinstance(event, StatusSet):
        return event.kind == "closed"
    return type(event) in WRITERS and not isinstance(
        event, _ABOUT_SCHEDULED | MessageReceipted | NoteMadeOfficial | ReplyRemoved | AddressConfirmed
    )


def file_digest_input(file: FileRef) -> str:
    """The text that a file's digest in the log is computed from."""
    return canonical_json([file.id, file.sha256, file.field, file.name, file.size, file.kind])


def legacy_file_digest_input(file_id: str, sha256: str) -> str:
    """The same in earlier versions, without name and kind."""
    return f"{file_id}:{sha256}"


def person_digest_input(person: Person) -> str:
    """The text that a person's digest in the log is computed from."""
    return canonical_json([person.name, person.email, person.phone, person.role, person.external_id])


@dataclass(frozen=True, slots=True)
class SubmissionTexts:
    """The texts of a submission: its rows of answers, people and attached files, and their salted digests."""

    answers: dict[str, Any]
    people: list[dict[str, Any]]
    attachments: list[dict[str, Any]]
    digests: dict[str, Any]


def submission_texts(keys: Keys, event: CaseSubmitted) -> SubmissionTexts:
    """The rows of the submission's texts, for `insert_submissions`."""
    salt, text = _new_salt(), canonical_json(event.answers)
    people, people_digests = _people_rows(keys, event.case_id, event.people)
    owner = {"case_id": event.case_id, "at": event.at}
    attachments, file_digests = _attachment_rows(keys, event.files, owner)
    return SubmissionTexts(
        {"case_id": event.case_id, "version": 1, "body": text, "salt": salt},
        people,
        attachments,
        {
            "answers": salted_digest(salt, text),
            **({"people": people_digests} if people_digests else {}),
            **file_digests,
        },
    )


def insert_submissions(tx: Tx, submissions: Sequence[SubmissionTexts]) -> None:
    """Insert the texts of cases that have just been inserted. LostRace as in `_attach_files`."""
    tx.conn.execute(_ANSWERS, [one.answers for one in submissions])
    if people := [row for one in submissions for row in one.people]:
        tx.conn.execute(_APPLICANTS, people)
    _attach(tx, [row for one in submissions for row in one.attachments])


def _people_rows(
    keys: Keys, case_id: str, people: Iterable[Person]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    rows, digests = [], {}
    for position, person in enumerate(people):
        salt = _new_salt()
        digests[person.id] = salted_digest(salt, person_digest_input(person))
        rows.append(
            {
                "id": person.id,
                "case_id": case_id,
                "position": position,
                "role": person.role,
                "name": person.name,
                "email": person.email,
                "phone": person.phone,
                "language": person.language,
                "external_id": person.external_id,
                "address_state": person.address_state,
                "mailbox": keys.hash_mailbox(person.email) if person.email else None,
                "salt": salt,
            }
        )
    return rows, digests


def _attach_files(tx: Tx, files: Iterable[FileRef], owner: dict[str, Any]) -> dict[str, Any]:
    """Attach the files to their owner. Returns their digests.

    Raises LostRace where one was attached or swept meanwhile, or has just been found to be infected.
    """
    rows, digests = _attachment_rows(tx.keys, files, owner)
    _attach(tx, rows)
    return digests


def _attachment_rows(
    keys: Keys, files: Iterable[FileRef], owner: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows, and what the log holds of them: their digests, and that their scan states are sealed."""
    rows, digests = [], {}
    for file in files:
        salt = _new_salt()
        digests[file.id] = salted_digest(salt, file_digest_input(file))
        row = {"wanted": file.id, "stored": file.sha256, "field": file.field, "salt": salt}
        seals = {f"seal_{state}": seal for state, seal in create_seals(keys, file.id, file.sha256).items()}
        rows.append({"message_id": None, "note_id": None, **row, **owner, **seals})
    return rows, {"files": digests, "scans_sealed": True} if digests else {}


def _attach(tx: Tx, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        if tx.conn.execute(_ATTACH, row).rowcount != 1:
            raise LostRace


def _write_answers(tx: Tx, case_id: str, seq: int, event: CaseEdited) -> dict[str, Any]:
    """Store the new version of the answers in a row of its own: the submission and earlier ones remain."""
    salt, text = _new_salt(), canonical_json(event.answers)
    tx.conn.execute(_ANSWERS, {"case_id": case_id, "version": event.version, "body": text, "salt": salt})
    if event.withdrawn:
        is_withdrawn = FileRow.case_id == case_id, FileRow.id.in_(event.withdrawn)
        tx.conn.execute(update(FileRow).where(*is_withdrawn).values(withdrawn_at=event.at))
    owner = {"case_id": case_id, "at": event.at, "added_by": event.by}
    return {"answers": salted_digest(salt, text), **_attach_files(tx, event.files, owner)}


def _write_sent_message(tx: Tx, case_id: str, seq: int, event: MessageSent) -> dict[str, Any]:
    extra = {
        "applicant": "",
        "kind": event.kind,
        "visible_at": event.visible_at,
        "answer_by": event.answer_by,
        "receipt": event.receipt,
    }
    return _insert_message(tx, case_id, seq, event, extra)


def _write_received_message(
    tx: Tx, case_id: str, seq: int, event: MessageReceived | InformationAdded
) -> dict[str, Any]:
    extra = {
        "applicant": event.applicant,
        "kind": "added" if isinstance(event, InformationAdded) else "information",
        "visible_at": event.at,
        "receipt": False,
    }
    return _insert_message(tx, case_id, seq, event, extra)


def _insert_message(
    tx: Tx,
    case_id: str,
    seq: int,
    event: MessageSent | MessageReceived | InformationAdded,
    extra: dict[str, Any],
) -> dict[str, Any]:
    salt = _new_salt()
    row = {"id": event.message_id, "case_id": case_id, "seq": seq, "by": event.by, "at": event.at}
    tx.conn.execute(_MESSAGE, {**row, "body": event.text, "salt": salt, **extra})
    owner = {"case_id": case_id, "message_id": event.message_id, "at": event.at}
    return {"text": salted_digest(salt, event.text), **_attach_files(tx, event.files, owner)}


def _mark_undone(tx: Tx, case_id: str, seq: int, event: MessageUndone) -> dict[str, Any]:
    tx.conn.execute(update(MessageRow).where(MessageRow.id == event.message_id).values(undone_at=event.at))
    return {}


def _save_scheduled(tx: Tx, case_id: str, seq: int, event: MessageScheduled) -> dict[str, Any]:
    """Store the text with the writer's drafts: the log holds nothing of what may never be sent."""
    scheduled_drafts.save(tx, case_id, event)
    return {}


def _return_to_writer(
    tx: Tx, case_id: str, seq: int, event: ScheduleCancelled | ScheduleStopped
) -> dict[str, Any]:
    scheduled_drafts.return_to_writer(tx, event.message_id, event.at)
    return {}


def _mark_receipted(tx: Tx, case_id: str, seq: int, event: MessageReceipted) -> dict[str, Any]:
    tx.conn.execute(update(MessageRow).where(MessageRow.id == event.message_id).values(receipted_at=event.at))
    return {}


def _mark_confirmed(tx: Tx, case_id: str, seq: int, event: AddressConfirmed) -> dict[str, Any]:
    tx.conn.execute(
        update(ApplicantRow).where(ApplicantRow.id == event.applicant).values(address_state=event.how)
    )
    return {}


def _correct_contact(tx: Tx, case_id: str, seq: int, event: ContactCorrected) -> dict[str, Any]:
    """Replace the contact details in the applicant's row; the log's erasable content has the earlier ones.

    Nobody can sign in to the case with the earlier address any more, and mail that could not be delivered to it is
    sent to the new one.
    """
    is_theirs = ApplicantRow.case_id == case_id, ApplicantRow.id == event.applicant
    row = tx.conn.execute(select(ApplicantRow.__table__).where(*is_theirs)).one()
    person = replace(person_from_row(row), name=event.name, email=event.email, phone=event.phone)
    salt = _new_salt()
    columns: dict[str, Any] = {
        "name": person.name,
        "email": person.email,
        "mailbox": tx.keys.hash_mailbox(person.email) if person.email else None,
        "phone": person.phone,
        "salt": salt,
    }
    if event.is_address_changed:
        columns["address_state"] = "unconfirmed"
    tx.conn.execute(update(ApplicantRow).where(*is_theirs).values(columns))
    if event.is_address_changed:
        if row.mailbox is not None:
            content_places.end_sign_ins_if_unused(tx, [row.mailbox])
        applicant_mail.unpark_applicant_mail(tx, case_id, event.applicant, event.at)
    return {"people": {person.id: salted_digest(salt, person_digest_input(person))}}


def _add_representative(tx: Tx, case_id: str, seq: int, event: RepresentativeAdded) -> dict[str, Any]:
    rows, digests = _people_rows(tx.keys, case_id, event.people)
    tx.conn.execute(_APPLICANTS, [row | {"position": event.position} for row in rows])
    return {"people": digests}


def _end_representative(tx: Tx, case_id: str, seq: int, event: RepresentativeEnded) -> dict[str, Any]:
    """Take away the mailbox, by which they could sign in, and the mail that has not left."""
    is_theirs = ApplicantRow.case_id == case_id, ApplicantRow.id == event.applicant
    mailbox = tx.conn.execute(select(ApplicantRow.mailbox).where(*is_theirs)).scalar()
    tx.conn.execute(update(ApplicantRow).where(*is_theirs).values(mailbox=None, ended_at=event.at))
    if mailbox is not None:
        content_places.end_sign_ins_if_unused(tx, [mailbox])
    applicant_mail.delete_applicant_mail(tx, case_id, event.applicant)
    return {}


def _write_note(tx: Tx, case_id: str, seq: int, event: NoteAdded) -> dict[str, Any]:
    salt = _new_salt()
    row = {"id": event.note_id, "case_id": case_id, "seq": seq, "by": event.by, "at": event.at}
    more = {"kind": event.kind, "source": event.source or None}
    tx.conn.execute(_NOTE, {**row, **more, "body": event.text, "salt": salt})
    owner = {"case_id": case_id, "note_id": event.note_id, "at": event.at}
    return {"text": salted_digest(salt, event.text), **_attach_files(tx, event.files, owner)}


def _write_revision(tx: Tx, case_id: str, seq: int, event: NoteRevised) -> dict[str, Any]:
    """Store the new version of a note in a row of its own: the log holds the digest of the earlier one."""
    salt = _new_salt()
    row = {"id": event.revision_id, "note_id": event.note_id, "case_id": case_id, "seq": seq, "by": event.by}
    tx.conn.execute(_REVISION, {**row, "at": event.at, "body": event.text, "salt": salt})
    return {"text": salted_digest(salt, event.text)}


def _mark_official(tx: Tx, case_id: str, seq: int, event: NoteMadeOfficial) -> dict[str, Any]:
    tx.conn.execute(update(NoteRow).where(NoteRow.id == event.note_id).values(kind="official"))
    return {}


def _mark_reply_removed(tx: Tx, case_id: str, seq: int, event: ReplyRemoved) -> dict[str, Any]:
    tx.conn.execute(update(NoteRow).where(NoteRow.id == event.note_id).values(removed_at=event.at))
    return {}


def _dispose_working_notes(tx: Tx, case_id: str, seq: int, event: StatusSet) -> dict[str, Any]:
    """Delete the working notes (minnesanteckningar) and their files when the case closes; official notes remain."""
    if event.kind == "closed":
        is_working_note = NoteRow.case_id == case_id, NoteRow.kind == "working"
        working_note_ids = select(NoteRow.id).where(*is_working_note)
        is_revision = NoteRevisionRow.note_id.in_(working_note_ids)
        is_attached = and_(FileRow.case_id == case_id, FileRow.note_id.in_(working_note_ids))
        tx.conn.execute(update(NoteRow).where(*is_working_note).values(body=None, salt=None))
        tx.conn.execute(update(NoteRevisionRow).where(is_revision).values(body=None, salt=None))
        tx.conn.execute(update(FileRow).where(is_attached).values(name="", kind="", sha256=None, salt=None))
    return {}


def _new_salt() -> str:
    return os.urandom(16).hex()


WRITERS: dict[type[Event], Callable[[Tx, str, int, Any], dict[str, Any]]] = {
    MessageSent: _write_sent_message,
    MessageUndone: _mark_undone,
    MessageScheduled: _save_scheduled,
    ScheduleCancelled: _return_to_writer,
    ScheduleStopped: _return_to_writer,
    MessageReceived: _write_received_message,
    InformationAdded: _write_received_message,
    MessageReceipted: _mark_receipted,
    AddressConfirmed: _mark_confirmed,
    CaseEdited: _write_answers,
    ContactCorrected: _correct_contact,
    RepresentativeAdded: _add_representative,
    RepresentativeEnded: _end_representative,
    NoteAdded: _write_note,
    NoteRevised: _write_revision,
    NoteMadeOfficial: _mark_official,
    ReplyRemoved: _mark_reply_removed,
    StatusSet: _dispose_working_notes,
}
