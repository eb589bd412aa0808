"""A workspace that fits a catalog: its officers as people, its e-services' channels."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path
from typing import Any

import yaml

from sandbox.default_workspace import BOT, OTHER_TEAM, TEAM, default_app
from sandbox.payload_schema import Json

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def slack_id(prefix: str, key: str) -> str:
    """A Slack id derived from the key."""
    digest = hashlib.sha256(key.encode()).digest()
    return f"{prefix}0" + "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:9])


def read(path: Path) -> Json:
    # libyaml's own loader: it takes a "?" within a word of a flow mapping, which the one in Python does not.
    payload: Json = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return payload


def workspace_of(folder: Path, app: Json | None = None) -> Json:
    """People and channels by the catalog's files, with a guest and a member of another organisation."""
    municipality = read(folder / "municipality.yaml")
    services = [read(path) for path in sorted((folder / "services").glob("*.yaml"))]
    officers = {officer["key"]: slack_id("U", officer["key"]) for officer in municipality["officers"]}
    groups = {group["key"]: group["members"] for group in municipality.get("groups", [])}
    everyone = [*officers.values(), BOT]
    channels = [_channel(service, officers, groups) for service in services if service.get("channel")]
    general = {
        "id": slack_id("C", "allmant"),
        "name": "allmant",
        "members": [*everyone, slack_id("U", "gast")],
    }
    _let_visitors_in(channels)
    return {
        "team": {"id": TEAM, "name": _words(municipality["name"]), "domain": "sandlada"},
        "app": app or default_app(),
        "users": [_person(officer, officers[officer["key"]]) for officer in municipality["officers"]]
        + _visitors(),
        "channels": [*channels, general],
    }


def _person(officer: Json, user_id: str) -> Json:
    name = (
        unicodedata.normalize("NFKD", officer["email"].partition("@")[0]).encode("ascii", "ignore").decode()
    )
    title = _words(officer.get("title", ""))
    return {
        "id": user_id,
        "name": name,
        "real_name": officer["name"],
        "email": officer["email"],
        "title": title,
    }


def _visitors() -> list[Json]:
    return [
        {
            "id": slack_id("U", "gast"),
            "name": "gustav.gast",
            "real_name": "Gustav Gäst",
            "is_restricted": True,
        },
        {
            "id": slack_id("U", "granne"),
            "name": "greta.granne",
            "real_name": "Greta Granne",
            "team_id": OTHER_TEAM,
        },
    ]


def _let_visitors_in(channels: list[Json]) -> None:
    """Add the guest and the external member to one channel with cards, to see what happens when they press."""
    for shared in [one for one in channels if not one["is_private"]][-1:]:
        shared["members"] += [slack_id("U", "gast"), slack_id("U", "granne")]
        shared["is_ext_shared"] = True


def _channel(service: Json, officers: dict[str, str], groups: dict[str, list[str]]) -> Json:
    """The e-service's channel with its officers; private for a strict one."""
    name = service["channel"].lstrip("#")
    keys = [key for entry in service.get("officers", []) for key in _keys(entry, groups)]
    members = list(dict.fromkeys(officers[key] for key in keys if key in officers))
    return {
        "id": slack_id("C", name),
        "name": name,
        "members": [*members, BOT],
        "is_private": service.get("privacy") == "strict",
        "topic": _words(service["name"]),
    }


def _keys(entry: Any, groups: dict[str, list[str]]) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    return groups.get(entry["group"], []) if "group" in entry else [entry.get("officer", "")]


def _words(words: Any) -> str:
    return str(words["sv"] if isinstance(words, dict) else words)
