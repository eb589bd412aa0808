"""Slack's channels and accounts: who is in a house, and who reads a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.clients.errors import Permanent, Temporary
from bot.clients.slack_web import SlackWeb
from bot.text.mail_addresses import mailbox_of


@dataclass(frozen=True, slots=True)
class Channel:
    """What decides who reads a channel. Never told by the id's first letter."""

    id: str
    is_private: bool
    is_shared: bool
    name: str = ""
    is_archived: bool = False
    is_member: bool = False
    """Whether the bot is in it."""

    @property
    def is_closed(self) -> bool:
        """Closed enough for a strict e-service's cards, if all who are in it are our own (Identity.lets_read)."""
        return self.is_private and not self.is_shared


@dataclass(frozen=True, slots=True)
class User:
    """A Slack account: whether it may be trusted with cases. `team` is the workspace it belongs to.

    `email` is empty where Slack says that the address is not confirmed.
    """

    id: str
    team: str
    enterprise: str
    email: str
    is_guest: bool
    is_stranger: bool
    is_bot: bool
    deleted: bool

    @property
    def is_guest_or_gone(self) -> bool:
        """Not a full member: a guest, a bot, or one who has left."""
        return self.is_guest or self.is_bot or self.deleted


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the token is for."""

    team: str
    enterprise: str
    user: str
    bot: str

    def lets_read(self, user: User) -> bool:
        """Whether the user may be in a closed channel: of our own workspace or organisation, and no guest."""
        if user.is_guest or user.is_stranger:
            return False
        return user.team == self.team or bool(self.enterprise and user.enterprise == self.enterprise)


class SlackPlaces(SlackWeb):
    """The calls that ask about channels, accounts and the app itself."""

    async def channel(self, channel: str) -> Channel:
        """The channel."""
        told = (await self._call("conversations.info", channel=channel))["channel"]
        shared = ("is_ext_shared", "is_pending_ext_shared", "is_shared", "is_org_shared")
        is_shared = any(told.get(name) for name in shared)
        return Channel(
            id=told["id"],
            is_private=bool(told.get("is_private")),
            is_shared=is_shared,
            name=str(told.get("name") or ""),
            is_archived=bool(told.get("is_archived")),
            is_member=bool(told.get("is_member")),
        )

    async def channels(self, *, joined: bool) -> dict[str, str]:
        """The ids, by name, of the channels the bot is in; or of all that it can see, which Slack allows less often."""
        method = "users.conversations" if joined else "conversations.list"
        kinds = "public_channel,private_channel"
        found = self._pages(method, "channels", types=kinds, exclude_archived=joined)
        return {one["name"]: one["id"] async for one in found}

    async def members(self, channel: str) -> list[str]:
        """The ids of those who are in the channel."""
        return [one async for one in self._pages("conversations.members", "members", channel=channel)]

    async def user(self, user: str) -> User:
        """The account."""
        return _user((await self._call("users.info", user=user))["user"])

    async def user_by_email(self, email: str) -> User | None:
        """The account with that confirmed address, or None. Slack may find one whose letters are only alike."""
        try:
            found = _user((await self._call("users.lookupByEmail", email=email))["user"])
        except Permanent as none:
            if none.trouble == "users_not_found":
                return None
            raise
        return found if mailbox_of(found.email) == mailbox_of(email) else None

    async def who_am_i(self) -> Identity:
        """Whom the token is for; the call that shows whether Slack answers."""
        told = await self._call("auth.test")
        return Identity(
            team=str(told["team_id"]),
            enterprise=str(told.get("enterprise_id") or ""),
            user=str(told["user_id"]),
            bot=str(told.get("bot_id") or ""),
        )

    async def reachable(self) -> bool:
        """Whether Slack answers us."""
        try:
            await self.who_am_i()
        except (Permanent, Temporary):
            return False
        return True


def _user(told: Mapping[str, Any]) -> User:
    return User(
        id=told["id"],
        team=told.get("team_id", ""),
        enterprise=(told.get("enterprise_user") or {}).get("enterprise_id") or "",
        email=""
        if told.get("is_email_confirmed") is False
        else (told.get("profile") or {}).get("email") or "",
        is_guest=bool(told.get("is_restricted") or told.get("is_ultra_restricted")),
        is_stranger=bool(told.get("is_stranger")),
        is_bot=bool(told.get("is_bot")) or told["id"] == "USLACKBOT",
        deleted=bool(told.get("deleted")),
    )
