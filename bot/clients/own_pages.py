"""The program's own pages at their public address."""

from __future__ import annotations

import aiohttp

from bot.clients.errors import PermanentFailure, TemporaryFailure

TIMEOUT_SECONDS = 10


async def is_alive(public_url: str) -> bool:
    """True where the program answers. Raises TemporaryFailure where nothing does, PermanentFailure where others do."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{public_url.rstrip('/')}/livez") as response,
        ):
            body = await response.content.read(64)
    except (TimeoutError, aiohttp.ClientError, OSError):
        raise TemporaryFailure("pages_down") from None
    if response.status != 200 or body.strip() != b"alive":
        raise PermanentFailure("pages_other")
    return True
