"""Cases from before there were two due days are given both, as their logs tell."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from bot.catalog.definition import create_definition
from bot.store import Database
from bot.store.engine import migrate
from bot.store.verification import proof
from tests.conftest import KEYS
from tests.municipality import small_catalog

OWN, OF_STATUS = "2026-12-07", "2026-12-01"
AT = "2026-11-23T09:00:00Z"


def test_the_day_a_case_was_opened_with_is_its_own_and_another_is_its_statuss(
    empty_database: Database,
) -> None:
    migrate.upgrade(empty_database, "0018")
    with empty_database.migration_engine().begin() as conn:
        _insert_definition(conn)
        _insert_case(conn, 1, [_opened(1)], due_on=OWN)
        _insert_case(conn, 2, [_opened(2), _set("working", "in_progress", OF_STATUS)], due_on=OF_STATUS)
        _insert_case(conn, 3, [_opened(3), _set("working", "in_progress", OWN)], due_on=OWN)
        _insert_case(conn, 4, [_opened(4), _set("closed", "closed", None)], due_on=None)
        _insert_case(conn, 5, [_opened(5, due_on=None)], due_on=None)
    migrate.upgrade(empty_database)
    with empty_database.migration_engine().connect() as conn:
        columns = 'SELECT due_on, step_due_on, earliest_due_on FROM "case" ORDER BY number'
        days = [
            tuple(None if day is None else str(day) for day in row) for row in conn.execute(text(columns))
        ]
    assert days == [
        (OWN, None, OWN),
        (OWN, OF_STATUS, OF_STATUS),
        (OWN, None, OWN),
        (OWN, None, OWN),
        (None, None, None),
    ]
    report = empty_database.read_sync(proof.verify)
    assert report.ok and report.cases == 5, report.findings


def _opened(n: int, due_on: str | None = OWN) -> dict[str, Any]:
    """What was logged of a new case, to the letter."""
    return {
        "applicants": [],
        "at": AT,
        "by": "machine:form",
        "case_id": f"case{n}",
        "definition": _definition().digest,
        "due_on": due_on,
        "event": "CaseSubmitted",
        "external": "",
        "number": f"2026-{n:06d}",
        "origin": "web",
        "protected": False,
        "received_at": AT,
        "service": "bygglov",
        "silent": False,
        "status": "submitted",
        "status_name": "Inskickat",
    }


def _set(status: str, kind: str, due_on: str | None) -> dict[str, Any]:
    names = {"status": status, "status_name": status, "was": "submitted", "was_name": "Inskickat"}
    event = {"at": AT, "by": "officer:anna", "event": "StatusSet", "due_on": due_on, "kind": kind}
    return {**names, **event, "message_id": "", "with_message": False}


def _definition() -> Any:
    return create_definition(small_catalog().services["bygglov"])


def _insert_definition(conn: Connection) -> None:
    form = {"digest": _definition().digest, "body": _definition().to_json()}
    conn.execute(text("INSERT INTO definition (digest, body) VALUES (:digest, :body)"), form)
    conn.execute(text("INSERT INTO number (year, last) VALUES (2026, 5)"))


def _insert_case(conn: Connection, n: int, events: list[dict[str, Any]], due_on: str | None) -> None:
    last = events[-1]
    rest = {"applicants": [], "pending": [], "receipts_wanted": [], "overdue_told": None, "replies": []}
    row = {
        "id": f"case{n}",
        "number": f"2026-{n:06d}",
        "service": "bygglov",
        "definition": _definition().digest,
        "origin": "web",
        "received_at": AT,
        "status": last["status"],
        "status_name": last["status_name"],
        "status_since": AT,
        "status_by": last["by"],
        "due_on": due_on and date.fromisoformat(due_on),
        "closed_at": AT if last.get("kind") == "closed" else None,
        "protected": False,
        "handled": False,
        "rest": json.dumps(rest),
        "from_applicant": "",
        "seq": len(events),
        "head": _append(conn, f"case{n}", events),
    }
    if conn.dialect.name == "sqlite":  # which stores times as texts of its own, and dates too
        stamp = "2026-11-23 09:00:00.000000"
        row |= {name: stamp for name, value in row.items() if value == AT} | {"due_on": due_on}
    _insert(conn, "case", row)


def _append(conn: Connection, case_id: str, events: list[dict[str, Any]]) -> str:
    """Log the events. Returns the hash of the last."""
    prev = "0" * 64
    for seq, event in enumerate(events, 1):
        meta = json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        content_hash = hashlib.sha256(b"salt\x1f").hexdigest()
        chained = "\x1f".join((prev, case_id, str(seq), meta, content_hash))
        row = {"case_id": case_id, "seq": seq, "meta": meta, "content": "", "salt": "salt", "prev": prev}
        prev = hmac.digest(KEYS.derive("history"), chained.encode(), "sha256").hex()
        _insert(conn, "history", row | {"content_hash": content_hash, "hash": prev})
    return prev


def _insert(conn: Connection, table: str, row: dict[str, Any]) -> None:
    names, values = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
    conn.execute(text(f'INSERT INTO "{table}" ({names}) VALUES ({values})'), row)
