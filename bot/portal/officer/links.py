"""Links into the case page."""

from __future__ import annotations

import secrets

from bot.portal.kit import PortalKit
from bot.store import doors


async def page_link(kit: PortalKit, officer_key: str, case_id: str) -> str:
    """A link to the case's page that works once, within a minute, for that officer."""
    token = secrets.token_urlsafe(32)
    hashed, now = kit.keys.token_hash(token), kit.service.clock()
    await kit.service.database.write(lambda tx: doors.make_door(tx, hashed, officer_key, case_id, now))
    return kit.url(f"/handlaggare/in/{token}")
