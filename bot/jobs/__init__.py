"""Scheduled jobs: each finds what is due and performs it."""

from bot.jobs.dependencies import JobDependencies
from bot.jobs.runner import JOBS, create_scheduler, run_job

__all__ = ["JOBS", "JobDependencies", "create_scheduler", "run_job"]
