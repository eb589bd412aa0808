"""Loading of a case's state for a rule, and saving of what it decided. Only the service imports this."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal

from sqlalchemy import Insert, Row, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.catalog.definition import Definition
from bot.domain.case import Assignee, Case
from bot.domain.messages.events import InformationAdded, MessageReceived
from bot.domain.retention import CaseDisposed
from bot.domain.rules import Event
from bot.domain.submission import CaseSubmitted
from bot.store.cases import content_places, indexing, texts
from bot.store.cases.unqueried_fields import dump_changed_rest, dump_rest, is_same_rest, parse_rest
from bot.store.engine.database import LostRace, Tx
from bot.store.log import hash_chain, history
from bot.store.tables import AssigneeRow, CaseRow, DefinitionRow, IdempotencyKeyRow, RetentionListRow
from bot.store.tables.cases import STATE_COLUMNS

_CHANGING_COLUMNS = tuple(
    name for name in STATE_COLUMNS if name not in ("id", "number", "service", "origin", "received_at")
)
"""The columns of a case that events can change."""

_state_values = attrgetter(*STATE_COLUMNS)

# Built once: building statements would take most of a short transaction's time.
_LOAD = select(CaseRow.__table__).where(CaseRow.id == bindparam("wanted"))
_OUTCOME = (
    select(IdempotencyKeyRow.outcome).where(IdempotencyKeyRow.key == bindparam("key")).scalar_subquery()
)
_LOAD_FOR_COMMAND = _LOAD.add_columns(_OUTCOME.label("outcome"))
_LOAD_LOCKED = _LOAD_FOR_COMMAND.with_for_update()
_LOAD_ALL = select(CaseRow.__table__).where(CaseRow.id.in_(bindparam("wanted", expanding=True)))
# In the order of their ids, so that two transactions cannot deadlock.
_LOAD_ALL_LOCKED = _LOAD_ALL.order_by(CaseRow.id).with_for_update()
_ASSIGNEES = (
    select(AssigneeRow.__table__)
    .where(AssigneeRow.case_id == bindparam("wanted"))
    .order_by(AssigneeRow.position)
)
_FIND_EXTERNAL = select(CaseRow.external, CaseRow.id, CaseRow.number).where(
    CaseRow.external.in_(bindparam("wanted", expanding=True))
)
_OPENED_AS = select(CaseRow.service, CaseRow.received_at).where(CaseRow.id == bindparam("wanted"))
_FIND_DEFINITION = select(DefinitionRow.digest).where(DefinitionRow.digest == bindparam("wanted"))
_SAVE = update(CaseRow).where(CaseRow.id == bindparam("wanted"), CaseRow.seq == bindparam("expected_seq"))
_INSERT_CASE, _INSERT_ASSIGNEE = insert(CaseRow), insert(AssigneeRow)
_DELETE_ASSIGNEES = delete(AssigneeRow).where(AssigneeRow.case_id == bindparam("wanted"))
_ASSIGNEES_OF_ALL = (
    select(AssigneeRow.__table__)
    .where(AssigneeRow.case_id.in_(bindparam("wanted", expanding=True)))
    .order_by(AssigneeRow.position)
)
_TAKE_OFF_LIST = delete(RetentionListRow).where(
    RetentionListRow.case_id.in_(bindparam("wanted", expanding=True))
)
_SET_ASSIGNEES_OPEN = (
    update(AssigneeRow).where(AssigneeRow.case_id == bindparam("wanted")).values(open=bindparam("is_open"))
)


def save_definition(tx: Tx, definition: Definition) -> None:
    """Store the form, unless it is stored already."""
    name = f"definition/{definition.digest}"
    if name in tx.known_rows or name in tx.added_rows:
        return
    if tx.conn.execute(_FIND_DEFINITION, {"wanted": definition.digest}).scalar() is None:
        insert_new(tx, insert(DefinitionRow), {"digest": definition.digest, "body": definition.to_json()})
    tx.added_rows.add(name)


def insert_new(tx: Tx, statement: Insert, rows: dict[str, Any] | list[dict[str, Any]]) -> None:
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
    """A case to be changed, the hash of its last event, and the outcome stored for the request's idempotency key.

    `rest` is that column as it is stored, with what this version does not know of.
    """

    case: Case
    head: str
    rest: str = field(repr=False)
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
    return Loaded(case_from_row(tx, row), row.head, row.rest, outcome)


def load_all(tx: Tx, case_ids: Collection[str]) -> dict[str, Loaded]:
    """`load` for many cases, by id, with two statements; without those that there are not."""
    chosen = {"wanted": sorted(set(case_ids))}
    rows = tx.conn.execute(_LOAD_ALL_LOCKED if tx.locks_rows else _LOAD_ALL, chosen).all()
    assignees: dict[str, list[Row[Any]]] = {row.id: [] for row in rows}
    for assignee in tx.conn.execute(_ASSIGNEES_OF_ALL, chosen):
        assignees[assignee.case_id].append(assignee)
    tx.locked.update(assignees)
    return {
        row.id: Loaded(case_with_assignees(row, assignees[row.id]), row.head, row.rest, None) for row in rows
    }


def case_from_row(tx: Tx, row: Row[Any]) -> Case:
    """The case of a row of `case`."""
    return case_with_assignees(row, tx.conn.execute(_ASSIGNEES, {"wanted": row.id}).all())


def case_with_assignees(row: Row[Any], assignees: Sequence[Any]) -> Case:
    """The case of a row of its table and its rows of `assignee`, in their order. ValueError, TypeError."""
    return Case(**case_fields(row, assignees))


def case_fields(row: Row[Any], assignees: Sequence[Any]) -> dict[str, Any]:
    """The fields of `case_with_assignees`, all of them. ValueError, TypeError."""
    return {
        "assignees": tuple(Assignee(kind=a.kind, key=a.key, since=a.since, by=a.by) for a in assignees),
        **dict(zip(STATE_COLUMNS, _state_values(row), strict=True)),
        **parse_rest(row.rest),
    }


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
        rows = hash_chain.chain_rows(tx.keys, case.id, (0, hash_chain.START_HASH), digests)
        cases.append(_new_row(new, submitted) | {"head": rows[-1]["hash"]})
        submissions.append(submission)
        logged += rows
        assignees += _assignee_rows(case)
    if cases:
        insert_new(tx, _INSERT_CASE, cases)
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


@dataclass(frozen=True, slots=True)
class ChangedCase:
    """A case as it was loaded, its state after the events, and these."""

    before: Loaded
    after: Case
    events: Sequence[Event]

    @property
    def id(self) -> str:
        return self.after.id

    @property
    def is_disposed(self) -> bool:
        """Whether the change disposes of the case, so that its contents are to be erased."""
        return any(isinstance(event, CaseDisposed) for event in self.events)

    @property
    def moves_disposal(self) -> bool:
        """Whether a closed case can be disposed of from another day on, or no longer."""
        before, after = self.before.case, self.after
        return before.closed_at is not None and (
            (before.closed_at, before.deleted_at, before.hold_until)
            != (after.closed_at, after.deleted_at, after.hold_until)
        )


def save(tx: Tx, changed_cases: Sequence[ChangedCase]) -> None:
    """Write the new states, the texts and the logs of the cases, each of which is there once.

    With one statement for each table and set of columns, however many they are, but for texts that are written.
    Raises LostRace where the stored state of one is no longer that before.
    """
    logged: list[dict[str, Any]] = []
    updates: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for one in changed_cases:
        rows = _write_texts(tx, one)
        logged += rows
        row = _changed_columns(one) | {"seq": one.after.seq, "head": rows[-1]["hash"]}
        row |= {"wanted": one.id, "expected_seq": one.before.case.seq}
        updates.setdefault(tuple(sorted(row)), []).append(row)
    if disposed := [one.id for one in changed_cases if one.is_disposed]:
        content_places.erase_contents(tx, disposed)
    history.insert_rows(tx, logged)
    for changes in updates.values():
        if tx.conn.execute(_SAVE, changes).rowcount != len(changes):
            raise LostRace
    if moved := [one.id for one in changed_cases if one.moves_disposal]:
        # Until the next night lists them anew, with their true day.
        tx.conn.execute(_TAKE_OFF_LIST, {"wanted": moved})
    _save_assignees(tx, changed_cases)


def _write_texts(tx: Tx, changed: ChangedCase) -> list[dict[str, Any]]:
    """Store the texts of the events. Returns the rows of the log, with the texts' digests."""
    seq = changed.before.case.seq
    digests = [
        (event, texts.write(tx, changed.id, seq + n, event)) for n, event in enumerate(changed.events, 1)
    ]
    if any(texts.changes_texts(event) for event in changed.events):
        indexing.index_case(tx, changed.id)
    return hash_chain.chain_rows(tx.keys, changed.id, (seq, changed.before.head), digests)


def _state_columns(case: Case) -> dict[str, Any]:
    return {
        **{name: getattr(case, name) for name in _CHANGING_COLUMNS},
        **list_columns(case),
        "rest": dump_rest(case),
    }


def _changed_columns(changed: ChangedCase) -> dict[str, Any]:
    """The columns that differ: SQLite updates the indexes of every column that is set, changed or not."""
    before, after = changed.before.case, changed.after
    columns = {
        name: value for name in _CHANGING_COLUMNS if (value := getattr(after, name)) != getattr(before, name)
    }
    listed = list_columns(before)
    columns |= {name: value for name, value in list_columns(after).items() if value != listed[name]}
    if not is_same_rest(before, after):
        columns["rest"] = dump_changed_rest(changed.before.rest, before, after)
    return columns | derived_columns(changed.events)


def list_columns(case: Case) -> dict[str, Any]:
    """Columns that lists look for, computed from the state."""
    days = filter(None, (case.due_on, case.step_due_on, case.decide_by))
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
                columns |= {"from_applicant": "", "from_applicant_at": None}
            case MessageReceived():
                columns |= {"from_applicant_at": event.at, "from_applicant": "message"}
            case InformationAdded():
                columns |= {"from_applicant_at": event.at, "from_applicant": "added"}
    return columns


def _save_assignees(tx: Tx, changed_cases: Sequence[ChangedCase]) -> None:
    removed, opened, inserted = [], [], []
    for one in changed_cases:
        before, is_open = one.before.case, one.after.closed_at is None
        if before.assignees != one.after.assignees:
            removed += [{"wanted": one.id}] if before.assignees else []
            inserted += _assignee_rows(one.after)
        elif before.assignees and (before.closed_at is None) != is_open:
            opened.append({"wanted": one.id, "is_open": is_open})
    for statement, rows in (
        (_DELETE_ASSIGNEES, removed),
        (_INSERT_ASSIGNEE, inserted),
        (_SET_ASSIGNEES_OPEN, opened),
    ):
        if rows:
            tx.conn.execute(statement, rows)


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
            "received_at": case.received_at,
            "number": case.number,
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
