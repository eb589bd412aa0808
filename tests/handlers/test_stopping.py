"""The program stops at once, and what was begun is done."""

from __future__ import annotations

import asyncio

from bot.handlers.kit import Tasks


async def test_what_only_waits_for_its_time_holds_nobody_up_and_what_is_begun_is_done() -> None:
    tasks, done = Tasks(), []
    sleep = tasks.resting(asyncio.sleep)

    async def waits() -> None:
        await sleep(60)
        done.append("told")

    async def works() -> None:
        await asyncio.sleep(0.1)
        done.append("saved")

    waiting = tasks.start(waits())
    tasks.start(works())
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        await tasks.finish(5)
    assert (done, waiting.cancelled()) == (["saved"], True)


async def test_what_does_not_end_is_given_up_in_time() -> None:
    tasks = Tasks()
    slow = tasks.start(asyncio.sleep(60))
    async with asyncio.timeout(1):
        await tasks.finish(0.1)
        await asyncio.wait([slow])
    assert slow.cancelled()
