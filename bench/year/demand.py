"""The demand of a year: municipalities by size, days and hours by how much comes in them, and each call of Slack's."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from statistics import NormalDist

from bench.year.costs import Assumptions
from bot.text.working_days import is_working_day

DAY = 86_400.0
INHABITANTS = 10_600_000
"""Of Sweden, in 290 municipalities (Statistics Sweden, 2025)."""
MUNICIPALITIES = 290
LARGEST = (995_000, 610_000, 368_000, 250_000)
"""Inhabitants of the largest municipalities; those of the others follow a log-normal distribution."""
SPREAD = 0.95
"""Its standard deviation, of the natural logarithm."""

WEEKDAYS = (1.35, 1.15, 1.1, 1.05, 0.9, 0.3, 0.35)
"""How much comes in on each day of a week, Monday first, to a mean day."""
MONTH_END = 1.6
"""The last two working days of a month."""
LAST_OF_MAY = 4.0
"""The last three days of May, when applications for the autumn close."""
SUMMER = 0.55
"""July."""
HOURS = (1, 0.5, 0.5, 0.5, 0.5, 1, 3, 8, 16, 12, 11, 9, 8, 9, 8, 7, 6, 5, 5, 6, 6, 5, 4, 2)
"""How much comes in each hour of a day: most from 08 to 09."""
OFFICE_HOURS = {8: 20, 9: 16, 10: 14, 11: 9, 12: 6, 13: 13, 14: 11, 15: 8, 16: 3}
"""How much officers do each hour of a working day: most from 08 to 09, when they begin with what has come."""
_HOURS = list(accumulate(HOURS))
_OFFICE_HOURS, _OFFICE_WEIGHTS = list(OFFICE_HOURS), list(accumulate(OFFICE_HOURS.values()))
DAYS_TO_HANDLE = 12
"""Working days over which a case's presses are spread."""


@dataclass(frozen=True, slots=True)
class Calls:
    """A municipality's calls of Slack in a year: (seconds from its beginning, lane), in the order of their times.

    A post's lane is its channel, an update's the card.
    """

    cases: int
    presses: int
    posts: list[tuple[float, int]]
    updates: list[tuple[float, int]]


def populations(count: int) -> list[int]:
    """The inhabitants of `count` municipalities, the largest first: one of mean size, or a share of all 290."""
    if count == 1:
        return [INHABITANTS // MUNICIPALITIES]
    normal = NormalDist(0, SPREAD)
    rest = MUNICIPALITIES - len(LARGEST)
    shares = [math.exp(normal.inv_cdf((rest - n - 0.5) / rest)) for n in range(rest)]
    scale = (INHABITANTS - sum(LARGEST)) / sum(shares)
    every = [*LARGEST, *(round(share * scale) for share in shares)]
    return [every[(2 * n + 1) * MUNICIPALITIES // (2 * count)] for n in range(count)]


def day_weights(year: int) -> list[float]:
    """How much comes in on each day of the year, to a mean day."""
    weights = [_weight(day) for day in _days(year)]
    mean = sum(weights) / len(weights)
    return [weight / mean for weight in weights]


def _days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def _weight(day: date) -> float:
    weight = WEEKDAYS[day.weekday()] if is_working_day(day) else min(WEEKDAYS[day.weekday()], 0.35)
    if day.month == 7:
        weight *= SUMMER
    if day.month == 5 and day.day >= 29:
        return weight * LAST_OF_MAY
    later = [one for n in range(1, 8) if (one := day + timedelta(days=n)).month == day.month]
    return weight * MONTH_END if is_working_day(day) and sum(map(is_working_day, later)) < 2 else weight


def channels(inhabitants: int) -> list[float]:
    """The share of the cases that comes to each channel, of as many units as such a municipality has."""
    count = max(4, min(60, round(math.sqrt(inhabitants) / 12)))
    shares = [1 / (n + 1) for n in range(count)]
    return [share / sum(shares) for share in shares]


def simulate(inhabitants: int, assumed: Assumptions, year: int, seed: int) -> Calls:
    """The calls of a municipality of that size, by chance as `seed` has it."""
    chance = random.Random(seed)
    working = [n for n, day in enumerate(_days(year)) if is_working_day(day)]
    posts: list[tuple[float, int]] = []
    updates: list[tuple[float, int]] = []
    shares, presses, number = list(accumulate(channels(inhabitants))), 0, 0
    lanes = range(len(shares))
    for at in _arrivals(inhabitants * assumed.cases_per_inhabitant, year, chance):
        (channel,) = chance.choices(lanes, cum_weights=shares)
        number += 1
        posts.append((at, channel))
        for pressed in _pressed(at, working, assumed, chance):
            presses += 1
            updates.append((pressed, number))
            if chance.random() < assumed.posts_per_press:
                posts.append((pressed, channel))
    for at in _batches(working, year):
        open_cases = range(max(1, number - round(assumed.batch_cases) + 1), number + 1)
        updates += [(at, one) for one in open_cases]
        posts += [(at, channel) for channel in chance.choices(lanes, cum_weights=shares, k=len(open_cases))]
    return Calls(number, presses, sorted(posts), sorted(updates))


def _batches(working: Sequence[int], year: int) -> list[float]:
    """When many cases are changed at once, with a line in the thread of each: each month, on its last working day."""
    days = _days(year)
    last = {days[n].month: n for n in working}
    return [n * DAY + 8.5 * 3600 for n in last.values()]


def _arrivals(expected: float, year: int, chance: random.Random) -> Iterator[float]:
    weights = day_weights(year)
    for n, weight in enumerate(weights):
        for _ in range(_poisson(expected * weight / len(weights), chance)):
            (hour,) = chance.choices(range(24), cum_weights=_HOURS)
            yield n * DAY + (hour + chance.random()) * 3600


def _poisson(mean: float, chance: random.Random) -> int:
    """A number by chance; the normal distribution where the mean is large."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def _pressed(at: float, working: list[int], assumed: Assumptions, chance: random.Random) -> Iterator[float]:
    """When officers press on a case that came at that time; those after the year are left out."""
    after = int(at // DAY)
    first = bisect_right(working, after)
    days = working[first : first + DAYS_TO_HANDLE]
    for _ in range(_poisson(assumed.presses_per_case, chance)):
        if not days:
            return
        # Half of what is done with a case is done on the next working day.
        day = days[0] if chance.random() < 0.5 else days[int(chance.random() * len(days))]
        (hour,) = chance.choices(_OFFICE_HOURS, cum_weights=_OFFICE_WEIGHTS)
        yield day * DAY + (hour + chance.random()) * 3600
