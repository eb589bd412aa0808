"""The case as officers see it. What takes the actor cannot return what they have no part in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

from sqlalchemy import func, or_, select

from bot.domain.actors import Actor, Officer
from bot.domain.case import Case
from bot.domain.views import CaseView, HistoryLine
from bot.store.cases.case_state import state_of
from bot.store.cases.contents import answers_of, definition_of, messages_of, notes_of, people_of
from bot.store.engine.database import Tx
from bot.store.files.attachments import attached, file_lines_of
from bot.store.log import history, readings
from bot.store.tables import CaseRow, MessageRow, NoteRow
from bot.store.visibility import visible_to

Part = Literal["answers", "messages", "notes", "files", "history"]

ALL_PARTS: frozenset[Part] = frozenset(get_args(Part))


def find_number(tx: Tx, actor: Actor, number: str) -> str | None:
    """The id of the case with that number, or None: the same for none and for none of theirs."""
    return tx.conn.execute(select(CaseRow.id).where(CaseRow.number == number, visible_to(actor))).scalar()


def case_view(tx: Tx, actor: Officer, case_id: str, parts: Collection[Part] = ALL_PARTS) -> CaseView | None:
    """The case with the asked-for parts; None for one the officer may not see. Shown only through `reveal`."""
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id, visible_to(actor))).first()
    if row is None:
        return None
    with_answers = "answers" in parts
    return CaseView(
        case=state_of(tx, row),
        definition=definition_of(tx, row.definition),
        answers=answers_of(tx, case_id) if with_answers else {},
        people=people_of(tx, case_id) if with_answers or "messages" in parts else (),
        messages=messages_of(tx, row) if "messages" in parts else (),
        notes=notes_of(tx, case_id) if "notes" in parts else (),
        history=tuple(history.read(tx, case_id, with_content=True)) if "history" in parts else (),
        openings=readings.reasons(tx, case_id) if "history" in parts else (),
        files=tuple(one.file for one in attached(tx, case_id)) if with_answers else (),
        file_lines=file_lines_of(tx, case_id) if "files" in parts else (),
    )


def case_then(tx: Tx, case_id: str, seq: int) -> Case:
    """The case as someone saw it who was shown version `seq`. KeyError where there is no such case."""
    return history.replay(tx, case_id, until=seq)


def last_assigned(tx: Tx, case_id: str) -> HistoryLine | None:
    """The latest event that changed who has the case."""
    about = ("CaseAssigned", "CaseTaken", "CaseReleased", "AssigneesChanged")
    return next((line for line in reversed(history.read(tx, case_id)) if line.event in about), None)


def part_counts(tx: Tx, case_id: str) -> dict[str, int]:
    """How many messages, notes and files the case has, and how many `unread` messages from the applicant."""
    messages = select(func.count()).where(MessageRow.case_id == case_id, MessageRow.undone_at.is_(None))
    read_at = select(CaseRow.read_at).where(CaseRow.id == case_id).scalar_subquery()
    unread = messages.where(MessageRow.by == "applicant", or_(read_at.is_(None), MessageRow.at > read_at))
    notes = select(func.count()).where(NoteRow.case_id == case_id)
    return {
        "messages": tx.conn.execute(messages).scalar() or 0,
        "notes": tx.conn.execute(notes).scalar() or 0,
        "files": len(attached(tx, case_id)),
        "unread": tx.conn.execute(unread).scalar() or 0,
    }
