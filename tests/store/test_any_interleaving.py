"""The outbox under any interleaving of those who put in and those who deliver, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, event, text, update

from bot.domain.case import Case
from bot.domain.notices import (
    BACKGROUND,
    CardChanged,
    CardPosted,
    MessageWithdrawn,
    OfficerTold,
    ThreadLine,
)
from bot.service import Service
from bot.store import Database, Tx, facts, queues
from bot.store.claims import LEASE
from bot.store.outbox import GATHERED
from bot.store.queues import EVERYTHING, Room
from bot.store.tables import CardRow, DeliveryRow, DestinationRow, ReceiptRow
from tests.conftest import Clock
from tests.store.outbox_promises import Act, Promises, rows
from tests.strategies import examples
from tests.town import Town, town

MOST_TURNS = 1_000
"""In so many turns a worker has delivered everything, or something never is."""

CASES = st.integers(0, 1)
HELD = st.integers(0, 3)
"""Which of the deliveries that workers have, the latest first."""
TROUBLES = st.sampled_from(["not_in_channel", "channel_not_found"])
PLACES = st.sampled_from(["slack/bygglov", "dm/anna", "mail"])
MESSAGES = st.sampled_from(["m1", "m2"])
ROOMS = st.sampled_from(
    [
        *(Room(redraws=-1), Room(no_posts=frozenset({"slack/bygglov"}))),
        *(Room(without=frozenset({"mail"})), Room(without=frozenset({"slack/bygglov"}))),
    ]
)
NOTICES = st.one_of(
    st.sampled_from([CardPosted(), CardChanged(), CardChanged(BACKGROUND)]),
    st.builds(ThreadLine, st.booleans()),
    st.builds(OfficerTold, st.just("anna"), st.sampled_from(["message", "added", "mentioned"])),
)
"""What is told of a case, but for mail, which goes to the case's own applicants."""


Named = tuple[Any, ...]


def act(name: str, *given: st.SearchStrategy[Any]) -> st.SearchStrategy[Named]:
    """An act of `Promises`, by its name and what it is given."""
    return st.tuples(st.just(name), *given)


TELLS = st.one_of(
    act("tell", CASES, NOTICES),
    act("tell_more", HELD, st.booleans()),
    act("mail", CASES, MESSAGES, st.booleans()),
    act("tell_apart", st.sampled_from(["code", "officer", "trouble"])),
)
CLAIMS = st.one_of(act("claim", st.just(EVERYTHING)), act("claim", ROOMS))
GOES_ON = st.one_of(act("say", HELD), act("renew", HELD))
ANSWERS = st.one_of(
    act("finish", HELD),
    act("retry", HELD, st.sampled_from([0, 5]), st.booleans()),
    act("park", HELD, TROUBLES),
)
OTHERS = st.one_of(
    act("tell", CASES, st.builds(MessageWithdrawn, MESSAGES)),
    act("unpark", st.sampled_from(["all", "case_id", "destination", "trouble"]), CASES, PLACES, TROUBLES),
    act("hold", PLACES, st.sampled_from([1, 15])),
    act("place", CASES, st.booleans()),
)
ANYTHING = st.one_of(TELLS, CLAIMS, GOES_ON, ANSWERS, OTHERS)


class Interleaving(RuleBasedStateMachine):
    """Any number of workers, and those who put in. Each act is one transaction; two may be under way at once."""

    def __init__(self, database: Database, cases: list[Case]) -> None:
        super().__init__()
        self.database, self.clock = database, Clock()
        self.of = Promises(database, self.clock, cases)
        self.database.write_now(_empty)

    @rule(act=TELLS)
    def something_is_to_be_told(self, act: Named) -> None:
        self._does(*act)

    @rule(act=CLAIMS, after=st.sampled_from([0, 11]))
    def a_worker_takes_the_next(self, act: Named, after: int = 0) -> None:
        self.time_passes(after)
        self._does(*act)

    @precondition(lambda self: self.of.held)
    @rule(act=act("tell_more", st.just(0), st.booleans()))
    def more_happens_while_it_is_on_its_way(self, act: Named) -> None:
        self._does(*act)

    @precondition(lambda self: self.of.held)
    @rule(act=GOES_ON)
    def a_worker_says_that_it_goes_on(self, act: Named) -> None:
        self._does(*act)

    @precondition(lambda self: self.of.held)
    @rule(act=ANSWERS)
    def a_worker_says_what_became_of_it(self, act: Named) -> None:
        self._does(*act)

    @rule(act=OTHERS)
    def something_else_happens(self, act: Named) -> None:
        self._does(*act)

    @rule(first=ANYTHING, second=ANYTHING, at=st.integers(0, 6))
    def two_happen_at_once(self, first: Named, second: Named, at: int) -> None:
        one = self._act(*first)
        other = self._act(*second)
        if one is None or other is None or self.database.is_sqlite:
            self._alone(one)
            self._alone(other)
        else:
            for act, outcome in at_once(self.database, (one, other), at):
                act.settle(outcome)

    @rule(first=CLAIMS, second=st.one_of(GOES_ON, ANSWERS), at=st.integers(0, 3))
    def a_lease_runs_out_as_its_worker_wakes(self, first: Named, second: Named, at: int) -> None:
        self.time_passes(LEASE.seconds)
        self.two_happen_at_once(first, second, at)

    @rule(seconds=st.sampled_from([1, 11, 21]))
    def time_passes(self, seconds: int) -> None:
        self.clock.pass_(seconds=seconds)

    @invariant()
    def of_what_is_gathered_one_waits_in_a_lane(self) -> None:
        waits = [
            (row.lane, row.kind)
            for row in self.database.read_now(rows)
            if row.state == "waiting" and row.kind in GATHERED
        ]
        assert len(waits) == len(set(waits))

    def teardown(self) -> None:
        """With time and a single worker that does its work, all that was told comes, in order, and nothing stays."""
        self._does("unpark", "all", 0, "", "")
        for _ in range(MOST_TURNS):
            self._does("claim", EVERYTHING)
            if self.of.held and self.of.has(self.of.held[-1]):
                self._does("finish", 0)
            elif (due := self.database.read_now(lambda tx: queues.next_due(tx, self.clock()))) is not None:
                self.clock.now = due
            else:
                break
        assert self.database.read_now(rows) == []
        for name, lane in self.of.lanes.items():
            assert lane.finished == len(lane.told), name

    def _does(self, name: str, *given: Any) -> None:
        self._alone(self._act(name, *given))

    def _act(self, name: str, *given: Any) -> Act | None:
        made: Act | None = getattr(self.of, name)(*given)
        return made

    def _alone(self, act: Act | None) -> None:
        """Whoever has lost a delivery changes nothing with what it says of it."""
        if act is None:
            return
        late = act.by is not None and not self.of.has(act.by)
        before = self.database.read_now(rows) if late else []
        act.settle(self.database.write_now(act.work))
        assert not late or self.database.read_now(rows) == before


def at_once(database: Database, acts: tuple[Act, Act], at: int) -> Iterator[tuple[Act, Any]]:
    """What comes of both in the order in which they are committed: the second is begun before the first's statement of
    that number, and ends before it goes on unless it has to wait for it."""
    first, second = acts
    with ThreadPoolExecutor(1) as thread:
        meanwhile = _Meanwhile(database, second, thread)
        outcome = database.write_now(lambda tx: meanwhile.within(tx, first.work, at))
        assert meanwhile.future is not None
        both = [(first, outcome), (second, meanwhile.future.result(10))]
    return reversed(both) if meanwhile.was_first else iter(both)


class _Meanwhile:
    """An act in a transaction of its own, while another's is open."""

    def __init__(self, database: Database, act: Act, thread: ThreadPoolExecutor) -> None:
        self._database, self._act, self._thread = database, act, thread
        self._process = 0
        self.future: Future[Any] | None = None
        self.was_first = False

    def within(self, tx: Tx, work: Callable[[Tx], Any], at: int) -> Any:
        with _before_statement(tx, at, self._begin):
            outcome = work(tx)
        if self.future is None:
            self._begin()
        return outcome

    def _begin(self) -> None:
        self.future = self._thread.submit(self._database.write_now, self._work)
        while not self.future.done() and not self._waits():
            wait([self.future], timeout=0.001)
        self.was_first = self.future.done()

    def _work(self, tx: Tx) -> Any:
        self._process = tx.conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        return self._act.work(tx)

    def _waits(self) -> bool:
        """Whether it waits for a lock that another transaction has."""
        query = text("SELECT cardinality(pg_blocking_pids(:process))")
        return bool(
            self._database.read_now(lambda tx: tx.conn.execute(query, {"process": self._process}).scalar())
        )


@contextmanager
def _before_statement(tx: Tx, number: int, act: Callable[[], None]) -> Iterator[None]:
    statements = 0

    def count(*_: Any) -> None:
        nonlocal statements
        statements += 1
        if statements == number + 1:
            act()

    event.listen(tx.conn, "before_cursor_execute", count)
    yield
    event.remove(tx.conn, "before_cursor_execute", count)


@pytest.fixture
async def cases(database: Database) -> list[Case]:
    """Two, and nothing to be told of them yet."""
    catalog = town()
    hall = Town(Service(database, lambda: catalog, clock=Clock(), wake=lambda: None), catalog)
    ids = [(await hall.submits()).case_id for _ in range(2)]
    found = await database.read(lambda tx: [facts.case(tx, one) for one in ids])
    return [one for one in found if one is not None]


def _empty(tx: Tx) -> None:
    for table in (DeliveryRow, CardRow, ReceiptRow):
        tx.conn.execute(delete(table))
    tx.insert_new(DestinationRow, {"key": "dm/anna", "next_at": Clock()()})
    tx.conn.execute(update(DestinationRow).values(next_at=Clock()()))


def test_however_workers_take_turns_all_is_told_once_and_in_order(
    database: Database, cases: list[Case]
) -> None:
    run_state_machine_as_test(
        lambda: Interleaving(database, cases),
        settings=settings(examples(60), stateful_step_count=50, suppress_health_check=list(HealthCheck)),
    )


@pytest.mark.parametrize("says", [("renew", 0), ("say", 0), ("park", 0, "not_in_channel"), ("finish", 0)])
@pytest.mark.parametrize("sending", [False, True])
def test_whoever_wakes_as_the_lease_runs_out_is_heard_or_is_too_late(
    database: Database, cases: list[Case], says: Named, sending: bool
) -> None:
    """Whatever the other worker, who would take it over, has read by then."""
    for at in range(4):
        machine = Interleaving(database, cases)
        machine.something_is_to_be_told(("tell", 0, CardPosted()))
        machine.a_worker_takes_the_next(("claim", EVERYTHING))
        if sending:
            machine.a_worker_says_that_it_goes_on(("say", 0))
        machine.a_lease_runs_out_as_its_worker_wakes(("claim", EVERYTHING), says, at)
        machine.teardown()
