"""What one running process knows and the store does not, asked for over HTTP by `status`."""

from __future__ import annotations

import hmac
from datetime import datetime

import aiohttp
from pydantic import BaseModel, ValidationError

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.store import Keys

PATH = "/status"
TIMEOUT_SECONDS = 10


class SlowRequest(BaseModel):
    """One of the slowest requests of the last hour."""

    seconds: float
    ended_at: datetime
    ref: str
    kind: str
    name: str


class CatalogVersion(BaseModel):
    """When a version of the catalog was taken up, or refused: it then has no name, and so many problems."""

    at: datetime
    version: str
    problems: int


class ProcessStatus(BaseModel):
    """A running process: its version, since when it runs, what is ready, its catalog, and its slowest requests."""

    version: str
    started_at: datetime
    ready: dict[str, bool]
    catalog: list[CatalogVersion]
    """The newest last."""
    slowest: list[SlowRequest]


def status_token(keys: Keys) -> str:
    """The bearer token of `/status`: whoever has the program's key, as its own commands do, has it."""
    return keys.derive("status").hex()


def is_status_token(keys: Keys, authorization: str) -> bool:
    """Whether the header shows the token; compared in one time."""
    return hmac.compare_digest(authorization.encode(), f"Bearer {status_token(keys)}".encode())


async def fetch_running(local_url: str, keys: Keys) -> ProcessStatus:
    """Ask the process at that address.

    Raises TemporaryFailure where none answers, and PermanentFailure where another program does.
    """
    headers = {"authorization": f"Bearer {status_token(keys)}"}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(local_url + PATH, allow_redirects=False) as response,
        ):
            body = await response.read()
    except (TimeoutError, aiohttp.ClientError, OSError):
        raise TemporaryFailure("not_running") from None
    try:
        return ProcessStatus.model_validate_json(body)
    except ValidationError:
        raise PermanentFailure("another_program") from None
