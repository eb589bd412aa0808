"""The HTTP API, over which other systems open cases."""

from bot.intake.api.routes import router

__all__ = ["router"]
