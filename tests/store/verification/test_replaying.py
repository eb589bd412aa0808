"""A case is what its log says, after any sequence of commands: nothing else can be believed of it."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given

from bot.catalog.definition import create_definition
from bot.domain.actors import Machine
from bot.domain.case import Case
from bot.domain.declarations import event_kinds
from bot.domain.lists.case_lists import CaseList
from bot.domain.lists.case_query import LIST_QUERIES
from bot.service import CommandResult, Service
from bot.store import Database, Tx
from bot.store.cases import system_queries
from bot.store.files import unattached
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext
from bot.store.log import history
from bot.store.verification import proof
from tests.conftest import Clock
from tests.generated.command_strategies import (
    COMMAND_BUILDERS,
    PlannedCommand,
    command_sequences,
    create_submission,
    find_actor,
    fixed_sequences,
    pause_before,
    strategy_catalog,
)
from tests.generated.reference_model import ModelState, apply_event, state_of
from tests.generated.strategies import examples
from tests.people import BY_KEY, BYGG, PARK, officer
from tests.scope import pick

CATALOG = strategy_catalog()


class CaseLives:
    """Many cases in one store, each through a sequence of commands of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.service = Service(database, lambda: CATALOG, clock=self.clock, wake=lambda: None)
        self.cases: dict[str, Case] = {}
        self.happened: Counter[str] = Counter()

    def opens(self, planned: PlannedCommand, key: str) -> str:
        command = create_submission(planned, CATALOG.services[key])
        form = create_definition(CATALOG.services[key])
        done = asyncio.run(self.service.open_case(command, Machine("form"), form))
        self.happened.update(done.events)
        return done.case_id

    def lives(self, planned: list[PlannedCommand], key: str) -> None:
        """What is wished of a new case, in a few transactions, for each takes far longer than what is done in it."""
        case_id = self.opens(planned[0], key)
        for start in range(1, len(planned), 5):
            self.database.write_sync(lambda tx, s=start: self._perform(tx, case_id, planned[s : s + 5]))
            self.cases[case_id] = self.database.read_sync(lambda tx: _check_case(tx, case_id))

    def all_live(self, planned: list[PlannedCommand]) -> None:
        for key in (BYGG, PARK):
            self.lives(planned, key)

    def _perform(self, tx: Tx, case_id: str, planned: list[PlannedCommand]) -> None:
        seen = [_load_stored(tx, case_id)]
        for one in planned:
            self.clock.advance(seconds=pause_before(one).total_seconds())
            command = COMMAND_BUILDERS[one.kind](one, one.seen_state(seen))
            for file in getattr(command, "files", ()):
                unattached.save(tx, file, self.clock())
            done = self.service.perform_in_transaction(tx, command, find_actor(one.actor, seen[-1], CATALOG))
            seen.append(_load_stored(tx, case_id))
            if isinstance(done, CommandResult):
                self.happened.update(done.events)


def _load_stored(tx: Tx, case_id: str) -> Case:
    case = system_queries.load_case(tx, case_id)
    assert case is not None
    return case


def _check_case(tx: Tx, case_id: str) -> Case:
    """The case as it is stored, which is what its log says: by the program's telling, and by the tests' own."""
    case = _load_stored(tx, case_id)
    assert history.replay(tx, case_id) == case
    told = ModelState()
    for line in history.read(tx, case_id):
        told = apply_event(told, line.event, {**line.facts, "at": line.at, "by": line.by})
    assert told == state_of(case)
    return case


def _check_lists(lives: CaseLives) -> None:
    """A list shows a case as the log leaves it."""
    anna = officer(CATALOG, BY_KEY["anna"])
    open_cases = [one for one in lives.cases.values() if one.closed_at is None and one.deleted_at is None]
    of_bygg = [case for case in open_cases if case.service == BYGG]
    expected: dict[CaseList, set[str]] = {
        "unassigned": {case.id for case in of_bygg if not case.officers},
        "mine": {case.id for case in of_bygg if "anna" in case.officers},
    }
    for name, ids in expected.items():
        asker = ListContext(anna, lives.clock(), CATALOG)
        listed = lives.database.read_sync(
            lambda tx, n=name, a=asker: CaseQueries(tx, a).ids(LIST_QUERIES[n], limit=len(lives.cases))
        )
        assert set(listed) == ids, name


def _assert_holds(database: Database, count: int) -> None:
    lives = CaseLives(database)

    @examples(count)
    @given(planned=command_sequences(24))
    def tried(planned: list[PlannedCommand]) -> None:
        lives.all_live(planned)

    for row in fixed_sequences(count):
        lives.all_live(row)
    tried()
    _check_lists(lives)
    report = database.read_sync(proof.verify)
    assert report.ok, report.findings
    assert report.cases == len(lives.cases) and report.events == lives.happened.total()
    assert set(lives.happened) == set(event_kinds()), "what never happened was not tried"


def test_a_case_is_what_its_log_says(one_sqlite_database: Database) -> None:
    _assert_holds(one_sqlite_database, pick(12, 20))


@pytest.mark.long
def test_so_it_is_on_postgresql(one_postgres_database: Database) -> None:
    _assert_holds(one_postgres_database, 12)
