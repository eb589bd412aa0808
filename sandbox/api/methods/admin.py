"""admin.*: what only an organisation's administrator may ask."""

from __future__ import annotations

from sandbox.api.methods.table import Call, Method
from sandbox.payload_schema import Json
from sandbox.shared_state import ApiError


def retention(call: Call) -> Json:
    channel = call.workspace.channels.get(call.args["channel_id"])
    if channel is None:
        raise ApiError("channel_not_found")
    days = channel.retention_days
    return {"is_policy_enabled": days is not None, **({"duration_days": days} if days else {})}


METHODS = {
    "admin.conversations.getCustomRetention": Method(retention, "3", args="channel_id!", token="admin"),
}
