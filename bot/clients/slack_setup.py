"""What Slack says of how the program is set up there. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clients.errors import Permanent
from bot.clients.slack import SlackClient


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a channel keeps its messages: `days`, or for ever where that is None."""

    days: int | None


class SlackSetup(SlackClient):
    """The calls that only look. They fail as those of SlackClient do."""

    async def scopes(self) -> frozenset[str]:
        """The scopes that the bot token was given, as each of Slack's answers says in a header of its own."""
        answer = await self._answer("auth.test")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return frozenset(
            scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()
        )

    async def opens_socket(self, app_token: str) -> None:
        """Permanent when Socket Mode cannot be used with the app-level token. No connection is made."""
        await self._answer("apps.connections.open", app_token)

    async def retention(self, channel: str, admin_token: str) -> Retention:
        """How long the channel keeps its messages. Only an organisation's administrator may ask."""
        told = await self._answer("admin.conversations.getCustomRetention", admin_token, channel_id=channel)
        enabled = bool(told.get("is_policy_enabled"))
        return Retention(int(told.get("duration_days") or 0) or None if enabled else None)

    async def channel_named(self, name: str) -> str:
        """The id of the channel. Permanent `channel_not_found` where the bot can see none of that name."""
        for joined in (True, False):
            found = await self.channels(joined=joined)
            if name in found:
                return found[name]
        raise Permanent("channel_not_found")
