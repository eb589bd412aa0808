"""Queries without an actor, for the program itself: mostly for deliveries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from bot.domain.case import Case
from bot.domain.catalog_changes import OpenCases
from bot.domain.views import CardView, HistoryLine, Recipient
from bot.store.cases.case_state import case_from_row, unread_news
from bot.store.cases.contents import load_answers, load_definition
from bot.store.engine.database import Tx
from bot.store.log import history
from bot.store.outbox.applicant_mail import APPLICANT_MAIL_KINDS
from bot.store.tables import (
    ApplicantRow,
    AssigneeRow,
    CaseRow,
    DeliveryRow,
    HistoryRow,
    MessageRow,
    SignInRow,
)
from bot.store.visibility import IS_PRESENT, UNCONFIRMED


@dataclass(frozen=True, slots=True)
class MessageState:
    """A message as needed for the mail about it: whether it was undone, and by which day it is to be answered."""

    undone: bool
    answer_by: date | None


def load_case(tx: Tx, case_id: str) -> Case | None:
    """The current case; None where there is no such case."""
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id)).first()
    return case_from_row(tx, row) if row is not None else None


def load_message_state(tx: Tx, message_id: str) -> MessageState | None:
    """The state of a message, without its text."""
    row = tx.conn.execute(
        select(MessageRow.undone_at, MessageRow.answer_by).where(MessageRow.id == message_id)
    ).first()
    return MessageState(row.undone_at is not None, row.answer_by) if row is not None else None


def find_status_not_set(tx: Tx, case_id: str, message_id: str) -> tuple[str, str] | None:
    """The key and name of the status that was to follow the message and was not set; None where none was left out."""
    facts = (one.facts for one in history.read(tx, case_id) if one.event == "StatusNotSet")
    found = next((one for one in facts if one["message_id"] == message_id), None)
    return (str(found["target"]), str(found["target_name"])) if found is not None else None


def has_message_left_since(tx: Tx, case_id: str, seq: int, now: datetime) -> bool:
    """Whether the applicants can read a message that could still be undone when that event happened, or a later one."""
    (event,) = load_events(tx, case_id, [seq])
    left = select(MessageRow.id).where(
        MessageRow.case_id == case_id,
        MessageRow.applicant == "",
        MessageRow.undone_at.is_(None),
        MessageRow.visible_at > event.at,
        MessageRow.visible_at <= now,
    )
    return tx.conn.execute(left.limit(1)).first() is not None


def load_events(tx: Tx, case_id: str, seqs: Collection[int]) -> list[HistoryLine]:
    """The case's events with those numbers, oldest first."""
    rows = tx.conn.execute(
        select(HistoryRow.seq, HistoryRow.meta)
        .where(HistoryRow.case_id == case_id, HistoryRow.seq.in_(sorted(seqs)))
        .order_by(HistoryRow.seq)
    )
    return [history.history_line(row.seq, row.meta) for row in rows]


def count_open_of_others(tx: Tx, services: Collection[str]) -> dict[str, int]:
    """The numbers of open cases, by e-service, of e-services that are not among `services`."""
    counts = {}
    last = tx.conn.execute(select(func.min(CaseRow.service))).scalar()
    while last is not None:  # a skip scan of the index: there may be a million cases of few e-services
        if last not in services:
            open_cases = select(func.count()).where(CaseRow.service == last, CaseRow.closed_at.is_(None))
            counts[last] = tx.conn.execute(open_cases).scalar_one()
        last = tx.conn.execute(select(func.min(CaseRow.service)).where(CaseRow.service > last)).scalar()
    return {service: count for service, count in counts.items() if count}


def count_open(tx: Tx) -> OpenCases:
    """The numbers of open cases, by status and by assignee. Reads all open cases: for the command line only."""
    by_status = (
        select(CaseRow.service, CaseRow.status, func.count())
        .where(CaseRow.closed_at.is_(None))
        .group_by(CaseRow.service, CaseRow.status)
    )
    by_assignee = (
        select(AssigneeRow.kind, AssigneeRow.key, func.count())
        .where(AssigneeRow.open.is_(True))
        .group_by(AssigneeRow.kind, AssigneeRow.key)
    )
    return OpenCases(
        {(service, status): count for service, status, count in tx.conn.execute(by_status)},
        {(kind, key): count for kind, key, count in tx.conn.execute(by_assignee)},
    )


def find_code_recipient(tx: Tx, sign_in_id: str, language: str) -> Recipient | None:
    """Where a requested code is sent; None once it is used or swept, and where no case has the mailbox.

    For an application it is the address in it, and the letter is in the given language.
    """
    row = tx.conn.execute(
        select(SignInRow.mailbox, SignInRow.email).where(
            SignInRow.id == sign_in_id, SignInRow.used_at.is_(None)
        )
    ).first()
    if row is None:
        return None
    if row.email is not None:
        return Recipient(name="", email=row.email, language=language)
    return find_recipient_by_mailbox(tx, row.mailbox)


def load_card(tx: Tx, case_id: str) -> CardView | None:
    """The case for its card, which everyone in the channel sees; None where there is no such case."""
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id)).first()
    if row is None:
        return None
    definition = load_definition(tx, row.definition)
    card_fields = {field.key for field in definition.fields if field.on_card}
    answers = (
        {key: value for key, value in load_answers(tx, case_id).items() if key in card_fields}
        if card_fields
        else {}
    )
    is_parked = select(DeliveryRow.id).where(
        DeliveryRow.case_id == case_id,
        DeliveryRow.kind.in_(APPLICANT_MAIL_KINDS),
        DeliveryRow.state == "parked",
    )
    is_undelivered = tx.conn.execute(is_parked).first() is not None
    return CardView(
        case=case_from_row(tx, row),
        definition=definition,
        answers=answers,
        news=unread_news(row),
        undelivered="applicant" if is_undelivered else "",
    )


def find_recipient(tx: Tx, applicant_id: str) -> Recipient | None:
    """The recipient of an applicant's mail; None where they gave no address, have ended or been disposed of."""
    row = tx.conn.execute(select(ApplicantRow.__table__).where(ApplicantRow.id == applicant_id)).first()
    if row is None or not row.email or row.ended_at is not None:
        return None
    return Recipient(
        name=row.name,
        email=row.email,
        language=row.language,
        is_confirmed=row.address_state != UNCONFIRMED,
    )


def find_recipient_by_mailbox(tx: Tx, mailbox: str) -> Recipient | None:
    """The recipient of a one-time code: the mailbox, with the address of its newest case; None where no case has it.

    The address is checked against the key: a row that was tampered with must not divert a code.
    """
    rows = tx.conn.execute(
        select(ApplicantRow.name, ApplicantRow.email, ApplicantRow.language)
        .join(CaseRow, CaseRow.id == ApplicantRow.case_id)
        .where(ApplicantRow.mailbox == mailbox, IS_PRESENT)
        .order_by(CaseRow.received_at.desc())
    )
    of_it = (row for row in rows if tx.keys.hash_mailbox(row.email) == mailbox)
    return next((Recipient(row.name, row.email, row.language) for row in of_it), None)


def find_deleted_due(tx: Tx, today: date, limit: int, after: str = "") -> list[str]:
    """Ids, after that one, of deleted cases whose days are over and that are to be disposed of, in order."""
    is_due = CaseRow.deleted_at.is_not(None), CaseRow.deleted_until < today, CaseRow.disposed_at.is_(None)
    query = select(CaseRow.id).where(*is_due, CaseRow.id > after).order_by(CaseRow.id)
    return list(tx.conn.execute(query.limit(limit)).scalars())


def load_numbers(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    """Case numbers by id."""
    rows = tx.conn.execute(select(CaseRow.id, CaseRow.number).where(CaseRow.id.in_(list(ids))))
    return {row.id: row.number for row in rows}
