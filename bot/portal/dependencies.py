"""The dependencies of the pages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from bot.clients.openid import OpenIdClient
from bot.clients.pdf.typesetter import Typesetter
from bot.portal.upload_budget import UploadBudget
from bot.service import Service
from bot.service.batches import Batches
from bot.store import Keys
from bot.store.files.export_files import ExportFiles
from bot.store.files.file_store import FileStore
from bot.web.rate_limit import RateLimiter

MEGABYTE = 1024 * 1024

FORM_RATE = timedelta(seconds=5), 180, 540
"""For forms with files from one address: interval, burst and read limit. An application is posted three times, for
review, code and submission, and a whole workplace may share an address. Beyond the burst the form is shown again, to be
sent later."""

BUTTON_RATE = timedelta(seconds=1), 600, 1200
"""For small forms from one address, and all forms of a session. In the morning a whole office signs in from one."""

NUMBER_RATE = timedelta(hours=1), 5, 10
"""For case numbers that are typed to confirm a mailbox, for each mailbox."""

DRAFT_BUDGET = 256 * MEGABYTE, 64 * MEGABYTE
"""Bytes of all drafts of forms, and of those that are saved from one address in a day: some thousand applications.
Beyond it forms are sent in as before, but are not kept between their pages."""

PDF_RATE = timedelta(minutes=1), 5, 10
"""For PDFs of what applicants sent, for each mailbox: each takes the processor for a while, as officers' do."""


@dataclass(frozen=True)
class PortalDependencies:
    """The dependencies, created once by the program.

    `public_url` is the public address of the pages; cookies are Secure where it is https. `max_request_bytes` is the
    limit of one form, files included. `openid` signs officers in, where the municipality has a provider; the claim
    `openid_claim` says who they are.
    """

    service: Service
    files: FileStore
    keys: Keys
    public_url: str
    batches: Batches
    openid: OpenIdClient | None = None
    openid_claim: str = "email"
    max_request_bytes: int = 200 * MEGABYTE
    form_limiter: RateLimiter = field(default_factory=lambda: RateLimiter(*FORM_RATE))
    button_limiter: RateLimiter = field(default_factory=lambda: RateLimiter(*BUTTON_RATE))
    number_limiter: RateLimiter = field(default_factory=lambda: RateLimiter(*NUMBER_RATE))
    pdf_limiter: RateLimiter = field(default_factory=lambda: RateLimiter(*PDF_RATE))
    upload_budget: UploadBudget = field(default_factory=UploadBudget)
    draft_budget: UploadBudget = field(default_factory=lambda: UploadBudget(*DRAFT_BUDGET))
    typesetter: Typesetter = field(default_factory=Typesetter)
    case_file_slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    @property
    def export_files(self) -> ExportFiles:
        return ExportFiles(self.files)

    @property
    def is_secure(self) -> bool:
        return self.public_url.startswith("https://")

    def url(self, path: str) -> str:
        """The full address of a page."""
        return self.public_url.rstrip("/") + path
