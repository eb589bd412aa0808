"""Slack's channels as deliveries find them: by name, and whether they are closed enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.catalog.models import Catalog
from bot.catalog.services import EService, is_channel_id
from bot.clients.errors import Permanent
from bot.clients.slack import Identity, SlackClient
from bot.delivery.turn import Turn

NAMES_KEEP = timedelta(hours=1)
UNKNOWN_KEEP = timedelta(minutes=1)
"""How long a name that was not found is not asked for again: listing channels is what Slack allows least."""

CLOSED_KEEP = timedelta(minutes=5)
"""How long a channel that was found closed is trusted to be so."""

PEOPLE_KEEP = timedelta(hours=1)


class Places:
    """Remembers what Slack said of channels and people, for a while."""

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack
        self._ids: dict[str, str] = {}
        self._ids_at: datetime | None = None
        self._closed: dict[str, datetime] = {}
        self._own: dict[str, datetime] = {}
        self._us: Identity | None = None

    async def channel_of(self, turn: Turn, service: EService) -> str:
        """The id of the e-service's channel. Permanent when Slack has none of that name that the bot can see."""
        name = turn.around.catalog().channel_of(service)
        if name is None:
            raise Permanent("no_channel")
        if is_channel_id(name):
            return name
        now = turn.around.clock()
        keep = NAMES_KEEP if name in self._ids else UNKNOWN_KEEP
        if self._ids_at is None or now - self._ids_at >= keep:
            await self._list(turn, name)
            self._ids_at = now
        if name not in self._ids:
            raise Permanent("channel_not_found")
        return self._ids[name]

    async def _list(self, turn: Turn, name: str) -> None:
        """All channels are listed only when the name is not among those the bot is in."""
        await turn.room("users.conversations")
        self._ids = await self._slack.channels(joined=True)
        if name not in self._ids:
            await turn.room("conversations.list")
            self._ids = await self._slack.channels(joined=False) | self._ids

    def forget(self) -> None:
        """Slack has another opinion than we: channels are listed again when next asked for."""
        self._ids_at = None
        self._closed.clear()

    async def refuse_open(self, turn: Turn, service: EService, channel: str) -> None:
        """A strict e-service's channel must be private, without guests and other organisations: Permanent if not."""
        if not service.strict:
            return
        now = turn.around.clock()
        seen = self._closed.get(channel)
        if seen is not None and now - seen < CLOSED_KEEP:
            return
        await turn.room("conversations.info")
        told = await self._slack.channel(channel)
        if not told.is_closed or not await self._all_own(turn, channel):
            raise Permanent("channel_not_private")
        self._closed[channel] = now

    async def _all_own(self, turn: Turn, channel: str) -> bool:
        await turn.room("conversations.members")
        now = turn.around.clock()
        for member in await self._slack.members(channel):
            seen = self._own.get(member)
            if seen is not None and now - seen < PEOPLE_KEEP:
                continue
            await turn.room("users.info")
            user = await self._slack.user(member)
            if not (await self._we(turn)).lets_read(user):
                return False
            self._own[member] = now
        return True

    async def _we(self, turn: Turn) -> Identity:
        if self._us is None:
            await turn.room("auth.test")
            self._us = await self._slack.who_am_i()
        return self._us


def pace_key(destination: str, catalog: Catalog) -> str:
    """Which channel's pace a destination keeps: e-services that share a channel share it."""
    kind, _, key = destination.partition("/")
    service = catalog.service(key) if kind == "slack" else None
    return (catalog.channel_of(service) or destination) if service is not None else destination
