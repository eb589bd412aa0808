"""Delivery of events to the app, with retries."""

from __future__ import annotations

import asyncio

from sandbox.faults import Strike
from sandbox.outbound.dispatch import Dispatch
from sandbox.payload_schema import Json
from sandbox.shared_state import SharedState


class EventDelivery:
    """Sends events one at a time, so in order, which Slack does not guarantee."""

    def __init__(self, shared: SharedState) -> None:
        self.shared = shared
        self.dispatch = Dispatch(shared)

    async def run(self) -> None:
        queue = self.shared.events.queue
        while True:
            payload = await queue.get()
            try:
                await self._offer(payload)
            finally:
                queue.task_done()

    async def _offer(self, payload: Json) -> None:
        """Once, and the next only then; one that is late lets the others pass."""
        strike = self.shared.faults.next("events_api", [*self.dispatch.able, "late"])
        if strike and strike.kind == "late":
            self.shared.later(self._deliver(payload, strike))
        else:
            await self._deliver(payload, strike)

    async def _deliver(self, payload: Json, strike: Strike | None) -> None:
        ack = await self.dispatch.send_event(payload, strike=strike)
        if not ack.ok and "no_retry" not in ack.flags:
            self.shared.later(self._again(payload, ack.reason))

    async def _again(self, payload: Json, reason: str) -> None:
        for n, seconds in enumerate(self.shared.config.retry_seconds, start=1):
            await asyncio.sleep(seconds / self.shared.config.speed)
            ack = await self.dispatch.send_event(payload, n, reason)
            if ack.ok or "no_retry" in ack.flags:
                return
            reason = ack.reason
