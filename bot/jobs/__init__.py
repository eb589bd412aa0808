"""The clock in: each job finds what is due and performs it."""

from bot.jobs.kit import JobKit
from bot.jobs.runner import JOBS, run, schedule

__all__ = ["JOBS", "JobKit", "run", "schedule"]
