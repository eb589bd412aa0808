"""Jobs run once for their time, also when a process dies in one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MISSED
from structlog.testing import capture_logs

from bot.jobs.dependencies import JobDependencies
from bot.jobs.runner import INDEXING, Job, create_scheduler, run_job
from bot.service import Service
from bot.store import Database
from bot.store.engine import job_leases
from bot.store.engine.database import Tx
from tests.conftest import Clock


class CountedJob:
    """A job that counts how often it is done."""

    def __init__(self, database: Database, service: Service) -> None:
        self.job = Job("counted", self._work, {}, "%Y-%m-%d")
        self.deps = JobDependencies(service, None, Path(), None)  # type: ignore[arg-type]
        self.database = database
        self.done = 0
        self.fails = False
        self.begun = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def _work(self, deps: JobDependencies) -> None:
        self.begun.set()
        await self.may_go_on.wait()
        if self.fails:
            raise OSError
        self.done += 1


@pytest.mark.parametrize("job_id", ["tell_overdue", "tell_overdue.catch_up", "tell_overdue.left_behind"])
async def test_a_job_whose_hour_was_slept_through_runs_when_the_machine_wakes(
    service: Service, job_id: str
) -> None:
    """From five to ten past eight, say, over the hour when what is overdue is told; or while it started slowly."""
    scheduler = create_scheduler(JobDependencies(service, None, Path(), None))  # type: ignore[arg-type]
    scheduler.start(paused=True)
    ended: asyncio.Queue[int] = asyncio.Queue()
    scheduler.add_listener(lambda event: ended.put_nowait(event.code), EVENT_JOB_EXECUTED | EVENT_JOB_MISSED)
    for job in scheduler.get_jobs():
        if job.id != job_id:
            job.remove()
    scheduler.modify_job(job_id, next_run_time=datetime.now(UTC) - timedelta(hours=3))
    scheduler.resume()
    assert await ended.get() == EVENT_JOB_EXECUTED
    scheduler.shutdown(wait=False)


@pytest.fixture
def counted_job(database: Database, service: Service) -> CountedJob:
    return CountedJob(database, service)


async def test_a_job_that_many_begin_at_once_runs_once_and_nobody_fails(counted_job: CountedJob) -> None:
    with capture_logs() as logged:
        await asyncio.gather(*(run_job(counted_job.job, counted_job.deps) for _ in range(6)))
    assert (counted_job.done, [line["event"] for line in logged]) == (1, ["job_done"])


async def test_a_job_that_a_process_died_in_is_taken_over_when_its_lease_is_out(
    counted_job: CountedJob, clock: Clock
) -> None:
    def begun(tx: Tx) -> bool:
        return job_leases.acquire(tx, "counted", "2026-11-23", clock())

    assert await counted_job.database.write(begun)
    done = []
    for _ in range(3):
        await run_job(counted_job.job, counted_job.deps, job_leases.take_over)
        done.append(counted_job.done)
        clock.advance(minutes=11)
    assert done == [0, 1, 1]


async def test_a_job_that_failed_is_tried_again_later(counted_job: CountedJob, clock: Clock) -> None:
    counted_job.fails = True
    await run_job(counted_job.job, counted_job.deps)
    counted_job.fails = False
    clock.advance(minutes=11)
    await run_job(counted_job.job, counted_job.deps, job_leases.take_over)
    assert counted_job.done == 1


async def test_what_is_looked_for_now_and_then_begins_nothing_before_its_time(
    counted_job: CountedJob,
) -> None:
    await run_job(counted_job.job, counted_job.deps, job_leases.take_over)
    assert counted_job.done == 0


async def test_a_job_that_stops_with_the_program_is_no_failure_and_is_done_later(
    counted_job: CountedJob, clock: Clock
) -> None:
    counted_job.may_go_on.clear()
    running = asyncio.create_task(run_job(counted_job.job, counted_job.deps))
    await counted_job.begun.wait()
    with capture_logs() as logged:
        running.cancel()
        await running
    assert [line["event"] for line in logged] == ["job_stopped"]
    counted_job.may_go_on.set()
    clock.advance(minutes=11)
    await run_job(counted_job.job, counted_job.deps, job_leases.take_over)
    assert counted_job.done == 1


async def test_what_an_earlier_version_indexed_is_looked_for_at_every_start(counted_job: CountedJob) -> None:
    scheduler = create_scheduler(counted_job.deps)
    assert scheduler.get_job(INDEXING.name).next_run_time <= datetime.now(UTC)
