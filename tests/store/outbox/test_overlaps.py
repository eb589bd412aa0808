"""What is promised of the outbox, where two are at work in it at once. SQLite has one writer, who overlaps nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import permutations

import pytest

from bot.domain.case import Case
from bot.domain.notices import (
    COALESCE_WINDOW,
    CardPost,
    CardUpdate,
    MessageWithdrawal,
    Notice,
    OfficerNotice,
    ThreadLine,
)
from bot.store import Database
from bot.store.outbox.claims import LEASE
from bot.store.outbox.queues import UNLIMITED, Capacity
from tests.store.outbox.outbox_harness import OperationCall, OutboxHarness, create_two_cases

CLAIM: OperationCall = ("claim", UNLIMITED)
NO_REDRAWS, NO_POSTS = (
    Capacity(max_redraw_priority=-1),
    Capacity(unpostable_destinations=frozenset({"slack/bygglov"})),
)

Overlaps = Callable[..., Iterator[OutboxHarness]]
"""Each way in which the two may overlap: the outbox as it is then. Before them come acts, and seconds that pass."""


def tell(notice: Notice) -> OperationCall:
    """That something is to be told of the first case."""
    return "tell", 0, notice


CHANGED, LINE, MAIL = tell(CardUpdate()), tell(ThreadLine(False)), ("mail", 0, "m1", False)
GATHERED = COALESCE_WINDOW.total_seconds()


@pytest.fixture(scope="module")
def cases(one_postgres_database: Database) -> list[Case]:
    return asyncio.run(create_two_cases(one_postgres_database))


@pytest.fixture
def overlaps(one_postgres_database: Database, cases: list[Case]) -> Overlaps:
    def each(
        *before: OperationCall | float, one: OperationCall, other: OperationCall
    ) -> Iterator[OutboxHarness]:
        for first, second in dict.fromkeys(permutations((one, other))):
            at, more = 0, True
            while more:
                harness = OutboxHarness(one_postgres_database, cases)
                for act in before:
                    if isinstance(act, tuple):
                        harness.run(*act)
                    else:
                        harness.clock.advance(seconds=act)
                at, more = at + 1, harness.run_overlapping(first, second, at)
                yield harness

    return each


@pytest.mark.parametrize("tells", [CHANGED, LINE, tell(OfficerNotice("anna", "message")), MAIL])
def test_what_two_tell_of_a_case_at_once_comes_in_one_order(overlaps: Overlaps, tells: OperationCall) -> None:
    for harness in overlaps(one=tells, other=tells):
        harness.assert_one_waiting_in_each_lane()
        harness.assert_everything_is_delivered()


def test_a_card_that_is_placed_as_its_case_changes_is_drawn_anew_and_not_posted(overlaps: Overlaps) -> None:
    for harness in overlaps(one=("place", 0, True), other=CHANGED):
        harness.run("claim", NO_REDRAWS)
        harness.assert_everything_is_delivered()


@pytest.mark.parametrize("there", [True, False])
def test_a_card_that_two_have_something_to_say_of_is_where_the_last_says(
    overlaps: Overlaps, there: bool
) -> None:
    """Neither waits for the other for ever."""
    for harness in overlaps(("place", 0, True), CHANGED, one=("place", 0, True), other=("place", 0, there)):
        harness.run("claim", NO_POSTS)
        harness.run("claim", NO_REDRAWS)
        harness.assert_everything_is_delivered()


def test_a_card_that_is_lost_as_its_case_changes_is_posted_and_not_drawn_anew(overlaps: Overlaps) -> None:
    for harness in overlaps(("place", 0, True), one=("place", 0, False), other=CHANGED):
        harness.run("claim", NO_POSTS)
        harness.assert_everything_is_delivered()


@pytest.mark.parametrize("behind", [[], [LINE]])
def test_what_comes_as_a_delivery_is_put_back_waits_with_it(
    overlaps: Overlaps, behind: list[OperationCall]
) -> None:
    for harness in overlaps(LINE, GATHERED, CLAIM, *behind, one=("retry", 0, 5, True), other=LINE):
        harness.assert_one_waiting_in_each_lane()
        harness.assert_everything_is_delivered()


def test_what_comes_as_a_worker_takes_what_waits_is_not_lost(overlaps: Overlaps) -> None:
    for harness in overlaps(LINE, GATHERED, one=LINE, other=CLAIM):
        harness.assert_everything_is_delivered()


def test_a_message_that_is_taken_back_as_a_worker_takes_its_mail_is_unsent_or_was_too_late(
    overlaps: Overlaps,
) -> None:
    for harness in overlaps(MAIL, one=tell(MessageWithdrawal("m1")), other=CLAIM):
        harness.run("say", 0)
        harness.assert_everything_is_delivered()


@pytest.mark.parametrize("says", [("renew", 0), ("say", 0), ("park", 0, "not_in_channel"), ("finish", 0)])
@pytest.mark.parametrize("sending", [[], [("say", 0)]])
def test_whoever_wakes_as_the_lease_runs_out_is_heard_or_is_too_late(
    overlaps: Overlaps, says: OperationCall, sending: list[OperationCall]
) -> None:
    """Whatever the other worker, who would take it over, has read by then."""
    for harness in overlaps(tell(CardPost()), CLAIM, *sending, LEASE.seconds, one=CLAIM, other=says):
        harness.assert_everything_is_delivered()
