"""Slack's Web API, as much of it as is needed."""

from __future__ import annotations

from bot.clients.slack_directory import Channel, Identity, SlackDirectory, User
from bot.clients.slack_files import SlackFiles
from bot.clients.slack_messages import OwnPost, Post, SlackMessages
from bot.clients.slack_views import SlackViews
from bot.clients.slack_web import SLACK_API_URL, TIMEOUT_SECONDS

__all__ = ["Channel", "Identity", "OwnPost", "Post", "SlackClient", "User"]


class SlackClient(SlackMessages, SlackDirectory, SlackViews):
    """All calls. Each raises PermanentFailure or TemporaryFailure, and nothing else, when it fails."""

    def __init__(
        self, token: str, base_url: str = SLACK_API_URL, *, seconds: float = TIMEOUT_SECONDS
    ) -> None:
        super().__init__(token, base_url, seconds=seconds)
        self.files = SlackFiles(self._call, self._open_session, token, base_url)
