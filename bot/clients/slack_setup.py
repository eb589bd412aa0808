"""What Slack says of how the program is set up there. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clients.errors import PermanentFailure
from bot.clients.slack import SlackClient


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a channel keeps its messages: `days`, or for ever where that is None."""

    days: int | None


class SlackSetup(SlackClient):
    """The calls that only look. They fail as those of SlackClient do."""

    async def fetch_scopes(self) -> frozenset[str]:
        """The scopes that the bot token was given, as each of Slack's answers says in a header of its own."""
        response = await self._request("auth.test")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return frozenset(
            scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()
        )

    async def check_socket_mode(self, app_token: str) -> None:
        """PermanentFailure when Socket Mode cannot be used with the app-level token. No connection is made."""
        await self._request("apps.connections.open", app_token)

    async def fetch_retention(self, channel: str, admin_token: str) -> Retention:
        """How long the channel keeps its messages. Only an organisation's administrator may ask."""
        response = await self._request(
            "admin.conversations.getCustomRetention", admin_token, channel_id=channel
        )
        enabled = bool(response.get("is_policy_enabled"))
        return Retention(int(response.get("duration_days") or 0) or None if enabled else None)

    async def find_channel(self, name: str) -> str:
        """The id of the channel. PermanentFailure `channel_not_found` where the bot can see none of that name."""
        for is_joined in (True, False):
            channels_by_name = await self.list_channels(is_joined=is_joined)
            if name in channels_by_name:
                return channels_by_name[name]
        raise PermanentFailure("channel_not_found")
