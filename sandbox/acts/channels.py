"""Who is where."""

from __future__ import annotations

from sandbox.acts.scene import Scene
from sandbox.inputs import Unfit
from sandbox.shapes import Json


async def dm(scene: Scene, told: Json) -> Json:
    """Opens the direct conversation with the bot."""
    user = scene.user(told)
    channel, _ = scene.workspace.open_im(user.id, scene.workspace.app.bot_user)
    return scene.shown(user) | {"channel": channel.id}


async def invite(scene: Scene, told: Json) -> Json:
    """Brings `who` into a channel one is in."""
    user = scene.user(told)
    channel, who = scene.channel(user, told), str(told.get("who"))
    if who not in scene.workspace.users or channel.is_im:
        raise Unfit("nobody to invite")
    if who not in channel.members:
        channel.members.append(who)
        scene.stage.events.joined(channel.id, who, user.id)
    return scene.shown(user)


async def leave(scene: Scene, told: Json) -> Json:
    """Takes `who` out of a channel one is in."""
    user = scene.user(told)
    channel = scene.channel(user, told)
    who = str(told.get("who", user.id))
    if who in channel.members:
        channel.members.remove(who)
    return scene.shown(user)


ACTS = {"dm": dm, "invite": invite, "leave": leave}
