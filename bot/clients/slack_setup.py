"""Calls that read how the app is set up in Slack. None of them changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from bot.clients.errors import PermanentFailure
from bot.clients.slack import SlackClient


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a channel's messages are retained: `days`, or without limit where that is None."""

    days: int | None


class SlackSetup(SlackClient):
    """The read-only calls. They fail as those of SlackClient do."""

    async def fetch_scopes(self) -> frozenset[str]:
        """The scopes of the bot token, from a header of Slack's responses."""
        response = await self._request("auth.test")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return frozenset(
            scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()
        )

    async def fetch_time(self) -> datetime | None:
        """Slack's time, aware UTC, to the second; None where its response has none."""
        response = await self._request("auth.test")
        stamp = {name.lower(): value for name, value in response.headers.items()}.get("date")
        return parsedate_to_datetime(stamp) if stamp else None

    async def check_socket_mode(self, app_token: str) -> None:
        """Raise PermanentFailure when Socket Mode does not work with the app-level token. Opens no connection."""
        await self._request("apps.connections.open", app_token)

    async def fetch_retention(self, channel: str, admin_token: str) -> Retention:
        """How long the channel's messages are retained. Needs the token of an organisation's administrator."""
        response = await self._request(
            "admin.conversations.getCustomRetention", admin_token, channel_id=channel
        )
        enabled = bool(response.get("is_policy_enabled"))
        return Retention(int(response.get("duration_days") or 0) or None if enabled else None)

    async def find_channel(self, name: str) -> str:
        """The channel's id. Raises PermanentFailure `channel_not_found` where the bot can see none of that name."""
        for is_joined in (True, False):
            channels_by_name = await self.list_channels(is_joined=is_joined)
            if name in channels_by_name:
                return channels_by_name[name]
        raise PermanentFailure("channel_not_found")
