"""chat.*: messages of the bot."""

from __future__ import annotations

from typing import Any

from sandbox.api.methods.table import Call, Method, refuse_faults, seen_channel
from sandbox.limits import validate_blocks
from sandbox.payload_schema import Json
from sandbox.shared_state import ApiError
from sandbox.town.entities import Channel, Message
from sandbox.town.forms import message_json
from sandbox.town.values import name_parts

MOST_TEXT, MOST_UPDATED, MOST_EPHEMERAL_BYTES, MOST_MARKDOWN = 40_000, 4_000, 4_000, 12_000
MOST_ATTACHMENTS, MOST_METADATA_BYTES = 100, 16_000
SCALAR = (str, int, float, bool)


def place_to_post(call: Call) -> Channel:
    """Where the bot may write; a user's id means the direct conversation with them."""
    workspace = call.workspace
    if call.args["channel"] in workspace.users:
        channel, _ = workspace.open_im(workspace.app.bot_user, call.args["channel"])
    else:
        channel = seen_channel(call)
    if channel.is_quiet:
        raise ApiError("is_archived")
    if channel.is_im and not workspace.app.messages_tab:
        raise ApiError("messages_tab_disabled")
    if workspace.app.bot_user not in channel.members and "chat:write.public" not in workspace.app.scopes:
        raise ApiError("not_in_channel")
    check_allowed(call, channel)
    return channel


IN_THREADS_ONLY, NO_THREADS = (
    "restricted_action_thread_only_channel",
    "restricted_action_non_threadable_channel",
)


def check_allowed(call: Call, channel: Channel) -> None:
    """Raise Slack's error where administrators or the plan forbid it."""
    if call.workspace.message_limit_reached:
        raise ApiError("message_limit_exceeded")
    passes = {IN_THREADS_ONLY: "thread_ts" in call.args, NO_THREADS: "thread_ts" not in call.args}
    if channel.posting and not passes.get(channel.posting, False):
        raise ApiError(channel.posting)


def content(call: Call) -> tuple[str, list[Json]]:
    """The validated text and blocks of the call."""
    args = call.args
    if "markdown_text" in args and ("text" in args or "blocks" in args):
        raise ApiError("markdown_text_conflict")
    if len(args.get("markdown_text", "")) > MOST_MARKDOWN:
        raise ApiError("msg_too_long")
    if {"username", "icon_emoji", "icon_url"} & set(
        args
    ) and "chat:write.customize" not in call.workspace.app.scopes:
        raise ApiError("missing_scope", needed="chat:write.customize")
    if len(args.get("attachments") or []) > MOST_ATTACHMENTS:
        raise ApiError("too_many_attachments")
    blocks = args.get("blocks", [])
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    refuse_faults(validate_blocks(blocks), "invalid_blocks")
    text = str(args.get("text") or args.get("markdown_text") or "")
    if not text and not blocks and not args.get("attachments"):
        raise ApiError("no_text")
    return text[:MOST_TEXT], name_parts(blocks)


def check_metadata(metadata: Any) -> Json:
    """An event_type and a payload of scalars, objects of scalars, or lists of those."""
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise ApiError("invalid_metadata_format")
    payload = metadata["event_payload"]
    if (
        not isinstance(metadata["event_type"], str)
        or not metadata["event_type"]
        or not isinstance(payload, dict)
    ):
        raise ApiError("invalid_metadata_format")
    if not all(_is_metadata_value(value) for value in payload.values()):
        raise ApiError("invalid_metadata_format")
    if len(str(payload).encode()) > MOST_METADATA_BYTES:
        raise ApiError("metadata_too_large")
    return metadata


def _is_metadata_value(value: Any) -> bool:
    if isinstance(value, SCALAR):
        return True
    objects = value if isinstance(value, list) else [value]
    return all(
        isinstance(item, dict) and all(isinstance(leaf, SCALAR) for leaf in item.values()) for item in objects
    )


def check_thread(channel: Channel, thread_ts: str | None) -> None:
    if thread_ts is None:
        return
    parent = channel.messages.get(thread_ts)
    if parent is None:
        raise ApiError("thread_not_found")
    if parent.is_reply:
        raise ApiError("cannot_reply_to_message")
    if parent.is_locked:
        raise ApiError("restricted_action_thread_locked")


def post_message(call: Call) -> Json:
    channel = place_to_post(call)
    text, blocks = content(call)
    check_thread(channel, call.args.get("thread_ts"))
    message = call.shared.bot_message(channel.id, text, blocks)
    message.thread_ts = call.args.get("thread_ts")
    message.broadcast = call.args.get("reply_broadcast", False)
    message.attachments = call.args.get("attachments") or []
    if call.args.get("metadata"):
        message.metadata = check_metadata(call.args["metadata"])
    call.workspace.keep(message)
    call.shared.events.message_posted(message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(message, call.workspace)}


def own_message(call: Call, refusal: str, quiet: str) -> Message:
    """The app's own message; `quiet` is the error where the channel is archived or frozen."""
    channel = seen_channel(call)
    message = channel.messages.get(call.args["ts"])
    if message is None or message.tombstone:
        raise ApiError("message_not_found")
    if message.bot_id != call.workspace.app.bot_id:
        raise ApiError(refusal)
    if channel.is_quiet:
        raise ApiError(quiet)
    return message


def check_editing(call: Call, message: Message) -> None:
    """Whether the workspace lets it be changed; `edit_seconds` of the team is its editing window."""
    if call.workspace.message_limit_reached:
        raise ApiError("message_limit_exceeded")
    window = call.workspace.team.get("edit_seconds")
    if window is not None and call.shared.clock.now() - float(message.ts) > window:
        raise ApiError("edit_window_closed")
    if not {"text", "blocks", "attachments", "markdown_text"} & set(call.args):
        raise ApiError("no_text")


def update_message(call: Call) -> Json:
    """Text without blocks replaces the blocks; blocks alone leave the text; metadata remains unless given."""
    message = own_message(call, "cant_update_message", "is_inactive")
    check_editing(call, message)
    text, blocks = content(call)
    if len(text) > MOST_UPDATED:
        raise ApiError("msg_too_long")
    before = message_json(message, call.workspace)
    metadata = message.metadata
    if "metadata" in call.args:
        metadata = check_metadata(call.args["metadata"]) if call.args["metadata"] else None
    has_text = "text" in call.args or "markdown_text" in call.args
    message.remember(call.shared.clock.now())
    message.metadata = metadata
    message.text = text if has_text else message.text
    message.blocks = blocks if has_text or "blocks" in call.args else message.blocks
    message.attachments = call.args.get("attachments", message.attachments)
    message.edited = {"user": call.workspace.app.bot_user, "ts": call.workspace.next_ts()}
    call.shared.events.message_changed(message, before)
    payload = {"text": message.text, "blocks": message.blocks, "user": message.user}
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": payload}


def delete_message(call: Call) -> Json:
    # What Slack answers in an archived channel is unknown.
    message = own_message(call, "cant_delete_message", "is_archived")
    call.shared.take_away(message)
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(call: Call) -> Json:
    """Show an ephemeral message, which is not stored; its metadata is ignored."""
    channel = place_to_post(call)
    text, blocks = content(call)
    if call.args["user"] not in channel.members:
        raise ApiError("user_not_in_channel")
    if len(text.encode()) > MOST_EPHEMERAL_BYTES:
        raise ApiError("msg_too_long")
    check_thread(channel, call.args.get("thread_ts"))
    message = call.shared.bot_message(channel.id, text, blocks)
    message.ephemeral_to, message.thread_ts = call.args["user"], call.args.get("thread_ts")
    call.shared.whisper(message)
    return {"message_ts": message.ts}


def permalink(call: Call) -> Json:
    channel = seen_channel(call)
    message = channel.messages.get(call.args["message_ts"])
    if message is None:
        raise ApiError("message_not_found")
    link = f"{call.shared.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


LOOKS = "as_user:flag link_names:flag parse icon_emoji icon_url username"
BODY = f"channel! text blocks:json attachments:json markdown_text {LOOKS}"
UNFURLING = "unfurl_links:flag unfurl_media:flag unfurl_app_links:flag"
METHODS = {
    "chat.postMessage": Method(
        post_message,
        "post",
        ("chat:write",),
        f"{BODY} thread_ts reply_broadcast:flag mrkdwn:flag metadata:json {UNFURLING}",
        by_channel=True,
    ),
    "chat.update": Method(
        update_message,
        "3",
        ("chat:write",),
        f"{BODY} ts! reply_broadcast:flag metadata:json file_ids unfurl_links:flag unfurl_media:flag",
    ),
    "chat.delete": Method(delete_message, "3", ("chat:write",), "channel! ts! as_user:flag"),
    "chat.postEphemeral": Method(
        post_ephemeral, "4", ("chat:write",), f"{BODY} user! thread_ts metadata:json"
    ),
    "chat.getPermalink": Method(permalink, "special", (), "channel! message_ts!"),
}
