"""What the pages are built with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from bot.portal.upload_budget import UploadBudget
from bot.service import Service
from bot.store import Keys
from bot.store.files.file_store import FileStore
from bot.web.rate_limit import RateLimiter

MEGABYTE = 1024 * 1024

FORM_RATE = timedelta(seconds=5), 120, 360
"""Of one address, forms that take files: interval, how many may come together, and how many are read. An application is
sent twice, to be looked through and to be sent in. Many may sit behind one address, as all of a workplace do; beyond
the burst a form comes back filled in, to be sent later."""

BUTTON_RATE = timedelta(seconds=1), 600, 1200
"""The same of small forms, and of all forms of one session: in the morning a whole office comes in by one address."""


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
    form_limiter: RateLimiter = field(default_factory=lambda: RateLimiter(*FORM_RATE))
    button_limiter: RateLimiter = field(default_factory=lambda: RateLimiter(*BUTTON_RATE))
    upload_budget: UploadBudget = field(default_factory=UploadBudget)

    @property
    def is_secure(self) -> bool:
        return self.public_url.startswith("https://")

    def url(self, path: str) -> str:
        """The full address of a page."""
        return self.public_url.rstrip("/") + path
