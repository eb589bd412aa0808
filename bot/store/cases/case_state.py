"""Loading of a case's state for a rule, and saving of what it decided. Only the service imports this."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import Insert, Integer, Row, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.catalog.definition import Definition
from bot.domain.case import Assignee, AwaitedAnswer, Case, Edit, PendingMessage, Reply
from bot.domain.case_numbers import format_case_number
from bot.domain.messages import InformationAdded, MessageReceived
from bot.domain.rules import Event
from bot.domain.status import StatusSet
from bot.domain.submission import CaseSubmitted
from bot.store.cases import indexing, texts
from bot.store.engine.database import LostRace, Tx
from bot.store.log import history
from bot.store.tables import AssigneeRow, CaseNumberRow, CaseRow, DefinitionRow, IdempotencyKeyRow
from bot.store.tables.cases import STATE_COLUMNS

_CHANGING_COLUMNS = tuple(
    name for name in STATE_COLUMNS if name not in ("id", "number", "service", "origin", "received_at")
)
"""The columns of a case that events can change."""

REST: dict[str, tuple[str, TypeAdapter[Any]]] = {
    "applicants": ("applicants", TypeAdapter(tuple[str, ...])),
    "pending": ("pending", TypeAdapter(tuple[PendingMessage, ...])),
    "requested_receipts": ("receipts_wanted", TypeAdapter(tuple[str, ...])),
    "awaited": ("awaited", TypeAdapter(tuple[AwaitedAnswer, ...])),
    "overdue_reported_on": ("overdue_told", TypeAdapter(date | None)),
    "replies": ("replies", TypeAdapter(tuple[Reply, ...])),
    "unconfirmed": ("unconfirmed", TypeAdapter(tuple[str, ...])),
    "latest_edit": ("edited", TypeAdapter(Edit | None)),
}
"""Fields of a case that are stored in its column `rest` as JSON: each with its name there and its adapter."""

# Built once: building statements would take most of a short transaction's time.
_LOAD = select(CaseRow.__table__).where(CaseRow.id == bindparam("wanted"))
_OUTCOME = (
    select(IdempotencyKeyRow.outcome).where(IdempotencyKeyRow.key == bindparam("key")).scalar_subquery()
)
_LOAD_FOR_COMMAND = _LOAD.add_columns(_OUTCOME.label("outcome"))
_LOAD_LOCKED = _LOAD_FOR_COMMAND.with_for_update()
_ASSIGNEES = (
    select(AssigneeRow.__table__)
    .where(AssigneeRow.case_id == bindparam("wanted"))
    .order_by(AssigneeRow.position)
)
_FIND_EXTERNAL = select(CaseRow.external, CaseRow.id, CaseRow.number).where(
    CaseRow.external.in_(bindparam("wanted", expanding=True))
)
_OPENED_AS = select(CaseRow.service, CaseRow.received_at).where(CaseRow.id == bindparam("wanted"))
_ADD_NUMBERS = (
    update(CaseNumberRow)
    .where(CaseNumberRow.year == bindparam("wanted"))
    .values(last=CaseNumberRow.last + bindparam("count", type_=Integer))
    .returning(CaseNumberRow.last)
)
_FIND_DEFINITION = select(DefinitionRow.digest).where(DefinitionRow.digest == bindparam("wanted"))
_SAVE = update(CaseRow).where(CaseRow.id == bindparam("wanted"), CaseRow.seq == bindparam("expected_seq"))
_INSERT_CASE, _INSERT_ASSIGNEE = insert(CaseRow), insert(AssigneeRow)
_SET_ASSIGNEES_OPEN = (
    update(AssigneeRow).where(AssigneeRow.case_id == bindparam("wanted")).values(open=bindparam("is_open"))
)


def allocate_numbers(tx: Tx, year: int, count: int) -> list[str]:
    """Allocate the year's next case numbers, such as `2026-000123`. Without gaps: they are rolled back with `tx`."""
    last = tx.conn.execute(_ADD_NUMBERS, {"wanted": year, "count": count}).scalar()
    if last is None:
        _insert_new(tx, insert(CaseNumberRow), {"year": year, "last": count})
        last = count
    return [format_case_number(year, number) for number in range(last - count + 1, last + 1)]


def save_definition(tx: Tx, definition: Definition) -> None:
    """Store the form, unless it is stored already."""
    name = f"definition/{definition.digest}"
    if name in tx.known_rows or name in tx.added_rows:
        return
    if tx.conn.execute(_FIND_DEFINITION, {"wanted": definition.digest}).scalar() is None:
        _insert_new(tx, insert(DefinitionRow), {"digest": definition.digest, "body": definition.to_json()})
    tx.added_rows.add(name)


def _insert_new(tx: Tx, statement: Insert, rows: dict[str, Any] | list[dict[str, Any]]) -> None:
    """Insert the rows. Raises LostRace where another transaction has just inserted one with the same key."""
    try:
        tx.conn.execute(statement, rows)
    except IntegrityError:
        raise LostRace from None


def find_by_external_ids(tx: Tx, externals: Collection[str]) -> dict[str, tuple[str, str]]:
    """The cases with those external ids: (id, number) by external id."""
    if not externals:
        return {}
    rows = tx.conn.execute(_FIND_EXTERNAL, {"wanted": list(externals)})
    return {row.external: (row.id, row.number) for row in rows}


def opened_as(tx: Tx, case_id: str) -> tuple[str, datetime]:
    """The case's e-service, and when it was received."""
    row = tx.conn.execute(_OPENED_AS, {"wanted": case_id}).one()
    return row.service, row.received_at


@dataclass(frozen=True, slots=True)
class Loaded:
    """A case to be changed, the hash of its last event, and the outcome stored for the request's idempotency key."""

    case: Case
    head: str
    outcome: dict[str, Any] | None


def load(tx: Tx, case_id: str, idempotency_key: str | None = None) -> Loaded | None:
    """Load the case and lock it until the transaction ends; None where there is no such case.

    The outcome of the same request in a parallel transaction may be missed; `idempotency.save` then raises LostRace.
    """
    query = _LOAD_LOCKED if tx.locks_rows else _LOAD_FOR_COMMAND
    row = tx.conn.execute(query, {"wanted": case_id, "key": idempotency_key}).one_or_none()
    if row is None:
        return None
    tx.locked.add(case_id)
    outcome = json.loads(row.outcome) if row.outcome is not None else None
    return Loaded(case_from_row(tx, row), row.head, outcome)


def case_from_row(tx: Tx, row: Row[Any]) -> Case:
    """The case of a row of `case`."""
    return case_with_assignees(row, tx.conn.execute(_ASSIGNEES, {"wanted": row.id}).all())


def case_with_assignees(row: Row[Any], assignees: Sequence[Any]) -> Case:
    """The case of a row of its table and its rows of `assignee`, in their order. ValueError, TypeError."""
    rest = json.loads(row.rest)
    return Case(
        assignees=tuple(Assignee(kind=a.kind, key=a.key, since=a.since, by=a.by) for a in assignees),
        **{name: getattr(row, name) for name in STATE_COLUMNS},
        **{name: adapter.validate_python(rest[key]) for name, (key, adapter) in REST.items() if key in rest},
    )


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be inserted: its state after its first events, of which CaseSubmitted is the first, and its words."""

    case: Case
    events: Sequence[Event]
    words: Sequence[str]


def insert_cases(tx: Tx, new_cases: Sequence[NewCase]) -> None:
    """Insert the cases with their texts, search words and logs: one statement for each table, however many they are.

    Raises LostRace where another transaction has just inserted one with the same number or external id, or has taken
    a file of theirs.
    """
    cases, submissions, logged, assignees = [], [], [], []
    for new in new_cases:
        case, submitted = new.case, new.events[0]
        assert isinstance(submitted, CaseSubmitted)
        submission = texts.submission_texts(tx.keys, submitted)
        digests = [(event, submission.digests if event is submitted else {}) for event in new.events]
        rows = history.chain_rows(tx.keys, case.id, (0, history.START_HASH), digests)
        cases.append(_new_row(new, submitted) | {"head": rows[-1]["hash"]})
        submissions.append(submission)
        logged += rows
        assignees += _assignee_rows(case)
    if cases:
        _insert_new(tx, _INSERT_CASE, cases)
        tx.locked.update(new.case.id for new in new_cases)
        texts.insert_submissions(tx, submissions)
        indexing.save_words_of_all(tx, [(one.case.id, one.case.service, one.words) for one in new_cases])
        history.insert_rows(tx, logged)
    if assignees:
        tx.conn.execute(_INSERT_ASSIGNEE, assignees)


def _new_row(new: NewCase, submitted: CaseSubmitted) -> dict[str, Any]:
    return {
        **{name: getattr(new.case, name) for name in STATE_COLUMNS},
        "definition": submitted.definition,
        "external": submitted.external or None,
        **_state_columns(new.case),
        **derived_columns(new.events),
    }


def save(tx: Tx, before: Loaded, after: Case, events: list[Event]) -> None:
    """Write the new state, the texts and the log. Raises LostRace where the stored state is no longer `before`."""
    seq = before.case.seq
    logged = [(event, texts.write(tx, after.id, seq + n, event)) for n, event in enumerate(events, 1)]
    if any(texts.changes_texts(event) for event in events):
        indexing.index_case(tx, after.id)
    head = history.append(tx, after.id, (seq, before.head), logged)
    changes = _changed_columns(before.case, after) | derived_columns(events)
    _update_case(tx, after.id, seq, {**changes, "seq": after.seq, "head": head})
    _save_assignees(tx, before.case, after)


def _state_columns(case: Case) -> dict[str, Any]:
    rest = {
        key: adapter.dump_python(getattr(case, name), mode="json") for name, (key, adapter) in REST.items()
    }
    return {
        **{name: getattr(case, name) for name in _CHANGING_COLUMNS},
        **list_columns(case),
        "rest": json.dumps(rest, separators=(",", ":")),
    }


def _changed_columns(before: Case, after: Case) -> dict[str, Any]:
    """The columns that differ: SQLite updates the indexes of every column that is set, changed or not."""
    old = _state_columns(before)
    return {name: value for name, value in _state_columns(after).items() if value != old[name]}


def _update_case(tx: Tx, case_id: str, expected_seq: int, changes: dict[str, Any]) -> None:
    updated = tx.conn.execute(_SAVE, {**changes, "wanted": case_id, "expected_seq": expected_seq})
    if updated.rowcount != 1:
        raise LostRace


def list_columns(case: Case) -> dict[str, Any]:
    """Columns that lists look for, computed from the state."""
    days = filter(None, (case.due_on, case.step_due_on))
    return {
        "handled": bool(case.officers),
        "earliest_due_on": min(days, default=None),
        "answer_by": max((one.answer_by for one in case.awaited), default=None),
    }


def derived_columns(events: Sequence[Event]) -> dict[str, Any]:
    """Columns for lists and cards that no rule needs."""
    columns: dict[str, Any] = {}
    for event in events:
        columns["changed_at"] = event.at
        match event:
            case CaseSubmitted():
                nothing_received = {"from_applicant": "", "from_applicant_at": None}
                columns |= {"status_name": event.status_name, **nothing_received}
            case StatusSet():
                columns["status_name"] = event.status_name
            case MessageReceived():
                columns |= {"from_applicant_at": event.at, "from_applicant": "message"}
            case InformationAdded():
                columns |= {"from_applicant_at": event.at, "from_applicant": "added"}
    return columns


def _save_assignees(tx: Tx, before: Case, after: Case) -> None:
    is_open = after.closed_at is None
    if before.assignees == after.assignees:
        if after.assignees and (before.closed_at is None) != is_open:
            tx.conn.execute(_SET_ASSIGNEES_OPEN, {"wanted": after.id, "is_open": is_open})
        return
    if before.assignees:
        tx.conn.execute(delete(AssigneeRow).where(AssigneeRow.case_id == after.id))
    if after.assignees:
        tx.conn.execute(_INSERT_ASSIGNEE, _assignee_rows(after))


def _assignee_rows(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "case_id": case.id,
            "position": n,
            "kind": a.kind,
            "key": a.key,
            "since": a.since,
            "by": a.by,
            "open": case.closed_at is None,
        }
        for n, a in enumerate(case.assignees)
    ]


def mark_read(tx: Tx, case_id: str, at: datetime) -> bool:
    """Save that an assignee has opened what the applicant sent. True where it was unread."""
    updated = tx.conn.execute(
        update(CaseRow)
        .where(
            CaseRow.id == case_id,
            CaseRow.from_applicant_at.is_not(None),
            (CaseRow.read_at.is_(None)) | (CaseRow.read_at < CaseRow.from_applicant_at),
        )
        .values(read_at=at)
    )
    return updated.rowcount == 1


def unread_news(row: Row[Any]) -> Literal["", "message", "added"]:
    """The kind of what the applicant has sent and no assignee has read, from the row of `case`."""
    if row.from_applicant_at is None or (row.read_at is not None and row.read_at >= row.from_applicant_at):
        return ""
    return "added" if row.from_applicant == "added" else "message"
