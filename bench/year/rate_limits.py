"""Slack's pace: calls that are made at their times, and when each is let through, by the program's own limits."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.delivery.slack_rate_limits import CHANNEL_LIMIT, METHOD_LIMITS, POST, UPDATE

Limit = tuple[float, float]
"""Burst, and calls a second."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one workspace: posts to each channel, posts in all, and updates of cards."""

    channel: Limit = CHANNEL_LIMIT
    posts: Limit = METHOD_LIMITS[POST]
    updates: Limit = METHOD_LIMITS[UPDATE]


@dataclass(slots=True)
class Bucket:
    """Tokens that come back at a rate; `free_at` is when the next call may be made."""

    burst: float
    rate: float
    tokens: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def free_at(self, now: float) -> float:
        """The earliest time, from `now` on, at which there is a whole token."""
        tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        return now if tokens >= 1 - 1e-9 else now + (1 - tokens) / self.rate

    def take(self, now: float) -> None:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate) - 1
        self.at = now


@dataclass
class Queue:
    """What a queue was like: how many calls were made, let through and still waiting at the end, and the longest.

    `longest_wait` is in seconds, of a call that was made at `waited_at` (seconds from the beginning); `waits` are those
    of all calls that were let through, in the order in which they were.
    """

    made: int = 0
    done: int = 0
    waiting: int = 0
    longest: int = 0
    longest_wait: float = 0.0
    waited_at: float = 0.0
    first_late: float | None = None
    waits: list[float] = field(default_factory=list)


def let_through(
    calls: Sequence[tuple[float, int]], shared: Limit, each: Limit | None, until: float, late: float = 600.0
) -> Queue:
    """Let calls (seconds, lane), in the order of their times, through one shared bucket and, with `each`, their lane's.

    A lane's calls go in order; one that its lane holds up holds up no other lane. `first_late` is when the first call
    was made that waited more than `late` seconds. What is not through at `until` is waiting.
    """
    queue, common = Queue(), Bucket(*shared)
    lanes: dict[int, Bucket] = {}
    waiting: dict[int, deque[float]] = {}  # when a lane's calls were made, the oldest first
    ready: list[tuple[float, float, int]] = []  # when a lane's oldest may go, when it was made, the lane
    coming = [(made, lane) for made, lane in calls if made < until]
    place = in_line = 0
    queue.made = len(coming)
    while place < len(coming) or ready:
        next_made = coming[place][0] if place < len(coming) else float("inf")
        if not ready or next_made <= ready[0][0]:
            made, lane = coming[place]
            place += 1
            in_line += 1
            queue.longest = max(queue.longest, in_line)
            line = waiting.setdefault(lane, deque())
            line.append(made)
            if len(line) == 1:
                heapq.heappush(ready, (_free_at(lanes, lane, each, made), made, lane))
            continue
        at, made, lane = heapq.heappop(ready)
        if at >= until:
            break
        if (free := common.free_at(at)) > at:
            heapq.heappush(ready, (free, made, lane))
            continue
        common.take(at)
        if each is not None:
            lanes[lane].take(at)
        in_line -= 1
        _count(queue, at, made, late)
        line = waiting[lane]
        line.popleft()
        if line:
            heapq.heappush(ready, (_free_at(lanes, lane, each, max(at, line[0])), line[0], lane))
    queue.waiting = queue.made - queue.done
    return queue


def _free_at(lanes: dict[int, Bucket], lane: int, each: Limit | None, now: float) -> float:
    if each is None:
        return now
    if lane not in lanes:
        lanes[lane] = Bucket(*each)
    return lanes[lane].free_at(now)


def _count(queue: Queue, at: float, made: float, late: float) -> None:
    wait = at - made
    queue.done += 1
    queue.waits.append(wait)
    if wait > queue.longest_wait:
        queue.longest_wait, queue.waited_at = wait, made
    if wait > late and (queue.first_late is None or made < queue.first_late):
        queue.first_late = made


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of all is at most; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
