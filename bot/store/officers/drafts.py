"""Drafts of forms that officers have begun to fill in."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, or_, select

from bot.domain.actors import Officer
from bot.domain.views import UnsentMessage
from bot.store.cases.scheduled_drafts import DRAFT_FORM, IS_SCHEDULED, put_below
from bot.store.engine.database import Tx
from bot.store.tables import CaseRow, DraftRow, FileRow, MessageRow
from bot.store.visibility import visible_to

LIFETIME = timedelta(hours=24)

MESSAGE_LIFETIME = timedelta(days=30)
"""How long a message that is not sent lasts since it was last written on, or was stopped."""

MESSAGE_FORM = DRAFT_FORM
"""The form of a message to the applicant that is not sent."""


MAX_SHOWN = 3
"""Messages that are not sent to which App Home and *Din dag* lead."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft of a form; `values` are its fields."""

    id: str
    case_id: str
    form: str
    values: dict[str, Any]
    at: datetime


def save(tx: Tx, officer: str, draft: Draft) -> None:
    """Store the draft, in place of the officer's earlier one for the same case and form.

    Nothing is stored where the id is another draft's.
    """
    tx.conn.execute(
        delete(DraftRow).where(
            DraftRow.officer == officer, DraftRow.case_id == draft.case_id, DraftRow.form == draft.form
        )
    )
    row = {"id": draft.id, "officer": officer, "case_id": draft.case_id, "form": draft.form, "at": draft.at}
    tx.insert_new(DraftRow, row | {"body": json.dumps(draft.values, ensure_ascii=False)})


def find(tx: Tx, officer: str, draft_id: str) -> Draft | None:
    """The officer's own draft with that id."""
    row = tx.conn.execute(
        select(DraftRow.__table__).where(DraftRow.id == draft_id, DraftRow.officer == officer)
    ).first()
    return _from_row(row) if row else None


def find_for_case(tx: Tx, officer: str, case_id: str, form: str) -> Draft | None:
    """The officer's draft of the form for the case."""
    row = tx.conn.execute(
        select(DraftRow.__table__).where(
            DraftRow.officer == officer, DraftRow.case_id == case_id, DraftRow.form == form
        )
    ).first()
    return _from_row(row) if row else None


def find_latest_for_case(tx: Tx, officer: str, case_id: str, form_prefix: str) -> Draft | None:
    """The officer's latest draft for the case, of forms whose names begin with the prefix."""
    row = tx.conn.execute(
        select(DraftRow.__table__)
        .where(
            DraftRow.officer == officer,
            DraftRow.case_id == case_id,
            DraftRow.form.startswith(form_prefix, autoescape=True),
        )
        .order_by(DraftRow.at.desc(), DraftRow.id)
        .limit(1)
    ).first()
    return _from_row(row) if row else None


def find_writers(tx: Tx, case_id: str, *, other_than: str, now: datetime) -> list[tuple[str, datetime]]:
    """Who else has begun a message in the case within the last day, and since when, oldest first."""
    query = select(DraftRow.officer, DraftRow.at).where(
        DraftRow.case_id == case_id,
        DraftRow.form == MESSAGE_FORM,
        DraftRow.officer != other_than,
        DraftRow.at >= now - LIFETIME,
    )
    return [(row.officer, row.at) for row in tx.conn.execute(query.order_by(DraftRow.at, DraftRow.officer))]


def list_unsent(
    tx: Tx, officer: Officer, case_ids: Collection[str] | None = None, *, most: int = MAX_SHOWN
) -> list[UnsentMessage]:
    """The officer's messages that are not sent, in cases that they may see, the latest first; of these cases only."""
    columns = DraftRow.id, DraftRow.at, DraftRow.case_id, CaseRow.number
    query = select(*columns).join(CaseRow, CaseRow.id == DraftRow.case_id)
    is_theirs = DraftRow.officer == officer.key, DraftRow.form == MESSAGE_FORM, visible_to(officer)
    if case_ids is not None:
        query = query.where(DraftRow.case_id.in_(case_ids))
    rows = sorted(tx.conn.execute(query.where(*is_theirs)), key=lambda row: (row.at, row.id), reverse=True)
    return [UnsentMessage(row.case_id, row.number) for row in rows[:most]]


def remove(tx: Tx, officer: str, draft_id: str) -> None:
    """Delete the draft, which is sent or discarded."""
    tx.conn.execute(delete(DraftRow).where(DraftRow.id == draft_id, DraftRow.officer == officer))


def return_undone(tx: Tx, message_id: str, at: datetime) -> None:
    """Make an undone message its writer's draft again; it is put below one that they have begun in the case meanwhile.

    Its files stay with the message, and are named in the draft: whoever opens it gets copies.
    """
    is_undone = MessageRow.id == message_id, MessageRow.undone_at.is_not(None), MessageRow.body.is_not(None)
    row = tx.conn.execute(select(MessageRow.__table__).where(*is_undone)).first()
    if row is None:
        return
    officer = row.by.removeprefix("officer:")
    files = tx.conn.execute(select(FileRow.id).where(FileRow.message_id == message_id)).scalars().all()
    undone = {
        "text": row.body,
        "kind": row.kind,
        "answer_by": row.answer_by.isoformat() if row.answer_by is not None else "",
        "options": ["receipt"] if row.receipt else [],
        "files": list(files),
    }
    begun = find_for_case(tx, officer, row.case_id, MESSAGE_FORM)
    if begun is None:
        save(tx, officer, Draft(message_id, row.case_id, MESSAGE_FORM, undone, at))
    else:
        save(tx, officer, replace(begun, values=put_below(begun.values, undone), at=at))


def sweep(tx: Tx, now: datetime) -> int:
    """Delete the drafts that have outlived their time, but for messages that are to leave later. Returns how many."""
    is_message = DraftRow.form == MESSAGE_FORM
    is_old = or_(~is_message, DraftRow.at < now - MESSAGE_LIFETIME)
    expired = delete(DraftRow).where(DraftRow.at < now - LIFETIME, is_old, ~IS_SCHEDULED)
    return tx.conn.execute(expired).rowcount


def _from_row(row: Row[Any]) -> Draft:
    return Draft(row.id, row.case_id, row.form, json.loads(row.body), row.at)
