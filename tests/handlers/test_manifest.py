"""The manifest is what the program listens to and calls, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

import bot
from bot import doctor, handlers
from bot.handlers.commands.slash_command import SLASH_COMMANDS
from bot.text import words
from sandbox.default_workspace import app_from_manifest

ROOT = Path(bot.__file__).parent
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT.parent / "manifest.yml").read_text(encoding="utf-8"))
SCOPES = set(MANIFEST["oauth_config"]["scopes"]["bot"])

# What each method the program calls needs, as Slack's reference has it, for the kinds of places it is called on.
NEEDS: dict[str, set[str]] = {
    "apps.connections.open": set(),
    "auth.test": set(),
    "chat.delete": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history", "im:history"},
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.list": {"channels:read", "groups:read"},
    "conversations.members": {"channels:read", "groups:read"},
    "conversations.open": {"im:write"},
    "conversations.replies": {"channels:history", "groups:history"},
    "files.delete": {"files:write"},
    "files.info": {"files:read"},
    "reactions.add": {"reactions:write"},
    "users.conversations": {"channels:read", "groups:read"},
    "users.info": {"users:read", "users:read.email"},
    "users.lookupByEmail": {"users:read.email"},
    "views.open": set(),
    "views.publish": set(),
    "views.push": set(),
    "views.update": set(),
}
METHOD = re.compile(
    r'"((?:apps|auth|bots|chat|conversations|files|pins|reactions|team|usergroups|users|views)(?:\.\w+)+)(?<!\.com)"'
)


class ListenerCollector(AsyncApp):
    """A Bolt app that notes what is listened to."""

    def __init__(self) -> None:
        super().__init__(process_before_response=True, signing_secret="x", token="xoxb-x")
        self.commands: set[str] = set()
        self.events: set[str] = set()
        self.shortcuts: set[str] = set()

    def command(self, command: Any, *args: Any, **more: Any) -> Any:
        self.commands.add(command)
        return super().command(command, *args, **more)

    def event(self, event: Any, *args: Any, **more: Any) -> Any:
        if not isinstance(event, re.Pattern):  # what only acknowledges the rest
            self.events.add(event if isinstance(event, str) else event["type"])
        return super().event(event, *args, **more)

    def shortcut(self, constraints: Any, *args: Any, **more: Any) -> Any:
        self.shortcuts.add(constraints if isinstance(constraints, str) else constraints["callback_id"])
        return super().shortcut(constraints, *args, **more)


@pytest.fixture
def collector() -> ListenerCollector:
    registered = ListenerCollector()
    handlers.register(
        registered, handlers.Dependencies(service=None, batches=None, slack=None, files=None, page_link=None)
    )  # type: ignore[arg-type]
    return registered


def called_methods() -> set[str]:
    return {
        method
        for package in ("clients", "delivery", "handlers")
        for file in (ROOT / package).rglob("*.py")
        for method in METHOD.findall(file.read_text(encoding="utf-8"))
    }


def test_its_commands_are_those_that_are_listened_to(collector: ListenerCollector) -> None:
    result = {one["command"] for one in MANIFEST["features"]["slash_commands"]}
    assert result == collector.commands == set(SLASH_COMMANDS)


def test_people_and_channels_in_commands_arrive_by_their_ids() -> None:
    assert all(one["should_escape"] for one in MANIFEST["features"]["slash_commands"])


def test_its_events_and_shortcuts_are_those_that_are_listened_to(collector: ListenerCollector) -> None:
    subscribed = MANIFEST["settings"].get("event_subscriptions", {}).get("bot_events", [])
    assert {one.partition(".")[0] for one in subscribed} == collector.events
    assert {one["callback_id"] for one in MANIFEST["features"].get("shortcuts", [])} == collector.shortcuts


def test_every_method_that_is_called_has_its_scopes_written_here() -> None:
    assert called_methods() - set(NEEDS) == set()


def test_its_scopes_are_exactly_those_that_are_needed() -> None:
    needed = set().union(*(NEEDS[method] for method in called_methods() if method in NEEDS))
    assert needed | {"commands"} == SCOPES


def test_whoever_looks_whether_all_is_set_up_looks_for_the_same_scopes() -> None:
    assert doctor.slack.REQUIRED_SCOPES == SCOPES


def test_it_fits_slacks_limits() -> None:
    result = MANIFEST["display_information"]
    assert len(result["name"]) <= 35
    assert len(result["description"]) <= 140
    assert 175 <= len(result["long_description"]) <= 4_000
    assert len(MANIFEST["features"]["bot_user"]["display_name"]) <= 80
    for command in MANIFEST["features"]["slash_commands"]:
        assert len(command["description"]) <= 2_000
        assert len(command["usage_hint"]) <= 1_000
    for shortcut in MANIFEST["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24 and len(shortcut["description"]) <= 150


def test_each_words_of_the_hints_are_understood() -> None:
    help_text = " ".join(words("sv")(f"help.{line}", command="/arende") for line in ("take", "list", "note"))
    hint = MANIFEST["features"]["slash_commands"][0]["usage_hint"]
    for word in ("ta", "lista", "notera"):
        assert word in hint
        assert word in help_text


def test_the_sandbox_takes_it_as_an_app() -> None:
    app = app_from_manifest(MANIFEST)
    assert set(app["scopes"]) == SCOPES
    assert app["home_tab"] is True


async def test_an_unsigned_request_is_turned_away(collector: ListenerCollector) -> None:
    answer: BoltResponse = await collector.async_dispatch(
        AsyncBoltRequest(body="command=/arende&text=ta+1", mode="http")
    )
    assert answer.status == 401
