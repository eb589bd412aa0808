"""Workspaces that are described from outside."""

from __future__ import annotations

from pathlib import Path

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.default_workspace import app_from_manifest, default_workspace
from sandbox.from_catalog import workspace_of
from sandbox.server import Sandbox

SAMPLE = Path(__file__).parents[2] / "bot" / "catalog" / "sample"


async def test_a_catalog_gives_its_officers_and_channels() -> None:
    async with Sandbox.running(workspace=workspace_of(SAMPLE), smtp_port=None) as sandbox:
        client = AsyncWebClient(sandbox.app.bot_token, base_url=sandbox.api_url)
        found = await client.users_lookupByEmail(email="anna.berg@lindsjo.example")
        assert found["user"]["real_name"] == "Anna Berg"
        listed = (await client.conversations_list(types="public_channel,private_channel"))["channels"]
        private = {channel["name"]: channel["is_private"] for channel in listed}
        assert private["bygglov"] is False
        assert private["oro-barn"] is True


async def test_another_site_cannot_press_buttons_here() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox, aiohttp.ClientSession() as http:

        async def status(**headers: str) -> int:
            return (
                await http.post(f"{sandbox.url}/_do/home", json={"user": "U0ANNABERG"}, headers=headers)
            ).status

        assert await status() == 200
        assert await status(Origin=sandbox.url) == 200
        assert await status(Origin="https://evil.example") == 403
        assert await status(Host="evil.example") == 400


async def test_a_manifest_says_what_the_app_may_do() -> None:
    manifest = {
        "display_information": {"name": "Ärendebot"},
        "features": {"slash_commands": [{"command": "/arende"}], "app_home": {"home_tab_enabled": False}},
        "oauth_config": {"scopes": {"bot": ["chat:write"]}},
        "settings": {"event_subscriptions": {"bot_events": ["message.channels"]}},
    }
    workspace = {**default_workspace(), "app": app_from_manifest(manifest)}
    async with Sandbox.running(workspace=workspace, smtp_port=None) as sandbox:
        assert sandbox.app.scopes == {"chat:write"}
        assert [item["command"] for item in sandbox.app.commands] == ["/arende"]
        assert sandbox.app.home_tab is False
