"""The results of officers' searches, stored for paging."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from bot.domain.actors import Officer
from bot.store.engine.database import Tx
from bot.store.tables import CaseRow, SearchResultsRow
from bot.store.visibility import visible_to

LIFETIME = timedelta(hours=24)


def save(tx: Tx, officer: Officer, results_id: str, ids: Sequence[str], at: datetime) -> None:
    """Store the result of the officer's search, in order."""
    tx.conn.execute(
        insert(SearchResultsRow).values(
            id=results_id, officer=officer.key, case_ids=json.dumps(list(ids)), at=at
        )
    )


def load(tx: Tx, officer: Officer, results_id: str) -> list[str]:
    """The result of the officer's own search, without cases they may no longer see; empty once it is swept."""
    query = select(SearchResultsRow.case_ids).where(
        SearchResultsRow.id == results_id, SearchResultsRow.officer == officer.key
    )
    ids: list[str] = json.loads(tx.conn.execute(query).scalar() or "[]")
    visible = select(CaseRow.id).where(CaseRow.id.in_(ids), visible_to(officer))
    may_see = set(tx.conn.execute(visible).scalars())
    return [case_id for case_id in ids if case_id in may_see]


def sweep(tx: Tx, before: datetime) -> None:
    """Delete results older than `before`."""
    tx.conn.execute(delete(SearchResultsRow).where(SearchResultsRow.at < before))
