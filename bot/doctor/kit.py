"""What is looked at, and with what."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.catalog.models import Catalog
from bot.clients.errors import Temporary
from bot.clients.mail import MailClient
from bot.clients.slack_setup import SlackSetup
from bot.store import Database

T = TypeVar("T")

TRIES = 5


@dataclass(frozen=True)
class DoctorKit:
    """`app_token` is empty where Slack reaches the program over HTTP, `admin_token` where nobody gave one."""

    catalog: Catalog
    database: Database
    files_dir: Path
    slack: SlackSetup
    mail: MailClient
    public_url: str
    app_token: str = ""
    admin_token: str = ""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What was asked for; when Slack asks us to wait we do, for there may be many officers to look up."""
        for _ in range(TRIES - 1):
            try:
                return await ask()
            except Temporary as failed:
                if failed.retry_after is None or not failed.method:
                    raise
                await self.sleep(failed.retry_after)
        return await ask()
