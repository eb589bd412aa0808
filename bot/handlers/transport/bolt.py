"""Bolt as it is used here: it brings each request to its listener, and decides nothing of its own."""

from __future__ import annotations

import logging

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient


def create_bolt_app(token: str, base_url: str, signing_secret: str | None) -> AsyncApp:
    """Bolt without listeners; `signing_secret` where requests come over HTTP.

    Given a token, Bolt would ask Slack whose it is at the first request, and acknowledge that one undone where Slack
    does not answer. Whose program this is `Workspace` asks for, where a failure is told.
    """

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    return AsyncApp(
        name="arendebot",  # else Bolt reads the source of every caller to find one
        # The acknowledgement follows the commit, and Slack's own retries are never added to ours.
        process_before_response=True,
        client=AsyncWebClient(base_url=base_url, retry_handlers=[]),
        authorize=authorize,
        # It knows our own messages by what Slack says of the token; `ThreadReplies` knows them without.
        ignoring_self_events_enabled=False,
        signing_secret=signing_secret,
        request_verification_enabled=signing_secret is not None,
        logger=logging.getLogger("slack_bolt"),
    )
