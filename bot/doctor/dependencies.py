"""The dependencies of the checks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bot.catalog.models import Catalog
from bot.clients.clamd import Clamd
from bot.clients.mail import MailClient
from bot.clients.openid import OpenIdClient
from bot.clients.retry_after import with_retries
from bot.clients.slack_setup import SlackSetup
from bot.store import Database
from bot.store.files.s3_storage import S3Storage

T = TypeVar("T")


@dataclass(frozen=True)
class DoctorDependencies:
    """`local_url` is where the program listens on this machine, `intervals` how often each job is to run,
    and `reserved_bytes` the free room on the disk below which no files are taken.

    `clamd` is None where files are not scanned, `openid` where officers sign in from Slack only, `backup_dir` where the
    program makes no backups, and `storage` where files are in the folder only. `app_token` is empty where Slack reaches
    the program over HTTP, `admin_token` where none is set.
    """

    catalog: Catalog
    database: Database
    files_dir: Path
    slack: SlackSetup
    mail: MailClient
    public_url: str
    reserved_bytes: int = 0
    clamd: Clamd | None = None
    openid: OpenIdClient | None = None
    local_url: str = ""
    app_token: str = ""
    admin_token: str = ""
    backup_dir: Path | None = None
    intervals: Mapping[str, timedelta] = field(default_factory=dict)
    storage: S3Storage | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def with_retries(self, call: Callable[[], Awaitable[T]]) -> T:
        """The result of the call, repeated after Slack's Retry-After: there may be many officers to look up."""
        return await with_retries(call, self.sleep)
