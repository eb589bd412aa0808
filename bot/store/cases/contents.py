"""The contents of a case: form, answers, people, messages, notes and files. Callers have checked who may see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, select

from bot.catalog.definition import Definition
from bot.domain.case import Case
from bot.domain.submission import FileRef, Person
from bot.domain.views import MessageLine, NoteLine, NoteVersion
from bot.store.engine.database import Tx
from bot.store.files.attachments import AttachedFile, load_attached_files
from bot.store.log import readings
from bot.store.tables import (
    AnswersRow,
    ApplicantRow,
    DefinitionRow,
    MessageRow,
    NoteRevisionRow,
    NoteRow,
)

# Built once: it is executed each time a case is looked at.
_LOAD_DEFINITION = select(DefinitionRow.body).where(DefinitionRow.digest == bindparam("wanted"))


def load_definition(tx: Tx, digest: str) -> Definition:
    """The form a case was submitted through."""
    body = tx.conn.execute(_LOAD_DEFINITION, {"wanted": digest}).scalar()
    if body is None:
        raise KeyError(digest)
    return _parse_definition(body)


@lru_cache(maxsize=256)
def _parse_definition(body: str) -> Definition:
    """Cached by its text, not by its digest, so that a row that was tampered with is not taken for the genuine one."""
    return Definition.from_json(body)


def load_answers(tx: Tx, case_id: str, version: int | None = None) -> dict[str, Any]:
    """The current answers by field key, or those of a version; empty where they have been disposed of."""
    query = select(AnswersRow.body).where(AnswersRow.case_id == case_id)
    if version is not None:
        query = query.where(AnswersRow.version == version)
    body = tx.conn.execute(query.order_by(AnswersRow.version.desc()).limit(1)).scalar()
    return dict(json.loads(body)) if body else {}


def load_submitted_answers(tx: Tx, case: Case) -> dict[str, Any] | None:
    """The answers as they were submitted, of a case that has been edited since; None of another."""
    return load_answers(tx, case.id, 1) if case.latest_edit is not None else None


def load_people(tx: Tx, case_id: str) -> tuple[Person, ...]:
    """The applicants of the case, in the order of the submission, and then the added representatives."""
    return _load_people(tx, case_id, ApplicantRow.ended_at.is_(None))


def load_ended_people(tx: Tx, case_id: str) -> tuple[Person, ...]:
    """The representatives who have ended. They have no part in the case, but may have written in it."""
    return _load_people(tx, case_id, ApplicantRow.ended_at.is_not(None))


def _load_people(tx: Tx, case_id: str, condition: ColumnElement[bool]) -> tuple[Person, ...]:
    rows = select(ApplicantRow.__table__).where(ApplicantRow.case_id == case_id, condition)
    return tuple(person_from_row(row) for row in tx.conn.execute(rows.order_by(ApplicantRow.position)))


def load_names(
    tx: Tx, case_ids: Collection[str], *conditions: ColumnElement[bool]
) -> dict[str, tuple[str, ...]]:
    """The names of the cases' people, by the case's id: of those who have one and meet the conditions, in their order.

    Callers have checked who may see them.
    """
    query = select(ApplicantRow.case_id, ApplicantRow.name).where(
        ApplicantRow.case_id.in_(list(case_ids)), ApplicantRow.name != "", *conditions
    )
    names: dict[str, tuple[str, ...]] = {}
    for row in tx.conn.execute(query.order_by(ApplicantRow.case_id, ApplicantRow.position)):
        names[row.case_id] = (*names.get(row.case_id, ()), row.name)
    return names


def person_from_row(row: Row[Any]) -> Person:
    """The applicant of a row."""
    return Person(
        id=row.id,
        name=row.name,
        email=row.email,
        phone=row.phone,
        role=row.role,
        language=row.language,
        external_id=row.external_id,
        address_state=row.address_state,
    )


def load_messages(
    tx: Tx, case: Row[Any], *, visible_by: datetime | None = None, reader: str = ""
) -> tuple[MessageLine, ...]:
    """The messages of a row of `case`, oldest first: all, or those that the applicant can read at `visible_by`.

    Unread are what others have written since the `reader`, an officer's reference, last read the messages; to who has
    never read them, what no assignee has read.
    """
    query = select(MessageRow.__table__).where(MessageRow.case_id == case.id, MessageRow.undone_at.is_(None))
    if visible_by is not None:
        query = query.where(MessageRow.visible_at <= visible_by)
    # Files of notes are for officers only, whatever else their rows say.
    files = _group_files(tx, case.id, lambda one: one.message_id if one.note_id is None else None)
    own = readings.find_last(tx, reader, case.id, "messages") if reader else None
    messages = [
        _message_from_row(row, tuple(files.get(row.id, ())), case.read_at)
        for row in tx.conn.execute(query.order_by(MessageRow.seq))
    ]
    if own is None:
        return tuple(messages)
    return tuple(replace(one, unread=one.by != reader and one.at > own) for one in messages)


def _message_from_row(row: Row[Any], files: tuple[FileRef, ...], read_at: datetime | None) -> MessageLine:
    return MessageLine(
        id=row.id,
        by=row.by,
        applicant=row.applicant,
        at=row.at,
        visible_at=row.visible_at,
        kind=row.kind,
        text=row.body,
        files=files,
        answer_by=row.answer_by,
        receipt=row.receipt,
        receipted_at=row.receipted_at,
        unread=row.by == "applicant" and (read_at is None or read_at < row.at),
    )


def load_notes(tx: Tx, case_id: str, *, reader: str = "") -> tuple[NoteLine, ...]:
    """The notes in their current version with the earlier ones, oldest first.

    Unread are what others have written or edited since the `reader`, an officer's reference, last read the notes.
    """
    read_at = readings.find_last(tx, reader, case_id, "notes") if reader else None
    query = select(NoteRevisionRow.__table__).where(NoteRevisionRow.case_id == case_id)
    edits: dict[str, list[Row[Any]]] = {}
    for row in tx.conn.execute(query.order_by(NoteRevisionRow.seq)):
        edits.setdefault(row.note_id, []).append(row)
    rows = tx.conn.execute(select(NoteRow.__table__).where(NoteRow.case_id == case_id).order_by(NoteRow.seq))
    files = _group_files(tx, case_id, lambda one: one.note_id)
    notes = (_note_from_row(row, edits.get(row.id, []), tuple(files.get(row.id, ()))) for row in rows)
    return tuple(replace(one, unread=_is_unread_note(one, reader, read_at)) for one in notes)


def _is_unread_note(note: NoteLine, reader: str, read_at: datetime | None) -> bool:
    return read_at is not None and note.by != reader and (note.edited_at or note.at) > read_at


def _note_from_row(row: Row[Any], edits: Sequence[Row[Any]], files: tuple[FileRef, ...]) -> NoteLine:
    *earlier, latest = (NoteVersion(one.at, one.by, one.body) for one in (row, *edits))
    return NoteLine(
        id=row.id,
        by=row.by,
        at=row.at,
        kind=row.kind,
        text=latest.text,
        files=files,
        edited_at=latest.at if edits else None,
        removed_at=row.removed_at,
        earlier=tuple(earlier),
    )


def _group_files(
    tx: Tx, case_id: str, get_owner_id: Callable[[AttachedFile], str | None]
) -> dict[str | None, list[FileRef]]:
    files: dict[str | None, list[FileRef]] = {}
    for one in load_attached_files(tx, case_id):
        files.setdefault(get_owner_id(one), []).append(one.file)
    return files
