"""Slack's JSON representation of entities."""

from __future__ import annotations

from sandbox.payload_schema import Json
from sandbox.town.entities import Channel, Message, User, UserGroup, View
from sandbox.town.file_forms import named_in_message
from sandbox.town.workspace import Workspace


def user_json(user: User, workspace: Workspace, with_email: bool) -> Json:
    home = user.team_id == workspace.team["id"]
    seen = any(user.id in channel.members for channel in workspace.channels.values())
    payload: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": user.tz,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_invited_user": user.is_invited_user,
        "is_email_confirmed": user.is_email_confirmed,
        "updated": 1,
        "profile": {
            "real_name": user.real_name,
            "display_name": user.name,
            "title": user.title,
            "team": user.team_id,
        },
    }
    if home and workspace.team.get("enterprise_id"):
        enterprise = workspace.team["enterprise_id"]
        payload["enterprise_user"] = {"id": user.id, "enterprise_id": enterprise, "teams": [user.team_id]}
    if not home:
        payload["is_stranger"] = user.is_stranger or not seen
    if with_email and user.email and home and not user.is_bot:
        payload["profile"]["email"] = user.email
    return payload


def channel_json(channel: Channel, workspace: Workspace) -> Json:
    bot = workspace.app.bot_user
    if channel.is_im:
        other = next((member for member in channel.members if member != bot), bot)
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_archived": False,
            "is_user_deleted": workspace.users[other].deleted,
            "user": other,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private and not channel.is_mpim,
        "is_im": False,
        "is_mpim": channel.is_mpim,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": False,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        **({"frozen_reason": channel.frozen_reason, "is_frozen": True} if channel.frozen_reason else {}),
        "is_member": bot in channel.members,
        "num_members": len(channel.members),
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "context_team_id": workspace.team["id"],
    }


def group_json(group: UserGroup, workspace: Workspace) -> Json:
    return {
        "id": group.id,
        "team_id": workspace.team["id"],
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": group.description,
        "handle": group.handle,
        "is_external": False,
        "date_create": group.date_create,
        "date_update": group.date_update or group.date_create,
        "date_delete": group.date_delete,
        "auto_type": None,
        "created_by": "",
        "updated_by": group.updated_by,
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
    }


def channel_type(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    if channel.is_mpim:
        return "mpim"
    return "group" if channel.is_private else "channel"


def message_json(message: Message, workspace: Workspace, all_metadata: bool = True) -> Json:
    payload: Json = {"type": "message", "ts": message.ts, "user": message.user, "text": message.text}
    payload |= _whose(message, workspace)
    if message.tombstone:
        payload.update(subtype="tombstone", user="USLACKBOT", text="This message was deleted.", hidden=True)
    given = {
        "blocks": message.blocks,
        "attachments": message.attachments,
        "thread_ts": message.thread_ts,
        "edited": message.edited,
    }
    payload |= {name: value for name, value in given.items() if value}
    if message.files:
        named = [workspace.files[one] for one in message.files if one in workspace.files]
        payload["files"] = [named_in_message(file, workspace) for file in named]
        payload["upload"] = True
    if message.metadata:
        names = ("event_type", "event_payload") if all_metadata else ("event_type",)
        payload["metadata"] = {name: message.metadata[name] for name in names}
    if message.reactions:
        payload["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()
        ]
    return payload | _thread_json(message, workspace)


def _whose(message: Message, workspace: Workspace) -> Json:
    """The team, and the app where one wrote it."""
    home, app = workspace.team["id"], workspace.app
    writer = workspace.users.get(message.user)
    payload: Json = {"team": writer.team_id if writer else home}
    if payload["team"] != home:
        payload |= {"user_team": payload["team"], "source_team": payload["team"]}
    if message.bot_id:
        payload |= {"bot_id": message.bot_id, "app_id": message.app_id}
        payload["bot_profile"] = {"id": app.bot_id, "app_id": app.id, "name": app.name, "team_id": home}
    return payload


def _thread_json(message: Message, workspace: Workspace) -> Json:
    channel = workspace.channels[message.channel]
    if message.is_reply:
        parent = channel.messages.get(message.thread_ts or "")
        return {"parent_user_id": parent.user} if parent else {}
    replies = channel.replies(message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "reply_users": users,
        "latest_reply": replies[-1].ts,
    }


def view_json(view: View, workspace: Workspace) -> Json:
    body, app = view.body, workspace.app
    payload: Json = {
        "id": view.id,
        "team_id": workspace.team["id"],
        "type": body["type"],
        "blocks": body["blocks"],
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "state": {"values": view.typed},
        "hash": view.hash,
        "title": body.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": body.get("clear_on_close", False),
        "notify_on_close": body.get("notify_on_close", False),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": app.id,
        "external_id": body.get("external_id", ""),
        "app_installed_team_id": workspace.team["id"],
        "bot_id": app.bot_id,
    }
    return payload
