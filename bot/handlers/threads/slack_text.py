"""What people write in Slack: as plain text, and whom it mentions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from bot.blocks.block_kit.mrkdwn import as_written, mentioned
from bot.domain.actors import name_of
from bot.domain.mentions import MOST_MENTIONED
from bot.handlers.cases.assignee_lookup import officers_of
from bot.handlers.request.press import Press
from bot.text import clean


async def officers_in(press: Press, said: str) -> dict[str, str]:
    """The officers who are mentioned: their keys, by account. While Slack is away, those known without it."""
    accounts = list(islice(mentioned(said), MOST_MENTIONED))
    found = await officers_of(press, accounts) if accounts else {}
    return {account: key for account, key in found.items() if key and isinstance(key, str)}


def as_text(press: Press, said: str, officers: Mapping[str, str]) -> str:
    """As it was seen while it was written: the names of those officers, by account, and no signs of Slack's."""
    catalog = press.kit.service.catalog
    names = {account: name_of(f"officer:{key}", catalog) for account, key in officers.items()}
    return clean(as_written(said, names)).strip()
