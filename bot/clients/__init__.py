"""Thin clients, one for each outside system; failures are Permanent or Temporary."""

from bot.clients.errors import Permanent, Temporary

__all__ = ["Permanent", "Temporary"]
