"""An app's manifest: validation, and the app that is made from it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import yaml

from sandbox.payload_schema import (
    Fault,
    Faults,
    Flag,
    Json,
    Many,
    Parsed,
    Plain,
    Shape,
    Str,
    Whole,
    Word,
    find_faults,
)

MOST_LETTERS = 100_000
MOST_OF_A_KIND = 5
"""Shortcuts of each kind; the schema's ten are both together."""


class NotReadable(Exception):
    """It is neither YAML nor JSON; the text says where it stops being so."""


def _like(pattern: str, what: str) -> Parsed:
    """A string of that form."""
    compiled = re.compile(pattern)

    def read(value: str) -> None:
        if not compiled.search(value):
            raise ValueError(value)

    return Parsed(read, what)


class _Both:
    """The faults of two validators for the same value."""

    def __init__(self, *judges: Any) -> None:
        self.validators = judges

    def validate(self, value: Any, at: str) -> Faults:
        faults = next(
            (found for validator in self.validators if (found := list(validator.validate(value, at)))), []
        )
        yield from faults


def _address(most: int) -> _Both:
    return _Both(Str(most), _like(r"^https?://", "URL that begins with http:// or https://"))


def _distinct_commands(features: Json, at: str) -> Faults:
    counts = Counter(one["command"] for one in features.get("slash_commands", []))
    for n, one in enumerate(features.get("slash_commands", [])):
        if counts[one["command"]] > 1:
            yield Fault(f"{at}/slash_commands/{n}/command", "must be unique")


def _shortcuts_of_each_kind(features: Json, at: str) -> Faults:
    counts = Counter(one["type"] for one in features.get("shortcuts", []))
    for kind, count in counts.items():
        if count > MOST_OF_A_KIND:
            yield Fault(f"{at}/shortcuts", f"no more than {MOST_OF_A_KIND} {kind} shortcuts allowed")


def _reached_somehow(manifest: Json, at: str) -> Faults:
    """Without Socket Mode everything that Slack calls must have a URL."""
    settings, features = manifest.get("settings", {}), manifest.get("features", {})
    if settings.get("socket_mode_enabled"):
        return
    interactivity, events = settings.get("interactivity", {}), settings.get("event_subscriptions", {})
    if interactivity.get("is_enabled") and "request_url" not in interactivity:
        yield Fault(
            f"{at}/settings/interactivity", "missing required field: request_url (Socket Mode is off)"
        )
    if events.get("bot_events") and "request_url" not in events:
        yield Fault(
            f"{at}/settings/event_subscriptions", "missing required field: request_url (Socket Mode is off)"
        )
    for n, command in enumerate(features.get("slash_commands", [])):
        if "url" not in command:
            place = f"{at}/features/slash_commands/{n}"
            yield Fault(place, "missing required field: url (Socket Mode is off)")


NAMES = Many(Str(50, 1), 100, 0)
SCOPES = Many(Str(50, 1), 255, 0)
DISPLAY = Shape(
    {"name": Str(35, 1)},
    {
        "description": Str(140, 1),
        "long_description": Str(4_000, 175),
        "background_color": _like(r"^#(?:[0-9a-fA-F]{3}){1,2}$", "colour, such as #1b3a57"),
    },
)
TABS = ("home_tab", "messages_tab", "messages_tab_read_only")
SHORTCUT = Shape(
    {
        "name": Str(24, 1),
        "type": Word(("message", "global")),
        "callback_id": Str(255, 1),
        "description": Str(150, 1),
    }
)
COMMAND = Shape(
    {"command": _Both(Str(32, 2), _like("^/", "command that begins with /")), "description": Str(2_000, 1)},
    {"usage_hint": Str(1_000, 1), "should_escape": Flag(), "url": _address(3_000)},
)
FEATURES = Shape(
    may={
        "app_home": Plain(Shape(may={f"{tab}_enabled": Flag() for tab in TABS})),
        "bot_user": Plain(Shape({"display_name": Str(80, 1)}, {"always_online": Flag()})),
        "shortcuts": Many(SHORTCUT, 2 * MOST_OF_A_KIND),
        "slash_commands": Many(Plain(COMMAND), 50),
        "unfurl_domains": Many(Str(255, 1), 5),
    },
    rules=(_distinct_commands, _shortcuts_of_each_kind),
)
OAUTH = Shape(
    may={
        "redirect_urls": Many(Str(2_500), 1_000, 0),
        "scopes": Plain(Shape(may={"bot": SCOPES, "user": SCOPES})),
    }
)
EVENTS = Shape(may={"request_url": _address(3_500), "bot_events": NAMES, "user_events": NAMES})
INTERACTIVITY = Shape(
    {"is_enabled": Flag()},
    {"request_url": _address(3_500), "message_menu_options_url": _address(3_500)},
)
SETTINGS = Shape(
    may={
        "allowed_ip_address_ranges": Many(Str(50, 1), 50),
        "event_subscriptions": Plain(EVENTS),
        "interactivity": Plain(INTERACTIVITY),
        "org_deploy_enabled": Flag(),
        "socket_mode_enabled": Flag(),
        "token_rotation_enabled": Flag(),
    }
)
VERSION = Shape(may={name: Whole(1, 9) for name in ("major_version", "minor_version")})
# The limits are those of Slack's manifest schema, version 2; features that the sandbox lacks are rejected.
MANIFEST = Shape(
    {"display_information": Plain(DISPLAY)},
    {
        "_metadata": Plain(VERSION),
        "features": Plain(FEATURES),
        "oauth_config": Plain(OAUTH),
        "settings": Plain(SETTINGS),
    },
    (_reached_somehow,),
)


def read(text: str) -> Any:
    """The manifest out of YAML or JSON, which is YAML too. Raises NotReadable."""
    if len(text) > MOST_LETTERS:
        raise NotReadable(f"longer than {MOST_LETTERS} characters")
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise NotReadable(str(error)) from None


def validate_manifest(manifest: Any) -> list[Fault]:
    """The faults for which Slack would reject it, each with its place."""
    return find_faults(Plain(MANIFEST), manifest, "")


def request_url(manifest: Json) -> str | None:
    """The app's request URL without Socket Mode; the sandbox supports a single one."""
    settings, features = manifest.get("settings", {}), manifest.get("features", {})
    payload = [settings.get("interactivity", {}), settings.get("event_subscriptions", {})]
    named = [one.get("request_url") for one in payload] + [
        one.get("url") for one in features.get("slash_commands", [])
    ]
    return next((url for url in named if url), None)
