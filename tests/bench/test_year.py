"""The simulation of a year: nothing comes from nowhere or is lost, and more demand or less room is never better."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.year.costs import COSTS, Assumptions, Machine
from bench.year.demand import DAY, INHABITANTS, channels, day_weights, populations, simulate
from bench.year.rate_limits import Limits, let_through, percentile
from bench.year.report import YEAR, queues_of, totals_of, what_runs_out

CALLS = st.lists(st.tuples(st.floats(0, 50), st.integers(0, 3)), max_size=40).map(sorted)
LIMIT = st.tuples(st.integers(1, 4).map(float), st.sampled_from([0.25, 0.5, 1.0, 4.0]))


@given(CALLS, LIMIT, st.none() | LIMIT, st.floats(0, 80))
@settings(max_examples=60)
def test_each_call_is_made_or_waits_and_none_goes_before_it_was_made(calls, shared, each, until) -> None:  # type: ignore[no-untyped-def]
    queue = let_through(calls, shared, each, until)
    assert queue.done + queue.waiting == queue.made == sum(made < until for made, _ in calls)
    assert len(queue.waits) == queue.done and all(wait >= 0 for wait in queue.waits)
    assert queue.longest <= queue.made


@given(CALLS, LIMIT, st.none() | LIMIT)
@settings(max_examples=60)
def test_no_second_has_more_calls_than_the_limits_allow(calls, shared, each) -> None:  # type: ignore[no-untyped-def]
    queue = let_through(calls, shared, each, float("inf"))
    assert queue.waiting == 0
    burst, rate = shared
    if calls:
        last = max(made for made, _ in calls) + queue.longest_wait
        assert last >= (len(calls) - burst) / rate - 1e-6


@given(CALLS, CALLS, LIMIT)
@settings(max_examples=60)
def test_more_calls_and_a_slower_pace_never_shorten_the_longest_wait(calls, more, shared) -> None:  # type: ignore[no-untyped-def]
    fewer = let_through(calls, shared, None, float("inf"))
    assert (
        let_through(sorted(calls + more), shared, None, float("inf")).longest_wait
        >= fewer.longest_wait - 1e-6
    )
    slower = (shared[0], shared[1] / 2)
    assert let_through(calls, slower, None, float("inf")).longest_wait >= fewer.longest_wait - 1e-6


def test_a_busy_channel_holds_up_no_other() -> None:
    calls = sorted([(0.0, 1)] * 100 + [(1.0, 2)])
    waits = let_through(calls, (1000, 1000.0), (1, 1.0), float("inf")).waits
    assert sorted(waits)[-1] == pytest.approx(99) and waits.count(0.0) >= 2


def test_a_hundred_cards_at_once_are_redrawn_by_the_pace_of_updates() -> None:
    queue = let_through([(0.0, n) for n in range(100)], Limits().updates, None, float("inf"))
    assert queue.longest == 100 and queue.longest_wait == pytest.approx((100 - 15) / (33 / 60), rel=0.01)


def test_a_year_has_its_mondays_its_last_days_of_may_and_its_summer() -> None:
    weights = day_weights(YEAR)
    assert sum(weights) == pytest.approx(len(weights)) == 365
    assert weights.index(max(weights)) in (148, 149, 150)  # 29 to 31 May
    assert weights[10] == max(weights[10:17])  # Monday the 11th of January
    assert sum(weights[181:212]) / 31 < 0.7


def test_the_municipalities_are_all_of_the_country_and_any_number_of_them_is_spread_over_the_sizes() -> None:
    assert sum(populations(290)) == pytest.approx(INHABITANTS, rel=1e-4)
    assert populations(1) == [36_551]
    thirty = populations(30)
    assert thirty == sorted(thirty, reverse=True) and thirty[0] > 10 * thirty[-1]
    assert all(sum(channels(one)) == pytest.approx(1) for one in thirty)


def test_a_small_municipality_is_simulated_in_order_with_the_presses_that_are_assumed() -> None:
    assumed = Assumptions(batch_cases=0)
    calls = simulate(3_000, assumed, YEAR, seed=7)
    assert calls == simulate(3_000, assumed, YEAR, seed=7)
    assert calls.cases == pytest.approx(900, rel=0.15)
    assert calls.presses == pytest.approx(6 * calls.cases, rel=0.1)
    assert len(calls.updates) == calls.presses
    assert calls.posts == sorted(calls.posts) and calls.updates == sorted(calls.updates)
    assert len(calls.posts) == pytest.approx(calls.cases + calls.presses / 2, rel=0.1)
    assert calls.posts[-1][0] < 365 * DAY
    slack = queues_of(calls, Limits(), 600)
    assert slack.posts.done == len(calls.posts) and slack.updates.done == len(calls.updates)
    assert percentile(slack.posts.waits, 0.5) == 0


def test_the_monthly_batch_is_what_waits_for_slack_and_comes_through_the_same_day() -> None:
    slack = queues_of(simulate(3_000, Assumptions(batch_cases=200), YEAR, seed=7), Limits(), 60)
    assert slack.updates.longest >= 200 and 300 < slack.updates.longest_wait < 3600
    assert slack.updates.first_late is not None and slack.updates.first_late % DAY == pytest.approx(
        8.5 * 3600, abs=3600
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_totals_grow_with_the_demand_and_what_has_the_least_room_runs_out_first(kind: str) -> None:
    costs, assumed = COSTS[kind], Assumptions()  # type: ignore[index]
    one, two = totals_of([10_000], costs, assumed), totals_of([10_000, 10_000], costs, assumed)
    assert two.bytes == pytest.approx(2 * one.bytes) and two.busiest_cpu == pytest.approx(2 * one.busiest_cpu)
    assert one.log_bytes < one.database_bytes < one.bytes
    more = totals_of([10_000], costs, replace(assumed, events_per_case=20))
    assert more.bytes > one.bytes
    slack = queues_of(simulate(2_000, assumed, YEAR, seed=1), Limits(), 600)
    small_disk = Machine(disk_bytes=one.bytes / 10)
    first, *_ = what_runs_out(one, slack, small_disk)
    assert first.what.startswith("disk") and first.days == pytest.approx(36.5)
    found = [what.days for what in what_runs_out(one, slack, Machine())]
    assert found == sorted(found) and len(found) == 5
