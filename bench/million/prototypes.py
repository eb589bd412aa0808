"""Cases whose events have been made by the program's own commands, to be copied many times."""

from __future__ import annotations

import itertools
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from bench.processes import KEY
from bot.catalog import create_definition
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import Applicant, Machine, Officer, find_officer
from bot.domain.assignment import TakeCase
from bot.domain.deadline import ReportOverdue
from bot.domain.messages.correspondence import ReceiveMessage, SendMessage, SetStatusOfMessage
from bot.domain.notes import AddNote
from bot.domain.protection import SetProtection
from bot.domain.rules import Command, Refused
from bot.domain.status import SetStatus
from bot.domain.submission import Answers, Person, SubmitCase
from bot.service import Service
from bot.store import Database, Keys, Tx
from bot.store.cases import officer_queries, system_queries
from bot.store.engine import migrate
from bot.store.tables import Base

BEGUN = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)
"""When the prototypes' events begin; a Monday."""

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where nothing waits for a disk."""

NOT_COPIED = frozenset({"delivery", "search", "receipt"})
"""Tables with rows of a case that `filling` makes by itself."""


@dataclass(frozen=True)
class Prototype:
    """One case's rows, by table. `days` is how many pass from the first event to the last."""

    kind: str
    service: str
    assignee: str
    """The officer who has the case, or had it; empty where nobody has."""
    days: int
    rows: dict[str, list[dict[str, Any]]]


@dataclass
class _Clock:
    """Tells the time that is set."""

    now: datetime = BEGUN

    def __call__(self) -> datetime:
        return self.now


@dataclass
class _Life:
    """One case whose events are made."""

    service: Service
    clock: _Clock
    about: EService
    officer: Officer
    begun: datetime
    case_id: str = ""
    applicant: str = field(default_factory=lambda: uuid.uuid4().hex)

    async def submit(self) -> None:
        form = create_definition(self.about)
        values = {
            one.key: f"Ett svar om {one.key}"
            for one in self.about.fields
            if one.kind in ("text", "long_text")
        }
        command = SubmitCase(
            service=self.about.key,
            answers=Answers(definition=form.digest, values=values),
            people=(
                Person(id=self.applicant, name="Siv Prov", email="siv@prov.example", address_state="code"),
            ),
            origin="open_eplatform" if self.about.record == "open_eplatform" else "web",
        )
        self.clock.now = self.begun
        self.case_id = (await self.service.open_case(command, Machine("form"), form)).case_id

    async def perform_on(self, day: int, command: Command, actor: Any = None) -> None:
        """Perform it that many days later; what an e-service does not allow is left out."""
        self.clock.now = self.begun + timedelta(days=day, minutes=day)
        with suppress(Refused):
            await self.service.perform(command, actor or self.officer)

    async def read(self, day: int, *parts: officer_queries.CasePart) -> None:
        self.clock.now = self.begun + timedelta(days=day, minutes=day + 1)
        with suppress(Refused):
            await self.service.reveal(self.officer, self.case_id, parts, opening=uuid.uuid4().hex)

    async def status(self, day: int, kind: str) -> None:
        """The first status of that kind that may follow."""
        case = self.service.database.read_sync(
            lambda tx: officer_queries.load_case_view(tx, self.officer, self.case_id, ())
        )
        assert case is not None
        for one in self.about.targets_from(case.case.status):
            if one.kind == kind:
                expected, note = case.case.status, "En anteckning." if one.requires == "note" else ""
                if one.requires == "message":
                    return await self._status_after_message(day, one.key, expected)
                command = SetStatus(case_id=self.case_id, status=one.key, expected=expected, note=note)
                return await self.perform_on(day, command)

    async def _status_after_message(self, day: int, status: str, expected: str) -> None:
        """The status follows a message."""
        ask = SendMessage(case_id=self.case_id, text="Ett besked.", status=status, expected=expected)
        await self.perform_on(day, ask)
        sent = self.service.database.read_sync(lambda tx: system_queries.load_case(tx, self.case_id))
        assert sent is not None
        for message in sent.pending:
            follow = SetStatusOfMessage(case_id=self.case_id, message_id=message.id)
            await self.perform_on(day + 1, follow, Machine("message"))


async def _taken(life: _Life) -> None:
    await life.perform_on(1, TakeCase(case_id=life.case_id))
    await life.read(1, "answers")


async def _request_information(life: _Life) -> None:
    await _taken(life)
    await life.perform_on(2, AddNote(case_id=life.case_id, text="Ringde, inget svar."))
    ask = SendMessage(
        case_id=life.case_id, text="Kan du skicka mer?", kind="completion", answer_by=_day(life, 16)
    )
    await life.perform_on(3, ask)
    await life.status(3, "waiting_for_completion")


async def _answered(life: _Life) -> None:
    await _request_information(life)
    applicant = Applicant(ids=frozenset({life.applicant}), mailbox="")
    await life.perform_on(5, ReceiveMessage(case_id=life.case_id, text="Här är det som saknades."), applicant)


async def _closed(life: _Life) -> None:
    await _answered(life)
    await life.read(6, "messages", "notes", "history")
    await life.status(6, "in_progress")
    await life.perform_on(8, SendMessage(case_id=life.case_id, text="Nu är det klart."))
    await life.status(9, "closed")


async def _closed_at_once(life: _Life) -> None:
    await _taken(life)
    await life.status(1, "closed")


async def _overdue(life: _Life) -> None:
    await _taken(life)
    await life.perform_on(40, ReportOverdue(case_id=life.case_id), Machine("clock"))


async def _closed_late(life: _Life) -> None:
    await _overdue(life)
    await life.read(45, "answers", "messages", "notes", "files")
    await life.status(45, "closed")


async def _protected(life: _Life) -> None:
    await life.perform_on(
        0, SetProtection(case_id=life.case_id, protected=True, reason="Skyddad folkbokföring")
    )


async def _fresh(life: _Life) -> None:
    """Nobody has done anything yet."""


LIVES = {
    "fresh": _fresh,
    "protected": _protected,
    "taken": _taken,
    "asked": _request_information,
    "answered": _answered,
    "overdue": _overdue,
    "closed": _closed,
    "closed_at_once": _closed_at_once,
    "closed_late": _closed_late,
}


def _day(life: _Life, day: int) -> date:
    return (life.begun + timedelta(days=day)).date()


async def create_prototypes(catalog: Catalog) -> tuple[list[Prototype], list[dict[str, Any]]]:
    """A prototype of each kind for each e-service, and the rows of the forms that they were submitted through."""
    with tempfile.TemporaryDirectory(prefix="prototypes", dir=IN_MEMORY) as folder:
        database = Database(f"sqlite:///{Path(folder) / 'case.db'}", Keys(KEY))
        migrate.upgrade(database)
        clock = _Clock()
        service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
        prototypes = []
        for n, (about, kind) in enumerate(itertools.product(catalog.services.values(), LIVES)):
            begun = BEGUN + timedelta(minutes=7 * n)
            life = _Life(service, clock, about, find_assignees(catalog, about)[0], begun)
            await life.submit()
            await LIVES[kind](life)
            prototypes.append(database.read_sync(partial(_prototype, life=life, kind=kind)))
        forms = database.read_sync(lambda tx: list(_rows(tx, Base.metadata.tables["definition"])))
        database.close()
    return prototypes, forms


def find_assignees(catalog: Catalog, about: EService) -> list[Officer]:
    """The officers of the catalog who may have the e-service's cases; first one who may do most with them."""
    officers = (find_officer(catalog, one.key, BEGUN.date()) for one in catalog.municipality.officers)
    those = [one for one in officers if one is not None and about.key in one.access]
    return sorted(those, key=lambda one: (not one.may_see_protected(about.key), one.key))


def _prototype(tx: Tx, life: _Life, kind: str) -> Prototype:
    rows: dict[str, list[dict[str, Any]]] = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in NOT_COPIED and (found := list(_of_case(tx, table, life.case_id))):
            rows[table.name] = found
    (case,) = rows["case"]
    last = max((one["at"] for one in rows.get("reading", [])), default=case["status_since"])
    days = (max(last, case["status_since"], life.clock.now) - life.begun).days + 1
    assignee = life.officer.key if "assignee" in rows and case["handled"] else ""
    return Prototype(kind, life.about.key, assignee, days, rows)


def _of_case(tx: Tx, table: Table, case_id: str) -> Iterator[dict[str, Any]]:
    column = table.c.id if table.name == "case" else table.c.get("case_id")
    if column is not None:
        yield from _rows(tx, table, column == case_id)


def _rows(tx: Tx, table: Table, *conditions: Any) -> Sequence[dict[str, Any]]:
    return [dict(row._mapping) for row in tx.conn.execute(select(table).where(*conditions))]
