"""Scheduled jobs: each finds what is due and performs it."""

from bot.jobs.dependencies import JobDependencies, NightlyBackup
from bot.jobs.runner import JOBS, create_scheduler, list_intervals, run_job

__all__ = ["JOBS", "JobDependencies", "NightlyBackup", "create_scheduler", "list_intervals", "run_job"]
