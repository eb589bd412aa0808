"""The one way for a case to change, and the one way to be shown personal data."""

from bot.service.failures import log_failure, safe_traceback
from bot.service.performer import Clock
from bot.service.results import CommandResult, IdempotencyKey, OpenCaseRequest
from bot.service.service import Service

__all__ = [
    "Clock",
    "CommandResult",
    "IdempotencyKey",
    "OpenCaseRequest",
    "Service",
    "log_failure",
    "safe_traceback",
]
