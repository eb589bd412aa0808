"""Officers' preferences, and their last position in App Home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import select, true
from sqlalchemy.dialects import postgresql, sqlite

from bot.catalog.models import Catalog
from bot.domain.lists.case_lists import CASE_LISTS, CaseList, parse_case_list, stored_name
from bot.domain.lists.case_query import DEFAULT_COLUMNS, parse_columns
from bot.domain.lists.saved_views import NoSuchView, parse_page_size, parse_web_page_size
from bot.domain.notice_reasons import NOTICE_KINDS
from bot.domain.preferences import NOTICE_PLACES, Preferences
from bot.store.engine.database import Tx
from bot.store.tables import HomePositionRow, PreferenceRow, SavedQueryRow
from bot.text import LANGUAGES

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HomePosition:
    """A position in App Home: the tab, or a saved view in it, and the page from 0.

    `searched_from` is the place, by its name in the store, whose search was widened to this tab; empty if none was.
    """

    tab: CaseList
    page: int = 0
    view_id: str = ""
    searched_from: str = ""


def load(tx: Tx, officer: str) -> Preferences:
    """The officer's preferences; the defaults where they have set none."""
    row = tx.conn.execute(select(PreferenceRow.__table__).where(PreferenceRow.officer == officer)).first()
    if row is None:
        return Preferences()
    places = json.loads(row.notice_places)
    return Preferences(
        language=row.language,
        places={one: place for one in NOTICE_KINDS for place in NOTICE_PLACES if places.get(one) == place},
        start=parse_case_list(row.start) or "last",
        start_view=row.start_view if _has_view(tx, officer, row.start_view) else "",
        columns=parse_columns(json.loads(row.columns or "[]")),
        layout="table" if row.layout == "table" else "list",
        page_size=parse_page_size(row.page_size),
        web_page_size=parse_web_page_size(row.web_page_size),
        is_quiet=row.is_quiet,
        wants_day=row.wants_day,
    )


def list_wanting_day(tx: Tx) -> list[str]:
    """The keys of the officers who want a summary of the day."""
    query = select(PreferenceRow.officer).where(PreferenceRow.wants_day == true())
    return list(tx.conn.execute(query.order_by(PreferenceRow.officer)).scalars())


def _has_view(tx: Tx, officer: str, view_id: str) -> bool:
    """Whether the officer still has the view."""
    if not view_id:
        return False
    query = select(SavedQueryRow.id).where(
        SavedQueryRow.id == view_id, SavedQueryRow.officer == officer, SavedQueryRow.name.is_not(None)
    )
    return tx.conn.execute(query).first() is not None


def save(tx: Tx, officer: str, chosen: Preferences) -> None:
    """Store the preferences in place of the earlier ones. Raises NoSuchView where they start with another's view."""
    if chosen.start_view and not _has_view(tx, officer, chosen.start_view):
        raise NoSuchView
    _upsert(tx, PreferenceRow, officer, _values(chosen))


def save_start_view(tx: Tx, officer: str, view_id: str) -> None:
    """Let App Home start with the officer's saved view; with an empty id, no longer with one. Raises NoSuchView."""
    save(tx, officer, replace(load(tx, officer), start_view=view_id))
    log.info("start_view_saved", by=f"officer:{officer}", view=view_id)


def _values(chosen: Preferences) -> dict[str, str | int]:
    return {
        "language": chosen.language,
        "notice_places": json.dumps(dict(chosen.places), sort_keys=True),
        "start": stored_name(chosen.start) if chosen.start != "last" else "last",
        "start_view": chosen.start_view,
        "columns": json.dumps(chosen.columns) if chosen.columns != DEFAULT_COLUMNS else "",
        "layout": chosen.layout,
        "page_size": chosen.page_size,
        "web_page_size": chosen.web_page_size,
        "is_quiet": chosen.is_quiet,
        "wants_day": chosen.wants_day,
    }


def find_language(tx: Tx, catalog: Catalog, officer: str) -> str:
    """The officer's language: their own choice, else the catalog's, else the municipality's."""
    chosen = load(tx, officer).language
    if chosen in LANGUAGES:
        return chosen
    found = catalog.officer(officer)
    return catalog.language_of(found) if found is not None else catalog.municipality.language


def find_home_position(tx: Tx, officer: str) -> HomePosition | None:
    """The officer's last position in App Home; None where they have not been there."""
    row = tx.conn.execute(select(HomePositionRow.__table__).where(HomePositionRow.officer == officer)).first()
    if row is None:
        return None
    view_id = row.view_id if _has_view(tx, officer, row.view_id) else ""
    return HomePosition(parse_case_list(row.tab) or CASE_LISTS[0], row.page, view_id, row.searched_from)


def save_home_position(tx: Tx, officer: str, position: HomePosition) -> None:
    """Store the officer's position in App Home."""
    values: dict[str, str | int] = {
        "tab": stored_name(position.tab),
        "page": position.page,
        "view_id": position.view_id,
        "searched_from": position.searched_from,
    }
    _upsert(tx, HomePositionRow, officer, values)


def _upsert(
    tx: Tx, table: type[PreferenceRow] | type[HomePositionRow], officer: str, values: Mapping[str, str | int]
) -> None:
    statement = (postgresql.insert if tx.locks_rows else sqlite.insert)(table)
    statement = statement.values(officer=officer, **values)
    tx.conn.execute(statement.on_conflict_do_update(index_elements=["officer"], set_=values))
