"""When a failed delivery is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.clients.errors import TemporaryFailure
from bot.delivery.retry import MAX_PROBE_SECONDS, MAX_SECONDS, RetryPolicy
from bot.store.outbox.claims import Delivery

CARD = Delivery(
    id=1,
    destination="slack/bygglov",
    lane="slack/bygglov/card",
    kind="card",
    case_id="c1",
    priority=0,
    ids={},
    attempts=1,
    uncertain=False,
    created_at=datetime(2026, 3, 2, tzinfo=UTC),
)


def test_the_wait_that_slack_gives_is_kept_and_nothing_else_goes_there_meanwhile() -> None:
    retry = RetryPolicy().decide(CARD, TemporaryFailure("ratelimited", retry_after=30.0), is_sent=False)
    assert 30.0 <= retry.wait_seconds <= 31.0
    assert retry.holds_destination


def test_a_failure_of_one_delivery_holds_no_other_and_waits_longer_each_time() -> None:
    policy, failure = RetryPolicy(), TemporaryFailure("mail_greylisted")
    retries = [
        policy.decide(replace(CARD, attempts=attempts), failure, is_sent=False) for attempts in (1, 5, 40)
    ]
    first, fifth, last = (retry.wait_seconds for retry in retries)
    assert 0.75 <= first <= 1.0 and 12.0 <= fifth <= 16.0 and 0.75 * MAX_SECONDS <= last <= MAX_SECONDS
    assert not any(retry.holds_destination for retry in retries)


def test_an_outage_is_counted_for_its_destination_until_something_gets_through() -> None:
    policy, outage = RetryPolicy(), TemporaryFailure("slack_down", is_outage=True)
    waits = [policy.decide(CARD, outage, is_sent=False).wait_seconds for _ in range(10)]
    assert waits[-1] > 0.75 * MAX_PROBE_SECONDS - 1 and max(waits) <= MAX_PROBE_SECONDS
    elsewhere = replace(CARD, destination="slack/oro")
    assert policy.decide(elsewhere, outage, is_sent=False).wait_seconds <= 1.0
    policy.on_delivered(CARD.destination)
    assert policy.decide(CARD, outage, is_sent=False).wait_seconds <= 1.0


def test_what_may_have_been_posted_stays_so_until_an_attempt_shows_otherwise() -> None:
    policy, refused = RetryPolicy(), TemporaryFailure("slack_busy", may_have_succeeded=False)
    doubtful = replace(CARD, uncertain=True)
    assert policy.decide(doubtful, refused, is_sent=False).uncertain
    assert not policy.decide(doubtful, refused, is_sent=True).uncertain
    lost = TemporaryFailure("timeout", may_have_succeeded=True)
    assert policy.decide(CARD, lost, is_sent=True).uncertain
