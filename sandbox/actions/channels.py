"""Actions on conversations: membership, archiving, sharing and restrictions."""

from __future__ import annotations

from sandbox.actions.action_context import ActionContext
from sandbox.inputs import Unfit
from sandbox.payload_schema import Json
from sandbox.town.entities import Channel
from sandbox.town.forms import channel_json

POSTING = (
    "",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "restricted_action_non_threadable_channel",
)


def _kind(channel: Channel) -> str:
    """The first word of the events about it."""
    return "group" if channel.is_private else "channel"


async def dm(context: ActionContext, payload: Json) -> Json:
    """Opens the direct conversation with the bot."""
    user = context.user(payload)
    channel, _ = context.workspace.open_im(user.id, context.workspace.app.bot_user)
    context.shared.events.home_opened(user.id, channel.id, None, "messages")
    return context.shown(user) | {"channel": channel.id}


async def invite(context: ActionContext, payload: Json) -> Json:
    """Invite `who` to a channel that the person is in."""
    user = context.user(payload)
    channel, who = context.channel(user, payload), str(payload.get("who"))
    if who not in context.workspace.users or channel.is_im:
        raise Unfit("nobody to invite")
    if channel.is_archived:
        raise Unfit("the channel is archived")
    if who not in channel.members:
        channel.members.append(who)
        context.shared.events.joined(channel.id, who, user.id)
    return context.shown(user)


async def leave(context: ActionContext, payload: Json) -> Json:
    """Remove `who` from a channel. The app gets events about itself, and about others where it is a member."""
    user = context.user(payload)
    channel = context.channel(user, payload)
    who, events = str(payload.get("who", user.id)), context.shared.events
    if who not in channel.members:
        return context.shown(user)
    if who == context.workspace.app.bot_user:
        events.tell(f"{_kind(channel)}_left", channel=channel.id, actor_id=user.id)
    elif context.workspace.app.bot_user in channel.members:
        letter = "G" if channel.is_private else "C"
        about = {"user": who, "channel": channel.id, "channel_type": letter}
        events.tell("member_left_channel", **about, team=context.workspace.team["id"])
    channel.members.remove(who)
    return context.shown(user)


async def archive(context: ActionContext, payload: Json) -> Json:
    return _set_archived(context, payload, True, "archive")


async def unarchive(context: ActionContext, payload: Json) -> Json:
    return _set_archived(context, payload, False, "unarchive")


def _set_archived(context: ActionContext, payload: Json, is_archived: bool, word: str) -> Json:
    user = context.user(payload)
    channel = context.channel(user, payload)
    if channel.is_im or channel.is_archived == is_archived:
        raise Unfit(f"nothing to {word}")
    channel.is_archived = is_archived
    context.shared.events.tell_of(channel, f"{_kind(channel)}_{word}", channel=channel.id, user=user.id)
    return context.shown(user)


async def rename(context: ActionContext, payload: Json) -> Json:
    user = context.user(payload)
    channel, name = context.channel(user, payload), str(payload.get("name") or "").strip().lower()
    if not name or channel.is_im or any(one.name == name for one in context.workspace.channels.values()):
        raise Unfit("no such name can be given")
    channel.name = name
    about = {"id": channel.id, "name": name, "name_normalized": name, "created": channel.created}
    context.shared.events.tell_of(channel, f"{_kind(channel)}_rename", channel=about)
    return context.shown(user)


async def share(context: ActionContext, payload: Json) -> Json:
    """Share the channel with other organisations. A private one may get a `new_id`, which replaces the old id."""
    user = context.user(payload)
    channel, new_id = context.channel(user, payload), str(payload.get("new_id") or "")
    channel.is_ext_shared = True
    if new_id:
        old = context.workspace.readdress(channel, new_id)
        context.shared.events.tell_of(
            channel, "channel_id_changed", old_channel_id=old, new_channel_id=new_id
        )
    context.shared.events.tell_of(
        channel, "channel_shared", channel=channel.id, connected_team_id=str(payload.get("with") or "")
    )
    return context.shown(user) | {"channel": channel_json(channel, context.workspace)}


async def freeze(context: ActionContext, payload: Json) -> Json:
    """Forbid writing in the channel, for a `reason`; without one, allow it again."""
    user = context.user(payload)
    context.channel(user, payload).frozen_reason = str(payload.get("reason") or "")
    return context.shown(user)


async def restrict(context: ActionContext, payload: Json) -> Json:
    """An administrator says what may be posted; `posting` is the error of what is refused, empty for all."""
    user = context.administrator(payload)
    posting = str(payload.get("posting") or "")
    if posting not in POSTING:
        raise Unfit(f"posting is one of {', '.join(POSTING)}")
    context.channel(user, payload).posting = posting
    return context.shown(user)


async def lock(context: ActionContext, payload: Json) -> Json:
    """An administrator locks a thread, or with `unlock` opens it."""
    user = context.administrator(payload)
    context.message(user, payload).is_locked = not payload.get("unlock")
    return context.shown(user)


ACTIONS = {
    "dm": dm,
    "invite": invite,
    "leave": leave,
    "archive": archive,
    "unarchive": unarchive,
    "rename": rename,
    "share": share,
    "freeze": freeze,
    "restrict": restrict,
    "lock": lock,
}
