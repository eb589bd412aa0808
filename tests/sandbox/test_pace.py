"""Slack's pace, by the clock alone."""

from __future__ import annotations

import pytest

from sandbox.pace import Pace


class Clock:
    """Says the time it was told."""

    speed, time = 1.0, 1_000.0

    def now(self) -> float:
        return self.time


def pace() -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(clock), clock  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tier", "most"), [("1", 1), ("2", 20), ("3", 50), ("4", 100), ("post", 300), ("special", 600)]
)
def test_a_tier_has_its_number_a_minute_and_then_says_how_long_to_wait(tier: str, most: int) -> None:
    slack, clock = pace()
    assert [slack.refusal("a.method", tier) for _ in range(most)] == [0] * most
    clock.time += 30
    assert slack.refusal("a.method", tier) == 30
    assert slack.refusal("another.method", tier) == 0
    clock.time += 31
    assert slack.refusal("a.method", tier) == 0


def test_a_channel_takes_a_few_posts_at_once_and_then_one_a_second() -> None:
    slack, clock = pace()

    def post(channel: str) -> int:
        return slack.refusal("chat.postMessage", "post", channel)

    assert [post("C1") for _ in range(5)] == [0, 0, 0, 0, 1]
    assert post("C2") == 0
    clock.time += 1
    assert [post("C1"), post("C1")] == [0, 1]
    assert slack.refused == {"chat.postMessage": 2}
