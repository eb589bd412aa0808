"""Login links to the case page."""

from __future__ import annotations

import secrets

from bot.portal.dependencies import PortalDependencies
from bot.store import authentication


async def create_login_link(deps: PortalDependencies, officer_key: str, case_id: str) -> str:
    """Create a link to the case page that works once, within a minute, for that officer."""
    token = secrets.token_urlsafe(32)
    hashed, now = deps.keys.hash_token(token), deps.service.clock()
    await deps.service.database.write(
        lambda tx: authentication.create_login_token(tx, hashed, officer_key, case_id, now)
    )
    return deps.url(f"/handlaggare/in/{token}")
