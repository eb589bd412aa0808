"""The case as applicants see it, and who they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from bot.domain.actors import Applicant
from bot.domain.correspondence import as_told
from bot.domain.views import ApplicantCaseView, CaseView, HistoryLine
from bot.store.cases.case_state import state_of
from bot.store.cases.contents import answers_of, definition_of, messages_of, people_of
from bot.store.engine.database import Tx
from bot.store.files.attachments import of_form
from bot.store.log import history
from bot.store.tables import AnswersRow, ApplicantRow, CaseRow
from bot.store.visibility import visible_to


def applicant_case(tx: Tx, applicant: Applicant, case_id: str, now: datetime) -> ApplicantCaseView | None:
    """The case as its applicant sees it now; None for one they have no part in."""
    row = tx.conn.execute(
        select(CaseRow.__table__).where(CaseRow.id == case_id, visible_to(applicant))
    ).first()
    if row is None:
        return None
    return ApplicantCaseView(
        case=as_told(state_of(tx, row), now),
        definition=definition_of(tx, row.definition),
        answers=answers_of(tx, case_id),
        messages=messages_of(tx, row, visible_by=now),
        files=of_form(tx, case_id),
    )


def applicant_steps(tx: Tx, applicant: Applicant, case_id: str, now: datetime) -> list[HistoryLine]:
    """What the applicant is told has happened to their case's status, oldest first; nothing for one not theirs."""
    if (
        tx.conn.execute(select(CaseRow.id).where(CaseRow.id == case_id, visible_to(applicant))).first()
        is None
    ):
        return []
    return _standing(history.read(tx, case_id), now)


def _standing(lines: Sequence[HistoryLine], now: datetime) -> list[HistoryLine]:
    """The statuses, but for one whose message was undone, or still can be: the applicant is not told of it."""
    steps: list[HistoryLine] = []
    unseen: set[int] = set()
    for before, line in zip([None, *lines], lines, strict=False):
        with_it = before if before and before.at == line.at and line.event == "StatusSet" else None
        if with_it and with_it.event == "MessageUndone":
            steps.pop()
            continue
        if with_it and with_it.event == "MessageSent" and with_it.facts["visible_at"] > now:
            unseen.add(line.seq)
        if line.event in ("CaseSubmitted", "StatusSet"):
            steps.append(line)
    return [step for step in steps if step.seq not in unseen]


def as_submitted(tx: Tx, case_id: str) -> CaseView | None:
    """What was sent in, for whoever holds the case's receipt key; None where there is no such case."""
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id)).first()
    if row is None:
        return None
    first = select(AnswersRow.body).where(AnswersRow.case_id == case_id, AnswersRow.version == 1)
    body = tx.conn.execute(first).scalar()
    return CaseView(
        case=state_of(tx, row),
        definition=definition_of(tx, row.definition),
        answers=dict(json.loads(body)) if body else {},
        people=people_of(tx, case_id),
        files=of_form(tx, case_id),
    )


def applicant_ids(tx: Tx, mailbox: str) -> frozenset[str]:
    """The applicants that a mailbox stands for."""
    found = tx.conn.execute(select(ApplicantRow.id).where(ApplicantRow.mailbox == mailbox))
    return frozenset(found.scalars())


def case_of_applicant(tx: Tx, applicant_id: str) -> str | None:
    """The id of the case that an applicant is part of; what a mail's link leads to once its mailbox is shown."""
    return tx.conn.execute(select(ApplicantRow.case_id).where(ApplicantRow.id == applicant_id)).scalar()


def mailbox_of(tx: Tx, applicant_id: str) -> str | None:
    """The mailbox's key of an applicant, who may have left none."""
    return tx.conn.execute(select(ApplicantRow.mailbox).where(ApplicantRow.id == applicant_id)).scalar()
