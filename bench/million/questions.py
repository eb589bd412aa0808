"""What is asked of the filled stores: every list, every search, every act and job whose cost may grow with them."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import func, select, update

from bench.million.filling import ABSENT, COMMON, NOW, RARE, TODAY
from bench.processes import KEY
from bot.catalog.models import Catalog
from bot.domain.actors import Applicant, Machine, Officer, officer_of
from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.deadline import TellOverdue
from bot.domain.searching import sought
from bot.domain.views import InList, Worklist
from bot.handlers.screens import home
from bot.service import Service
from bot.store import Database, Keys, Tx
from bot.store.cases import applicant_queries, indexing, officer_queries
from bot.store.engine import idempotency
from bot.store.lists import case_lists, search
from bot.store.lists.neighbours import around
from bot.store.lists.worklists import Asker, Worklists
from bot.store.officers import flags
from bot.store.officers.preferences import Spot
from bot.store.outbox import claims, deliveries, queues
from bot.store.tables import ApplicantRow, CaseRow, SearchRow
from bot.store.verification import proof

OFFICER, RESTRICTED = "marta-lindqvist", "per-olov-angstrom"
"""She coordinates most e-services; he sees of one e-service only what he has."""

Ask = Callable[[], Any]


class _UndoneAgain(Exception):
    """Rolls a measured transaction back, so that the store stays as it is."""


@dataclass(frozen=True)
class Desk:
    """A filled store, and those who ask."""

    database: Database
    service: Service
    catalog: Catalog
    officer: Officer
    restricted: Officer
    loop: asyncio.Runner
    folder: Path
    """For the checkpoint's file."""

    @property
    def asker(self) -> Asker:
        return Asker(self.officer, NOW, self.catalog)

    def reads(self, work: Callable[[Tx], Any]) -> Ask:
        """Ask it in a read of its own."""
        return lambda: self.database.read_now(work)

    def tries(self, work: Callable[[Tx], Any], before: Callable[[Tx], Any] = lambda tx: None) -> Ask:
        """Do it in a write that is rolled back."""

        def within(tx: Tx) -> None:
            before(tx)
            work(tx)
            raise _UndoneAgain

        def ask() -> None:
            try:
                self.database.write_now(within)
            except _UndoneAgain:
                return

        return ask


@contextmanager
def desk(url: str, catalog: Catalog) -> Iterator[Desk]:
    """The store with that address, and who asks it."""
    database = Database(url, Keys(KEY))
    service = Service(database, lambda: catalog, clock=lambda: NOW, wake=lambda: None)
    officers = [officer_of(catalog, key, TODAY) for key in (OFFICER, RESTRICTED)]
    assert officers[0] is not None and officers[1] is not None
    with asyncio.Runner() as loop, tempfile.TemporaryDirectory(prefix="checkpoints") as folder:
        yield Desk(database, service, catalog, officers[0], officers[1], loop, Path(folder))
    database.close()


def questions(desk: Desk) -> Mapping[str, Ask]:
    """Everything that can be asked, by name."""
    return {**_lists(desk), **_searches(desk), **_cases(desk), **_outbox(desk), **_jobs(desk)}


def _lists(desk: Desk) -> dict[str, Ask]:
    officer, restricted = desk.officer, desk.restricted
    asked: dict[str, Ask] = {}
    for tab in get_args(case_lists.Tab):
        asked[f"lists.{tab}"] = desk.reads(partial(case_lists.list_cases, officer=officer, tab=tab))
        asked[f"lists.{tab}.count"] = desk.reads(partial(case_lists.count_cases, officer=officer, tab=tab))
        asked[f"lists.{tab}.restricted"] = desk.reads(
            partial(case_lists.list_cases, officer=restricted, tab=tab)
        )
    services = tuple(desk.catalog.services)
    asked["lists.overdue"] = desk.reads(partial(case_lists.overdue, today=TODAY, services=services))
    for name in get_args(Worklist):
        asked[f"worklists.{name}"] = desk.reads(partial(_page, asker=desk.asker, name=name))
        asked[f"worklists.{name}.count"] = desk.reads(partial(_count, asker=desk.asker, name=name))
    asked["home"] = desk.reads(lambda tx: home._found(tx, desk.asker, desk.catalog, Spot("todo")))
    return asked


def _page(tx: Tx, asker: Asker, name: Worklist) -> Any:
    return Worklists(tx, asker).page(name, limit=10)


def _count(tx: Tx, asker: Asker, name: Worklist) -> int:
    return Worklists(tx, asker).count(name)


SEARCHES = {
    "number 2": "2",
    "number 2025": "2025",
    "whole number": "2025-000123",
    "common word": COMMON,
    "rare word": RARE,
    "absent word": ABSENT,
    "beginning": COMMON[:4],
    "common and rare": f"{COMMON} {RARE}",
    "common and absent": f"{COMMON} {ABSENT}",
    "name": "Sigrid Åkerlund",
}


def _searches(desk: Desk) -> dict[str, Ask]:
    def found(tx: Tx, typed: str, officer: Officer) -> Any:
        ids = search.find(tx, officer, sought(typed, officer, desk.catalog))
        return case_lists.cases_of(tx, officer, ids[:10])

    asked = {
        f"search.{name}": desk.reads(partial(found, typed=typed, officer=desk.officer))
        for name, typed in SEARCHES.items()
    }
    of_few = desk.reads(partial(found, typed=COMMON, officer=desk.restricted))
    return {**asked, "search.common word.restricted": of_few}


def _cases(desk: Desk) -> dict[str, Ask]:
    database, officer = desk.database, desk.officer
    newest = select(CaseRow.id).where(CaseRow.service.in_(list(officer.access)), CaseRow.protected.is_(False))
    free = newest.where(CaseRow.closed_at.is_(None), CaseRow.handled.is_(False)).order_by(
        CaseRow.received_at.desc()
    )
    middle = newest.order_by(CaseRow.id).limit(1)
    case_id, to_take = database.read_now(
        lambda tx: (tx.conn.execute(middle).scalar_one(), tx.conn.execute(free.limit(1)).scalar_one())
    )
    mailbox = database.read_now(
        lambda tx: tx.conn.execute(
            select(ApplicantRow.mailbox).where(ApplicantRow.case_id == case_id)
        ).scalar_one()
    )
    number = database.read_now(lambda tx: tx.conn.execute(_number_of(case_id)).scalar_one())

    def opened() -> None:
        work = desk.service.reveal(officer, case_id, officer_queries.ALL_PARTS, opening=uuid.uuid4().hex)
        desk.loop.run(work)

    def signed_in(tx: Tx) -> Any:
        assert mailbox is not None
        applicant = Applicant(ids=applicant_queries.applicant_ids(tx, mailbox), mailbox=mailbox)
        return case_lists.applicant_cases(tx, applicant, NOW)

    def taken(tx: Tx) -> Any:
        return desk.service.perform_within(tx, TakeCase(case_id=to_take), officer)

    return {
        "case.open": opened,
        "case.counts": desk.reads(lambda tx: officer_queries.part_counts(tx, case_id)),
        "case.by number": desk.reads(lambda tx: officer_queries.find_number(tx, officer, number)),
        "case.around in all": desk.reads(lambda tx: around(tx, desk.asker, InList("all"), case_id)),
        "case.around in mine": desk.reads(lambda tx: around(tx, desk.asker, InList("mine"), case_id)),
        "case.around in closed": desk.reads(lambda tx: around(tx, desk.asker, InList("closed"), case_id)),
        "take": desk.tries(taken),
        "release": desk.tries(
            lambda tx: desk.service.perform_within(tx, ReleaseCase(case_id=to_take), officer), before=taken
        ),
        "applicant.cases": desk.reads(signed_in),
    }


def _number_of(case_id: str) -> Any:
    return select(CaseRow.number).where(CaseRow.id == case_id)


def _outbox(desk: Desk) -> dict[str, Ask]:
    return {
        "outbox.claim": desk.tries(lambda tx: claims.claim(tx, NOW)),
        "outbox.is_due": desk.reads(lambda tx: claims.is_due(tx, NOW)),
        "outbox.next_due": desk.reads(lambda tx: queues.next_due(tx, NOW)),
        "outbox.delayed": desk.reads(lambda tx: deliveries.delayed(tx, NOW)),
        "outbox.counts": desk.reads(deliveries.counts),
    }


def _jobs(desk: Desk) -> dict[str, Ask]:
    services = tuple(desk.catalog.services)

    def told_overdue() -> None:
        found = desk.database.read_now(lambda tx: case_lists.overdue(tx, TODAY, services))
        commands = [TellOverdue(case_id=one) for one in found]
        desk.loop.run(desk.service.perform_all(commands, Machine("clock")))

    def outdated(tx: Tx) -> None:
        last = tx.conn.execute(select(func.max(SearchRow.doc))).scalar_one()
        tx.conn.execute(update(SearchRow).where(SearchRow.doc > last - indexing.BATCH).values(rule=0))

    return {
        "index.is_behind": desk.reads(indexing.is_behind),
        "index.batch": desk.tries(indexing.index_some, before=outdated),
        "overdue job": told_overdue,
        "reminders": desk.tries(lambda tx: flags.tell_due(tx, NOW)),
        "sweep receipts": desk.tries(lambda tx: idempotency.sweep(tx, NOW - timedelta(days=30))),
        "checkpoint.nightly": _nightly(desk),
        "checkpoint.first": _first(desk),
        "log verify": desk.reads(proof.verify),
    }


def _first(desk: Desk) -> Ask:
    def ask() -> None:
        with tempfile.TemporaryDirectory(dir=desk.folder) as folder:
            desk.database.read_now(lambda tx: proof.checkpoint(tx, Path(folder), NOW))

    return ask


def _nightly(desk: Desk) -> Ask:
    """One where nothing has changed since the night before."""
    return desk.reads(lambda tx: proof.checkpoint(tx, desk.folder, NOW))
