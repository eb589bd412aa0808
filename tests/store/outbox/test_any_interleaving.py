"""The outbox under any interleaving of those who put in and those who deliver, on both databases."""

from __future__ import annotations

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

from bot.domain.case import Case
from bot.domain.notices import (
    BACKGROUND,
    CardChanged,
    CardPosted,
    MessageWithdrawn,
    OfficerTold,
    ThreadLine,
)
from bot.store import Database
from bot.store.outbox.claims import LEASE
from bot.store.outbox.queues import EVERYTHING, Room
from tests.store.outbox.outbox_trial import Named, Trial, two_cases
from tests.strategies import examples

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
    """Any number of workers, and those who put in. Two acts may be under way at once."""

    def __init__(self, database: Database, cases: list[Case]) -> None:
        super().__init__()
        self.trial = Trial(database, cases)

    @rule(act=TELLS)
    def something_is_to_be_told(self, act: Named) -> None:
        self.trial.does(*act)

    @rule(act=CLAIMS, after=st.sampled_from([0, 11]))
    def a_worker_takes_the_next(self, act: Named, after: int = 0) -> None:
        self.time_passes(after)
        self.trial.does(*act)

    @precondition(lambda self: self.trial.of.held)
    @rule(act=act("tell_more", st.just(0), st.booleans()))
    def more_happens_while_it_is_on_its_way(self, act: Named) -> None:
        self.trial.does(*act)

    @precondition(lambda self: self.trial.of.held)
    @rule(act=GOES_ON)
    def a_worker_says_that_it_goes_on(self, act: Named) -> None:
        self.trial.does(*act)

    @precondition(lambda self: self.trial.of.held)
    @rule(act=ANSWERS)
    def a_worker_says_what_became_of_it(self, act: Named) -> None:
        self.trial.does(*act)

    @rule(act=OTHERS)
    def something_else_happens(self, act: Named) -> None:
        self.trial.does(*act)

    @rule(first=ANYTHING, second=ANYTHING, at=st.integers(0, 6))
    def two_happen_at_once(self, first: Named, second: Named, at: int) -> None:
        self.trial.at_once(first, second, at)

    @rule(first=CLAIMS, second=st.one_of(GOES_ON, ANSWERS), at=st.integers(0, 3))
    def a_lease_runs_out_as_its_worker_wakes(self, first: Named, second: Named, at: int) -> None:
        self.time_passes(LEASE.seconds)
        self.two_happen_at_once(first, second, at)

    @rule(seconds=st.sampled_from([1, 11, 21]))
    def time_passes(self, seconds: int) -> None:
        self.trial.clock.pass_(seconds=seconds)

    @invariant()
    def of_what_is_gathered_one_waits_in_a_lane(self) -> None:
        self.trial.one_waits_in_a_lane()

    def teardown(self) -> None:
        self.trial.all_is_told()


@pytest.fixture
async def cases(database: Database) -> list[Case]:
    return await two_cases(database)


def test_however_workers_take_turns_all_is_told_once_and_in_order(
    database: Database, cases: list[Case]
) -> None:
    run_state_machine_as_test(
        lambda: Interleaving(database, cases),
        settings=settings(examples(60), stateful_step_count=50, suppress_health_check=list(HealthCheck)),
    )
