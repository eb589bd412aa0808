"""Cases from other systems: over the HTTP API, and from Open ePlatform's documents."""

from bot.intake.api import router

__all__ = ["router"]
