"""Queries for officers. Functions that take the actor return nothing that the actor may not see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, get_args

from sqlalchemy import and_, func, or_, select

from bot.domain.actors import Actor, Officer
from bot.domain.case import Case
from bot.domain.documents import find_numbers, list_documents
from bot.domain.views import CaseView, HistoryLine
from bot.store.cases import scheduled_drafts
from bot.store.cases.case_state import case_from_row
from bot.store.cases.contents import (
    load_answers,
    load_definition,
    load_ended_people,
    load_messages,
    load_notes,
    load_people,
    load_submitted_answers,
)
from bot.store.engine.database import Tx
from bot.store.files.attachments import load_attached_files, load_file_lines
from bot.store.log import history, readings
from bot.store.tables import CaseRow, MessageRow, NoteRow
from bot.store.visibility import IS_PRESENT, granted_to, is_unprotected_for, visible_to

CasePart = Literal["answers", "messages", "notes", "files", "history"]

MAX_DELETED = 500
"""Deleted cases that are listed."""

ALL_PARTS: frozenset[CasePart] = frozenset(get_args(CasePart))


def find_case_by_number(tx: Tx, actor: Actor, number: str) -> str | None:
    """The id of the case with that number; None where there is none, or the actor may not see it."""
    return tx.conn.execute(select(CaseRow.id).where(CaseRow.number == number, visible_to(actor))).scalar()


def find_protected_case(tx: Tx, officer: Officer, ref: str) -> Case | None:
    """The protected case with that number or id of which the officer knows only that it is there, by its card."""
    is_requested = or_(CaseRow.number == ref, CaseRow.id == ref), CaseRow.protected.is_(True), IS_PRESENT
    is_known = granted_to(officer), ~is_unprotected_for(officer, CaseRow.service)
    row = tx.conn.execute(select(CaseRow.__table__).where(*is_requested, *is_known)).first()
    return case_from_row(tx, row) if row is not None else None


def find_deleted_case(tx: Tx, officer: Officer, ref: str) -> Case | None:
    """The deleted case with that number or id which the officer could see if it were not deleted."""
    is_requested = or_(CaseRow.number == ref, CaseRow.id == ref), CaseRow.deleted_at.is_not(None)
    is_known = granted_to(officer), is_unprotected_for(officer, CaseRow.service)
    row = tx.conn.execute(select(CaseRow.__table__).where(*is_requested, *is_known)).first()
    return case_from_row(tx, row) if row is not None else None


def list_deleted(tx: Tx, services: Collection[str], officer: Officer) -> list[Case]:
    """The deleted cases of these e-services that can be restored, the last deleted first."""
    is_restorable = CaseRow.deleted_at.is_not(None), CaseRow.disposed_at.is_(None)
    is_known = CaseRow.service.in_(list(services)), is_unprotected_for(officer, CaseRow.service)
    rows = tx.conn.execute(
        select(CaseRow.__table__)
        .where(*is_restorable, *is_known)
        .order_by(CaseRow.deleted_at.desc(), CaseRow.number)
        .limit(MAX_DELETED)
    )
    return [case_from_row(tx, row) for row in rows.all()]


_WITH_DOCUMENTS: frozenset[CasePart] = frozenset({"answers", "messages", "notes", "files"})


def load_case_view(
    tx: Tx, actor: Officer, case_id: str, parts: Collection[CasePart] = ALL_PARTS
) -> CaseView | None:
    """The case with the given parts; None where the officer may not see it. To be shown only through `reveal`."""
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id, visible_to(actor))).first()
    if row is None:
        return None
    with_answers = "answers" in parts
    with_people = with_answers or "messages" in parts
    case = case_from_row(tx, row)
    files = load_attached_files(tx, case_id) if with_answers else []
    lines = tuple(history.read(tx, case_id, with_content=True)) if "history" in parts else ()
    return CaseView(
        case=case,
        definition=load_definition(tx, row.definition),
        answers=load_answers(tx, case_id) if with_answers else {},
        people=load_people(tx, case_id) if with_people else (),
        ended_people=load_ended_people(tx, case_id) if with_people else (),
        messages=load_messages(tx, row, reader=actor.ref) if "messages" in parts else (),
        scheduled_texts=scheduled_drafts.load_texts(tx, case) if "messages" in parts else {},
        notes=load_notes(tx, case_id, reader=actor.ref) if "notes" in parts else (),
        history=lines,
        openings=readings.list_reasons(tx, case_id) if "history" in parts else (),
        files=tuple(one.file for one in files if one.line.withdrawn_at is None),
        withdrawn_files=tuple(one.file for one in files if one.line.withdrawn_at is not None),
        submitted=load_submitted_answers(tx, case) if with_answers else None,
        file_lines=load_file_lines(tx, case_id) if "files" in parts else (),
        linked=_load_linked(tx, actor, case, lines),
        document_numbers=_load_document_numbers(tx, case, parts, lines),
        disposal_basis=_load_disposal_basis(tx, case),
    )


def _load_disposal_basis(tx: Tx, case: Case) -> str:
    """By which rule the case was disposed of, as its log has it; empty where it was not, or by no such rule."""
    if case.disposed_at is None:
        return ""
    bases = [line.facts["basis"] for line in history.read(tx, case.id) if line.event == "CaseDisposed"]
    return str(bases[-1]) if bases else ""


def _load_document_numbers(
    tx: Tx, case: Case, parts: Collection[CasePart], lines: Sequence[HistoryLine]
) -> Mapping[str, str]:
    """The numbers of its documents, by id, where the parts hold any; `lines` are its events, if they are loaded."""
    if not _WITH_DOCUMENTS.intersection(parts):
        return {}
    return find_numbers(list_documents(lines or history.read(tx, case.id)), case.number)


def _load_linked(tx: Tx, actor: Officer, case: Case, lines: Collection[HistoryLine]) -> dict[str, Case]:
    """The cases that it is linked to, or was by these events, by id: those that the officer may see."""
    earlier = {line.facts["other"] for line in lines if line.event in ("CaseLinked", "CaseUnlinked")}
    linked_ids = {link.other for link in case.links} | earlier
    if not linked_ids:
        return {}
    query = select(CaseRow.__table__).where(CaseRow.id.in_(list(linked_ids)), visible_to(actor))
    return {row.id: case_from_row(tx, row) for row in tx.conn.execute(query).all()}


def load_case_at_version(tx: Tx, case_id: str, seq: int) -> Case:
    """The case as it was at version `seq`. KeyError where there is no such case."""
    return history.replay(tx, case_id, until=seq)


def find_last_assignment(tx: Tx, case_id: str) -> HistoryLine | None:
    """The latest event that changed the assignees."""
    assignment_events = ("CaseAssigned", "CaseTaken", "CaseReleased", "AssigneesChanged")
    return next(
        (line for line in reversed(history.read(tx, case_id)) if line.event in assignment_events), None
    )


def count_parts(tx: Tx, reader: str, case_id: str) -> dict[str, int]:
    """The numbers of messages, notes and files of the case, and of messages that are `unread` to the reader.

    To an officer who has never read the messages, those are what the applicant sent and no assignee has read.
    """
    messages = select(func.count()).where(MessageRow.case_id == case_id, MessageRow.undone_at.is_(None))
    read_at = select(CaseRow.read_at).where(CaseRow.id == case_id).scalar_subquery()
    own = readings.select_last(reader, case_id, "messages").scalar_subquery()
    no_assignee = and_(MessageRow.by == "applicant", or_(read_at.is_(None), MessageRow.at > read_at))
    since_own = and_(MessageRow.by != reader, MessageRow.at > own)
    unread = messages.where(or_(since_own, and_(own.is_(None), no_assignee)))
    notes = select(func.count()).where(NoteRow.case_id == case_id)
    return {
        "messages": tx.conn.execute(messages).scalar() or 0,
        "notes": tx.conn.execute(notes).scalar() or 0,
        "files": len(load_attached_files(tx, case_id)),
        "unread": tx.conn.execute(unread).scalar() or 0,
    }
