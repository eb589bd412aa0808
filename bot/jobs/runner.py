"""The scheduler, and the running of a job once for each slot of time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.jobs.backups import back_up
from bot.jobs.catalog_errors import notify_of_catalog_errors
from bot.jobs.daily_digest import send_daily_digests
from bot.jobs.deadlines import (
    enqueue_reminders,
    remind_applicants,
    remind_of_requests,
    report_delays,
    report_overdue,
)
from bot.jobs.dependencies import JobDependencies
from bot.jobs.figures import count_figures
from bot.jobs.lost_access import notify_of_lost_access
from bot.jobs.maintenance import index_outdated, scrub_index, write_checkpoint
from bot.jobs.nightly_disposal import dispose
from bot.jobs.parked_deliveries import retry_parked
from bot.jobs.scanning import scan_old_files
from bot.jobs.sweeping import sweep
from bot.jobs.waiting_case_reminders import notify_of_unread, send_morning_lines
from bot.service import log_failure
from bot.store import DatabaseBusy, Tx
from bot.store.engine import job_leases
from bot.store.engine.writers import in_background
from bot.text.words import STOCKHOLM

log = structlog.get_logger()

AcquireLease = Callable[[Tx, str, str, datetime], bool]
"""Takes the lease of a job (name, slot, now); False where it has run or is running."""

TAKE_OVER_TRIGGER = IntervalTrigger(minutes=5)
COUNTING_TRIGGER = IntervalTrigger(minutes=1)

RENEW_SECONDS = 120.0
"""How often the lease of a job that takes long is renewed: well before it runs out."""


@dataclass(frozen=True)
class Job:
    """A job, when it runs (cron fields, Swedish time), and how its slots are named (strftime).

    One that `takes_long` renews its lease while it runs, since it is not to be done twice at once.
    """

    name: str
    work: Callable[[JobDependencies], Awaitable[None]]
    cron: dict[str, str]
    slot: str
    takes_long: bool = False

    @property
    def interval(self) -> timedelta:
        """The time between two of its slots."""
        return SLOT_INTERVALS[self.slot]


SLOT_INTERVALS = {
    "%Y-%m-%dT%H:%M": timedelta(minutes=5),
    "%Y-%m-%dT%H": timedelta(hours=1),
    "%Y-%m-%d": timedelta(days=1),
}
"""How far slots are apart, by their names' format."""

JOBS = (
    Job("remind", enqueue_reminders, {"minute": "*/5"}, "%Y-%m-%dT%H:%M"),
    Job("tell_morning", send_morning_lines, {"minute": "*/5"}, "%Y-%m-%dT%H:%M"),
    Job("tell_day", send_daily_digests, {"minute": "*/5"}, "%Y-%m-%dT%H:%M"),
    Job("tell_unread", notify_of_unread, {"minute": "*/5"}, "%Y-%m-%dT%H:%M"),
    Job("scan_old_files", scan_old_files, {"minute": "*/5"}, "%Y-%m-%dT%H:%M"),
    Job("tell_catalog_errors", notify_of_catalog_errors, {"minute": "*/5"}, "%Y-%m-%dT%H:%M"),
    Job("retry_parked", retry_parked, {"minute": "*/5"}, "%Y-%m-%dT%H:%M"),
    Job("sweep", sweep, {"minute": "17"}, "%Y-%m-%dT%H"),
    Job("tell_overdue", report_overdue, {"hour": "6", "minute": "0"}, "%Y-%m-%d"),
    Job("report_delays", report_delays, {"hour": "6", "minute": "5"}, "%Y-%m-%d"),
    Job("remind_of_requests", remind_of_requests, {"hour": "6", "minute": "10"}, "%Y-%m-%d"),
    Job("remind_applicants", remind_applicants, {"hour": "8", "minute": "0"}, "%Y-%m-%d"),
    Job("tell_lost_access", notify_of_lost_access, {"hour": "7", "minute": "0"}, "%Y-%m-%d"),
    Job("dispose", dispose, {"hour": "1", "minute": "15"}, "%Y-%m-%d"),
    Job("scrub_index", scrub_index, {"hour": "3", "minute": "30"}, "%Y-%m-%d"),
    Job("write_checkpoint", write_checkpoint, {"hour": "2", "minute": "30"}, "%Y-%m-%d"),
)
"""Their names are stored with the slots that they have done, and do not change with their functions'."""

BACKUP_JOB = "back_up"
INDEXING = Job("index_outdated", index_outdated, {}, "")
COUNTING = Job("count_figures", count_figures, {}, "")
UNSLOTTED_JOBS = (INDEXING, COUNTING)
"""Jobs without slots, run every five minutes, or each minute: each resumes where it stopped, and several processes may
run it at once."""


def create_scheduler(deps: JobDependencies) -> AsyncIOScheduler:
    """A scheduler with every job. At the start each runs if its current slot has not run yet.

    Every five minutes, jobs that a process has failed in, or was killed in, are taken over.
    """
    # However late: a machine that slept over the hour runs a job when it wakes, once, and one that starts slowly too.
    late = {"coalesce": True, "misfire_grace_time": None}
    scheduler = AsyncIOScheduler(timezone=STOCKHOLM, job_defaults=late)
    for job in (*JOBS, *_backup_jobs(deps)):
        trigger = CronTrigger(timezone=STOCKHOLM, **job.cron)
        scheduler.add_job(run_job, trigger, (job, deps), id=job.name)
        scheduler.add_job(run_job, None, (job, deps), id=f"{job.name}.catch_up")
        scheduler.add_job(
            run_job, TAKE_OVER_TRIGGER, (job, deps, job_leases.take_over), id=f"{job.name}.left_behind"
        )
    for job in UNSLOTTED_JOBS:
        arguments = job, deps, _acquire_always
        trigger = COUNTING_TRIGGER if job is COUNTING else TAKE_OVER_TRIGGER
        scheduler.add_job(run_job, trigger, arguments, id=job.name, next_run_time=datetime.now(STOCKHOLM))
    return scheduler


def list_intervals(*, makes_backups: bool) -> dict[str, timedelta]:
    """How often each job runs, by its name, but for those without slots."""
    intervals = {job.name: job.interval for job in JOBS}
    return intervals | ({BACKUP_JOB: timedelta(days=1)} if makes_backups else {})


def _backup_jobs(deps: JobDependencies) -> list[Job]:
    if deps.backup is None:
        return []
    at = deps.backup.at
    cron = {"hour": str(at.hour), "minute": str(at.minute)}
    return [Job(BACKUP_JOB, back_up, cron, "%Y-%m-%d", takes_long=True)]


def _acquire_always(_tx: Tx, _job: str, _slot: str, _now: datetime) -> bool:
    return True


async def run_job(job: Job, deps: JobDependencies, acquire: AcquireLease = job_leases.acquire) -> None:
    """Run the job unless it has run for this slot. A failure is logged, and the slot is tried again later."""
    slot = _slot_name(job, deps.service.clock())
    try:
        is_done = await log_failure(_work(job, deps, acquire, slot), "job_failed", job=job.name, slot=slot)
    except asyncio.CancelledError:
        # The program stops; the job is taken over when its lease has run out.
        log.info("job_stopped", job=job.name, slot=slot)
        return
    if is_done:
        log.info("job_done", job=job.name, slot=slot)


async def _work(job: Job, deps: JobDependencies, acquire: AcquireLease, slot: str) -> bool:
    """Run the job if its lease can be acquired, in the background. Returns whether it was run."""
    database, clock = deps.service.database, deps.service.clock
    if not await database.write(lambda tx: acquire(tx, job.name, slot, clock())):
        return False
    async with _renewing_lease(job, deps, slot):
        with in_background():
            await job.work(deps)
    await database.write(lambda tx: job_leases.finish(tx, job.name, slot, clock()))
    return True


@contextlib.asynccontextmanager
async def _renewing_lease(job: Job, deps: JobDependencies, slot: str) -> AsyncIterator[None]:
    """Renew the lease of a job that takes long during the block."""
    renewal = asyncio.create_task(_renew_lease(job, deps, slot)) if job.takes_long else None
    try:
        yield
    finally:
        if renewal is not None:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)


async def _renew_lease(job: Job, deps: JobDependencies, slot: str) -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        with contextlib.suppress(DatabaseBusy):
            await deps.service.database.write(
                lambda tx: job_leases.renew(tx, job.name, slot, deps.service.clock())
            )


def _slot_name(job: Job, now: datetime) -> str:
    return now.astimezone(STOCKHOLM).strftime(job.slot)
