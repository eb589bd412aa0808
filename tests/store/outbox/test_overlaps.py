"""What is promised of the outbox, where two are at work in it at once. SQLite has one writer, who overlaps nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import permutations

import pytest

from bot.domain.case import Case
from bot.domain.notices import (
    GATHER,
    CardChanged,
    CardPosted,
    MessageWithdrawn,
    Notice,
    OfficerTold,
    ThreadLine,
)
from bot.store import Database
from bot.store.outbox.claims import LEASE
from bot.store.outbox.queues import EVERYTHING, Room
from tests.store.outbox.outbox_trial import Named, Trial, two_cases

CLAIM: Named = ("claim", EVERYTHING)
NO_REDRAWS, NO_POSTS = Room(redraws=-1), Room(no_posts=frozenset({"slack/bygglov"}))

Overlaps = Callable[..., Iterator[Trial]]
"""Each way in which the two may overlap: the outbox as it is then. Before them come acts, and seconds that pass."""


def told(notice: Notice) -> Named:
    """That something is to be told of the first case."""
    return "tell", 0, notice


CHANGED, LINE, MAIL = told(CardChanged()), told(ThreadLine(False)), ("mail", 0, "m1", False)
GATHERED = GATHER.total_seconds()


@pytest.fixture(scope="module")
def cases(one_postgres_database: Database) -> list[Case]:
    return asyncio.run(two_cases(one_postgres_database))


@pytest.fixture
def overlaps(one_postgres_database: Database, cases: list[Case]) -> Overlaps:
    def each(*before: Named | float, one: Named, other: Named) -> Iterator[Trial]:
        for first, second in dict.fromkeys(permutations((one, other))):
            at, more = 0, True
            while more:
                trial = Trial(one_postgres_database, cases)
                for act in before:
                    if isinstance(act, tuple):
                        trial.does(*act)
                    else:
                        trial.clock.pass_(seconds=act)
                at, more = at + 1, trial.at_once(first, second, at)
                yield trial

    return each


@pytest.mark.parametrize("tells", [CHANGED, LINE, told(OfficerTold("anna", "message")), MAIL])
def test_what_two_tell_of_a_case_at_once_comes_in_one_order(overlaps: Overlaps, tells: Named) -> None:
    for trial in overlaps(one=tells, other=tells):
        trial.one_waits_in_a_lane()
        trial.all_is_told()


def test_a_card_that_is_placed_as_its_case_changes_is_drawn_anew_and_not_posted(overlaps: Overlaps) -> None:
    for trial in overlaps(one=("place", 0, True), other=CHANGED):
        trial.does("claim", NO_REDRAWS)
        trial.all_is_told()


@pytest.mark.parametrize("there", [True, False])
def test_a_card_that_two_have_something_to_say_of_is_where_the_last_says(
    overlaps: Overlaps, there: bool
) -> None:
    """Neither waits for the other for ever."""
    for trial in overlaps(("place", 0, True), CHANGED, one=("place", 0, True), other=("place", 0, there)):
        trial.does("claim", NO_POSTS)
        trial.does("claim", NO_REDRAWS)
        trial.all_is_told()


def test_a_card_that_is_lost_as_its_case_changes_is_posted_and_not_drawn_anew(overlaps: Overlaps) -> None:
    for trial in overlaps(("place", 0, True), one=("place", 0, False), other=CHANGED):
        trial.does("claim", NO_POSTS)
        trial.all_is_told()


@pytest.mark.parametrize("behind", [[], [LINE]])
def test_what_comes_as_a_delivery_is_put_back_waits_with_it(overlaps: Overlaps, behind: list[Named]) -> None:
    for trial in overlaps(LINE, GATHERED, CLAIM, *behind, one=("retry", 0, 5, True), other=LINE):
        trial.one_waits_in_a_lane()
        trial.all_is_told()


def test_what_comes_as_a_worker_takes_what_waits_is_not_lost(overlaps: Overlaps) -> None:
    for trial in overlaps(LINE, GATHERED, one=LINE, other=CLAIM):
        trial.all_is_told()


def test_a_message_that_is_taken_back_as_a_worker_takes_its_mail_is_unsent_or_was_too_late(
    overlaps: Overlaps,
) -> None:
    for trial in overlaps(MAIL, one=told(MessageWithdrawn("m1")), other=CLAIM):
        trial.does("say", 0)
        trial.all_is_told()


@pytest.mark.parametrize("says", [("renew", 0), ("say", 0), ("park", 0, "not_in_channel"), ("finish", 0)])
@pytest.mark.parametrize("sending", [[], [("say", 0)]])
def test_whoever_wakes_as_the_lease_runs_out_is_heard_or_is_too_late(
    overlaps: Overlaps, says: Named, sending: list[Named]
) -> None:
    """Whatever the other worker, who would take it over, has read by then."""
    for trial in overlaps(told(CardPosted()), CLAIM, *sending, LEASE.seconds, one=CLAIM, other=says):
        trial.all_is_told()
