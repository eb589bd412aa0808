"""Cards in Slack of cases that a restored store does not know, since they came after its backup."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.blocks.block_kit.elements import section
from bot.clients.retry_after import Sleep, with_retries
from bot.clients.slack import SlackClient
from bot.store import Database
from bot.store.cases import system_queries
from bot.text import Words

_NUMBER = re.compile(r"\b20\d\d-\d{6,}\b")


@dataclass(frozen=True, slots=True)
class LostCard:
    """A card: the channel's name, its place (channel id, ts), and the case number that it names; empty for none."""

    channel: str
    place: tuple[str, str]
    number: str

    @property
    def link(self) -> str:
        """The address that opens it in Slack."""
        channel, ts = self.place
        return f"https://slack.com/archives/{channel}/p{ts.replace('.', '')}"


async def find_lost_cards(
    slack: SlackClient, database: Database, since: datetime, sleep: Sleep = asyncio.sleep
) -> list[LostCard]:
    """The bot's cards since then, in the channels that it is in, whose cases are not in the store.

    Raises PermanentFailure and TemporaryFailure.
    """
    found = []
    channels = await with_retries(partial(slack.list_channels, is_joined=True), sleep)
    for name, channel in sorted(channels.items()):
        posts = await with_retries(partial(slack.list_own_posts, channel, since), sleep)
        ids = {post.case_id for post in posts}
        known = await database.read(partial(system_queries.load_numbers, ids=ids))
        for post in posts:
            if post.case_id not in known:
                number = _NUMBER.search(post.text)
                found.append(LostCard(name, (channel, post.ts), number[0] if number else ""))
    return found


async def mark_lost_cards(
    slack: SlackClient, cards: Sequence[LostCard], words: Words, sleep: Sleep = asyncio.sleep
) -> None:
    """Let each card say that its case is lost, without its buttons. Its thread stays.

    Raises PermanentFailure and TemporaryFailure; what is marked is marked, and may be marked again.
    """
    for card in cards:
        text = words("card.lost", number=card.number) if card.number else words("card.lost.unnumbered")
        update = partial(slack.update_message, card.place, text, [section(text)])
        await with_retries(update, sleep)
