"""The worker, running."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.delivery import worker
from bot.domain.assignment import TakeCase
from bot.store.tables import DeliveryRow
from tests.conftest import PATIENCE
from tests.delivery.conftest import DeliveryHarness


async def wait_until(done, seconds: float = PATIENCE) -> bool:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110  (what is waited for is another program)
            await asyncio.sleep(0.01)
    return True


async def test_a_worker_that_is_woken_delivers_at_once(
    harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 3 * PATIENCE)  # it does not look by itself
    slept, wait_for = [], harness.worker._sleep_until_woken

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await wait_for(seconds)

    monkeypatch.setattr(harness.worker, "_sleep_until_woken", sleep)
    running = asyncio.create_task(harness.worker.run())
    assert await wait_until(lambda: slept)  # it has looked, and found nothing
    await harness.town.submit()
    harness.worker.wake()
    assert await wait_until(lambda: len(harness.list_posts()) == 1)
    await harness.worker.stop()
    await running


async def test_a_worker_that_nobody_wakes_looks_again_by_itself(
    harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may have put it in."""
    looked_for, may_time_out = [], asyncio.Event()
    wait_for = harness.worker._sleep_until_woken

    async def sleep(seconds: float) -> None:
        looked_for.append(seconds)
        await may_time_out.wait()
        await wait_for(0)  # as if the time were over: nobody wakes it

    monkeypatch.setattr(harness.worker, "_sleep_until_woken", sleep)
    running = asyncio.create_task(harness.worker.run())
    assert await wait_until(lambda: looked_for)  # it has looked, and found nothing
    await harness.town.submit()
    assert harness.list_posts() == []
    may_time_out.set()
    assert await wait_until(lambda: len(harness.list_posts()) == 1)
    assert looked_for[0] == worker.POLL_SECONDS <= 1
    await harness.worker.stop()
    await running


async def test_a_worker_that_is_stopped_finishes_what_it_has_begun(harness: DeliveryHarness) -> None:
    await harness.town.submit()
    await harness.worker._start_next()
    await harness.worker.stop(seconds=60)
    left = await harness.count_deliveries()
    assert not any(state in ("claimed", "sending") for _, state in left)


async def test_what_is_just_being_claimed_when_the_worker_stops_is_finished_too(
    harness: DeliveryHarness,
) -> None:
    await harness.town.submit()
    claiming = asyncio.create_task(harness.worker._start_next())
    await asyncio.sleep(0)
    await harness.worker.stop(seconds=60)
    left = await harness.count_deliveries()
    assert claiming.done() and not any(state in ("claimed", "sending") for _, state in left)


async def test_a_bug_in_one_delivery_loses_nothing_and_stops_nothing(harness: DeliveryHarness) -> None:
    await harness.town.submit()

    def spoil(tx) -> None:  # type: ignore[no-untyped-def]
        from sqlalchemy import update  # noqa: PLC0415

        tx.conn.execute(update(DeliveryRow).where(DeliveryRow.kind == "mail").values(ids='{"Eva": "Ek"}'))

    await harness.database.write(spoil)
    with capture_logs() as logged:
        await harness.worker.drain(10)
    bug = next(line for line in logged if line["event"] == "delivery_bug")
    assert (
        len(harness.list_posts()),
        bug["error"],
        (await harness.count_deliveries())["mail", "waiting"],
    ) == (
        1,
        "KeyError",
        1,
    )


async def test_the_log_of_a_bug_holds_no_values(harness: DeliveryHarness) -> None:
    await test_a_bug_in_one_delivery_loses_nothing_and_stops_nothing(harness)
    harness.clock.advance(minutes=10)
    with capture_logs() as logged:
        await harness.worker.drain(10)
    assert "Eva" not in str(logged)


async def test_a_delivery_is_counted_without_ids(harness: DeliveryHarness) -> None:
    from prometheus_client import generate_latest  # noqa: PLC0415

    done = await harness.town.submit()
    await harness.worker.drain(10)
    told = generate_latest().decode()
    assert 'arendebot_deliveries_total{kind="card",outcome="done"}' in told and done.case_id not in told


async def test_two_workers_at_once_deliver_everything_once(harness_on_both: DeliveryHarness) -> None:
    harness = harness_on_both
    workers = [harness.worker, harness.start_worker()]
    running = [asyncio.create_task(one.run()) for one in workers]
    done = await asyncio.gather(*(harness.town.submit() for _ in range(6)))
    await asyncio.gather(*(harness.town.perform("anna", TakeCase(case_id=one.case_id)) for one in done))
    harness.clock.advance(seconds=11)
    async with asyncio.timeout(PATIENCE):
        while await harness.count_deliveries():
            await asyncio.sleep(0.05)
            harness.clock.advance(seconds=0.1)  # a line that came before its card looks again
    for one in workers:
        await one.stop()
    await asyncio.gather(*running)
    assert (len(harness.list_posts()), len(harness.list_replies()), len(harness.list_mails())) == (6, 12, 6)
