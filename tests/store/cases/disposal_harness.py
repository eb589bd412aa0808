"""Cases with a marker in every place that holds a case's contents, and searches for what is left of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text

from bot.catalog.models import Catalog
from bot.catalog.people import Grant
from bot.domain.actors import Machine
from bot.domain.assignment import ChangeAssignees
from bot.domain.flags import Flag
from bot.domain.lists.batches import SetStatuses
from bot.domain.messages.correspondence import ReceiveMessage, SendMessage
from bot.domain.notes import AddNote, MakeNoteOfficial, ReplySource, ReviseNote
from bot.domain.protection import SetProtection
from bot.domain.status import SetStatus
from bot.domain.submission import FileRef
from bot.service import CommandResult
from bot.store import Database, Tx
from bot.store.engine import idempotency
from bot.store.files import unattached
from bot.store.files.file_store import FileStore
from bot.store.lists.queries import unread
from bot.store.log import readings
from bot.store.log.readings import Reading
from bot.store.officers import drafts, flags
from bot.store.officers.drafts import Draft
from bot.store.tables import (
    ApplicantRow,
    Base,
    BatchCaseRow,
    BatchRow,
    ExportFileRow,
    OpenListRow,
    SearchResultsRow,
    SessionRow,
    SignInRow,
)
from tests.municipality import MunicipalityDriver, person, small_catalog


def catalog_with_thread_notes() -> Catalog:
    """The small town, where nobody sees only some of the cases: replies in threads become notes."""
    catalog = small_catalog()
    bygglov = catalog.services["bygglov"]
    full = tuple(one for one in bygglov.officers if one.access == "full")
    full = (Grant(officer="anna", coordinator=True), *full[1:])
    services = {**catalog.services, "bygglov": bygglov.model_copy(update={"officers": full})}
    return catalog.model_copy(update={"services": services})


def hex_id(name: str) -> str:
    """An id of 32 hex digits, another for each name."""
    return f"{abs(hash(name)):032x}"[:32]


class MarkedCases:
    """Makes closed cases that hold a marker wherever a case holds contents."""

    def __init__(self, municipality: MunicipalityDriver, files: FileStore) -> None:
        self.municipality, self.files = municipality, files
        self.database: Database = municipality.service.database
        self._count = 0

    async def create(self, mark: str, *, closed: bool = True) -> CommandResult:
        """A case in which everything that a person typed, and every file, holds the mark."""
        self._count += 1
        drawing, plan, sketch = [await self._add_file(mark, name) for name in ("ritning", "plan", "skiss")]
        person_ = person(name=f"Eva {mark}", email=f"{mark}@ek.example", phone=f"070 {mark}")
        case = await self.municipality.submit(
            person_,
            values={"vad": f"En altan {mark}", "typ": "till"},
            files=(drawing,),
            external=f"annat:{self._count}",
        )
        await self._converse(case, mark, plan, sketch)
        await self._add_officers_own(case, mark, person_.email)
        await self._add_batch(case, mark)
        if closed:
            await self.municipality.perform(
                "anna",
                SetStatus(case_id=case.case_id, status="closed", expected="working", note=f"Klart {mark}"),
            )
        return case

    async def _converse(self, case: CommandResult, mark: str, plan: FileRef, sketch: FileRef) -> None:
        perform, case_id = self.municipality.perform, case.case_id
        reply = ReplySource(f"C1:{self._count}")
        await perform(
            "anna",
            ChangeAssignees(case_id=case_id, assignees=("officer:anna",), expected=(), reason=f"Bad {mark}"),
        )
        await perform("anna", SendMessage(case_id=case_id, text=f"Hej {mark}", files=(plan,)))
        self.municipality.service.clock.advance(minutes=5)  # type: ignore[attr-defined]
        eva = await self.municipality.applicant(case)
        await self.municipality.service.perform(ReceiveMessage(case_id=case_id, text=f"Svar {mark}"), eva)
        await perform("anna", AddNote(case_id=case_id, text=f"Ringde {mark}", files=(sketch,)))
        await perform("anna", AddNote(case_id=case_id, text=f"Skrev {mark}", source=reply))
        edited = ReplySource(reply.place, "1")
        await perform("anna", ReviseNote(case_id=case_id, text=f"Skrev om {mark}", source=edited))
        await perform("anna", MakeNoteOfficial(case_id=case_id, place=reply.place, expected="1"))
        await perform("anna", SetProtection(case_id=case_id, protected=True, reason=f"Hot {mark}"))
        await perform("anna", SetProtection(case_id=case_id, protected=False, reason=f"Inget {mark}"))
        await perform("anna", SetStatus(case_id=case_id, status="working", expected="submitted"))

    async def _add_officers_own(self, case: CommandResult, mark: str, email: str) -> None:
        now, anna = self.municipality.service.clock(), self.municipality.officer("anna")
        case_id, key = case.case_id, f"external:annat:{self._count}"

        def write(tx: Tx) -> None:
            readings.record(tx, Reading("officer:anna", case_id, "answers", "o1", f"Ringde {mark}"), now)
            drafts.save(tx, "anna", Draft(hex_id(f"d{mark}"), case_id, "note", {"text": mark}, now))
            flags.save(tx, anna, Flag(case_id, f"Kom ihåg {mark}", None), now)
            unread.mark_unread(tx, anna, [case_id], now)
            mailbox = tx.keys.hash_mailbox(email)
            outcome = idempotency.find(tx, key) or {}
            idempotency.forget(tx, [key])
            idempotency.save(tx, key, outcome | {"content": f"kontroll{mark}"}, now)
            rows: list[tuple[Any, dict[str, Any]]] = [
                (SearchResultsRow, {"id": hex_id(f"h{mark}"), "officer": "anna", "at": now}),
                (SessionRow, {"id": f"s{mark}", "kind": "applicant", "at": now, "seen_at": now}),
                (SignInRow, {"id": hex_id(f"i{mark}"), "address": "net", "at": now, "tries": 0}),
            ]
            rows[0][1]["case_ids"] = json.dumps([case_id])
            rows[1][1]["who"] = rows[2][1]["mailbox"] = mailbox
            ticked = {"id": hex_id(f"l{mark}"), "officer": "anna", "tab": "all", "query": "{}", "at": now}
            more = {"page_size": 10, "page_keys": "[]", "ticked": json.dumps([case_id]), "all_ticked": False}
            rows.append((OpenListRow, ticked | more))
            for table, row in rows:
                tx.conn.execute(insert(table).values(row))

        await self.database.write(write)

    async def _add_batch(self, case: CommandResult, mark: str) -> None:
        """A finished batch that wrote to the case, and exported it."""
        now, batch_id, file_id = self.municipality.service.clock(), hex_id(f"b{mark}"), hex_id(f"e{mark}")
        exported = self.files.root / "exports" / "finished" / file_id
        exported.parent.mkdir(parents=True, exist_ok=True)
        exported.write_text(f"Eva {mark}", encoding="utf-8")
        batch = {
            "id": batch_id,
            "officer": "anna",
            "action": SetStatuses(status="working", note=f"Till alla {mark}").model_dump_json(),
            "state": "done",
            "total": 1,
            "done": 1,
            "skipped": 0,
            "runner": "",
            "due_at": now,
            "created_at": now,
            "finished_at": now,
            "channel": "",
            "ts": "",
        }
        export = {"batch_id": batch_id, "officer": "anna", "file_id": file_id, "name": f"{mark}.xlsx"}

        def write(tx: Tx) -> None:
            tx.conn.execute(insert(BatchRow).values(batch))
            seen = {"batch_id": batch_id, "position": 0, "case_id": case.case_id, "seen": "[]"}
            tx.conn.execute(insert(BatchCaseRow).values({**seen, "outcome": "done", "refusal": None}))
            sizes = {"size": 3, "created_at": now, "downloads": 0}
            tx.conn.execute(insert(ExportFileRow).values({**export, **sizes}))

        await self.database.write(write)

    async def _add_file(self, mark: str, name: str) -> FileRef:
        file_id = hex_id(f"f{name}{mark}")
        size, sha256 = self.files.write(file_id, [f"%PDF-1.7 {mark}".encode()])
        file = FileRef(
            id=file_id, name=f"{name}-{mark}.pdf", size=size, kind="application/pdf", sha256=sha256
        )
        now = self.municipality.service.clock()
        await self.database.write(lambda tx: unattached.save(tx, file, now))
        return file

    def mailbox_of(self, case: CommandResult) -> set[str]:
        """The keys of the mailboxes of the case's applicants."""
        query = select(ApplicantRow.mailbox).where(ApplicantRow.case_id == case.case_id)
        return {
            one for one in self.database.read_sync(lambda tx: tx.conn.execute(query).scalars().all()) if one
        }


def dump_rows(database: Database) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    names = [*Base.metadata.tables, *(["search_index"] if database.is_sqlite else [])]
    return database.read_sync(
        lambda tx: {
            name: [str(tuple(row)) for row in tx.conn.execute(text(f'SELECT * FROM "{name}"'))]
            for name in names
        }
    )


def tables_with(database: Database, mark: str) -> list[str]:
    """The tables that hold the mark in any row, whatever its letters' case."""
    return [name for name, rows in dump_rows(database).items() if any(mark in row.lower() for row in rows)]


def pages_with(database: Database, mark: str) -> list[str]:
    """The files of the database on PostgreSQL whose pages hold the mark, once all are written; none on SQLite.

    PostgreSQL's own log is not among them: it is for whoever runs the server.
    """
    if database.is_sqlite:
        return []
    folder = (
        "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = current_database()"
    )

    def find(tx: Tx) -> Path:
        tx.conn.exec_driver_sql("CHECKPOINT")
        root, oid = tx.conn.exec_driver_sql(folder).one()
        return Path(str(root)) / "base" / str(oid)

    return files_with(database.write_sync(find), mark)


def files_with(root: Path, mark: str) -> list[str]:
    """The files under the folder whose bytes hold the mark."""
    return sorted(
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and mark.encode() in path.read_bytes().lower()
    )


SIX_YEARS = timedelta(days=6 * 366)
MACHINE = Machine("clock")
