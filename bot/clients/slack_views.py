"""Slack's modals and App Home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.clients.slack_web import SlackWeb


class SlackViews(SlackWeb):
    """The calls that draw for one person."""

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Open the view for whoever pressed within the last three seconds. Returns its id."""
        return str((await self._call("views.open", trigger_id=trigger_id, view=view))["view"]["id"])

    async def push_view(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Lay the view on top of the one that was pressed in. Returns its id."""
        return str((await self._call("views.push", trigger_id=trigger_id, view=view))["view"]["id"])

    async def update_view(self, view_id: str, view: Mapping[str, Any], hash_: str = "") -> None:
        """Replace the view; with the hash of the one that was seen, only while it is the same."""
        seen = {"hash": hash_} if hash_ else {}
        await self._call("views.update", view_id=view_id, view=view, **seen)

    async def publish_home(self, user_id: str, view: Mapping[str, Any]) -> None:
        """Draw the user's App Home."""
        await self._call("views.publish", user_id=user_id, view=view)
