"""Configuration of Bolt, which only dispatches requests to listeners."""

from __future__ import annotations

import logging

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient


def create_bolt_app(token: str, base_url: str, signing_secret: str | None) -> AsyncApp:
    """Create a Bolt app without listeners; `signing_secret` is for requests over HTTP.

    Its authorization is replaced: Bolt would call auth.test at the first request, and acknowledge that request without
    handling it where Slack does not respond. `Workspace` fetches the identity, and reports failures.
    """

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    return AsyncApp(
        name="arendebot",  # otherwise Bolt inspects the call stack to find one
        # The acknowledgement follows the commit, and the SDK adds no retries to the program's own.
        process_before_response=True,
        client=AsyncWebClient(base_url=base_url, retry_handlers=[]),
        authorize=authorize,
        # Bolt needs auth.test to recognise our own messages; `ThreadReplies` recognises them without.
        ignoring_self_events_enabled=False,
        signing_secret=signing_secret,
        request_verification_enabled=signing_secret is not None,
        logger=logging.getLogger("slack_bolt"),
    )
