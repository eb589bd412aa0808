"""Scheduled jobs: each finds what is due and performs it."""

from bot.jobs.backups import backup_gauge
from bot.jobs.dependencies import JobDependencies, NightlyBackup
from bot.jobs.runner import JOBS, create_scheduler, run_job

__all__ = ["JOBS", "JobDependencies", "NightlyBackup", "backup_gauge", "create_scheduler", "run_job"]
