"""A case is what its log says, after any sequence of wishes: nothing else can be believed of it."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given

from bot.catalog.definition import definition_of
from bot.domain.actors import Machine
from bot.domain.case import Case
from bot.domain.notices import NOTICES
from bot.service import Done, Service
from bot.store import Database, Tx
from bot.store.cases import system_queries
from bot.store.files import unattached
from bot.store.lists.worklists import Asker, Worklists
from bot.store.log import history
from bot.store.verification import proof
from tests.conftest import Clock
from tests.people import BY_KEY, BYGG, PARK, officer
from tests.retold import Told, as_it_is, retold
from tests.strategies import examples
from tests.wishes import MAKING, Wish, actor_of, catalog_of_wishes, opening, pause, rows, sequences

CATALOG = catalog_of_wishes()


class Lives:
    """Many cases in one store, each through a row of wishes of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = Clock()
        self.service = Service(database, lambda: CATALOG, clock=self.clock, wake=lambda: None)
        self.cases: dict[str, Case] = {}
        self.happened: Counter[str] = Counter()

    def opens(self, wish: Wish, key: str) -> str:
        command = opening(wish, CATALOG.services[key])
        form = definition_of(CATALOG.services[key])
        done = asyncio.run(self.service.open_case(command, Machine("form"), form))
        self.happened.update(done.events)
        return done.case_id

    def lives(self, wishes: list[Wish], key: str) -> None:
        """What is wished of a new case, in a few transactions, for each takes far longer than what is done in it."""
        case_id = self.opens(wishes[0], key)
        for start in range(1, len(wishes), 5):
            self.database.write_now(lambda tx, s=start: self._wished(tx, case_id, wishes[s : s + 5]))
            self.cases[case_id] = self.database.read_now(lambda tx: _checked(tx, case_id))

    def all_live(self, wishes: list[Wish]) -> None:
        for key in (BYGG, PARK):
            self.lives(wishes, key)

    def _wished(self, tx: Tx, case_id: str, wishes: list[Wish]) -> None:
        seen = [_stored(tx, case_id)]
        for wish in wishes:
            self.clock.pass_(seconds=pause(wish).total_seconds())
            command = MAKING[wish.kind](wish, wish.saw(seen))
            for file in getattr(command, "files", ()):
                unattached.expect(tx, file, self.clock())
            done = self.service.perform_within(tx, command, actor_of(wish.who, seen[-1], CATALOG))
            seen.append(_stored(tx, case_id))
            if isinstance(done, Done):
                self.happened.update(done.events)


def _stored(tx: Tx, case_id: str) -> Case:
    case = system_queries.case(tx, case_id)
    assert case is not None
    return case


def _checked(tx: Tx, case_id: str) -> Case:
    """The case as it is stored, which is what its log says: by the program's telling, and by the tests' own."""
    case = _stored(tx, case_id)
    assert history.replay(tx, case_id) == case
    told = Told()
    for line in history.read(tx, case_id):
        told = retold(told, line.event, line.facts)
    assert told == as_it_is(case)
    return case


def _check_lists(lives: Lives) -> None:
    """A list shows a case as the log leaves it."""
    anna = officer(CATALOG, BY_KEY["anna"])
    of_bygg = [case for case in lives.cases.values() if case.service == BYGG and case.closed_at is None]
    expected = {
        "unhandled": {case.id for case in of_bygg if not case.officers},
        "mine": {case.id for case in of_bygg if "anna" in case.officers},
    }
    for name, ids in expected.items():
        asker = Asker(anna, lives.clock(), CATALOG)
        listed = lives.database.read_now(
            lambda tx, n=name, a=asker: Worklists(tx, a).ids(n, limit=len(lives.cases))
        )
        assert set(listed) == ids, name


def _assert_holds(database: Database, count: int) -> None:
    lives = Lives(database)

    @examples(count)
    @given(wishes=sequences(24))
    def tried(wishes: list[Wish]) -> None:
        lives.all_live(wishes)

    for row in rows(count):
        lives.all_live(row)
    tried()
    _check_lists(lives)
    report = database.read_now(proof.verify)
    assert report.ok, report.findings
    assert report.cases == len(lives.cases) and report.events == lives.happened.total()
    assert set(lives.happened) == {kind.__name__ for kind in NOTICES}, "what never happened was not tried"


def test_a_case_is_what_its_log_says(one_sqlite_database: Database) -> None:
    _assert_holds(one_sqlite_database, 20)


def test_so_it_is_on_postgresql(one_postgres_database: Database) -> None:
    _assert_holds(one_postgres_database, 12)
