"""The worker, running."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from bot.domain.assignment import TakeCase
from bot.store.tables import DeliveryRow
from tests.delivery.conftest import Office


async def until(done, seconds: float = 5) -> bool:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110  (what is waited for is another program)
            await asyncio.sleep(0.01)
    return True


async def test_a_worker_that_is_woken_delivers_at_once(office: Office) -> None:
    running = asyncio.create_task(office.worker.run())
    await asyncio.sleep(0.2)
    await office.town.submits()
    office.worker.wake()
    assert await until(lambda: len(office.posted()) == 1, 0.9)
    await office.worker.stop()
    await running


async def test_a_worker_that_nobody_wakes_looks_within_a_second(office: Office) -> None:
    """Another process may have put it in."""
    running = asyncio.create_task(office.worker.run())
    await asyncio.sleep(0.1)
    await office.town.submits()
    assert await until(lambda: len(office.posted()) == 1, 3)
    await office.worker.stop()
    await running


async def test_a_worker_that_is_stopped_finishes_what_it_has_begun(office: Office) -> None:
    await office.town.submits()
    await office.worker._launch()
    await office.worker.stop()
    left = await office.left()
    assert not any(state in ("claimed", "sending") for _, state in left)


async def test_what_is_just_being_claimed_when_the_worker_stops_is_finished_too(office: Office) -> None:
    await office.town.submits()
    claiming = asyncio.create_task(office.worker._launch())
    await asyncio.sleep(0)
    await office.worker.stop()
    left = await office.left()
    assert claiming.done() and not any(state in ("claimed", "sending") for _, state in left)


async def test_a_bug_in_one_delivery_loses_nothing_and_stops_nothing(office: Office) -> None:
    await office.town.submits()

    def spoil(tx) -> None:  # type: ignore[no-untyped-def]
        from sqlalchemy import update  # noqa: PLC0415

        tx.conn.execute(update(DeliveryRow).where(DeliveryRow.kind == "mail").values(ids='{"Eva": "Ek"}'))

    await office.database.write(spoil)
    with capture_logs() as logged:
        await office.worker.drain(10)
    bug = next(line for line in logged if line["event"] == "delivery_bug")
    assert (len(office.posted()), bug["error"], (await office.left())["mail", "waiting"]) == (
        1,
        "KeyError",
        1,
    )


async def test_the_log_of_a_bug_holds_no_values(office: Office) -> None:
    await test_a_bug_in_one_delivery_loses_nothing_and_stops_nothing(office)
    office.clock.pass_(minutes=10)
    with capture_logs() as logged:
        await office.worker.drain(10)
    assert "Eva" not in str(logged)


async def test_a_delivery_is_counted_without_ids(office: Office) -> None:
    from prometheus_client import generate_latest  # noqa: PLC0415

    done = await office.town.submits()
    await office.worker.drain(10)
    told = generate_latest().decode()
    assert 'arendebot_deliveries_total{kind="card",outcome="done"}' in told and done.case_id not in told


async def test_two_workers_at_once_deliver_everything_once(office_on_both: Office) -> None:
    office = office_on_both
    workers = [office.worker, office.another_worker()]
    running = [asyncio.create_task(worker.run()) for worker in workers]
    done = await asyncio.gather(*(office.town.submits() for _ in range(6)))
    await asyncio.gather(*(office.town.does("anna", TakeCase(case_id=one.case_id)) for one in done))
    office.clock.pass_(seconds=11)
    async with asyncio.timeout(20):
        while await office.left():
            await asyncio.sleep(0.05)
            office.clock.pass_(seconds=0.1)  # a line that came before its card looks again
    for worker in workers:
        await worker.stop()
    await asyncio.gather(*running)
    assert (len(office.posted()), len(office.replies()), len(office.mails())) == (6, 12, 6)
