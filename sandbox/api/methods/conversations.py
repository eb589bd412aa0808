"""conversations.* and users.conversations: where people talk."""

from __future__ import annotations

from sandbox.api.methods.table import Call, Method, joined_channel, page, seen_channel
from sandbox.payload_schema import Json
from sandbox.shared_state import ApiError
from sandbox.town.entities import Channel, Message
from sandbox.town.forms import channel_json, message_json

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
WRITE = ("channels:manage", "groups:write", "im:write", "mpim:write")
INVITE = ("channels:manage", "groups:write", "channels:write.invites", "groups:write.invites")
MOST_DIRECT, MOST_INVITED = 8, 1_000


def needed_scope(channel: Channel, scopes: tuple[str, ...]) -> str:
    """Which of the four applies, by the kind of conversation."""
    kinds = [
        not channel.is_private,
        channel.is_private and not (channel.is_im or channel.is_mpim),
        channel.is_im,
        True,
    ]
    return scopes[kinds.index(True)]


def require(call: Call, channel: Channel, scopes: tuple[str, ...]) -> None:
    needed = needed_scope(channel, scopes)
    if needed not in call.workspace.app.scopes:
        raise ApiError("missing_scope", needed=needed, provided=",".join(sorted(call.workspace.app.scopes)))


def info(call: Call) -> Json:
    channel = seen_channel(call)
    require(call, channel, READ)
    payload = channel_json(channel, call.workspace)
    if not call.args.get("include_num_members"):
        payload.pop("num_members", None)
    return {"channel": payload}


def open_conversation(call: Call) -> Json:
    workspace, bot = call.workspace, call.workspace.app.bot_user
    if "channel" in call.args:
        channel, is_new = seen_channel(call), False
        if not (channel.is_im or channel.is_mpim):
            raise ApiError("method_not_supported_for_channel_type")
    else:
        names = [name for name in call.args.get("users", "").split(",") if name]
        if not names:
            raise ApiError("users_list_not_supplied")
        if len(names) > MOST_DIRECT:
            raise ApiError("too_many_users")
        for name in names:
            _check_reachable(call, name)
        channel, is_new = (
            workspace.open_im(bot, names[0])
            if len(names) == 1
            else workspace.open_group(sorted({bot, *names}))
        )
    payload = channel_json(channel, workspace) if call.args.get("return_im") else {"id": channel.id}
    return {"channel": payload} | ({} if is_new else {"no_op": True, "already_open": True})


def _check_reachable(call: Call, name: str) -> None:
    user = call.workspace.users.get(name)
    if user is None:
        raise ApiError("user_not_found")
    if user.deleted:
        raise ApiError("user_disabled")
    if user.is_bot:
        raise ApiError("cannot_dm_bot")


KINDS = frozenset({"public_channel", "private_channel", "mpim", "im"})


def _is_requested(call: Call, channel: Channel) -> bool:
    types = call.args.get("types", "public_channel").split(",")
    if set(types) - KINDS:
        raise ApiError("invalid_types")
    kind = "im" if channel.is_im else "mpim" if channel.is_mpim else "private_channel"
    kind = kind if channel.is_private else "public_channel"
    return kind in types and not (call.args.get("exclude_archived") and channel.is_archived)


def _listed(call: Call, channels: list[Channel]) -> Json:
    payload = [channel_json(channel, call.workspace) for channel in channels if _is_requested(call, channel)]
    part, cursor = page(call, payload)
    return {"channels": part, "response_metadata": cursor}


def list_conversations(call: Call) -> Json:
    bot = call.workspace.app.bot_user
    return _listed(
        call, [c for c in call.workspace.channels.values() if not c.is_private or bot in c.members]
    )


def of_user(call: Call) -> Json:
    user = call.args.get("user", call.workspace.app.bot_user)
    if user not in call.workspace.users:
        raise ApiError("user_not_found")
    bot = call.workspace.app.bot_user
    return _listed(call, [c for c in call.workspace.visible_to(user) if not c.is_private or bot in c.members])


def members(call: Call) -> Json:
    channel = seen_channel(call)
    require(call, channel, READ)
    part, cursor = page(call, [{"id": member} for member in channel.members])
    return {"members": [member["id"] for member in part], "response_metadata": cursor}


def _moment(call: Call, name: str, usual: float) -> float:
    try:
        return float(call.args.get(name, usual))
    except ValueError:
        raise ApiError(f"invalid_ts_{name}") from None


def _between(call: Call, message: Message) -> bool:
    oldest, latest = _moment(call, "oldest", 0), _moment(call, "latest", 1e12)
    ts = float(message.ts)
    return oldest <= ts <= latest if call.args.get("inclusive") else oldest < ts < latest


def history(call: Call) -> Json:
    channel = joined_channel(call)
    require(call, channel, HISTORY)
    found = sorted((m for m in channel.top() if _between(call, m)), key=lambda m: float(m.ts), reverse=True)
    every = call.args.get("include_all_metadata", False)
    part, cursor = page(call, [message_json(message, call.workspace, every) for message in found], 999)
    more = bool(cursor["next_cursor"])
    return {"messages": part, "has_more": more, "pin_count": 0} | (
        {"response_metadata": cursor} if more else {}
    )


def replies(call: Call) -> Json:
    channel = joined_channel(call)
    require(call, channel, HISTORY)
    parent = channel.messages.get(call.args["ts"])
    if parent is None:
        raise ApiError("thread_not_found")
    parent = channel.messages.get(parent.thread_ts or parent.ts, parent)
    found = [parent, *(reply for reply in channel.replies(parent.ts) if _between(call, reply))]
    every = call.args.get("include_all_metadata", False)
    payload = [message_json(message, call.workspace, every) for message in found]
    part, cursor = page(call, payload, usual=1000)
    more = bool(cursor["next_cursor"])
    return {"messages": part, "has_more": more} | ({"response_metadata": cursor} if more else {})


def join(call: Call) -> Json:
    channel = seen_channel(call)
    if channel.is_private:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    payload: Json = {}
    if call.workspace.app.bot_user in channel.members:
        payload = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    else:
        channel.members.append(call.workspace.app.bot_user)
    return {"channel": channel_json(channel, call.workspace)} | payload


def invite(call: Call) -> Json:
    channel = joined_channel(call)
    names = [name for name in call.args["users"].split(",") if name]
    if len(names) > MOST_INVITED:
        raise ApiError("too_many_users")
    if channel.is_archived:
        raise ApiError("is_archived")
    for name in names:
        if name not in call.workspace.users:
            raise ApiError("user_not_found")
        if name in channel.members:
            raise ApiError("already_in_channel")
    channel.members.extend(names)
    return {"channel": channel_json(channel, call.workspace)}


SPAN = "oldest latest inclusive:flag include_all_metadata:flag limit:whole cursor"
METHODS = {
    "conversations.info": Method(info, "3", READ, "channel! include_locale:flag include_num_members:flag"),
    "conversations.open": Method(
        open_conversation, "3", WRITE, "channel users return_im:flag prevent_creation:flag"
    ),
    "conversations.list": Method(
        list_conversations, "2", READ, "types exclude_archived:flag limit:whole cursor"
    ),
    "users.conversations": Method(of_user, "3", READ, "user types exclude_archived:flag limit:whole cursor"),
    "conversations.members": Method(members, "4", READ, "channel! limit:whole cursor"),
    "conversations.history": Method(history, "3", HISTORY, f"channel! {SPAN}"),
    "conversations.replies": Method(replies, "3", HISTORY, f"channel! ts! {SPAN}"),
    "conversations.join": Method(join, "3", ("channels:join", "channels:manage"), "channel!"),
    "conversations.invite": Method(invite, "3", INVITE, "channel! users! force:flag"),
}
