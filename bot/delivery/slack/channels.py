"""Lookup of Slack's channels: by name those of e-services, and whether they are private enough; and an officer's."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.catalog.models import Catalog
from bot.catalog.people import Officer
from bot.catalog.services import EService, is_channel_id
from bot.clients.errors import PermanentFailure
from bot.clients.slack import Identity, SlackClient
from bot.delivery.attempt import DeliveryAttempt
from bot.store.officers import slack_accounts

NAMES_TTL = timedelta(hours=1)
UNKNOWN_NAME_TTL = timedelta(minutes=1)
"""How long a name that was not found is not looked up again: listing channels has one of Slack's lowest limits."""

PRIVATE_TTL = timedelta(minutes=5)
"""How long a channel that was found private is trusted to be so."""

MEMBER_TTL = timedelta(hours=1)


class SlackChannels:
    """A cache of channels' ids and of which are private."""

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack
        self._ids_by_name: dict[str, str] = {}
        self._listed_at: datetime | None = None
        self._private_checked_at: dict[str, datetime] = {}
        self._member_checked_at: dict[str, datetime] = {}
        self._identity: Identity | None = None

    async def find_channel_id(self, attempt: DeliveryAttempt, service: EService) -> str:
        """The id of the e-service's channel. PermanentFailure when the bot can see none of that name."""
        name = attempt.context.catalog().channel_of(service)
        if name is None:
            raise PermanentFailure("no_channel")
        if is_channel_id(name):
            return name
        now = attempt.context.clock()
        ttl = NAMES_TTL if name in self._ids_by_name else UNKNOWN_NAME_TTL
        if self._listed_at is None or now - self._listed_at >= ttl:
            await self._list_channels(attempt, name)
            self._listed_at = now
        if name not in self._ids_by_name:
            raise PermanentFailure("channel_not_found")
        return self._ids_by_name[name]

    async def _list_channels(self, attempt: DeliveryAttempt, name: str) -> None:
        """Fill the cache; with all channels only when the name is not among those that the bot is in."""
        await attempt.acquire_rate_limit("users.conversations")
        self._ids_by_name = await self._slack.list_channels(is_joined=True)
        if name not in self._ids_by_name:
            await attempt.acquire_rate_limit("conversations.list")
            self._ids_by_name = await self._slack.list_channels(is_joined=False) | self._ids_by_name

    def invalidate(self) -> None:
        """Forget all ids, after Slack has refused one."""
        self._listed_at = None
        self._private_checked_at.clear()

    async def require_private(self, attempt: DeliveryAttempt, service: EService, channel: str) -> None:
        """PermanentFailure where a strict e-service's channel is not private, or has guests or outsiders in it."""
        if not service.strict:
            return
        now = attempt.context.clock()
        checked_at = self._private_checked_at.get(channel)
        if checked_at is not None and now - checked_at < PRIVATE_TTL:
            return
        await attempt.acquire_rate_limit("conversations.info")
        info = await self._slack.fetch_channel(channel)
        if not info.is_closed or not await self._all_members_may_read(attempt, channel):
            raise PermanentFailure("channel_not_private")
        self._private_checked_at[channel] = now

    async def _all_members_may_read(self, attempt: DeliveryAttempt, channel: str) -> bool:
        await attempt.acquire_rate_limit("conversations.members")
        now = attempt.context.clock()
        for member in await self._slack.list_members(channel):
            checked_at = self._member_checked_at.get(member)
            if checked_at is not None and now - checked_at < MEMBER_TTL:
                continue
            await attempt.acquire_rate_limit("users.info")
            user = await self._slack.fetch_user(member)
            if not (await self._load_identity(attempt)).may_read(user):
                return False
            self._member_checked_at[member] = now
        return True

    async def _load_identity(self, attempt: DeliveryAttempt) -> Identity:
        if self._identity is None:
            await attempt.acquire_rate_limit("auth.test")
            self._identity = await self._slack.fetch_identity()
        return self._identity


def rate_limit_key(destination: str, catalog: Catalog) -> str:
    """The key of the rate limit for a destination's channel: e-services that share a channel share it."""
    kind, _, key = destination.partition("/")
    service = catalog.service(key) if kind == "slack" else None
    return (catalog.channel_of(service) or destination) if service is not None else destination


async def open_private_channel(attempt: DeliveryAttempt, slack: SlackClient, officer: Officer) -> str | None:
    """The id of the channel; None where the officer has no account in Slack.

    Raises PermanentFailure where the account can receive nothing.
    """
    account = await attempt.context.database.read(lambda tx: slack_accounts.find_account(tx, officer.key))
    user = account[1] if account is not None else await _find_user_by_email(attempt, slack, officer)
    if user is None:
        return None
    await attempt.acquire_rate_limit("conversations.open")
    return await slack.open_dm(user)


async def _find_user_by_email(attempt: DeliveryAttempt, slack: SlackClient, officer: Officer) -> str | None:
    await attempt.acquire_rate_limit("users.lookupByEmail")
    user = await slack.find_user_by_email(officer.email)
    return user.id if user is not None and not user.is_guest_or_gone else None
