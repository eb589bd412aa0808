"""The one way for a case to change, and the one way to be shown personal data."""

from bot.service.origins import where
from bot.service.outcomes import Done, Opening
from bot.service.performing import Clock
from bot.service.service import Service

__all__ = ["Clock", "Done", "Opening", "Service", "where"]
