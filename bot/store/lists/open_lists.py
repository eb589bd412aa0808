"""Lists that officers have open: addresses and buttons hold their ids, and so neither searches nor names."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from bot.domain.lists.case_lists import CaseList, parse_case_list
from bot.domain.lists.case_query import (
    CaseKey,
    CaseQuery,
    UnreadableQuery,
    parse_case_key,
    parse_query,
    with_text,
)
from bot.store.engine.database import Tx
from bot.store.tables import HomeListRow, OpenListRow

LIFETIME = timedelta(days=2)
"""How long a list can be opened again after it was last asked for."""


RENEW_AFTER = timedelta(hours=12)
"""How long after that a list that is asked for again gets a new lifetime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """A list that an officer wants to see: a tab's, with a filter and an order."""

    tab: CaseList
    query: CaseQuery
    page_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenList(ListRequest):
    """An open list. `page_keys` are the keys after which its second page begins, its third, and so on.

    `ticked` are the ids of ticked cases; with `all_ticked` all that the query finds are meant instead.
    """

    id: str
    at: datetime
    page_keys: tuple[CaseKey, ...] = ()
    ticked: tuple[str, ...] = ()
    all_ticked: bool = False


def find(tx: Tx, officer: str, requested: ListRequest, now: datetime) -> OpenList | None:
    """The officer's list with the same query; None where there is none, or where its lifetime is to be renewed."""
    found = load(tx, officer, id_of(tx, officer, requested))
    return found if found is not None and now - found.at < RENEW_AFTER else None


def create(tx: Tx, officer: str, requested: ListRequest, now: datetime) -> OpenList:
    """Open the list, under the id that one with the same query had before, whose ticks remain."""
    list_id = id_of(tx, officer, requested)
    row = {
        "id": list_id,
        "officer": officer,
        "tab": requested.tab,
        "query": requested.query.to_json(),
        "page_size": requested.page_size,
        "page_keys": "[]",
        "ticked": "[]",
        "all_ticked": False,
        "at": now,
    }
    if not tx.insert_new(OpenListRow, row):
        tx.conn.execute(update(OpenListRow).where(OpenListRow.id == list_id).values(at=now))
    found = load(tx, officer, list_id)
    assert found is not None
    return found


def reopen(tx: Tx, officer: str, requested: ListRequest, opened: OpenList, now: datetime) -> OpenList:
    """Open a list of the same cases as an open one, in another order or with other columns.

    What is ticked remains, and so does where the pages begin if the order is the same.
    """
    found = create(tx, officer, requested, now)
    values = {"ticked": json.dumps(opened.ticked), "all_ticked": opened.all_ticked}
    one, other = opened.query, requested.query
    if (one.sort, one.is_descending) == (other.sort, other.is_descending):
        values["page_keys"] = json.dumps([key.encode() for key in opened.page_keys])
    tx.conn.execute(update(OpenListRow).where(OpenListRow.id == found.id).values(values))
    reopened = load(tx, officer, found.id)
    assert reopened is not None
    return reopened


def id_of(tx: Tx, officer: str, requested: ListRequest) -> str:
    """The id that the list has once it is open: the same for the same query."""
    parts = (officer, requested.tab, str(requested.page_size), requested.query.to_json())
    return tx.keys.hash_token(f"list {'/'.join(parts)}")[:32]


def load(tx: Tx, officer: str, list_id: str) -> OpenList | None:
    """The officer's own list; None for another's, and where it is too old or of another version of the program."""
    row = tx.conn.execute(
        select(OpenListRow.__table__).where(OpenListRow.id == list_id, OpenListRow.officer == officer)
    ).first()
    tab = parse_case_list(row.tab) if row is not None else None
    if row is None or tab is None:
        return None
    try:
        query = parse_query(row.query)
    except UnreadableQuery:
        return None
    keys = tuple(filter(None, map(parse_case_key, json.loads(row.page_keys))))
    return OpenList(
        id=row.id,
        tab=tab,
        query=query,
        page_size=row.page_size,
        at=row.at,
        page_keys=keys,
        ticked=tuple(json.loads(row.ticked)),
        all_ticked=row.all_ticked,
    )


def save_page_key(tx: Tx, opened: OpenList, page: int, key: CaseKey) -> None:
    """Store the key after which the page after `page` (from 1) begins; later pages are read anew."""
    keys = [*opened.page_keys[: page - 1], key]
    tx.conn.execute(
        update(OpenListRow)
        .where(OpenListRow.id == opened.id)
        .values(page_keys=json.dumps([one.encode() for one in keys]))
    )


def save_ticks(tx: Tx, opened: OpenList, shown: Collection[str], ticked: Sequence[str]) -> None:
    """Store which of the shown cases are ticked; ticks of cases on other pages remain."""
    remaining = [case_id for case_id in opened.ticked if case_id not in shown]
    _save_ticks(tx, opened, [*remaining, *(case_id for case_id in ticked if case_id in shown)], is_all=False)


def tick_all(tx: Tx, opened: OpenList) -> None:
    """Tick all cases that the query finds."""
    _save_ticks(tx, opened, [], is_all=True)


def untick_all(tx: Tx, opened: OpenList) -> None:
    _save_ticks(tx, opened, [], is_all=False)


def _save_ticks(tx: Tx, opened: OpenList, ticked: Sequence[str], *, is_all: bool) -> None:
    tx.conn.execute(
        update(OpenListRow)
        .where(OpenListRow.id == opened.id)
        .values(ticked=json.dumps(list(dict.fromkeys(ticked))), all_ticked=is_all)
    )


def sweep(tx: Tx, before: datetime) -> None:
    """Delete lists that were asked for last before that, but for those that officers have left in App Home."""
    left_at_home = select(HomeListRow.list_id)
    tx.conn.execute(delete(OpenListRow).where(OpenListRow.at < before, OpenListRow.id.not_in(left_at_home)))


def find_home_list(tx: Tx, officer: str, place: str) -> OpenList | None:
    """The list as the officer left it in App Home at the place: a tab, by its stored name, or a saved view, by its id.

    None where that was the place's own.
    """
    query = select(HomeListRow.list_id).where(HomeListRow.officer == officer, HomeListRow.place == place)
    list_id = tx.conn.execute(query).scalar()
    return load(tx, officer, list_id) if list_id is not None else None


def save_home_list(tx: Tx, officer: str, place: str, list_id: str | None) -> None:
    """Leave the open list at the place in App Home; with None, the place's own."""
    is_there = HomeListRow.officer == officer, HomeListRow.place == place
    if list_id is None:
        tx.conn.execute(delete(HomeListRow).where(*is_there))
    elif not tx.insert_new(HomeListRow, {"officer": officer, "place": place, "list_id": list_id}):
        tx.conn.execute(update(HomeListRow).where(*is_there).values(list_id=list_id))


def forget_texts_at_home(tx: Tx, before: datetime, now: datetime) -> None:
    """Lists left in App Home that were asked for last before that go on without a search text, which may be a name."""
    query = (
        select(HomeListRow.officer, HomeListRow.place, HomeListRow.list_id)
        .join(OpenListRow, OpenListRow.id == HomeListRow.list_id)
        .where(OpenListRow.at < before, OpenListRow.query.contains('"text":', autoescape=True))
    )
    for officer, place, list_id in tx.conn.execute(query).all():
        opened = load(tx, officer, list_id)
        if opened is not None and opened.query.text:
            without = replace(opened, query=with_text(opened.query, ""))
            save_home_list(tx, officer, place, create(tx, officer, without, now).id)
