"""Actions on messages: writing, editing, deleting, reacting."""

from __future__ import annotations

from sandbox.actions.action_context import ActionContext
from sandbox.actions.composer import composed
from sandbox.actions.uploads import with_message
from sandbox.api.methods import files
from sandbox.inputs import Unfit
from sandbox.payload_schema import Json
from sandbox.shared_state import rich_text
from sandbox.town.entities import Message, User
from sandbox.town.forms import message_json

MOST_MESSAGE = 40_000


async def say(context: ActionContext, payload: Json) -> Json:
    """Writes a message, or a reply with `thread_ts`; with `files`, or of files alone."""
    user = context.user(payload)
    channel = context.channel(user, payload)
    text = str(payload.get("text", "")).strip()
    if len(text) > MOST_MESSAGE:
        raise Unfit(f"the message is {len(text) - MOST_MESSAGE} characters too long")
    if channel.is_archived or not (text or payload.get("files")):
        raise Unfit("nothing can be written" if channel.is_archived else "nothing is written")
    parent = channel.messages.get(str(payload.get("thread_ts"))) if payload.get("thread_ts") else None
    if payload.get("thread_ts") and parent is None:
        raise Unfit("no such thread")
    message = context.shared.person_message(channel.id, user.id, composed(text, context.workspace))
    message.thread_ts = (parent.thread_ts or parent.ts) if parent else None
    message.broadcast = bool(parent and payload.get("broadcast"))
    context.workspace.share(with_message(context.shared, user, payload.get("files")), message)
    context.workspace.keep(message)
    context.shared.events.message_posted(message)
    context.shared.events.files_shared(message)
    return context.shown(user) | {"ts": message.ts}


def _own(context: ActionContext, user: User, payload: Json) -> Message:
    message = context.message(user, payload)
    if message.user != user.id:
        raise Unfit("only one's own messages")
    return message


async def edit(context: ActionContext, payload: Json) -> Json:
    user = context.user(payload)
    message, text = _own(context, user, payload), str(payload.get("text", "")).strip()
    before = message_json(message, context.workspace)
    message.remember(context.shared.clock.now())
    message.text = composed(text, context.workspace)
    message.blocks = [rich_text(message.text)] if message.text else []
    message.edited = {"user": user.id, "ts": context.workspace.next_ts()}
    context.shared.events.message_changed(message, before)
    return context.shown(user)


async def delete(context: ActionContext, payload: Json) -> Json:
    user = context.user(payload)
    message = _own(context, user, payload)
    context.shared.take_away(message)
    return context.shown(user)


async def delete_file(context: ActionContext, payload: Json) -> Json:
    """Delete a file of the person's own, in all messages."""
    user = context.user(payload)
    file = context.workspace.files.get(str(payload.get("file")))
    if file is None or file.user != user.id or file.deleted:
        raise Unfit("only one's own files")
    files.take_away(context.shared, file)
    return context.shown(user)


async def remove_card(context: ActionContext, payload: Json) -> Json:
    """Delete a message of the app, as an administrator."""
    user = context.administrator(payload)
    context.shared.take_away(context.message(user, payload))
    return context.shown(user)


async def react(context: ActionContext, payload: Json) -> Json:
    user = context.user(payload)
    message, name = context.message(user, payload), str(payload.get("name", "")).strip(":")
    users = message.reactions.setdefault(name, [])
    if user.id in users:
        users.remove(user.id)
    else:
        users.append(user.id)
    if not users:
        message.reactions.pop(name)
    context.shared.events.reacted("reaction_added" if users else "reaction_removed", message, name, user.id)
    return context.shown(user)


ACTIONS = {
    "say": say,
    "edit": edit,
    "delete": delete,
    "delete_file": delete_file,
    "remove_card": remove_card,
    "react": react,
}
