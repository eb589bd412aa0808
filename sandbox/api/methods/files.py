"""files.*: what the app may know of files, send and delete."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.api.methods.chat import check_thread
from sandbox.api.methods.table import Call, Method, joined_channel
from sandbox.payload_schema import Json
from sandbox.shared_state import ApiError, SharedState
from sandbox.town.entities import Channel, new_id
from sandbox.town.file_forms import file_json, is_seen_by
from sandbox.town.files import File, Ticket, mimetype_of
from sandbox.town.forms import message_json

READ, WRITE = ("files:read",), ("files:write",)
MOST_CHANNELS, MOST_ALT_TEXT, MOST_SNIPPET = 100, 1_000, 1024 * 1024
MOST_BYTES = 1024 * 1024 * 1024


def _seen(call: Call) -> File:
    workspace = call.workspace
    file = workspace.files.get(call.args["file"])
    if file is None or not is_seen_by(file, workspace.app.bot_user, workspace):
        raise ApiError("file_not_found")
    if file.deleted:
        raise ApiError("file_deleted")
    return file


def info(call: Call) -> Json:
    paging = {"count": 100, "total": 0, "page": 1, "pages": 0}
    return {"file": file_json(_seen(call), call.workspace), "comments": [], "paging": paging}


def delete(call: Call) -> Json:
    """Delete a file: an app's own; people's only with a setting that Slack does not have."""
    file, app = _seen(call), call.workspace.app
    if file.user != app.bot_user and not app.deletes_files_of_others:
        raise ApiError("cant_delete_file")
    take_away(call.shared, file)
    return {}


def take_away(shared: SharedState, file: File) -> None:
    """Delete the file, leaving tombstones in its messages."""
    workspace = shared.workspace
    payload = [
        (message, message_json(message, workspace))
        for place, names in file.shares.items()
        for ts in names
        if (message := workspace.find(place, ts))
    ]
    file.deleted, file.data = True, b""
    for message, before in payload:
        shared.events.message_changed(message, before)
    shared.events.file_deleted(file)


def get_upload_url(call: Call) -> Json:
    args, shared = call.args, call.shared
    length, workspace = args["length"], call.workspace
    if length <= 0:
        raise ApiError("missing_argument")
    if len(args.get("alt_txt", "")) > MOST_ALT_TEXT:
        raise ApiError("alt_txt_too_large")
    if "snippet_type" in args and length > MOST_SNIPPET:
        raise ApiError("snippet_too_large")
    if length > MOST_BYTES:
        raise ApiError("file_upload_size_restricted")
    name, bot = args["filename"], workspace.bot()
    file = File(new_id("F"), bot.id, bot.team_id, name, mimetype_of(name), int(shared.clock.now()))
    file.alt_text = args.get("alt_txt", "")
    ticket = Ticket(secrets.token_urlsafe(24), file, length)
    shared.tickets[ticket.secret] = ticket
    while len(shared.tickets) > MOST_CHANNELS:
        shared.tickets.pop(next(iter(shared.tickets)))
    return {"upload_url": f"{workspace.address}/upload/v1/{ticket.secret}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    """Shares what has been uploaded; without a channel it stays the app's own."""
    tickets = [_arrived(call, one) for one in _listed(call.args["files"])]
    channels = _channels(call)
    for ticket, title in tickets:
        ticket.file.title = title
        call.workspace.keep_file(ticket.file)
        call.shared.tickets.pop(ticket.secret, None)
    files = [ticket.file for ticket, _ in tickets]
    for channel in channels:
        _post(call, channel, files)
    return {"files": [file_json(file, call.workspace) for file in files]}


def _listed(payload: Any) -> list[Json]:
    if not isinstance(payload, list) or not payload or not all(isinstance(one, dict) for one in payload):
        raise ApiError("invalid_arguments")
    return payload


def _arrived(call: Call, payload: Json) -> tuple[Ticket, str]:
    tickets = call.shared.tickets.values()
    found = next((one for one in tickets if one.file.id == payload.get("id") and one.arrived), None)
    if found is None:
        raise ApiError("file_not_found")
    return found, str(payload.get("title") or "")


def _channels(call: Call) -> list[Channel]:
    named = [*call.args.get("channels", "").split(","), call.args.get("channel_id", "")]
    ids = list(dict.fromkeys(name for name in named if name))
    if len(ids) > MOST_CHANNELS:
        raise ApiError("channels_limit_exceeded")
    found = [joined_channel(Call(call.shared, {"channel": name})) for name in ids]
    for channel in found:
        if channel.is_archived:
            raise ApiError("posting_to_channel_denied")
        check_thread(channel, call.args.get("thread_ts"))
    return found


def _post(call: Call, channel: Channel, files: list[File]) -> None:
    message = call.shared.bot_message(channel.id, call.args.get("initial_comment", ""), [])
    message.thread_ts = call.args.get("thread_ts")
    call.workspace.share(files, message)
    call.workspace.keep(message)
    call.shared.events.message_posted(message)
    call.shared.events.files_shared(message)


METHODS = {
    "files.info": Method(info, "4", READ, "file! count:whole cursor limit:whole page:whole"),
    "files.delete": Method(delete, "3", WRITE, "file!"),
    "files.getUploadURLExternal": Method(
        get_upload_url, "4", WRITE, "filename! length!:whole alt_txt snippet_type"
    ),
    "files.completeUploadExternal": Method(
        complete_upload, "4", WRITE, "files!:json channel_id channels initial_comment thread_ts blocks:json"
    ),
}
