"""Whether everything is set up as it should be: looked at, told in plain words, and never changed."""

from bot.doctor.checks import CHECKS, CheckArea, run_checks
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding

__all__ = ["CHECKS", "CheckArea", "DoctorDependencies", "Finding", "run_checks"]
