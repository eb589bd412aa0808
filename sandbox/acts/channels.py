"""Actions on conversations: membership, archiving, sharing and restrictions."""

from __future__ import annotations

from sandbox.acts.scene import Scene
from sandbox.inputs import Unfit
from sandbox.shapes import Json
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


async def dm(scene: Scene, payload: Json) -> Json:
    """Opens the direct conversation with the bot."""
    user = scene.user(payload)
    channel, _ = scene.workspace.open_im(user.id, scene.workspace.app.bot_user)
    scene.stage.events.home_opened(user.id, channel.id, None, "messages")
    return scene.shown(user) | {"channel": channel.id}


async def invite(scene: Scene, payload: Json) -> Json:
    """Invite `who` to a channel that the person is in."""
    user = scene.user(payload)
    channel, who = scene.channel(user, payload), str(payload.get("who"))
    if who not in scene.workspace.users or channel.is_im:
        raise Unfit("nobody to invite")
    if channel.is_archived:
        raise Unfit("the channel is archived")
    if who not in channel.members:
        channel.members.append(who)
        scene.stage.events.joined(channel.id, who, user.id)
    return scene.shown(user)


async def leave(scene: Scene, payload: Json) -> Json:
    """Remove `who` from a channel. The app gets events about itself, and about others where it is a member."""
    user = scene.user(payload)
    channel = scene.channel(user, payload)
    who, events = str(payload.get("who", user.id)), scene.stage.events
    if who not in channel.members:
        return scene.shown(user)
    if who == scene.workspace.app.bot_user:
        events.tell(f"{_kind(channel)}_left", channel=channel.id, actor_id=user.id)
    elif scene.workspace.app.bot_user in channel.members:
        letter = "G" if channel.is_private else "C"
        about = {"user": who, "channel": channel.id, "channel_type": letter}
        events.tell("member_left_channel", **about, team=scene.workspace.team["id"])
    channel.members.remove(who)
    return scene.shown(user)


async def archive(scene: Scene, payload: Json) -> Json:
    return _set_archived(scene, payload, True, "archive")


async def unarchive(scene: Scene, payload: Json) -> Json:
    return _set_archived(scene, payload, False, "unarchive")


def _set_archived(scene: Scene, payload: Json, is_archived: bool, word: str) -> Json:
    user = scene.user(payload)
    channel = scene.channel(user, payload)
    if channel.is_im or channel.is_archived == is_archived:
        raise Unfit(f"nothing to {word}")
    channel.is_archived = is_archived
    scene.stage.events.tell_of(channel, f"{_kind(channel)}_{word}", channel=channel.id, user=user.id)
    return scene.shown(user)


async def rename(scene: Scene, payload: Json) -> Json:
    user = scene.user(payload)
    channel, name = scene.channel(user, payload), str(payload.get("name") or "").strip().lower()
    if not name or channel.is_im or any(one.name == name for one in scene.workspace.channels.values()):
        raise Unfit("no such name can be given")
    channel.name = name
    about = {"id": channel.id, "name": name, "name_normalized": name, "created": channel.created}
    scene.stage.events.tell_of(channel, f"{_kind(channel)}_rename", channel=about)
    return scene.shown(user)


async def share(scene: Scene, payload: Json) -> Json:
    """Share the channel with other organisations. A private one may get a `new_id`, which replaces the old id."""
    user = scene.user(payload)
    channel, new_id = scene.channel(user, payload), str(payload.get("new_id") or "")
    channel.is_ext_shared = True
    if new_id:
        old = scene.workspace.readdress(channel, new_id)
        scene.stage.events.tell_of(channel, "channel_id_changed", old_channel_id=old, new_channel_id=new_id)
    scene.stage.events.tell_of(
        channel, "channel_shared", channel=channel.id, connected_team_id=str(payload.get("with") or "")
    )
    return scene.shown(user) | {"channel": channel_json(channel, scene.workspace)}


async def freeze(scene: Scene, payload: Json) -> Json:
    """Forbid writing in the channel, for a `reason`; without one, allow it again."""
    user = scene.user(payload)
    scene.channel(user, payload).frozen_reason = str(payload.get("reason") or "")
    return scene.shown(user)


async def restrict(scene: Scene, payload: Json) -> Json:
    """An administrator says what may be posted; `posting` is the error of what is refused, empty for all."""
    user = scene.administrator(payload)
    posting = str(payload.get("posting") or "")
    if posting not in POSTING:
        raise Unfit(f"posting is one of {', '.join(POSTING)}")
    scene.channel(user, payload).posting = posting
    return scene.shown(user)


async def lock(scene: Scene, payload: Json) -> Json:
    """An administrator locks a thread, or with `unlock` opens it."""
    user = scene.administrator(payload)
    scene.message(user, payload).is_locked = not payload.get("unlock")
    return scene.shown(user)


ACTS = {
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
