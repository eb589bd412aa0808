"""Many presses for a long time: how many a second, and what they leave in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from statistics import quantiles

import aiohttp

from bench import presses
from bench.processes import Process

FIRST, STEP, SECONDS = 200, 1.25, 3.0
"""Presses a second to begin with, how much faster each step is, and how long each lasts."""

AT_A_TIME = 1000
"""Presses that are prepared together."""

SLOWEST = 1.0
"""Seconds within which 99 of 100 presses must be answered."""


async def fastest(process: Process, content: Iterator[bytes]) -> float:
    """Presses a second that are answered in time for as long as a step lasts; the last step that was."""
    rate, stored = float(FIRST), 0.0
    async with presses.session() as session:
        while True:
            taken = await _at_rate(session, process.url, content, rate)
            if quantiles(taken, n=100)[98] > SLOWEST:
                return stored
            stored, rate = rate, rate * STEP


async def _at_rate(
    session: aiohttp.ClientSession, url: str, content: Iterator[bytes], rate: float
) -> list[float]:
    """One press after another as the clock says, whether or not those before have been answered."""
    began, under_way = time.perf_counter(), []
    for number in range(round(rate * SECONDS)):
        if (wait := began + number / rate - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        under_way.append(asyncio.create_task(presses.press(session, url, next(content))))
    return await asyncio.gather(*under_way)


async def growth(process: Process, content: Iterator[bytes], count: int) -> float:
    """MB of resident memory that `count` presses add to a program that is warm, 50 of them at a time."""
    before = process.memory
    for _ in range(count // AT_A_TIME):
        await presses.at_once(process.url, [next(content) for _ in range(AT_A_TIME)], 50)
    return process.memory - before
