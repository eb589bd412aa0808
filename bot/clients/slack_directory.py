"""Slack's channels and accounts: who is a member of the workspace, and who can read a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.slack_web import SlackWeb
from bot.text.mail_addresses import mailbox_of


@dataclass(frozen=True, slots=True)
class Channel:
    """What decides who can read a channel. The first letter of an id says nothing about it."""

    id: str
    is_private: bool
    is_shared: bool
    name: str = ""
    is_archived: bool = False
    is_member: bool = False
    """Whether the bot is in it."""

    @property
    def is_closed(self) -> bool:
        """Whether a strict e-service's cards may be posted there, if also all members are our own (`may_read`)."""
        return self.is_private and not self.is_shared


@dataclass(frozen=True, slots=True)
class User:
    """A Slack account, with what decides whether it may see cases. `team_id` is the workspace it belongs to.

    `email` is empty where Slack says that the address is not confirmed.
    """

    id: str
    team_id: str
    enterprise_id: str
    email: str
    is_guest: bool
    is_stranger: bool
    is_bot: bool
    is_deleted: bool
    name: str = ""

    @property
    def is_guest_or_gone(self) -> bool:
        """Whether the account is no full member's: a guest's, a bot's, or a deactivated one."""
        return self.is_guest or self.is_bot or self.is_deleted


@dataclass(frozen=True, slots=True)
class Identity:
    """The app and the workspace that the token belongs to."""

    team_id: str
    enterprise_id: str
    user_id: str
    bot_id: str
    team_name: str = ""

    def may_read(self, user: User) -> bool:
        """Whether the user may be in a closed channel: a full member of our own workspace or organisation."""
        if user.is_guest or user.is_stranger:
            return False
        return user.team_id == self.team_id or bool(
            self.enterprise_id and user.enterprise_id == self.enterprise_id
        )


class SlackDirectory(SlackWeb):
    """The calls that ask about channels, accounts and the app itself."""

    async def fetch_channel(self, channel_id: str) -> Channel:
        """The channel with that id."""
        channel_object = (await self._read("conversations.info", channel=channel_id))["channel"]
        shared = ("is_ext_shared", "is_pending_ext_shared", "is_shared", "is_org_shared")
        is_shared = any(channel_object.get(name) for name in shared)
        return Channel(
            id=channel_object["id"],
            is_private=bool(channel_object.get("is_private")),
            is_shared=is_shared,
            name=str(channel_object.get("name") or ""),
            is_archived=bool(channel_object.get("is_archived")),
            is_member=bool(channel_object.get("is_member")),
        )

    async def _read(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a read-only method, once more where the first response was lost."""
        try:
            return await self._call(method, **arguments)
        except TemporaryFailure as failure:
            if failure.trouble != "slack_down":
                raise
            return await self._call(method, **arguments)

    async def list_channels(self, *, is_joined: bool) -> dict[str, str]:
        """The ids, by name, of the channels the bot is in; or of all that it can see, which Slack allows less often."""
        method = "users.conversations" if is_joined else "conversations.list"
        types = "public_channel,private_channel"
        pages = self._iterate_pages(method, "channels", types=types, exclude_archived=is_joined)
        return {one["name"]: one["id"] async for one in pages}

    async def list_members(self, channel_id: str) -> list[str]:
        """The user ids of the channel's members."""
        return [
            one async for one in self._iterate_pages("conversations.members", "members", channel=channel_id)
        ]

    async def fetch_user(self, user_id: str) -> User:
        """The account with that id."""
        return _user((await self._read("users.info", user=user_id))["user"])

    async def find_user_by_email(self, email: str) -> User | None:
        """The account with that confirmed address, or None. Slack may return one whose address only looks alike."""
        try:
            found = _user((await self._read("users.lookupByEmail", email=email))["user"])
        except PermanentFailure as error:
            if error.trouble == "users_not_found":
                return None
            raise
        return found if mailbox_of(found.email) == mailbox_of(email) else None

    async def fetch_identity(self) -> Identity:
        """The app and workspace of the token; also shows whether Slack responds."""
        response = await self._call("auth.test")
        return Identity(
            team_id=str(response["team_id"]),
            enterprise_id=str(response.get("enterprise_id") or ""),
            user_id=str(response["user_id"]),
            bot_id=str(response.get("bot_id") or ""),
            team_name=str(response.get("team") or ""),
        )

    async def is_reachable(self) -> bool:
        """Whether Slack responds and accepts the token."""
        try:
            await self.fetch_identity()
        except (PermanentFailure, TemporaryFailure):
            return False
        return True


def _user(user_object: Mapping[str, Any]) -> User:
    return User(
        id=user_object["id"],
        team_id=user_object.get("team_id", ""),
        enterprise_id=(user_object.get("enterprise_user") or {}).get("enterprise_id") or "",
        email=""
        if user_object.get("is_email_confirmed") is False
        else (user_object.get("profile") or {}).get("email") or "",
        is_guest=bool(user_object.get("is_restricted") or user_object.get("is_ultra_restricted")),
        is_stranger=bool(user_object.get("is_stranger")),
        is_bot=bool(user_object.get("is_bot")) or user_object["id"] == "USLACKBOT",
        is_deleted=bool(user_object.get("deleted")),
        name=str((user_object.get("profile") or {}).get("real_name") or user_object.get("real_name") or ""),
    )
