"""The state as JSON: all of it for tests, and the part that one person sees for the page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sandbox.payload_schema import Json
from sandbox.shared_state import SharedState
from sandbox.town.entities import Channel, Message, View
from sandbox.town.file_forms import file_json
from sandbox.town.forms import group_json, message_json, view_json

MOST_SEEN = 300
"""Messages of a channel that a person's client shows."""


def full_message(shared: SharedState, message: Message) -> Json:
    payload = message_json(message, shared.workspace)
    return {
        **payload,
        "channel": message.channel,
        "ephemeral_to": message.ephemeral_to,
        "earlier": message.earlier,
        "tombstone": message.tombstone,
    }


def full_view(shared: SharedState, view: View) -> Json:
    return {
        **view_json(view, shared.workspace),
        "user": view.user,
        "errors": view.errors,
        "closed": view.closed,
    }


def channel_state(shared: SharedState, channel: Channel) -> Json:
    payload: Json = {
        name: getattr(channel, name)
        for name in (
            "id",
            "name",
            "members",
            "is_private",
            "is_archived",
            "is_ext_shared",
            "is_im",
            "is_mpim",
            "topic",
        )
    }
    payload["messages"] = [full_message(shared, message) for message in channel.messages.values()]
    return payload


def everything(shared: SharedState) -> Json:
    """GET /_state."""
    workspace, record = shared.workspace, shared.record
    ephemerals: dict[str, list[Json]] = {}
    for channel in workspace.channels.values():
        for message in channel.ephemerals:
            ephemerals.setdefault(message.ephemeral_to or "", []).append(full_message(shared, message))
    return {
        "now": shared.clock.now(),
        "version": shared.feed.version,
        "mode": shared.config.mode,
        "team": workspace.team,
        "app": {"id": workspace.app.id, "name": workspace.app.name, "bot_user": workspace.app.bot_user},
        "users": [asdict(user) for user in workspace.users.values()],
        "channels": {channel.id: channel_state(shared, channel) for channel in workspace.channels.values()},
        "ephemerals": ephemerals,
        "views": {
            user: [full_view(shared, view) for view in stack] for user, stack in workspace.stacks.items()
        },
        "homes": {user: full_view(shared, view) for user, view in workspace.homes.items()},
        "files": [{**file_json(file, workspace), "shares": file.shares} for file in workspace.files.values()],
        "mails": [mail.to_json() for mail in shared.mailbox.mails],
        "calls": list(record.calls),
        "counts": dict(record.counts),
        "acks": list(record.acks),
        "warnings": list(record.warnings),
        "rate_limited": dict(shared.pace.refused),
        "faults": shared.faults.to_json(),
        "connections": len(shared.sockets.connections),
    }


def seen_by(shared: SharedState, user: str) -> Json:
    """GET /_see: what this person's client would show."""
    workspace = shared.workspace
    home = workspace.homes.get(user)
    return {
        "version": shared.feed.version,
        "user": user,
        "team": workspace.team,
        "app": _app(shared),
        "users": {person.id: _person(person) for person in workspace.users.values()},
        "usergroups": [group_json(group, workspace) for group in workspace.groups.values()],
        "groups": {group.id: group.handle for group in workspace.groups.values()},
        "channels": [_seen_channel(shared, channel, user) for channel in workspace.visible_to(user)],
        "stack": [full_view(shared, view) for view in workspace.stacks.get(user, [])],
        "home": full_view(shared, home) if home else None,
        "mails": len(shared.mailbox.mails),
        "faults": len(shared.faults.injections),
        "connected": shared.config.mode == "http" or bool(shared.sockets.connections),
        "acks": list(shared.record.acks)[-1:],
    }


def _app(shared: SharedState) -> Json:
    app = shared.workspace.app
    return {
        "name": app.name,
        "bot_user": app.bot_user,
        "installed": app.installed,
        "read_only": app.manifest.get("features", {})
        .get("app_home", {})
        .get("messages_tab_read_only_enabled", False),
        "commands": app.commands if app.installed else [],
        "shortcuts": app.shortcuts if app.installed else [],
        "home_tab": app.home_tab,
    }


def _person(person: Any) -> Json:
    return {key: value for key, value in asdict(person).items() if key not in ("email", "tz", "locale")}


def _seen_channel(shared: SharedState, channel: Channel, user: str) -> Json:
    own = [message for message in channel.ephemerals if message.ephemeral_to == user]
    payload = channel_state(shared, channel)
    seen = payload["messages"][-MOST_SEEN:] + [full_message(shared, message) for message in own]
    # What a message said before is for tests: a client shows it as it is.
    shown = [{name: value for name, value in message.items() if name != "earlier"} for message in seen]
    payload["messages"] = sorted(shown, key=lambda message: float(message["ts"]))
    return payload
