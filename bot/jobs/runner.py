"""Running a job once for each slot of time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from bot.jobs.checkpointing import write_checkpoint
from bot.jobs.deadlines import tell_overdue
from bot.jobs.kit import JobKit
from bot.jobs.reminding import remind
from bot.jobs.scrubbing import scrub_index
from bot.jobs.sweeping import sweep
from bot.service import where
from bot.store import runs
from bot.text.words import STOCKHOLM

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """A job, when it runs (cron fields, Swedish time), and how its slots are named (strftime)."""

    name: str
    work: Callable[[JobKit], Awaitable[None]]
    cron: dict[str, str]
    slot: str


JOBS = (
    Job("remind", remind, {"minute": "*/5"}, "%Y-%m-%dT%H:%M"),
    Job("sweep", sweep, {"minute": "17"}, "%Y-%m-%dT%H"),
    Job("tell_overdue", tell_overdue, {"hour": "6", "minute": "0"}, "%Y-%m-%d"),
    Job("scrub_index", scrub_index, {"hour": "3", "minute": "30"}, "%Y-%m-%d"),
    Job("write_checkpoint", write_checkpoint, {"hour": "2", "minute": "30"}, "%Y-%m-%d"),
)


def schedule(kit: JobKit) -> AsyncIOScheduler:
    """A scheduler with every job, and each of them due at once if its slot has not run: that is catching up."""
    scheduler = AsyncIOScheduler(timezone=STOCKHOLM)
    for job in JOBS:
        trigger = CronTrigger(timezone=STOCKHOLM, **job.cron)
        scheduler.add_job(run, trigger, (job, kit), id=job.name, coalesce=True, misfire_grace_time=3600)
        scheduler.add_job(run, None, (job, kit), id=f"{job.name}.catch_up")
    return scheduler


async def run(job: Job, kit: JobKit) -> None:
    """Run the job unless it has run for this slot. A failure is logged, and the slot may be tried again."""
    database, clock = kit.service.database, kit.service.clock
    slot = _slot(job, clock())
    try:
        if not await database.write(lambda tx: runs.begin(tx, job.name, slot, clock())):
            return
        await job.work(kit)
        await database.write(lambda tx: runs.finish(tx, job.name, slot, clock()))
    except Exception as bug:  # noqa: BLE001  (one of the three places that may: a job must not take others with it)
        log.error("job_failed", job=job.name, slot=slot, error=type(bug).__name__, where=where(bug))
    else:
        log.info("job_done", job=job.name, slot=slot)


def _slot(job: Job, now: datetime) -> str:
    return now.astimezone(STOCKHOLM).strftime(job.slot)
