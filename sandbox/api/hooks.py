"""response_url: up to five responses within thirty minutes after an action."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.answers import Answer, through_faults
from sandbox.api.methods.chat import MOST_TEXT
from sandbox.faults import RESPONSE_URL
from sandbox.limits import validate_blocks
from sandbox.payload_schema import Json
from sandbox.shared_state import HOOK_POSTS, HOOK_SECONDS, Hook, SharedState
from sandbox.town.entities import Message
from sandbox.town.forms import message_json
from sandbox.town.values import name_parts

FIELDS = {
    "text",
    "blocks",
    "attachments",
    "response_type",
    "replace_original",
    "delete_original",
    "thread_ts",
    "mrkdwn",
    "unfurl_links",
    "unfurl_media",
}


class Refusal(Exception):
    """A response is refused."""

    def __init__(self, code: str, why: object = None) -> None:
        super().__init__(code)
        self.code = code
        self.why = why


async def answer(shared: SharedState, request: Request) -> Response:
    secret, raw = request.path_params["secret"], await request.body()
    hook = shared.hooks.get(secret)
    if hook is not None:
        hook.said.append(_text(raw))
    where = hook.channel if hook and _is_new_ephemeral(raw) else None
    reached = await through_faults(shared, request, RESPONSE_URL, lambda: _validate(shared, hook, raw), where)
    return reached.response


def _text(raw: bytes) -> str:
    try:
        return str(_read(raw).get("text") or "")
    except Refusal:
        return ""


def _is_new_ephemeral(raw: bytes) -> bool:
    try:
        body = _read(raw)
    except Refusal:
        return False
    elsewhere = body.get("replace_original") or body.get("delete_original")
    return not elsewhere and body.get("response_type", "ephemeral") == "ephemeral"


def _validate(shared: SharedState, hook: Hook | None, raw: bytes) -> Answer:
    try:
        _use(shared, hook, raw)
    except Refusal as refusal:
        _note(shared, refusal.code, refusal.why)
        payload = {"ok": False, "error": refusal.code} | ({"errors": refusal.why} if refusal.why else {})
        return Answer(payload, 404 if refusal.code.endswith("_url") else 400)
    _note(shared, None, None)
    return Answer({"ok": True}, plain="ok")


def _use(shared: SharedState, hook: Hook | None, raw: bytes) -> None:
    if hook is None:
        raise Refusal("no_such_url")
    if shared.clock.now() - hook.at > HOOK_SECONDS:
        raise Refusal("expired_url")
    if hook.posts >= HOOK_POSTS:
        raise Refusal("used_url")
    if hook.channel not in shared.workspace.channels:
        raise Refusal("channel_not_found")
    publish(shared, hook, _read(raw))
    hook.posts += 1


def _note(shared: SharedState, error: str | None, why: Any) -> None:
    entry = {
        "at": shared.clock.now(),
        "method": "response_url",
        "ok": error is None,
        "error": error,
        "ms": 0.0,
    }
    shared.record.calls.append(entry | ({"errors": why} if why else {}))
    shared.record.counts["response_url" + (f":{error}" if error else "")] += 1
    shared.changed()


def _read(raw: bytes) -> Json:
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refusal("invalid_payload") from None
    if not isinstance(body, dict):
        raise Refusal("invalid_payload")
    return body


def publish(shared: SharedState, hook: Hook, body: Json) -> None:
    """Apply a response: post a new message, replace the old one, or delete it."""
    unknown = sorted(set(body) - FIELDS)
    if unknown:
        raise Refusal("invalid_payload", [f"invalid additional property: {name}" for name in unknown])
    if body.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
        raise Refusal("invalid_payload", ["unknown response_type"])
    if body.get("delete_original"):
        _delete(shared, _original(hook))
        return
    text, blocks = _content(body)
    if body.get("replace_original"):
        if body.get("thread_ts"):
            raise Refusal("invalid_payload", ["thread_ts goes with replace_original false only"])
        _replace(shared, _original(hook), text, blocks)
        return
    _post(shared, hook, body, shared.bot_message(hook.channel, text, blocks))


def _content(body: Json) -> tuple[str, list[Json]]:
    blocks, text = body.get("blocks") or [], body.get("text") or ""
    faults = validate_blocks(blocks)
    if faults:
        raise Refusal("invalid_blocks", [str(fault) for fault in faults])
    if not text and not blocks and not body.get("attachments"):
        raise Refusal("no_text")
    if not isinstance(text, str) or len(text) > MOST_TEXT:
        raise Refusal("msg_too_long")
    return text, name_parts(blocks)


def _original(hook: Hook) -> Message:
    if hook.message is None or hook.message.tombstone:
        raise Refusal("message_not_found")
    return hook.message


def _is_there(shared: SharedState, message: Message) -> bool:
    return shared.workspace.find(message.channel, message.ts) is message


def _own(shared: SharedState, message: Message) -> None:
    if not _is_there(shared, message):
        raise Refusal("message_not_found")
    if message.bot_id != shared.workspace.app.bot_id:
        raise Refusal("cant_update_message")


def _replace(shared: SharedState, message: Message, text: str, blocks: list[Json]) -> None:
    # An ephemeral stays one: response_type cannot make it public.
    _own(shared, message)
    before = message_json(message, shared.workspace)
    message.remember(shared.clock.now())
    message.text, message.blocks = text, blocks
    shared.events.message_changed(message, before)


def _delete(shared: SharedState, message: Message) -> None:
    _own(shared, message)
    channel = shared.workspace.channels[message.channel]
    if message.ephemeral_to:
        channel.ephemerals.remove(message)
        return
    shared.take_away(message)


def _post(shared: SharedState, hook: Hook, body: Json, message: Message) -> None:
    # From a shortcut on a reply nothing can be said in its thread.
    on_reply = hook.kind == "app" and hook.message is not None and hook.message.is_reply
    message.thread_ts = None if on_reply else body.get("thread_ts")
    if body.get("response_type", "ephemeral") == "ephemeral":
        message.ephemeral_to = hook.user
        shared.whisper(message)
        return
    shared.workspace.keep(message)
    shared.events.message_posted(message)
