"""Queries for applicants, and of who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.domain.actors import Applicant
from bot.domain.messages.undoing import as_applicant_sees
from bot.domain.views import ApplicantCaseView, CaseView, HistoryLine, Representation
from bot.store.cases.case_state import case_from_row
from bot.store.cases.contents import (
    load_answers,
    load_definition,
    load_ended_people,
    load_messages,
    load_people,
    load_submitted_answers,
)
from bot.store.engine.database import Tx
from bot.store.files.attachments import load_form_files
from bot.store.log import history
from bot.store.tables import ApplicantRow, CaseRow
from bot.store.visibility import IS_PRESENT, UNCONFIRMED, visible_to


def load_applicant_case(
    tx: Tx, applicant: Applicant, case_id: str, now: datetime
) -> ApplicantCaseView | None:
    """The case as its applicant sees it at `now`; None where it is not theirs."""
    row = tx.conn.execute(
        select(CaseRow.__table__).where(CaseRow.id == case_id, visible_to(applicant))
    ).first()
    if row is None:
        return None
    case = case_from_row(tx, row)
    return ApplicantCaseView(
        case=as_applicant_sees(case, now),
        definition=load_definition(tx, row.definition),
        answers=load_answers(tx, case_id),
        submitted=load_submitted_answers(tx, case),
        people=tuple(one for one in load_people(tx, case_id) if one.id in applicant.ids),
        messages=load_messages(tx, row, visible_by=now),
        files=load_form_files(tx, case_id),
        representations=_load_representations(tx, case_id),
    )


def _load_representations(tx: Tx, case_id: str) -> tuple[Representation, ...]:
    """Who represents someone in the case, and who has done so before."""
    people = [one for one in load_people(tx, case_id) if one.role == "representative"]
    people += load_ended_people(tx, case_id)
    if not people:
        return ()
    times = {
        (line.event, line.facts["applicant"]): line.at
        for line in history.read(tx, case_id)
        if line.event in ("RepresentativeAdded", "RepresentativeEnded")
    }
    return tuple(
        Representation(
            one.name or one.email,
            times.get(("RepresentativeAdded", one.id)),
            times.get(("RepresentativeEnded", one.id)),
        )
        for one in people
    )


def load_status_steps(tx: Tx, applicant: Applicant, case_id: str, now: datetime) -> list[HistoryLine]:
    """The changes of status that are shown to the applicant, oldest first; empty where the case is not theirs."""
    if (
        tx.conn.execute(select(CaseRow.id).where(CaseRow.id == case_id, visible_to(applicant))).first()
        is None
    ):
        return []
    return _visible_steps(history.read(tx, case_id), now)


def _visible_steps(lines: Sequence[HistoryLine], now: datetime) -> list[HistoryLine]:
    """The changes of status without those that an older program set with a message that was undone, or can still be."""
    steps: list[HistoryLine] = []
    hidden_seqs: set[int] = set()
    for previous, line in zip([None, *lines], lines, strict=False):
        was_set_with_message = line.facts.get("with_message") and not line.facts.get("message_id")
        same_act = previous if previous and previous.at == line.at and was_set_with_message else None
        if same_act and same_act.event == "MessageUndone":
            steps.pop()
            continue
        if same_act and same_act.event == "MessageSent" and same_act.facts["visible_at"] > now:
            hidden_seqs.add(line.seq)
        if line.event in ("CaseSubmitted", "StatusSet"):
            steps.append(line)
    return [step for step in steps if step.seq not in hidden_seqs]


def load_submission(tx: Tx, case_id: str) -> CaseView | None:
    """The case as submitted, for holders of its receipt key; None where there is no such case.

    Without people whose contact details were corrected: whoever sent it may be none of them.
    """
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id, IS_PRESENT)).first()
    if row is None:
        return None
    case = case_from_row(tx, row)
    corrected = {one.applicant for one in case.corrections}
    return CaseView(
        case=case,
        definition=load_definition(tx, row.definition),
        answers=load_answers(tx, case_id, 1),
        people=tuple(one for one in load_people(tx, case_id) if one.id not in corrected),
        files=load_form_files(tx, case_id),
    )


def find_applicant_ids(tx: Tx, mailbox: str) -> frozenset[str]:
    """The ids of the applicants with that mailbox, in cases where it was confirmed to be theirs."""
    is_confirmed = ApplicantRow.mailbox == mailbox, ApplicantRow.address_state != UNCONFIRMED
    return frozenset(tx.conn.execute(select(ApplicantRow.id).where(*is_confirmed)).scalars())


@dataclass(frozen=True, slots=True)
class UnconfirmedApplicant:
    """An applicant with a mailbox that was not confirmed in their case, which has that number."""

    id: str
    case_id: str
    number: str


def find_unconfirmed(tx: Tx, mailbox: str) -> list[UnconfirmedApplicant]:
    """The applicants with that mailbox in cases where it was not confirmed to be theirs."""
    rows = tx.conn.execute(
        select(ApplicantRow.id, ApplicantRow.case_id, CaseRow.number)
        .join(CaseRow, CaseRow.id == ApplicantRow.case_id)
        .where(ApplicantRow.mailbox == mailbox, ApplicantRow.address_state == UNCONFIRMED, IS_PRESENT)
    )
    return [UnconfirmedApplicant(row.id, row.case_id, row.number) for row in rows]


def find_case_of_applicant(tx: Tx, applicant_id: str) -> str | None:
    """The id of an applicant's case: the target of a mail's link, after sign-in with the mailbox.

    None also where the address is not confirmed in it, or where it was deleted.
    """
    is_confirmed = ApplicantRow.id == applicant_id, ApplicantRow.address_state != UNCONFIRMED
    query = select(ApplicantRow.case_id).join(CaseRow, CaseRow.id == ApplicantRow.case_id)
    return tx.conn.execute(query.where(*is_confirmed, IS_PRESENT)).scalar()


def find_mailbox(tx: Tx, applicant_id: str) -> str | None:
    """The key of an applicant's mailbox; None where they gave no address."""
    return tx.conn.execute(select(ApplicantRow.mailbox).where(ApplicantRow.id == applicant_id)).scalar()
