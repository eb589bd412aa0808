"""What Slack tells the app about a person's act."""

from __future__ import annotations

from sandbox.payload_schema import Json
from sandbox.shared_state import SharedState
from sandbox.town.entities import Channel, Message, User, View
from sandbox.town.forms import message_json, view_json
from sandbox.town.values import initial_values


def channel_name(channel: Channel) -> str:
    """Interactions and commands do not name private places."""
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name


def frame(shared: SharedState, kind: str, user: User) -> Json:
    team = shared.workspace.team
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": shared.workspace.app.id,
        "token": shared.workspace.app.verification_token,
        "team": {"id": team["id"], "domain": team["domain"]},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def pressed_in_message(shared: SharedState, user: User, message: Message, action: Json) -> Json:
    channel = shared.workspace.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        **frame(shared, "block_actions", user),
        "container": container,
        "trigger_id": shared.new_trigger(user.id).id,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": {**initial_values(message.blocks), **message.typed.get(user.id, {})}},
        "response_url": shared.new_hook("actions", user.id, channel.id, message),
        "actions": [action],
    }
    if not message.ephemeral_to:
        payload["message"] = message_json(message, shared.workspace)
    return payload


def pressed_in_view(shared: SharedState, user: User, view: View, action: Json) -> Json:
    return {
        **frame(shared, "block_actions", user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": shared.new_trigger(user.id, view.id).id,
        "view": view_json(view, shared.workspace),
        "actions": [action],
    }


def submitted(shared: SharedState, user: User, view: View) -> Json:
    return {
        **frame(shared, "view_submission", user),
        "trigger_id": shared.new_trigger(user.id, view.id).id,
        "view": view_json(view, shared.workspace),
        "response_urls": [],
    }


def closed(shared: SharedState, user: User, view: View, cleared: bool) -> Json:
    return {
        **frame(shared, "view_closed", user),
        "view": view_json(view, shared.workspace),
        "is_cleared": cleared,
    }


def commanded(shared: SharedState, user: User, channel: Channel, command: str, text: str) -> Json:
    team, app = shared.workspace.team, shared.workspace.app
    return {
        "token": app.verification_token,
        "team_id": team["id"],
        "team_domain": team["domain"],
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        "response_url": shared.new_hook("commands", user.id, channel.id),
        "trigger_id": shared.new_trigger(user.id).id,
    }


def shortcut(shared: SharedState, user: User, callback_id: str) -> Json:
    payload = frame(shared, "shortcut", user)
    return {
        **payload,
        "callback_id": callback_id,
        "trigger_id": shared.new_trigger(user.id).id,
        "action_ts": shared.workspace.next_ts(),
    }


def message_shortcut(shared: SharedState, user: User, message: Message, callback_id: str) -> Json:
    channel = shared.workspace.channels[message.channel]
    return {
        **frame(shared, "message_action", user),
        "callback_id": callback_id,
        "trigger_id": shared.new_trigger(user.id).id,
        "action_ts": shared.workspace.next_ts(),
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message": message_json(message, shared.workspace),
        "response_url": shared.new_hook("app", user.id, channel.id, message),
    }


def suggestion(
    shared: SharedState, user: User, place: Message | View, ids: tuple[str, str], query: str
) -> Json:
    block_id, action_id = ids
    payload = {
        **frame(shared, "block_suggestion", user),
        "action_id": action_id,
        "block_id": block_id,
        "value": query,
    }
    if isinstance(place, View):
        return {
            **payload,
            "container": {"type": "view", "view_id": place.id},
            "view": view_json(place, shared.workspace),
        }
    channel = shared.workspace.channels[place.channel]
    return {
        **payload,
        "container": {
            "type": "message",
            "message_ts": place.ts,
            "channel_id": channel.id,
            "is_ephemeral": False,
        },
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message": message_json(place, shared.workspace),
    }
