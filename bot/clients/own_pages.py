"""The program's own pages, as they are reached from outside."""

from __future__ import annotations

import aiohttp

from bot.clients.errors import Permanent, Temporary

SECONDS = 10


async def is_alive(public_url: str) -> bool:
    """Whether the program answers there. Temporary when nobody does, Permanent when somebody else does."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{public_url.rstrip('/')}/livez") as answer,
        ):
            said = await answer.content.read(64)
    except (TimeoutError, aiohttp.ClientError, OSError):
        raise Temporary("pages_down") from None
    if answer.status != 200 or said.strip() != b"alive":
        raise Permanent("pages_other")
    return True
