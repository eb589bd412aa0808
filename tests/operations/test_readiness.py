"""Whether the program is ready, which anyone may ask as often as they like."""

from __future__ import annotations

import asyncio

from bot.readiness import FRESH, Readiness
from tests.conftest import Clock


async def test_however_many_ask_whether_the_program_is_ready_it_is_looked_at_once_a_second(
    clock: Clock,
) -> None:
    found = [{"store": True, "slack": True}, {"store": True, "slack": False}]
    looked_at = []

    async def check() -> dict[str, bool]:
        looked_at.append(clock())
        await asyncio.sleep(0)  # as long as others need to ask
        return found[len(looked_at) - 1]

    readiness = Readiness(check, clock)
    assert await asyncio.gather(*(readiness.look() for _ in range(20))) == [found[0]] * 20
    clock.advance(seconds=FRESH.total_seconds())
    assert await asyncio.gather(*(readiness.look() for _ in range(20))) == [found[1]] * 20
    assert len(looked_at) == 2
