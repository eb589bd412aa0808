"""The key of each request, by which its repeat is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def make_idempotency_key(body: Mapping[str, Any]) -> str:
    """A form is submitted once as it was shown; every other press and command has a trigger of its own."""
    view = body.get("view") or {}
    if body.get("type") == "view_submission":
        return f"slack:{view['id']}:{view['hash']}"
    if trigger_id := body.get("trigger_id"):
        return f"slack:{trigger_id}"
    container = body.get("container") or {}
    return f"slack:{container.get('message_ts', view.get('id', ''))}:{body['actions'][0]['action_ts']}"
