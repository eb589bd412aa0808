"""The one way for a case to change, and the one way to be shown personal data."""

from bot.service.performer import Clock
from bot.service.results import CommandResult, OpenCaseRequest
from bot.service.service import Service
from bot.service.tracebacks import safe_traceback

__all__ = ["Clock", "CommandResult", "OpenCaseRequest", "Service", "safe_traceback"]
