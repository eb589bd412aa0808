"""Mails to applicants in the outbox: those that wait to be gathered or undone, and those of an address that changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, update

from bot.domain.case import Case
from bot.domain.notices import BACKGROUND, MAIL_WINDOW, ApplicantNotice
from bot.store.engine.database import Tx
from bot.store.outbox.delivery_rows import Route, new_row
from bot.store.tables import DeliveryRow

APPLICANT_MAIL_KINDS = ("mail", "status_mail", "file_mail")
"""Kinds that are mailed to applicants about their cases."""


def mail_row(case: Case, notice: ApplicantNotice, seq: int, now: datetime) -> dict[str, Any]:
    route = Route("mail", f"mail/{notice.applicant}", "mail")
    row = new_row(route, case.id, BACKGROUND, notice.due_at or now)
    ids = {
        "applicant": notice.applicant,
        "letter": notice.mail_kind,
        "message": notice.message_id,
        "seq": seq,
    }
    return row | {"ids": ids}


def _status_mail_lane(applicant: str) -> str:
    return f"status_mail/{applicant}"


def status_mail_row(case: Case, notice: ApplicantNotice, seq: int, now: datetime) -> dict[str, Any]:
    return _gathered_mail_row(
        Route("mail", _status_mail_lane(notice.applicant), "status_mail"), case, notice, seq, now
    )


def file_mail_row(case: Case, notice: ApplicantNotice, seq: int, now: datetime) -> dict[str, Any]:
    return _gathered_mail_row(
        Route("mail", f"file_mail/{notice.applicant}", "file_mail"), case, notice, seq, now
    )


def _gathered_mail_row(
    route: Route, case: Case, notice: ApplicantNotice, seq: int, now: datetime
) -> dict[str, Any]:
    """Without a `seq` of its own: gathered mails have several."""
    ids = {"applicant": notice.applicant, "letter": notice.mail_kind, "message": "", "seqs": [seq]}
    return new_row(route, case.id, BACKGROUND, now + MAIL_WINDOW) | {"ids": ids}


def postpone_status_mail(tx: Tx, case_id: str, applicant: str, until: datetime) -> None:
    """Let a waiting mail about the status wait for a message that may still be undone."""
    tx.conn.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.case_id == case_id,
            DeliveryRow.lane == _status_mail_lane(applicant),
            DeliveryRow.state == "waiting",
            DeliveryRow.due_at < until,
        )
        .values(due_at=until)
    )


def unpark_applicant_mail(tx: Tx, case_id: str, applicant: str, now: datetime) -> None:
    """Retry the applicant's parked mail, which is sent to the address that they have then."""
    is_parked = *_is_applicant_mail(case_id, applicant), DeliveryRow.state == "parked"
    tx.conn.execute(update(DeliveryRow).where(*is_parked).values(state="sending", due_at=now, trouble=None))


def delete_applicant_mail(tx: Tx, case_id: str, applicant: str) -> None:
    """Delete the applicant's mail that waits or is parked; what is being sent finds no recipient."""
    is_unsent = DeliveryRow.state.in_(("waiting", "parked"))
    tx.conn.execute(delete(DeliveryRow).where(*_is_applicant_mail(case_id, applicant), is_unsent))


def _is_applicant_mail(case_id: str, applicant: str) -> tuple[ColumnElement[bool], ...]:
    lanes = f"mail/{applicant}", _status_mail_lane(applicant), f"file_mail/{applicant}"
    return DeliveryRow.case_id == case_id, DeliveryRow.lane.in_(lanes)
