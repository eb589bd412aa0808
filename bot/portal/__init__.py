"""The web pages: e-services, Mina sidor, and the officer's case page."""

from bot.portal.app import mount
from bot.portal.kit import PortalKit

__all__ = ["PortalKit", "mount"]
