"""The app's settings: made of a manifest, installed, and given its keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.app_settings import act
from sandbox.inputs import Unfit
from sandbox.manifest import NotReadable, read, validate_manifest
from sandbox.server import Sandbox
from tests.sandbox.transport.tiny_bot import CHANNEL, client_of, town

MANIFEST = (Path(__file__).parents[2] / "manifest.yml").read_text("utf-8")
ASKED = {"manifest": MANIFEST}


def changed(*path: str, value: Any) -> dict[str, Any]:
    """The project's own manifest with one thing otherwise."""
    manifest: dict[str, Any] = yaml.safe_load(MANIFEST)
    place: Any = manifest
    for name in path[:-1]:
        place = place[int(name)] if isinstance(place, list) else place[name]
    place[path[-1]] = value
    return manifest


def test_the_projects_own_manifest_is_taken() -> None:
    assert validate_manifest(read(MANIFEST)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("display_information", "name"), "x" * 36),
        (("display_information", "description"), "x" * 141),
        (("display_information", "long_description"), "x" * 174),
        (("display_information", "background_color"), "blue"),
        (("features", "bot_user", "display_name"), "x" * 81),
        (("features", "shortcuts", "0", "name"), "x" * 25),
        (("features", "slash_commands", "0", "command"), "arende"),
        (("features", "slash_commands", "0", "command"), "/case"),
        (("features", "slash_commands", "0", "usage_hint"), "x" * 1_001),
        (("settings", "interactivity", "request_url"), "arenden.kommunen.se"),
        (("settings", "event_subscriptions", "bot_events"), ["x"] * 101),
        (("settings", "socket_mode"), True),
    ],
)
def test_what_slack_would_refuse_is_named_with_its_place(path: tuple[str, ...], value: Any) -> None:
    faults = validate_manifest(changed(*path, value=value))
    assert faults
    assert faults[0].pointer.startswith("/" + "/".join(path[:-1]))


def test_without_socket_mode_whatever_slack_calls_has_an_address() -> None:
    faults = validate_manifest(changed("settings", "socket_mode_enabled", value=False))
    assert [fault.pointer for fault in faults] == [
        "/settings/interactivity",
        "/settings/event_subscriptions",
        "/features/slash_commands/0",
        "/features/slash_commands/1",
    ]


def test_what_is_no_yaml_says_where_it_stops_being_so() -> None:
    with pytest.raises(NotReadable, match="line 2"):
        read("display_information:\n\tname: Ärendebot")


async def test_a_new_app_gets_its_keys_one_by_one_and_the_old_ones_are_worth_nothing() -> None:
    async with Sandbox.running(mode="http", smtp_port=None) as sandbox:
        before = client_of(sandbox)
        made = await act(sandbox.shared, "create", ASKED)
        assert made["app"]["bot_token"] == made["app"]["app_token"] == "" and made["app"]["mode"] == "socket"
        with pytest.raises(SlackApiError, match="invalid_auth"):
            await before.auth_test()

        result = await act(sandbox.shared, "install", {})
        client = AsyncWebClient(result["app"]["bot_token"], base_url=sandbox.api_url, retry_handlers=[])
        assert (await client.auth_test())["user_id"] == sandbox.app.bot_user
        with pytest.raises(SlackApiError, match="not_in_channel"):
            await client.chat_postMessage(channel=CHANNEL, text="Hej")

        result = await act(sandbox.shared, "app_token", {"scopes": ["connections:write"]})
        assert (await client.apps_connections_open(app_token=result["app"]["app_token"]))["url"]


async def test_new_scopes_count_from_the_next_installation() -> None:
    async with Sandbox.running(mode="http", smtp_port=None) as sandbox:
        await act(sandbox.shared, "create", ASKED)
        await act(sandbox.shared, "install", {})
        wider = changed("oauth_config", "scopes", "bot", value=["chat:write", "emoji:read"])
        result = await act(sandbox.shared, "update", {"manifest": yaml.safe_dump(wider)})
        assert result["app"]["must_be_installed"] and "emoji:read" not in sandbox.app.scopes
        await act(sandbox.shared, "install", {})
        assert sandbox.app.scopes == {"chat:write", "emoji:read"}


async def test_the_request_url_is_asked_to_answer_a_challenge() -> None:
    async with town("http", lambda app: None, smtp_port=None) as sandbox:
        assert (await act(sandbox.shared, "verify", {}))["ok"]
        sandbox.request_url = "http://127.0.0.1:9/slack/events"
        with pytest.raises(Unfit, match="challenge"):
            await act(sandbox.shared, "verify", {})


async def test_an_app_that_somebody_runs_is_not_replaced() -> None:
    async with Sandbox.running(mode="http", smtp_port=None, app_is_given=True) as sandbox:
        with pytest.raises(Unfit):
            await act(sandbox.shared, "create", ASKED)
        assert (await client_of(sandbox).auth_test())["ok"]
