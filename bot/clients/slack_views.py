"""Slack's modals and App Home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.clients.slack_web import SlackWeb


class SlackViews(SlackWeb):
    """The calls for views, each shown to one person."""

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Open the modal and return its id. The trigger id is valid for three seconds after the press."""
        return str((await self._call("views.open", trigger_id=trigger_id, view=view))["view"]["id"])

    async def push_view(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Push the modal on top of the one that the press was in, and return its id."""
        return str((await self._call("views.push", trigger_id=trigger_id, view=view))["view"]["id"])

    async def update_view(self, view_id: str, view: Mapping[str, Any], hash_: str = "") -> None:
        """Replace the view; where the hash of the displayed one is given, only while it is unchanged."""
        seen = {"hash": hash_} if hash_ else {}
        await self._call("views.update", view_id=view_id, view=view, **seen)

    async def publish_home(self, user_id: str, view: Mapping[str, Any]) -> None:
        """Publish the user's App Home."""
        await self._call("views.publish", user_id=user_id, view=view)
