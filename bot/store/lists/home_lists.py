"""The lists of App Home as each officer left them, where they have a filter or an order of their own.

A place is a tab, by its stored name, or a saved view, by its id.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.store.engine.database import Tx
from bot.store.lists import open_lists
from bot.store.lists.open_lists import OpenList
from bot.store.tables import HomeListRow, OpenListRow


def find(tx: Tx, officer: str, place: str) -> OpenList | None:
    """The list that the officer left there; None where that was the place's own."""
    query = select(HomeListRow.list_id).where(HomeListRow.officer == officer, HomeListRow.place == place)
    list_id = tx.conn.execute(query).scalar()
    return open_lists.load(tx, officer, list_id) if list_id is not None else None


def save(tx: Tx, officer: str, place: str, list_id: str | None) -> None:
    """Leave the open list there; with None, the place's own."""
    is_there = HomeListRow.officer == officer, HomeListRow.place == place
    if list_id is None:
        tx.conn.execute(delete(HomeListRow).where(*is_there))
    elif not tx.insert_new(HomeListRow, {"officer": officer, "place": place, "list_id": list_id}):
        tx.conn.execute(update(HomeListRow).where(*is_there).values(list_id=list_id))


def forget_texts(tx: Tx, before: datetime, now: datetime) -> None:
    """Lists with a search text that were asked for last before that go on without it: it may be somebody's name."""
    query = (
        select(HomeListRow.officer, HomeListRow.place, HomeListRow.list_id)
        .join(OpenListRow, OpenListRow.id == HomeListRow.list_id)
        .where(OpenListRow.at < before, OpenListRow.query.contains('"text":', autoescape=True))
    )
    for officer, place, list_id in tx.conn.execute(query).all():
        opened = open_lists.load(tx, officer, list_id)
        if opened is not None and opened.query.text:
            without = replace(opened, query=opened.query.model_copy(update={"text": ""}))
            save(tx, officer, place, open_lists.create(tx, officer, without, now).id)
