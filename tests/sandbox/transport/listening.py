"""Bots that only listen, and towns where all is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from sandbox.default_workspace import EVENTS, default_app, default_workspace
from sandbox.server import Sandbox
from tests.sandbox.transport.tiny_bot import CHANNEL, client_of

Json = dict[str, Any]
Payloads = list[dict[str, Any]]
FOREIGN, ADMIN = "U0GRANNGRE", "U0CECILIA1"
LISTENED_EVENTS = [
    "app_uninstalled",
    "channel_archive",
    "channel_id_changed",
    "channel_rename",
    "channel_unarchive",
    "group_archive",
    "group_left",
    "member_left_channel",
    "subteam_created",
    "subteam_members_changed",
    "team_join",
    "tokens_revoked",
    "user_change",
]


def register_listeners(received: Payloads, answer: dict[str, Any] | None = None, seconds: float = 0) -> Any:
    """A bot that notes every payload and acknowledges with the same answer."""

    def build(app: AsyncApp) -> None:
        @app.middleware
        async def note(body: Any, context: Any) -> Any:
            received.append(body)
            await asyncio.sleep(seconds)
            await context.ack(**(answer or {}))
            return context.ack.response

    return build


def noting(received: list[Json]) -> Any:
    def build(app: AsyncApp) -> None:
        @app.middleware
        async def note(body: Any, context: Any) -> Any:
            received.append(body.get("event", body))
            await context.ack()
            return context.ack.response

    return build


def all_ears() -> Json:
    app = default_app()
    app["events"] = [*EVENTS, *LISTENED_EVENTS]
    app["scopes"] = [*app["scopes"], "usergroups:read"]
    return {**default_workspace(), "app": app}


async def card(sandbox: Sandbox, *blocks: dict[str, Any], **more: Any) -> str:
    return str(
        (
            await client_of(sandbox).chat_postMessage(
                channel=CHANNEL, text="Kort", blocks=list(blocks), **more
            )
        )["ts"]
    )


async def error(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])
