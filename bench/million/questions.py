"""The measured questions: every list, search, command and job whose cost may grow with the number of cases."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from bench.million.filling import ABSENT, COMMON, NOW, RARE, TODAY
from bench.processes import KEY
from bot.catalog.models import Catalog
from bot.domain.actors import Applicant, Machine, Officer, find_officer
from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.deadline import ReportOverdue
from bot.domain.figures import last_months, last_weeks
from bot.domain.lists.case_query import (
    LIST_QUERIES,
    NOBODY,
    UNLIMITED_SORTS,
    CaseFilter,
    CaseQuery,
    DayRange,
)
from bot.domain.lists.case_search import parse_search
from bot.domain.lists.query_validation import query_problems
from bot.domain.views import ListPosition
from bot.handlers.screens.home_loading import HomeRequest, load_home
from bot.service import Service
from bot.store import Database, Keys, Tx
from bot.store.cases import applicant_queries, indexing, officer_queries
from bot.store.engine import idempotency
from bot.store.figures import counting
from bot.store.figures.reading import load_report
from bot.store.lists.neighbours import find_neighbours
from bot.store.lists.queries import case_lists, search
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers import flags
from bot.store.officers.preferences import HomePosition
from bot.store.outbox import claims, deliveries, delivery_counts, queues
from bot.store.retention.disclosures import list_disclosures
from bot.store.tables import ApplicantRow, CaseRow, SearchIndexRow
from bot.store.verification import proof
from bot.store.verification.checkpoints import find_last_event

NEED_FIGURES = ("figures.", "log verify")
"""Beginnings of the names of questions that need the figures counted, which takes long the first time."""

OFFICER, RESTRICTED = "marta-lindqvist", "per-olov-angstrom"
"""She coordinates most e-services; he sees of one e-service only what he has."""

Ask = Callable[[], Any]


class _UndoneAgain(Exception):
    """Rolls a measured transaction back, so that the database is not changed."""


@dataclass(frozen=True)
class QueryContext:
    """A filled database, and the officers of the questions."""

    database: Database
    service: Service
    catalog: Catalog
    officer: Officer
    restricted: Officer
    loop: asyncio.Runner
    folder: Path
    """For the checkpoint's file."""

    @property
    def asker(self) -> ListContext:
        return ListContext(self.officer, NOW, self.catalog)

    @property
    def restricted_asker(self) -> ListContext:
        return ListContext(self.restricted, NOW, self.catalog)

    def reads(self, work: Callable[[Tx], Any]) -> Ask:
        """A question that runs `work` in a read."""
        return lambda: self.database.read_sync(work)

    def tries(self, work: Callable[[Tx], Any], before: Callable[[Tx], Any] = lambda tx: None) -> Ask:
        """A question that runs `work` in a write, which is rolled back."""

        def within(tx: Tx) -> None:
            before(tx)
            work(tx)
            raise _UndoneAgain

        def ask() -> None:
            try:
                self.database.write_sync(within)
            except _UndoneAgain:
                return

        return ask


@contextmanager
def open_query_context(url: str, catalog: Catalog) -> Iterator[QueryContext]:
    """The store with that address, and who asks it."""
    database = Database(url, Keys(KEY))
    service = Service(database, lambda: catalog, clock=lambda: NOW, wake=lambda: None)
    officers = [find_officer(catalog, key, TODAY) for key in (OFFICER, RESTRICTED)]
    assert officers[0] is not None and officers[1] is not None
    with asyncio.Runner() as loop, tempfile.TemporaryDirectory(prefix="checkpoints") as folder:
        gc.freeze()  # as the program does when it has started
        yield QueryContext(database, service, catalog, officers[0], officers[1], loop, Path(folder))
    database.close()


def count_figures(database: Database) -> None:
    """Count the figures to the log's end and add them up, as the job has done long before anyone asks for them."""
    end = database.read_sync(find_last_event)
    while part := database.read_sync(partial(counting.prepare_part, end=end, now=NOW)):
        database.write_sync(partial(counting.save_part, part=part))
    while prepared := database.read_sync(partial(counting.prepare_sums, today=TODAY)):
        database.write_sync(partial(counting.save_sums, prepared=prepared))


def questions(window: QueryContext) -> Mapping[str, Ask]:
    """All questions by name."""
    return {
        **_lists(window),
        **_searches(window),
        **_cases(window),
        **_outbox(window),
        **_jobs(window),
        **_figures(window),
    }


def _figures(window: QueryContext) -> dict[str, Ask]:
    """What the coordinators' page and the slash command ask, of all e-services."""
    services = tuple(window.catalog.services)
    periods = {
        "figures.year": last_months(12, TODAY),
        "figures.five years": last_months(60, TODAY),
        "figures.weeks": last_weeks(52, TODAY),
    }
    asks = {
        name: window.reads(partial(load_report, services=services, period=period, today=TODAY))
        for name, period in periods.items()
    }
    return asks | {"figures.is_behind": window.reads(counting.has_new_events)}


def _lists(window: QueryContext) -> dict[str, Ask]:
    queries: dict[str, Ask] = {}
    services = tuple(window.catalog.services)
    queries["lists.overdue"] = window.reads(partial(case_lists.find_overdue, today=TODAY, services=services))
    lists: dict[str, CaseQuery] = {**{str(name): query for name, query in LIST_QUERIES.items()}, **QUERIES}
    for name, query in lists.items():
        for who, asker in {"": window.asker, ".restricted": window.restricted_asker}.items():
            if any(query_problems(query, asker.officer, asker.catalog)):
                continue
            queries[f"lists.{name}{who}"] = window.reads(partial(_first_page, asker=asker, query=query))
    for name in ("all", "by changed", "by due", "by status", "a kind"):
        queries[f"lists.{name}.next"] = _next_page(window, lists[name])
    opened = HomeRequest(HomePosition("todo"))
    queries["home"] = window.reads(partial(load_home, context=window.asker, home_request=opened))
    return queries


_LAST_YEAR = DayRange(first=TODAY - timedelta(days=330), last=TODAY - timedelta(days=300))

QUERIES: Mapping[str, CaseQuery] = {
    **{f"by {sort}": CaseQuery(sort=sort) for sort in sorted(UNLIMITED_SORTS - {"received", "urgency"})},
    "by changed, upwards": CaseQuery(sort="changed", descending=False),
    "a kind": CaseQuery(filter=CaseFilter(kinds=("in_progress",))),
    "a kind by due": CaseQuery(filter=CaseFilter(kinds=("in_progress",)), sort="due"),
    "a status": CaseQuery(filter=CaseFilter(statuses=("avslutat",))),
    "nobody by due": CaseQuery(filter=CaseFilter(state="open", assignees=(NOBODY,)), sort="due"),
    "an officer": CaseQuery(filter=CaseFilter(assignees=(f"officer:{OFFICER}",))),
    "an officer's closed": CaseQuery(filter=CaseFilter(state="closed", assignees=(f"officer:{OFFICER}",))),
    "a colour": CaseQuery(filter=CaseFilter(colours=("red",))),
    "the unread": CaseQuery(filter=CaseFilter(unread=True)),
    "late answers": CaseQuery(filter=CaseFilter(answer_overdue=True)),
    "another origin": CaseQuery(filter=CaseFilter(origins=("api",))),
    "another origin of a kind": CaseQuery(filter=CaseFilter(origins=("api",), kinds=("in_progress",))),
    "internal": CaseQuery(filter=CaseFilter(audience="internal")),
    "received in days": CaseQuery(filter=CaseFilter(received=_LAST_YEAR), sort="status"),
    "closed in days": CaseQuery(filter=CaseFilter(closed=_LAST_YEAR)),
    "changed in days": CaseQuery(filter=CaseFilter(changed=_LAST_YEAR)),
    "a text": CaseQuery(text=COMMON),
    "a text among the open": CaseQuery(text=COMMON, filter=CaseFilter(state="open"), sort="due"),
}
"""One for each sort, each kind of filter, and some that go badly together."""


def _first_page(tx: Tx, asker: ListContext, query: CaseQuery) -> Any:
    queries = CaseQueries(tx, asker)
    return queries.page(query, limit=20), queries.count(query)


def _next_page(window: QueryContext, query: CaseQuery) -> Ask:
    page = window.database.read_sync(lambda tx: CaseQueries(tx, window.asker).page(query, limit=20))
    return window.reads(lambda tx: CaseQueries(tx, window.asker).page(query, limit=20, after=page.next_key))


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


def _searches(window: QueryContext) -> dict[str, Ask]:
    def found(tx: Tx, typed: str, officer: Officer) -> Any:
        ids = search.find(tx, officer, parse_search(typed, officer, window.catalog))
        return case_lists.load_listed_cases(tx, officer, ids[:10])

    queries = {
        f"search.{name}": window.reads(partial(found, typed=typed, officer=window.officer))
        for name, typed in SEARCHES.items()
    }
    of_few = window.reads(partial(found, typed=COMMON, officer=window.restricted))
    return {**queries, "search.common word.restricted": of_few}


def _cases(window: QueryContext) -> dict[str, Ask]:
    database, officer = window.database, window.officer
    newest = select(CaseRow.id).where(CaseRow.service.in_(list(officer.access)), CaseRow.protected.is_(False))
    free = newest.where(CaseRow.closed_at.is_(None), CaseRow.handled.is_(False)).order_by(
        CaseRow.received_at.desc()
    )
    middle = newest.order_by(CaseRow.id).limit(1)
    case_id, to_take = database.read_sync(
        lambda tx: (tx.conn.execute(middle).scalar_one(), tx.conn.execute(free.limit(1)).scalar_one())
    )
    mailbox = database.read_sync(
        lambda tx: tx.conn.execute(
            select(ApplicantRow.mailbox).where(ApplicantRow.case_id == case_id)
        ).scalar_one()
    )
    number = database.read_sync(lambda tx: tx.conn.execute(_number_of(case_id)).scalar_one())

    def opened() -> None:
        work = window.service.reveal(officer, case_id, officer_queries.ALL_PARTS, opening=uuid.uuid4().hex)
        window.loop.run(work)

    def signed_in(tx: Tx) -> Any:
        assert mailbox is not None
        applicant = Applicant(ids=applicant_queries.find_applicant_ids(tx, mailbox), mailbox=mailbox)
        return case_lists.list_applicant_cases(tx, applicant, NOW)

    def taken(tx: Tx) -> Any:
        return window.service.perform_in_transaction(tx, TakeCase(case_id=to_take), officer)

    return {
        "case.open": opened,
        "case.counts": window.reads(lambda tx: officer_queries.count_parts(tx, officer.ref, case_id)),
        "case.by number": window.reads(lambda tx: officer_queries.find_case_by_number(tx, officer, number)),
        "case.around in all": window.reads(
            lambda tx: find_neighbours(tx, window.asker, ListPosition("all"), case_id)
        ),
        "case.around in mine": window.reads(
            lambda tx: find_neighbours(tx, window.asker, ListPosition("mine"), case_id)
        ),
        "case.around in closed": window.reads(
            lambda tx: find_neighbours(tx, window.asker, ListPosition("closed"), case_id)
        ),
        "take": window.tries(taken),
        "release": window.tries(
            lambda tx: window.service.perform_in_transaction(tx, ReleaseCase(case_id=to_take), officer),
            before=taken,
        ),
        "applicant.cases": window.reads(signed_in),
    }


def _number_of(case_id: str) -> Any:
    return select(CaseRow.number).where(CaseRow.id == case_id)


def _outbox(window: QueryContext) -> dict[str, Ask]:
    return {
        "outbox.claim": window.tries(lambda tx: claims.claim(tx, NOW)),
        "outbox.is_due": window.reads(lambda tx: claims.find_due(tx, NOW)),
        "outbox.next_due": window.reads(lambda tx: queues.find_next_due(tx, NOW)),
        "outbox.delayed": window.reads(lambda tx: deliveries.count_all_delayed(tx, NOW)),
        "outbox.counts": window.reads(delivery_counts.count_by_kind_and_state),
    }


def _jobs(window: QueryContext) -> dict[str, Ask]:
    services = tuple(window.catalog.services)

    def find_overdue_cases() -> None:
        found = window.database.read_sync(lambda tx: case_lists.find_overdue(tx, TODAY, services))
        commands = [ReportOverdue(case_id=one) for one in found]
        window.loop.run(window.service.perform_all(commands, Machine("clock")))

    def outdated(tx: Tx) -> None:
        last = tx.conn.execute(select(func.max(SearchIndexRow.doc))).scalar_one()
        tx.conn.execute(
            update(SearchIndexRow).where(SearchIndexRow.doc > last - indexing.BATCH_SIZE).values(rule=0)
        )

    return {
        "seen by an account": window.reads(_seen),
        "index.is_behind": window.reads(indexing.has_outdated),
        "index.batch": window.tries(indexing.index_batch, before=outdated),
        "overdue job": find_overdue_cases,
        "reminders": window.tries(lambda tx: flags.enqueue_due_reminders(tx, NOW)),
        "expired receipts": window.reads(lambda tx: idempotency.list_expired(tx, NOW - timedelta(days=30))),
        "checkpoint.nightly": _nightly(window),
        "checkpoint.first": _first(window),
        "log verify": lambda: proof.verify_in_parts(
            window.database, window.folder, processes=os.cpu_count() or 1
        ),
    }


def _seen(tx: Tx) -> int:
    """Whose data the account of the officer was shown, in all the years."""
    disclosures = list_disclosures(tx, OFFICER, NOW - timedelta(days=3650), NOW)
    return sum(one.count for one in disclosures)


def _first(window: QueryContext) -> Ask:
    def ask() -> None:
        with tempfile.TemporaryDirectory(dir=window.folder) as folder:
            proof.write_checkpoint(window.database, Path(folder), NOW)

    return ask


def _nightly(window: QueryContext) -> Ask:
    """One where nothing has changed since the night before."""
    return lambda: proof.write_checkpoint(window.database, window.folder, NOW)
