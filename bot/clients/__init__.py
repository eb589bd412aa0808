"""Thin clients, one for each external system; failures are PermanentFailure or TemporaryFailure."""

from bot.clients.errors import PermanentFailure, TemporaryFailure

__all__ = ["PermanentFailure", "TemporaryFailure"]
