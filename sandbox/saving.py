"""Saving of the sandbox's state to disk, and restoring it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from sandbox.mail import Mail
from sandbox.payload_schema import Json
from sandbox.shared_state import SharedState
from sandbox.town.entities import Channel, Message, User, UserGroup, View
from sandbox.town.files import File

VERSION = 1
LEAST_PAUSE = 0.3
PAUSES = 20
"""How many times as long as a writing took nothing is written: a large workspace is written less often."""


class Unreadable(Exception):
    """The file is of another version, or no saved state."""


def saved(shared: SharedState) -> Json:
    """The state to save, without triggers, hooks and the record of calls."""
    workspace = shared.workspace
    views = {
        view.id: view for view in (*workspace.views.values(), *workspace.homes.values()) if not view.closed
    }
    return {
        "version": VERSION,
        "now": shared.clock.now(),
        "users": [vars(user) for user in workspace.users.values()],
        "groups": [vars(group) for group in workspace.groups.values()],
        "channels": [_channel(channel) for channel in workspace.channels.values()],
        "views": [vars(view) for view in views.values()],
        "stacks": {user: [view.id for view in stack] for user, stack in workspace.stacks.items()},
        "homes": {user: view.id for user, view in workspace.homes.items()},
        "files": [{**vars(file), "data": ""} for file in workspace.files.values()],
        "mails": [vars(mail) for mail in shared.mailbox.mails],
    }


def _channel(channel: Channel) -> Json:
    return {
        **vars(channel),
        "messages": [vars(message) for message in channel.messages.values()],
        "ephemerals": [vars(message) for message in channel.ephemerals],
    }


def write(shared: SharedState, path: Path) -> None:
    """Write the state atomically. The bytes of files are stored separately, once each."""
    folder = _bytes_of(path)
    for file in shared.workspace.files.values():
        if file.data and not (folder / file.id).exists():
            folder.mkdir(exist_ok=True)
            (folder / file.id).write_bytes(file.data)
    sibling = path.with_suffix(".new")
    sibling.write_text(json.dumps(saved(shared), ensure_ascii=False), "utf-8")
    sibling.replace(path)


def _bytes_of(path: Path) -> Path:
    """The folder with the bytes of the files."""
    return path.with_suffix(".files")


async def keep(shared: SharedState, path: Path) -> None:
    """Writes whenever something has changed, and then not for a while; goes on until it is cancelled."""
    version = -1
    while True:
        seen = await shared.feed.after(version, 60.0)
        started = time.perf_counter()
        if seen != version:
            version = seen
            write(shared, path)
        await asyncio.sleep(max(LEAST_PAUSE, (time.perf_counter() - started) * PAUSES))


def load(path: Path) -> Json:
    """Read the saved state, for `bring_back`. Raises Unreadable and FileNotFoundError."""
    try:
        payload = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise Unreadable(f"{path} is no saved sandbox") from None
    if not isinstance(payload, dict) or payload.get("version") != VERSION:
        raise Unreadable(f"{path} was saved by another version")
    for file in payload.get("files", []):
        stored = _bytes_of(path) / file["id"]
        file["data"] = stored.read_bytes() if stored.exists() else b""
        file["deleted"] = file["deleted"] or not file["data"]
    return payload


def bring_back(shared: SharedState, payload: Json) -> None:
    """Puts it into a fresh sandbox. What the sandbox's own description says of people and channels goes first."""
    workspace = shared.workspace
    shared.clock.advance(max(0.0, payload["now"] - shared.clock.now()))
    known = {user["id"] for user in payload["users"]}
    newcomers = set(workspace.users) - known
    for user in payload["users"]:
        workspace.users.setdefault(user["id"], _made(User, user))
    workspace.groups.update({group["id"]: _made(UserGroup, group) for group in payload.get("groups", [])})
    for channel in payload["channels"]:
        _bring_back_channel(shared, channel, newcomers)
    workspace.files.update({file["id"]: _made(File, file) for file in payload.get("files", [])})
    views: dict[str, View] = {view["id"]: _made(View, view) for view in payload["views"]}
    workspace.views.update(views)
    workspace.homes.update({user: views[view] for user, view in payload["homes"].items()})
    workspace.stacks.update(
        {user: [views[view] for view in stack] for user, stack in payload["stacks"].items()}
    )
    shared.mailbox.mails.extend(_mail(mail) for mail in payload["mails"])


def _bring_back_channel(shared: SharedState, payload: Json, newcomers: Iterable[str]) -> None:
    described = shared.workspace.channels.get(payload["id"])
    channel = described or _made(Channel, {**payload, "messages": {}, "ephemerals": []})
    if described:
        channel.members = [*payload["members"], *(user for user in described.members if user in newcomers)]
    channel.created = payload["created"]
    channel.messages = {message["ts"]: _made(Message, message) for message in payload["messages"]}
    channel.ephemerals = Channel(channel.id, channel.name).ephemerals
    channel.ephemerals.extend(_made(Message, message) for message in payload["ephemerals"])
    shared.workspace.channels[channel.id] = channel


def _mail(payload: Json) -> Mail:
    mail: Mail = _made(Mail, {**payload, "headers": [(name, value) for name, value in payload["headers"]]})
    return mail


def _made(kind: Any, payload: Json) -> Any:
    """By the names this version has; a field that came later has its usual value."""
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in payload.items() if name in known})
