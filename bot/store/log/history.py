"""The log: a case's events as rows, and what is read of them; `hash_chain` chains them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, insert, literal_column, select

from bot.domain.actors import is_officer_ref
from bot.domain.case import Case
from bot.domain.declarations import event_kinds
from bot.domain.rules import Event
from bot.domain.views import HistoryLine
from bot.store.engine.database import Tx
from bot.store.engine.keys import canonical_json
from bot.store.tables import HistoryRow

event_place: ColumnElement[int] = literal_column('"history".rowid')
"""An event's position in the order in which all were written: the rowid on SQLite, a column on PostgreSQL."""

_APPEND = insert(HistoryRow)


def insert_rows(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows from `hash_chain.chain_rows`, of one case or many."""
    if rows:
        tx.conn.execute(_APPEND, rows)


def find_acted_in(tx: Tx, by: str, since: Mapping[str, datetime]) -> set[str]:
    """Those of the cases, by id, in which the actor has caused an event after the time given for each."""
    rows = tx.conn.execute(
        select(HistoryRow.case_id, HistoryRow.meta).where(
            HistoryRow.case_id.in_(list(since)), HistoryRow.meta.contains(f'"by":{json.dumps(by)}')
        )
    )
    events = ((row.case_id, json.loads(row.meta)) for row in rows)
    return {
        case_id
        for case_id, event in events
        if event["by"] == by and datetime.fromisoformat(event["at"]) > since[case_id]
    }


def find_changed_by_others(tx: Tx, by: str, since: Mapping[str, datetime]) -> set[str]:
    """Those of the cases, by id, in which another officer or an applicant acted after the time given for each."""
    rows = tx.conn.execute(
        select(HistoryRow.case_id, HistoryRow.meta).where(HistoryRow.case_id.in_(list(since)))
    )
    events = ((row.case_id, json.loads(row.meta)) for row in rows)
    return {
        case_id
        for case_id, event in events
        if event["by"] != by
        and (event["by"] == "applicant" or is_officer_ref(event["by"]))
        and datetime.fromisoformat(event["at"]) > since[case_id]
    }


def dump_meta(event: Event, digests: Mapping[str, Any]) -> str:
    """The event as JSON, without its texts, with the digests of them; `parse_event` reads it."""
    dumped = _type_adapter(type(event)).dump_python(
        event, mode="json", include=set(type(event).stored_fields("meta"))
    )
    return canonical_json(
        {"event": type(event).__name__, **dumped, **({"digests": digests} if digests else {})}
    )


def dump_content(event: Event) -> str:
    """What people wrote in the event, as JSON: what can be erased. Empty for an event without such fields."""
    names = type(event).stored_fields("content")
    if not names:
        return ""
    return canonical_json(_type_adapter(type(event)).dump_python(event, mode="json", include=set(names)))


def read(tx: Tx, case_id: str, *, with_content: bool = False) -> list[HistoryLine]:
    """The case's events, oldest first; `with_content`, what people wrote in them too, for the history only."""
    query = select(HistoryRow.seq, HistoryRow.meta, HistoryRow.content).where(HistoryRow.case_id == case_id)
    rows = tx.conn.execute(query.order_by(HistoryRow.seq))
    return [history_line(row.seq, row.meta, row.content if with_content else None) for row in rows]


def history_line(seq: int, meta: str, content: str | None = None) -> HistoryLine:
    """The history line of a row. An event that this version does not know has its facts as they are stored."""
    stored = json.loads(meta)
    digests = stored.pop("digests", {})
    name = stored.pop("event")
    facts = {**stored, "at": datetime.fromisoformat(stored["at"])}
    if name in event_kinds():
        event = event_from_meta({"event": name, **stored})
        facts = {field_name: getattr(event, field_name) for field_name in type(event).stored_fields("meta")}
    return HistoryLine(
        seq=seq,
        at=facts.pop("at"),
        by=facts.pop("by"),
        event=name,
        facts=facts,
        content=json.loads(content) if content else {},
        files=tuple(sorted(digests.get("files", ()))),
    )


def parse_event(meta: str) -> Event:
    """The event without its texts. Raises KeyError for an event that this version does not know."""
    return event_from_meta(json.loads(meta))


def event_from_meta(meta: Mapping[str, Any]) -> Event:
    """`parse_event` of what has been read as JSON."""
    validate, empty_fields = _event_reader(meta["event"])
    # What is no field of the event, its name and the digests, is ignored.
    return validate({**empty_fields, **meta})


@cache
def _event_reader(name: str) -> tuple[Callable[[Mapping[str, Any]], Event], Mapping[str, Any]]:
    """What makes the event of its fields, and empty values for those that are not stored in meta. Raises KeyError."""
    kind = event_kinds()[name]
    return _type_adapter(kind).validator.validate_python, _empty_fields(kind)


def replay(tx: Tx, case_id: str, until: int | None = None) -> Case:
    """The case computed from its events; with `until`, as it was after the event with that seq."""
    case: Case | None = None
    query = select(HistoryRow.meta).where(HistoryRow.case_id == case_id).order_by(HistoryRow.seq)
    for row in tx.conn.execute(query if until is None else query.where(HistoryRow.seq <= until)):
        case = parse_event(row.meta).apply(case)
    if case is None:
        raise KeyError(case_id)
    return case


def _empty_fields(kind: type[Event]) -> Mapping[str, Any]:
    erasable = {*kind.stored_fields("row"), *kind.stored_fields("content")}
    return {one.name: _empty_value(str(one.type)) for one in fields(kind) if one.name in erasable}


def _empty_value(annotation: str) -> Any:
    return "" if annotation == "str" else {} if annotation.startswith("dict") else ()


_type_adapters: dict[str, TypeAdapter[Event]] = {}


def _type_adapter(kind: type[Event]) -> TypeAdapter[Event]:
    if kind.__name__ not in _type_adapters:
        _type_adapters[kind.__name__] = TypeAdapter(kind)
    return _type_adapters[kind.__name__]
