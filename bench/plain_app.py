"""Between the floor and the program: a plain Bolt app with SQLAlchemy that stores the same rows.

It changes the case, its assignees, notes and events as the program does, but without hash chains, idempotency keys and
an outbox. The difference to the program is their cost.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import create_engine, delete, event, select
from sqlalchemy.orm import Session, sessionmaker

from bench.floor import served
from bot.store.tables import AssigneeRow, CaseRow, HistoryRow, NoteRow

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON")


class Cases:
    """The cases, changed in a thread of its own, as durably as the program changes them."""

    def __init__(self, path: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
        self._sessions = sessionmaker(engine)

    async def change(self, case_id: str, officer: str, act: Callable[[Session, CaseRow, str], None]) -> None:
        """Load the case, do it, add the event, commit."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._change, case_id, officer, act)

    def _change(self, case_id: str, officer: str, act: Callable[[Session, CaseRow, str], None]) -> None:
        with self._sessions.begin() as session:
            case = session.get_one(CaseRow, case_id)
            case.seq += 1
            act(session, case, officer)
            meta = json.dumps({"event": act.__name__, "by": officer, "at": datetime.now(UTC).isoformat()})
            unsealed = {"content": "", "salt": "", "content_hash": "", "prev": "", "hash": ""}
            session.add(HistoryRow(case_id=case_id, seq=case.seq, meta=meta, **unsealed))


def _set_up(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def take(session: Session, case: CaseRow, officer: str) -> None:
    """Assign the officer."""
    held = select(AssigneeRow).where(AssigneeRow.case_id == case.id)
    position = len(session.scalars(held).all())
    of_case = {"open": True, "received_at": case.received_at, "number": case.number}
    columns = {"since": datetime.now(UTC), "by": f"officer:{officer}", "position": position, **of_case}
    session.merge(AssigneeRow(case_id=case.id, kind="officer", key=officer, **columns))
    case.handled = True


def release(session: Session, case: CaseRow, officer: str) -> None:
    """Remove the officer from the assignees."""
    is_assigned = AssigneeRow.case_id == case.id, AssigneeRow.kind == "officer", AssigneeRow.key == officer
    session.execute(delete(AssigneeRow).where(*is_assigned))
    case.handled = False


def note(session: Session, case: CaseRow, officer: str) -> None:
    """Add a note."""
    columns = {
        "by": f"officer:{officer}",
        "kind": "official",
        "at": datetime.now(UTC),
        "body": "Ringde upp, inget svar.",
    }
    session.add(NoteRow(id=uuid.uuid4().hex, case_id=case.id, seq=case.seq, salt=uuid.uuid4().hex, **columns))


def status(session: Session, case: CaseRow, officer: str) -> None:
    """Set the other of two statuses."""
    case.status = "inskickat" if case.status == "behandlas" else "behandlas"
    case.status_since, case.status_by = datetime.now(UTC), f"officer:{officer}"


ACTS = {"case:take": take, "case:release": release, "case:note:submit": note, "case:status:submit": status}


def build() -> FastAPI:
    """The app, from the same environment as the program's."""
    cases = Cases(os.environ["PLAIN_FILE"])
    bolt = AsyncApp(
        process_before_response=True,
        client=AsyncWebClient(
            os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"], retry_handlers=[]
        ),
        signing_secret=os.environ["SLACK_SIGNING_SECRET"],
    )

    async def on_press(ack, action, body) -> None:  # type: ignore[no-untyped-def]
        await cases.change(action["value"].partition(":")[0], body["user"]["id"], ACTS[action["action_id"]])
        await ack()

    async def on_form(ack, view, body) -> None:  # type: ignore[no-untyped-def]
        case_id = json.loads(view["private_metadata"])["case"]
        await cases.change(case_id, body["user"]["id"], ACTS[view["callback_id"]])
        await ack()

    for name in ACTS:
        (bolt.view(name)(on_form) if name.endswith(":submit") else bolt.action(name)(on_press))
    return served(bolt)


if __name__ == "__main__":
    faulthandler.enable()
    uvicorn.run(build(), host="127.0.0.1", port=int(os.environ["PORT"]), log_config=None, access_log=False)
