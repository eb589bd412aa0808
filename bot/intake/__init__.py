"""Machines in: the HTTP API, and Open ePlatform's documents."""

from bot.intake.api import router

__all__ = ["router"]
