"""What the pages are built with."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.portal.rate_limit import PRESSES, RateLimiter
from bot.portal.upload_budget import UploadBudget
from bot.service import Service
from bot.store import Keys
from bot.store.files.file_store import FileStore

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class PortalDependencies:
    """Made once by the program and handed to every page.

    `public_url` is the address people reach the pages by; cookies are Secure when it is https. `max_request_bytes`
    is the most bytes that one form may bring, files included.
    """

    service: Service
    files: FileStore
    keys: Keys
    public_url: str
    max_request_bytes: int = 200 * MEGABYTE
    rate_limiter: RateLimiter = field(default_factory=RateLimiter)
    presses: RateLimiter = field(default_factory=lambda: RateLimiter(*PRESSES))
    upload_budget: UploadBudget = field(default_factory=UploadBudget)

    @property
    def is_secure(self) -> bool:
        return self.public_url.startswith("https://")

    def url(self, path: str) -> str:
        """The full address of a page."""
        return self.public_url.rstrip("/") + path
