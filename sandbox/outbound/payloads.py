"""What Slack tells the app about a person's act."""

from __future__ import annotations

from sandbox.shapes import Json
from sandbox.stage import Stage
from sandbox.town.entities import Channel, Message, User, View
from sandbox.town.forms import message_json, view_json
from sandbox.town.values import initial_values


def channel_name(channel: Channel) -> str:
    """Interactions and commands do not name private places."""
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name


def frame(stage: Stage, kind: str, user: User) -> Json:
    team = stage.workspace.team
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": stage.workspace.app.id,
        "token": stage.workspace.app.verification_token,
        "team": {"id": team["id"], "domain": team["domain"]},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def pressed_in_message(stage: Stage, user: User, message: Message, action: Json) -> Json:
    channel = stage.workspace.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        **frame(stage, "block_actions", user),
        "container": container,
        "trigger_id": stage.new_trigger(user.id).id,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": {**initial_values(message.blocks), **message.typed.get(user.id, {})}},
        "response_url": stage.new_hook("actions", user.id, channel.id, message),
        "actions": [action],
    }
    if not message.ephemeral_to:
        payload["message"] = message_json(message, stage.workspace)
    return payload


def pressed_in_view(stage: Stage, user: User, view: View, action: Json) -> Json:
    return {
        **frame(stage, "block_actions", user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": stage.new_trigger(user.id, view.id).id,
        "view": view_json(view, stage.workspace),
        "actions": [action],
    }


def submitted(stage: Stage, user: User, view: View) -> Json:
    return {
        **frame(stage, "view_submission", user),
        "trigger_id": stage.new_trigger(user.id, view.id).id,
        "view": view_json(view, stage.workspace),
        "response_urls": [],
    }


def closed(stage: Stage, user: User, view: View, cleared: bool) -> Json:
    return {
        **frame(stage, "view_closed", user),
        "view": view_json(view, stage.workspace),
        "is_cleared": cleared,
    }


def commanded(stage: Stage, user: User, channel: Channel, command: str, text: str) -> Json:
    team, app = stage.workspace.team, stage.workspace.app
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
        "response_url": stage.new_hook("commands", user.id, channel.id),
        "trigger_id": stage.new_trigger(user.id).id,
    }


def shortcut(stage: Stage, user: User, callback_id: str) -> Json:
    payload = frame(stage, "shortcut", user)
    return {
        **payload,
        "callback_id": callback_id,
        "trigger_id": stage.new_trigger(user.id).id,
        "action_ts": stage.workspace.next_ts(),
    }


def message_shortcut(stage: Stage, user: User, message: Message, callback_id: str) -> Json:
    channel = stage.workspace.channels[message.channel]
    return {
        **frame(stage, "message_action", user),
        "callback_id": callback_id,
        "trigger_id": stage.new_trigger(user.id).id,
        "action_ts": stage.workspace.next_ts(),
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message": message_json(message, stage.workspace),
        "response_url": stage.new_hook("app", user.id, channel.id, message),
    }


def suggestion(stage: Stage, user: User, place: Message | View, ids: tuple[str, str], query: str) -> Json:
    block_id, action_id = ids
    payload = {
        **frame(stage, "block_suggestion", user),
        "action_id": action_id,
        "block_id": block_id,
        "value": query,
    }
    if isinstance(place, View):
        return {
            **payload,
            "container": {"type": "view", "view_id": place.id},
            "view": view_json(place, stage.workspace),
        }
    channel = stage.workspace.channels[place.channel]
    return {
        **payload,
        "container": {
            "type": "message",
            "message_ts": place.ts,
            "channel_id": channel.id,
            "is_ephemeral": False,
        },
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message": message_json(place, stage.workspace),
    }
