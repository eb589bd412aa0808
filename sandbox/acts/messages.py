"""Actions on messages: writing, editing, deleting, reacting."""

from __future__ import annotations

from sandbox.acts.composer import composed
from sandbox.acts.scene import Scene
from sandbox.acts.uploads import with_message
from sandbox.api.methods import files
from sandbox.inputs import Unfit
from sandbox.shapes import Json
from sandbox.stage import rich_text
from sandbox.town.entities import Message, User
from sandbox.town.forms import message_json

MOST_MESSAGE = 40_000


async def say(scene: Scene, payload: Json) -> Json:
    """Writes a message, or a reply with `thread_ts`; with `files`, or of files alone."""
    user = scene.user(payload)
    channel = scene.channel(user, payload)
    text = str(payload.get("text", "")).strip()
    if len(text) > MOST_MESSAGE:
        raise Unfit(f"the message is {len(text) - MOST_MESSAGE} characters too long")
    if channel.is_archived or not (text or payload.get("files")):
        raise Unfit("nothing can be written" if channel.is_archived else "nothing is written")
    parent = channel.messages.get(str(payload.get("thread_ts"))) if payload.get("thread_ts") else None
    if payload.get("thread_ts") and parent is None:
        raise Unfit("no such thread")
    message = scene.stage.person_message(channel.id, user.id, composed(text, scene.workspace))
    message.thread_ts = (parent.thread_ts or parent.ts) if parent else None
    message.broadcast = bool(parent and payload.get("broadcast"))
    scene.workspace.share(with_message(scene.stage, user, payload.get("files")), message)
    scene.workspace.keep(message)
    scene.stage.events.message_posted(message)
    scene.stage.events.files_shared(message)
    return scene.shown(user) | {"ts": message.ts}


def _own(scene: Scene, user: User, payload: Json) -> Message:
    message = scene.message(user, payload)
    if message.user != user.id:
        raise Unfit("only one's own messages")
    return message


async def edit(scene: Scene, payload: Json) -> Json:
    user = scene.user(payload)
    message, text = _own(scene, user, payload), str(payload.get("text", "")).strip()
    before = message_json(message, scene.workspace)
    message.remember(scene.stage.clock.now())
    message.text = composed(text, scene.workspace)
    message.blocks = [rich_text(message.text)] if message.text else []
    message.edited = {"user": user.id, "ts": scene.workspace.next_ts()}
    scene.stage.events.message_changed(message, before)
    return scene.shown(user)


async def delete(scene: Scene, payload: Json) -> Json:
    user = scene.user(payload)
    message = _own(scene, user, payload)
    scene.stage.take_away(message)
    return scene.shown(user)


async def delete_file(scene: Scene, payload: Json) -> Json:
    """Delete a file of the person's own, in all messages."""
    user = scene.user(payload)
    file = scene.workspace.files.get(str(payload.get("file")))
    if file is None or file.user != user.id or file.deleted:
        raise Unfit("only one's own files")
    files.take_away(scene.stage, file)
    return scene.shown(user)


async def remove_card(scene: Scene, payload: Json) -> Json:
    """Delete a message of the app, as an administrator."""
    user = scene.administrator(payload)
    scene.stage.take_away(scene.message(user, payload))
    return scene.shown(user)


async def react(scene: Scene, payload: Json) -> Json:
    user = scene.user(payload)
    message, name = scene.message(user, payload), str(payload.get("name", "")).strip(":")
    users = message.reactions.setdefault(name, [])
    if user.id in users:
        users.remove(user.id)
    else:
        users.append(user.id)
    if not users:
        message.reactions.pop(name)
    scene.stage.events.reacted("reaction_added" if users else "reaction_removed", message, name, user.id)
    return scene.shown(user)


ACTS = {
    "say": say,
    "edit": edit,
    "delete": delete,
    "delete_file": delete_file,
    "remove_card": remove_card,
    "react": react,
}
