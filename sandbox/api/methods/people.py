"""users.*, team.*, bots.*, auth.* and reactions.*."""

from __future__ import annotations

import re
from dataclasses import replace

from sandbox.api.methods.table import Call, Method, joined_channel, page
from sandbox.payload_schema import Json
from sandbox.shared_state import ApiError
from sandbox.town.entities import Message, User
from sandbox.town.forms import user_json

MOST_BY_ONE, MOST_EMOJI = 23, 50
"""Different reactions of one person, and of all, to a message. Slack names the errors; the numbers are unofficial."""

EMOJI = re.compile(r"[a-z0-9_+'\-]+(::skin-tone-[2-6])?")
TIMESTAMP = re.compile(r"\d+\.\d+")
SLACKBOT = User("USLACKBOT", "slackbot", "Slackbot", "")


def auth_test(call: Call) -> Json:
    workspace, app = call.workspace, call.workspace.app
    return {
        "url": f"https://{workspace.team['domain']}.slack.com/",
        "team": workspace.team["name"],
        "user": workspace.bot().name,
        "team_id": workspace.team["id"],
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
        **({"enterprise_id": workspace.team["enterprise_id"]} if "enterprise_id" in workspace.team else {}),
    }


def _reads_email(call: Call) -> bool:
    return "users:read.email" in call.workspace.app.scopes


def user_info(call: Call) -> Json:
    user = call.workspace.users.get(call.args["user"])
    if call.args["user"] == SLACKBOT.id:
        user = replace(SLACKBOT, team_id=call.workspace.team["id"])
    if user is None:
        raise ApiError("user_not_found")
    payload = user_json(user, call.workspace, _reads_email(call))
    return {"user": payload | ({"locale": user.locale} if call.args.get("include_locale") else {})}


def user_list(call: Call) -> Json:
    users = [user_json(user, call.workspace, _reads_email(call)) for user in call.workspace.local()]
    part, cursor = page(call, users)
    return {"members": part, "cache_ts": int(call.shared.clock.now()), "response_metadata": cursor}


def by_email(call: Call) -> Json:
    email = call.args["email"].casefold()
    for user in call.workspace.local():
        if user.email and user.email.casefold() == email and not user.deleted:
            return {"user": user_json(user, call.workspace, True)}
    raise ApiError("users_not_found")


def team_info(call: Call) -> Json:
    if call.args.get("team", call.workspace.team["id"]) != call.workspace.team["id"]:
        raise ApiError("team_not_found")
    return {"team": {**call.workspace.team, "email_domain": "", "icon": {}}}


def bot_info(call: Call) -> Json:
    app = call.workspace.app
    if call.args.get("bot", app.bot_id) != app.bot_id:
        raise ApiError("bot_not_found")
    payload = {"id": app.bot_id, "deleted": False, "name": app.name, "updated": 1, "app_id": app.id}
    return {"bot": {**payload, "user_id": app.bot_user}}


def _reacted(call: Call) -> tuple[Message, str, str]:
    channel = joined_channel(call)
    if channel.is_quiet:
        raise ApiError("is_archived")
    if not TIMESTAMP.fullmatch(call.args["timestamp"]):
        raise ApiError("bad_timestamp")
    message = channel.messages.get(call.args["timestamp"])
    if message is None or message.tombstone:
        raise ApiError("message_not_found")
    parent = channel.messages.get(message.thread_ts or message.ts, message)
    if parent.is_locked:
        raise ApiError("thread_locked")
    name = call.args["name"].strip(":")
    if not EMOJI.fullmatch(name):
        raise ApiError("invalid_name")
    return message, name, call.workspace.app.bot_user


def add_reaction(call: Call) -> Json:
    message, name, bot = _reacted(call)
    if bot in message.reactions.get(name, []):
        raise ApiError("already_reacted")
    if name not in message.reactions and len(message.reactions) >= MOST_EMOJI:
        raise ApiError("too_many_emoji")
    if sum(bot in users for users in message.reactions.values()) >= MOST_BY_ONE:
        raise ApiError("too_many_reactions")
    message.reactions.setdefault(name, []).append(bot)
    call.shared.events.reacted("reaction_added", message, name, bot)
    return {}


def remove_reaction(call: Call) -> Json:
    message, name, bot = _reacted(call)
    if bot not in message.reactions.get(name, []):
        raise ApiError("no_reaction")
    message.reactions[name].remove(bot)
    if not message.reactions[name]:
        message.reactions.pop(name)
    call.shared.events.reacted("reaction_removed", message, name, bot)
    return {}


METHODS = {
    "auth.test": Method(auth_test, "special"),
    "users.info": Method(user_info, "4", ("users:read",), "user! include_locale:flag"),
    "users.list": Method(user_list, "2", ("users:read",), "limit:whole cursor include_locale:flag"),
    "users.lookupByEmail": Method(by_email, "3", ("users:read.email",), "email!"),
    "team.info": Method(team_info, "3", ("team:read",), "team domain"),
    "bots.info": Method(bot_info, "3", ("users:read",), "bot"),
    "reactions.add": Method(add_reaction, "3", ("reactions:write",), "channel! timestamp! name!"),
    "reactions.remove": Method(remove_reaction, "2", ("reactions:write",), "channel! timestamp! name!"),
}
