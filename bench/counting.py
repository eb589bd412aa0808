"""Costs that no machine's mood changes: what lists grow by, what a batch saves, and what proving an event takes."""

from __future__ import annotations

import hmac
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bench.million import stores
from bench.million.growth import count_cost
from bench.million.questions import QueryContext, count_figures, open_query_context, questions
from bench.processes import CATALOG
from bot.catalog.files.loader import load
from bot.domain.colour import ColourCase
from bot.domain.lists.batches import ColourCases, SeenCase
from bot.service.batch_actions import BatchActions
from bot.service.batches import CASES_AT_ONCE
from bot.store import Tx
from bot.store.tables import CaseRow
from bot.store.verification import proof

SMALL, LARGE = 10_000, 100_000
"""Cases of the two stores, which are filled once."""


@dataclass(frozen=True)
class Counts:
    """What was counted."""

    lists: dict[str, tuple[float, float]]
    """Thousands of steps of SQLite's virtual machine for the first page of each list and its number, in each store."""
    in_batch: float
    """Statements for one of the cases that a batch changes in a transaction."""
    alone: float
    """Statements for the same change by itself."""
    verified: float
    """Events verified in a second of processor time, of one process."""
    bare: float
    """Events in a second of a loop that only reads, hashes and parses them."""

    @property
    def costliest(self) -> str:
        """The list that takes the most steps in the large store."""
        return max(self.lists, key=lambda name: self.lists[name][1])


def count() -> Counts:
    """Count in SQLite stores, which are filled where there are none."""
    catalog, works = load(CATALOG), []
    for size in (SMALL, LARGE):
        with stores.filled("sqlite", size, catalog) as url, open_query_context(url, catalog) as context:
            asks = {name: ask for name, ask in questions(context).items() if name.startswith("lists.")}
            works.append({name: count_cost(ask).work for name, ask in asks.items()})
            if size == SMALL:
                in_batch, alone = _count_changes(context)
                count_figures(context.database)  # they are verified too
                verified, bare = _verify(context), _verify_bare(context)
    lists = {name: (works[0][name], works[1][name]) for name in works[0]}
    return Counts(lists, in_batch, alone, verified, bare)


def _count_changes(context: QueryContext) -> tuple[float, float]:
    """Statements a case of as many cases as a batch changes at once, and of the same changes one after the other."""
    officer = context.officer
    query = select(CaseRow.id, CaseRow.status).where(
        CaseRow.service.in_(list(officer.access)), CaseRow.protected.is_(False), CaseRow.colour == ""
    )
    rows = context.database.read_sync(lambda tx: tx.conn.execute(query.limit(CASES_AT_ONCE)).all())
    cases = [SeenCase(row.id, row.status, "", ()) for row in rows]
    actions = BatchActions(lambda: context.catalog, context.service.clock)

    def together(tx: Tx) -> None:
        actions.perform(tx, ColourCases(colour="red"), officer, cases, {})

    def alone(tx: Tx) -> None:
        for case in cases:
            command = ColourCase(case_id=case.id, colour="red", expected="")
            context.service.perform_in_transaction(tx, command, officer)

    counted = [count_cost(context.tries(work)).statements / len(cases) for work in (together, alone)]
    return counted[0], counted[1]


def _verify(context: QueryContext) -> float:
    return _rate(lambda: context.database.read_sync(proof.verify).events)


def _verify_bare(context: QueryContext) -> float:
    def loop() -> int:
        events, key = 0, bytes(32)
        query = "SELECT prev, case_id, seq, meta, content_hash FROM history ORDER BY case_id, seq"
        with closing(sqlite3.connect(str(context.database.url.database))) as connection:
            for row in connection.execute(query):
                hmac.digest(key, "\x1f".join(map(str, row)).encode(), "sha256").hex()
                json.loads(row[3])
                events += 1
        return events

    return _rate(loop)


def _rate(work: Callable[[], Any]) -> float:
    """The number that `work` returns, in a second of processor time."""
    began = time.process_time()
    return float(work() / (time.process_time() - began))
