"""Filling of a database with many cases, in bulk."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from bench.million.bulk import Bulk, in_bulk
from bench.million.copies import Copy, Template
from bench.million.prototypes import Prototype, create_prototypes, find_assignees
from bench.processes import KEY
from bench.searching import FIRST_NAMES, LAST_NAMES, Dataset
from bot.catalog.models import Catalog
from bot.domain.case_numbers import format_case_number
from bot.store import Database, Keys
from bot.store.cases import indexing
from bot.store.engine import migrate
from bot.store.log import key_check
from bot.store.tables import Base
from bot.text.search_terms import index_words

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
DAYS = 5 * 365
"""How old the oldest case is."""

OTHERS = 2_000
"""Officers who are no longer in the catalog."""

OWN_OPEN = 40
"""About so many open cases each officer of the catalog has, however many cases there are."""

TOGETHER = 2_000
"""Cases written at once."""

WORDS = 30
"""By which a case is found, at most, besides those below."""

COMMON, RARE, ABSENT = "angeläget", "pilgrimsfalk", "enhörning"
"""Words that every other case has, that three have, and that none has."""

AGES: tuple[tuple[int, tuple[tuple[str, float], ...]], ...] = (
    (3, (("fresh", 0.55), ("protected", 0.01), ("taken", 0.34), ("closed_at_once", 0.1))),
    (15, (("fresh", 0.08), ("taken", 0.42), ("asked", 0.15), ("answered", 0.1), ("closed_at_once", 0.25))),
    (60, (("taken", 0.15), ("asked", 0.03), ("answered", 0.02), ("closed", 0.3), ("closed_at_once", 0.5))),
    (DAYS, (("overdue", 0.003), ("closed", 0.297), ("closed_at_once", 0.5), ("closed_late", 0.2))),
)
"""Of cases up to so many days old, the shares of the prototypes they are copies of."""


class Population:
    """Which case is what: the same for the same number of cases, every time."""

    def __init__(self, size: int, catalog: Catalog, prototypes: Sequence[Prototype]) -> None:
        self.size = size
        self._dice = random.Random(size)
        self._services = list(catalog.services)
        self._templates = {(one.service, one.kind): Template(one, Keys(KEY)) for one in prototypes}
        self._assignees = {key: find_assignees(catalog, one) for key, one in catalog.services.items()}
        self._every = max(1, round(size * 0.015 / (OWN_OPEN * 14)))
        self._names = [f"{first} {last}" for first in FIRST_NAMES.split() for last in LAST_NAMES.split()]
        self._given: dict[int, int] = {}

    def copies(self) -> Iterator[tuple[Template, Copy]]:
        """Every case, in the order in which they were opened."""
        first = TODAY - timedelta(days=DAYS)
        for n in range(self.size):
            day = first + timedelta(days=n * DAYS // self.size + 1)
            service = self._services[n % len(self._services)]
            untouched = n >= self.size - 2 * len(self._services)
            kind = "fresh" if untouched else self._kind(service, (TODAY - day).days)
            template = self._templates[service, kind]
            yield template, self._copy(n, day, service)

    def _kind(self, service: str, age: int) -> str:
        """A prototype that can have ended by now."""
        shares = next(shares for most, shares in AGES if age <= most)
        (kind,) = self._dice.choices([kind for kind, _ in shares], [share for _, share in shares])
        return kind if self._templates[service, kind].prototype.days <= age else "fresh"

    def _copy(self, n: int, day: date, service: str) -> Copy:
        running = self._given[day.year] = self._given.get(day.year, 0) + 1
        own = self._assignees[service]
        known = self._dice.randrange(self._every) == 0
        assignee = self._dice.choice(own).key if known else f"bench-{self._dice.randrange(OTHERS)}"
        name = self._names[self._dice.randrange(len(self._names))]
        mailbox = self._dice.randrange(1 + self.size // 3)
        return Copy(
            n, format_case_number(day.year, running), day, assignee, name, f"person{mailbox}@prov.example"
        )

    @property
    def last_numbers(self) -> dict[int, int]:
        """The last number given in each year, of those that have been copied."""
        return self._given


async def fill(url: str, catalog: Catalog, size: int) -> None:
    """Fill an empty database with that many cases, and all that belongs to them."""
    database = Database(url, Keys(KEY))
    migrate.upgrade(database)
    database.write_sync(key_check.save_if_missing)
    database.close()
    prototypes, forms = await create_prototypes(catalog)
    population = Population(size, catalog, prototypes)
    with in_bulk(url) as bulk:
        bulk.write("definition", tuple(forms[0]), [tuple(one.values()) for one in forms])
        _write_cases(bulk, population)
        bulk.write("number", ("year", "last"), list(population.last_numbers.items()))
        _write_deliveries(bulk, size, list(catalog.services))
        _write_flags(bulk, catalog)


def _write_cases(bulk: Bulk, population: Population) -> None:
    dataset = Dataset()
    common, rare = (list(index_words([word])) for word in (COMMON, RARE))
    rare_at = {population.size // 4, population.size // 2, population.size - 10}
    copies = population.copies()
    while some := list(islice(copies, TOGETHER)):
        rows: dict[tuple[str, tuple[str, ...]], list[Any]] = {}
        for template, copy in some:
            own = template.copied(copy)
            for row, values in own:
                rows.setdefault((row.table, row.columns), []).append(values)
            more = common * (copy.n % 2) + rare * (copy.n in rare_at)
            wording = [*islice(dataset.texts_of(copy.n), WORDS), *more]
            for table, data in _related_rows(template.prototype, copy, own, wording):
                rows.setdefault((table, tuple(data)), []).append(list(data.values()))
        for (table, columns), values in sorted(rows.items(), key=_as_referred_to):
            bulk.write(table, columns, values)


_ORDER = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}


def _as_referred_to(rows: tuple[tuple[str, tuple[str, ...]], Any]) -> int:
    return _ORDER[rows[0][0]]


def _related_rows(
    prototype: Prototype, copy: Copy, rows: Any, wording: Iterable[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows that the commands do not write: search words, card, thread and external id."""
    case_id = next(values[row.columns.index("id")] for row, values in rows if row.table == "case")
    words = " ".join(dict.fromkeys([indexing.service_word(prototype.service), *wording]))
    yield "search", {"case_id": case_id, "words": words, "rule": indexing.INDEX_VERSION}
    place = {"channel": f"C{prototype.service}", "ts": f"1.{copy.n:07d}"}
    yield "card", {"case_id": case_id, **place, "thread_opened": True}
    yield "thread", {**place, "case_id": case_id, "touched_at": f"{copy.day} 09:00:00.000000"}
    outcome = f'{{"done":["{case_id}","{copy.number}",1,["CaseSubmitted"],{{}}]}}'
    key = f"external:elsewhere:{copy.n}"
    yield "receipt", {"key": key, "at": f"{copy.day} 09:00:00.000000", "outcome": outcome}


def _write_deliveries(bulk: Bulk, size: int, services: Sequence[str]) -> None:
    """A backlog, as after a day on which much was changed at once: cards to be redrawn, and some that cannot be."""
    columns = (
        "destination",
        "lane",
        "kind",
        "case_id",
        "priority",
        "redraw",
        "state",
        "due_at",
        "attempts",
        "ids",
    )
    ids = bulk.rows(f'SELECT id, service FROM "case" ORDER BY id LIMIT {size // 100}')
    rows = []
    for n, (case_id, service) in enumerate(ids):
        state = "parked" if n % 10 == 0 else "waiting"
        at = (NOW - timedelta(seconds=n)).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
        row = (f"slack/{service}", f"card/{case_id}", "card", case_id, 2, True, state, at, 0, "{}")
        rows.append([*row, at, "channel_not_found" if state == "parked" else None])
    bulk.write("delivery", (*columns, "created_at", "trouble"), rows)
    before = "2026-01-01 00:00:00.000000"
    destinations = [(key, before) for key in ("mail", *(f"slack/{one}" for one in services))]
    bulk.write("destination", ("key", "next_at"), destinations)


def _write_flags(bulk: Bulk, catalog: Catalog) -> None:
    """Thirty flags each, on cases of every age."""
    officers = [one.key for one in catalog.municipality.officers]
    ids = bulk.rows(f'SELECT id FROM "case" ORDER BY id DESC LIMIT {len(officers) * 30}')
    at = "2026-11-20 09:00:00.000000"
    rows = [(officers[n % len(officers)], case_id, "", None, None, at) for n, (case_id,) in enumerate(ids)]
    bulk.write("flag", ("officer", "case_id", "note", "remind_at", "reminded_at", "at"), rows)
