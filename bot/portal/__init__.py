"""The web pages: e-services, Mina sidor, and the officer's case page."""

from bot.portal.app import mount
from bot.portal.dependencies import PortalDependencies
from bot.portal.rendering import preload

__all__ = ["PortalDependencies", "mount", "preload"]
