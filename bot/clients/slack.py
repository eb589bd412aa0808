"""Slack's Web API, as much of it as is needed."""

from __future__ import annotations

from bot.clients.slack_files import SlackFiles
from bot.clients.slack_messages import Post, SlackMessages
from bot.clients.slack_places import Channel, Identity, SlackPlaces, User
from bot.clients.slack_views import SlackViews
from bot.clients.slack_web import SECONDS, SLACK

__all__ = ["Channel", "Identity", "Post", "SlackClient", "User"]


class SlackClient(SlackMessages, SlackPlaces, SlackViews):
    """All of the calls. Every one raises Permanent or Temporary, and nothing else, when it fails."""

    def __init__(self, token: str, base_url: str = SLACK, *, seconds: float = SECONDS) -> None:
        super().__init__(token, base_url, seconds=seconds)
        self.files = SlackFiles(self._call, self._open_session, token, base_url)
