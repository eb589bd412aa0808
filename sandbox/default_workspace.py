"""The default workspace: a small municipality."""

from __future__ import annotations

from typing import Any

from sandbox.payload_schema import Json

TEAM = "T0SANDKOP1"
OTHER_TEAM = "T0GRANNEN1"
BOT = "U0ARENDBOT"
BOT_TOKEN = "xoxb-sandbox-bot-token"
APP_TOKEN = "xapp-1-A0SANDBOX1-sandbox"
SIGNING_SECRET = "sandbox-signing-secret"

SCOPES = [
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "metadata.message:read",
    "reactions:read",
    "reactions:write",
    "team:read",
    "users:read",
    "users:read.email",
]
EVENTS = [
    "app_home_opened",
    "app_mention",
    "file_deleted",
    "file_shared",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "reaction_added",
]


def person(id: str, name: str, real_name: str, **more: Any) -> Json:
    return {"id": id, "name": name, "real_name": real_name, "email": f"{name}@sandkoping.example", **more}


def default_app() -> Json:
    return {
        "id": "A0SANDBOX1",
        "name": "Ärendebot",
        "bot_id": "B0ARENDBOT",
        "bot_user": BOT,
        "bot_token": BOT_TOKEN,
        "app_token": APP_TOKEN,
        "signing_secret": SIGNING_SECRET,
        "verification_token": "sandbox-verification",
        "scopes": SCOPES,
        "events": EVENTS,
        "commands": [
            {"command": "/arende", "description": "Ärenden", "usage_hint": "[nummer, sök, lista, hjälp]"},
            {"command": "/case", "description": "Cases", "usage_hint": "[number, search, list, help]"},
        ],
        "shortcuts": [
            {"type": "global", "name": "Mina ärenden", "callback_id": "my_cases"},
            {"type": "global", "name": "Sök ärende", "callback_id": "search_case"},
            {"type": "message", "name": "Visa ärendet", "callback_id": "show_case"},
            {"type": "message", "name": "Notera i ärendet", "callback_id": "note_in_case"},
        ],
    }


def default_workspace() -> Json:
    """People and channels of each kind that the bot must distinguish."""
    anna, bjorn, cecilia, david = "U0ANNABERG", "U0BJORNEK1", "U0CECILIA1", "U0DAVIDLUN"
    guest, single, other = "U0GUSTAVGA", "U0ULLAENKA", "U0GRANNGRE"
    officers = [anna, bjorn, cecilia, BOT]
    return {
        "team": {"id": TEAM, "name": "Sandköpings kommun", "domain": "sandkoping"},
        "app": default_app(),
        "users": [
            person(anna, "anna.berg", "Anna Berg"),
            person(bjorn, "bjorn.ek", "Björn Ek"),
            person(cecilia, "cecilia.sand", "Cecilia Sand", is_admin=True),
            person(david, "david.lund", "David Lund"),
            person(guest, "gustav.gast", "Gustav Gäst", is_restricted=True),
            person(single, "ulla.enkanal", "Ulla Enkanal", is_restricted=True, is_ultra_restricted=True),
            person(
                other, "greta.granne", "Greta Granne", team_id=OTHER_TEAM, email="greta@grannkommun.example"
            ),
            person("U0SLUTAT01", "sven.slutat", "Sven Slutat", deleted=True),
        ],
        "channels": [
            {"id": "C0BYGGLOV1", "name": "bygglov", "members": officers, "topic": "Bygglov och anmälan"},
            {
                "id": "C0FORSKOLA",
                "name": "forskola",
                "members": [*officers, guest],
                "topic": "Plats i förskola",
            },
            {"id": "C0SOCIALT1", "name": "social-oro", "members": [anna, cecilia, BOT], "is_private": True},
            {"id": "C0SAMVERKA", "name": "samverkan", "members": [*officers, other], "is_ext_shared": True},
            {"id": "C0ALLMANT1", "name": "allmant", "members": [anna, bjorn, cecilia, david, guest, single]},
            {"id": "C0GAMMALT1", "name": "gammalt", "members": officers, "is_archived": True},
        ],
    }


def app_from_manifest(manifest: Json, payload: Json | None = None) -> Json:
    """The app as its own manifest describes it; ids and secrets are the sandbox's."""
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    home = features.get("app_home", {})
    return {
        **default_app(),
        "name": manifest["display_information"]["name"],
        "scopes": manifest.get("oauth_config", {}).get("scopes", {}).get("bot", []),
        "events": settings.get("event_subscriptions", {}).get("bot_events", []),
        "commands": features.get("slash_commands", []),
        "shortcuts": features.get("shortcuts", []),
        "home_tab": home.get("home_tab_enabled", False),
        "messages_tab": home.get("messages_tab_enabled", True),
        "manifest": manifest,
        **(payload or {}),
    }
