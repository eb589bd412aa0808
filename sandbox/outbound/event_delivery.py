"""Delivery of events to the app, with retries."""

from __future__ import annotations

import asyncio

from sandbox.faults import Strike
from sandbox.outbound.dispatch import Dispatch
from sandbox.shapes import Json
from sandbox.stage import Stage


class EventDelivery:
    """Sends events one at a time, so in order, which Slack does not guarantee."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.dispatch = Dispatch(stage)

    async def run(self) -> None:
        queue = self.stage.events.queue
        while True:
            payload = await queue.get()
            try:
                await self._offer(payload)
            finally:
                queue.task_done()

    async def _offer(self, payload: Json) -> None:
        """Once, and the next only then; one that is late lets the others pass."""
        strike = self.stage.faults.next("events_api", [*self.dispatch.able, "late"])
        if strike and strike.kind == "late":
            self.stage.later(self._deliver(payload, strike))
        else:
            await self._deliver(payload, strike)

    async def _deliver(self, payload: Json, strike: Strike | None) -> None:
        ack = await self.dispatch.send_event(payload, strike=strike)
        if not ack.ok and "no_retry" not in ack.flags:
            self.stage.later(self._again(payload, ack.reason))

    async def _again(self, payload: Json, reason: str) -> None:
        for n, seconds in enumerate(self.stage.config.retry_seconds, start=1):
            await asyncio.sleep(seconds / self.stage.config.speed)
            ack = await self.dispatch.send_event(payload, n, reason)
            if ack.ok or "no_retry" in ack.flags:
                return
            reason = ack.reason
