"""The HTTP API, over which other systems open cases."""

from bot.intake.api.routes import UnknownPath, router

__all__ = ["UnknownPath", "router"]
