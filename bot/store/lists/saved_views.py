"""Officers' saved views."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update

from bot.domain.actors import Officer
from bot.domain.lists.case_query import CaseQuery, UnreadableQuery, parse_query
from bot.domain.lists.saved_views import (
    MAX_VIEWS,
    NoSuchView,
    SavedView,
    TooManyViews,
    ViewNameTaken,
    is_same_name,
    parse_page_size,
    validate_view_name,
)
from bot.store.engine.database import Tx
from bot.store.lists import open_lists
from bot.store.tables import SavedQueryRow

log = structlog.get_logger()


def _readable(body: str) -> CaseQuery | None:
    try:
        return parse_query(body)
    except UnreadableQuery:
        return None


def _is_own(officer_key: str, query_id: str) -> ColumnElement[bool]:
    return and_(SavedQueryRow.id == query_id, SavedQueryRow.officer == officer_key)


def list_views(tx: Tx, officer: Officer) -> list[SavedView]:
    """The officer's views, in the order in which they were saved."""
    query = select(SavedQueryRow.__table__).where(
        SavedQueryRow.officer == officer.key, SavedQueryRow.name.is_not(None)
    )
    return [
        SavedView(row.id, row.name, _readable(row.body), parse_page_size(row.page_size))
        for row in tx.conn.execute(query.order_by(SavedQueryRow.at, SavedQueryRow.id))
    ]


def find_view(tx: Tx, officer: Officer, view_id: str) -> SavedView:
    """The officer's view. Raises NoSuchView."""
    found = next((one for one in list_views(tx, officer) if one.id == view_id), None)
    if found is None:
        raise NoSuchView
    return found


def save_view(tx: Tx, officer: Officer, view: SavedView, at: datetime) -> None:
    """Save a new view, or one in place of the officer's view with that id.

    Raises NoSuchView for another's id, TooManyViews, and as `rename_view`.
    """
    assert view.query is not None
    views = list_views(tx, officer)
    is_new = view.id not in [one.id for one in views]
    if is_new and len(views) >= MAX_VIEWS:
        raise TooManyViews(n=MAX_VIEWS)
    values = {
        "name": _free_name(view.name, view.id, views),
        "body": view.query.to_json(),
        "page_size": view.page_size,
    }
    if not is_new:
        tx.conn.execute(update(SavedQueryRow).where(_is_own(officer.key, view.id)).values(values))
    elif tx.conn.execute(select(func.count()).where(SavedQueryRow.id == view.id)).scalar():
        raise NoSuchView
    else:
        tx.conn.execute(insert(SavedQueryRow).values(id=view.id, officer=officer.key, at=at, **values))
    log.info("view_saved", by=officer.ref, view=view.id)


def rename_view(tx: Tx, officer: Officer, view_id: str, name: str) -> None:
    """Rename the view. Raises NoSuchView, ViewNameMissing, ViewNameTooLong and ViewNameTaken."""
    views = list_views(tx, officer)
    find_view(tx, officer, view_id)
    free = _free_name(name, view_id, views)
    tx.conn.execute(update(SavedQueryRow).where(_is_own(officer.key, view_id)).values(name=free))
    log.info("view_renamed", by=officer.ref, view=view_id)


def delete_view(tx: Tx, officer: Officer, view_id: str) -> None:
    """Delete the view. Raises NoSuchView."""
    find_view(tx, officer, view_id)
    tx.conn.execute(delete(SavedQueryRow).where(_is_own(officer.key, view_id)))
    open_lists.save_home_list(tx, officer.key, view_id, None)
    log.info("view_deleted", by=officer.ref, view=view_id)


def _free_name(typed: str, view_id: str, views: list[SavedView]) -> str:
    name = validate_view_name(typed)
    if any(one.id != view_id and is_same_name(one.name, name) for one in views):
        raise ViewNameTaken(name=name)
    return name
