"""Checks of the whole set-up, reported in plain words. Nothing is changed."""

from bot.doctor.checks import CHECKS, CheckArea, run_checks
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding

__all__ = ["CHECKS", "CheckArea", "DoctorDependencies", "Finding", "run_checks"]
