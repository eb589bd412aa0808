"""Drafts of forms that officers have begun to fill in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, select

from bot.store.cases.scheduled_drafts import DRAFT_FORM, IS_SCHEDULED
from bot.store.engine.database import Tx
from bot.store.tables import DraftRow

LIFETIME = timedelta(hours=24)

MESSAGE_FORM = DRAFT_FORM
"""The form of a message to the applicant that is not sent."""


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


def find_writers(tx: Tx, case_id: str, form: str, *, other_than: str) -> list[tuple[str, datetime]]:
    """Who else has a draft of the form for the case, and since when, oldest first."""
    query = select(DraftRow.officer, DraftRow.at).where(
        DraftRow.case_id == case_id, DraftRow.form == form, DraftRow.officer != other_than
    )
    return [(row.officer, row.at) for row in tx.conn.execute(query.order_by(DraftRow.at, DraftRow.officer))]


def remove(tx: Tx, officer: str, draft_id: str) -> None:
    """Delete the draft, which is sent or discarded."""
    tx.conn.execute(delete(DraftRow).where(DraftRow.id == draft_id, DraftRow.officer == officer))


def sweep(tx: Tx, before: datetime) -> int:
    """Delete drafts older than `before`, but for messages that are to leave later. Returns how many."""
    return tx.conn.execute(delete(DraftRow).where(DraftRow.at < before, ~IS_SCHEDULED)).rowcount


def _from_row(row: Row[Any]) -> Draft:
    return Draft(row.id, row.case_id, row.form, json.loads(row.body), row.at)
