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
from bot.domain.notices import BACKGROUND, CardPost, CardUpdate, MessageWithdrawal, OfficerNotice, ThreadLine
from bot.store import Database
from bot.store.outbox.claims import LEASE
from bot.store.outbox.queues import UNLIMITED, Capacity
from tests.generated.strategies import examples
from tests.store.outbox.outbox_harness import OperationCall, OutboxHarness, create_two_cases

CASES = st.integers(0, 1)
CLAIMED = st.integers(0, 3)
"""Which of the deliveries that workers have, the latest first."""
TROUBLES = st.sampled_from(["not_in_channel", "channel_not_found"])
PLACES = st.sampled_from(["slack/bygglov", "dm/anna", "mail"])
MESSAGES = st.sampled_from(["m1", "m2"])
CAPACITIES = st.sampled_from(
    [
        *(Capacity(max_redraw_priority=-1), Capacity(unpostable_destinations=frozenset({"slack/bygglov"}))),
        *(
            Capacity(blocked_destinations=frozenset({"mail"})),
            Capacity(blocked_destinations=frozenset({"slack/bygglov"})),
        ),
    ]
)
NOTICES = st.one_of(
    st.sampled_from([CardPost(), CardUpdate(), CardUpdate(BACKGROUND)]),
    st.builds(ThreadLine, st.booleans()),
    st.builds(OfficerNotice, st.just("anna"), st.sampled_from(["message", "added", "mentioned"])),
)
"""What is told of a case, but for mail, which goes to the case's own applicants."""


def operation(name: str, *given: st.SearchStrategy[Any]) -> st.SearchStrategy[OperationCall]:
    """An operation of `OutboxModel`, by its name and what it is given."""
    return st.tuples(st.just(name), *given)


ENQUEUES = st.one_of(
    operation("tell", CASES, NOTICES),
    operation("tell_more", CLAIMED, st.booleans()),
    operation("mail", CASES, MESSAGES, st.booleans()),
    operation("status_mail", CASES),
    operation("tell_apart", st.sampled_from(["code", "officer", "trouble"])),
)
CLAIMS = st.one_of(operation("claim", st.just(UNLIMITED)), operation("claim", CAPACITIES))
PROGRESS = st.one_of(operation("say", CLAIMED), operation("renew", CLAIMED))
RESULTS = st.one_of(
    operation("finish", CLAIMED),
    operation("retry", CLAIMED, st.sampled_from([0, 5]), st.booleans()),
    operation("park", CLAIMED, TROUBLES),
)
OTHERS = st.one_of(
    operation("tell", CASES, st.builds(MessageWithdrawal, MESSAGES)),
    operation(
        "unpark", st.sampled_from(["all", "case_id", "destination", "trouble"]), CASES, PLACES, TROUBLES
    ),
    operation("hold", PLACES, st.sampled_from([1, 15])),
    operation("place", CASES, st.booleans()),
)
ANY_OPERATION = st.one_of(ENQUEUES, CLAIMS, PROGRESS, RESULTS, OTHERS)


class Interleaving(RuleBasedStateMachine):
    """Any number of workers, and those who put in. Two acts may be under way at once."""

    def __init__(self, database: Database, cases: list[Case]) -> None:
        super().__init__()
        self.harness = OutboxHarness(database, cases)

    @rule(act=ENQUEUES)
    def something_is_to_be_told(self, act: OperationCall) -> None:
        self.harness.run(*act)

    @rule(act=CLAIMS, after=st.sampled_from([0, 11]))
    def a_worker_takes_the_next(self, act: OperationCall, after: int = 0) -> None:
        self.time_passes(after)
        self.harness.run(*act)

    @precondition(lambda self: self.harness.model.claimed)
    @rule(act=operation("tell_more", st.just(0), st.booleans()))
    def more_happens_while_it_is_on_its_way(self, act: OperationCall) -> None:
        self.harness.run(*act)

    @precondition(lambda self: self.harness.model.claimed)
    @rule(act=PROGRESS)
    def a_worker_says_that_it_goes_on(self, act: OperationCall) -> None:
        self.harness.run(*act)

    @precondition(lambda self: self.harness.model.claimed)
    @rule(act=RESULTS)
    def a_worker_says_what_became_of_it(self, act: OperationCall) -> None:
        self.harness.run(*act)

    @rule(act=OTHERS)
    def something_else_happens(self, act: OperationCall) -> None:
        self.harness.run(*act)

    @rule(first=ANY_OPERATION, second=ANY_OPERATION, at=st.integers(0, 6))
    def two_happen_at_once(self, first: OperationCall, second: OperationCall, at: int) -> None:
        self.harness.run_overlapping(first, second, at)

    @rule(first=CLAIMS, second=st.one_of(PROGRESS, RESULTS), at=st.integers(0, 3))
    def a_lease_runs_out_as_its_worker_wakes(
        self, first: OperationCall, second: OperationCall, at: int
    ) -> None:
        self.time_passes(LEASE.seconds)
        self.two_happen_at_once(first, second, at)

    @rule(seconds=st.sampled_from([1, 11, 21]))
    def time_passes(self, seconds: int) -> None:
        self.harness.clock.advance(seconds=seconds)

    @invariant()
    def of_what_is_gathered_one_waits_in_a_lane(self) -> None:
        self.harness.assert_one_waiting_in_each_lane()

    def teardown(self) -> None:
        self.harness.assert_everything_is_delivered()


@pytest.fixture
async def cases(database: Database) -> list[Case]:
    return await create_two_cases(database)


@pytest.mark.long
def test_however_workers_take_turns_all_is_told_once_and_in_order(
    database: Database, cases: list[Case]
) -> None:
    run_state_machine_as_test(
        lambda: Interleaving(database, cases),
        settings=settings(examples(60), stateful_step_count=50, suppress_health_check=list(HealthCheck)),
    )
