"""What people write in Slack: as plain text, and whom it mentions."""

from __future__ import annotations

from bot.blocks.mrkdwn import as_written, mentioned
from bot.domain.actors import name_of
from bot.handlers.people import Home
from bot.service import Service
from bot.store import accounts
from bot.text import clean


async def as_text(service: Service, said: str, home: Home) -> str:
    """As it was seen while it was written: the names of those mentioned, and no signs of Slack's."""
    officers = await officers_in(service, said, home)
    names = {account: name_of(f"officer:{key}", service.catalog) for account, key in officers.items()}
    return clean(as_written(said, names)).strip()


async def officers_in(service: Service, said: str, home: Home) -> dict[str, str]:
    """The officers whose bound accounts are mentioned: their keys, by account."""
    people, place = mentioned(said), home.enterprise or home.team
    found = await service.database.read(
        lambda tx: {one: accounts.officer_of(tx, place, one) for one in people}
    )
    return {account: key for account, key in found.items() if key}
