"""views.*: modals and Home."""

from __future__ import annotations

import json
from typing import Any

from sandbox.api.methods.table import Call, Method, refuse_faults, refused_arguments
from sandbox.limits import MOST_VIEW_BYTES, validate_blocks, validate_view
from sandbox.payload_schema import Fault, Json
from sandbox.shared_state import ApiError, SharedState
from sandbox.town.entities import View
from sandbox.town.forms import view_json
from sandbox.town.values import name_parts

MOST_STACKED = 3


def error_of(faults: list[Fault]) -> str:
    """The error code: that of invalid blocks for a fault within them, else that of an invalid argument."""
    return (
        "invalid_blocks"
        if any(fault.pointer.startswith("/view/blocks") for fault in faults)
        else "invalid_arguments"
    )


def accepted(view: Any, kinds: tuple[str, ...] = ("modal",)) -> Json:
    """The validated view with all ids filled in. Raises Slack's error."""
    faults = validate_view(view, kinds)
    refuse_faults(faults, error_of(faults))
    if len(json.dumps(view).encode()) > MOST_VIEW_BYTES:
        raise ApiError("view_too_large")
    return {**view, "blocks": name_parts(view["blocks"])}


def check_view_size(shared: SharedState, body: Json, own: View | None = None) -> None:
    """Checks that need more than the view: a duplicate external id, and required scopes."""
    inputs = [block["element"]["type"] for block in body["blocks"] if block["type"] == "input"]
    if "file_input" in inputs and "files:read" not in shared.workspace.app.scopes:
        raise ApiError("missing_scope", needed="files:read")
    external = body.get("external_id")
    other = shared.workspace.view_by_external(external) if external else None
    if other is not None and other is not own:
        raise ApiError("duplicate_external_id")


def open_view(call: Call) -> Json:
    if "view" not in call.args or "trigger_id" not in call.args:
        raise ApiError("invalid_arguments")
    body = accepted(call.args["view"])
    check_view_size(call.shared, body)
    trigger = call.shared.redeem(call.args["trigger_id"])
    call.workspace.close_all(trigger.user)
    view = call.workspace.new_view(trigger.user, body)
    call.workspace.stacks[trigger.user] = [view]
    return {"view": view_json(view, call.workspace)}


def push_view(call: Call) -> Json:
    if "trigger_id" not in call.args:
        raise ApiError("invalid_arguments")
    body = accepted(call.args["view"])
    check_view_size(call.shared, body)
    trigger = call.shared.redeem(call.args["trigger_id"])
    below = call.workspace.views.get(trigger.view_id or "")
    if below is None or below.closed or below.body["type"] != "modal":
        raise ApiError("not_found")
    return {"view": view_json(stack(call.shared, below, body), call.workspace)}


def stack(shared: SharedState, below: View, body: Json) -> View:
    piled = shared.workspace.stacks.setdefault(below.user, [])
    if len(piled) >= MOST_STACKED:
        raise ApiError("push_limit_reached")
    view = shared.workspace.new_view(below.user, body, below)
    piled.append(view)
    return view


def update_view(call: Call) -> Json:
    workspace = call.workspace
    if ("view_id" in call.args) == ("external_id" in call.args):
        raise ApiError("invalid_arguments")
    view = workspace.views.get(call.args.get("view_id", ""))
    view = view or workspace.view_by_external(call.args.get("external_id", ""))
    if view is None or view.closed:
        raise ApiError("not_found")
    body = accepted(call.args["view"], (view.body["type"],))
    check_view_size(call.shared, body, view)
    if call.args.get("hash", view.hash) != view.hash:
        raise ApiError("hash_conflict")
    workspace.replace_view(view, body)
    return {"view": view_json(view, workspace)}


def publish_view(call: Call) -> Json:
    workspace, user = call.workspace, call.args["user_id"]
    if not workspace.app.home_tab:
        raise ApiError("not_enabled")
    if user not in workspace.users:
        raise ApiError("user_not_found")
    body = accepted(call.args["view"], ("home",))
    home = workspace.homes.get(user)
    check_view_size(call.shared, body, home)
    if home is None and "hash" in call.args:
        raise ApiError("hash_conflict")
    if home is None:
        workspace.homes[user] = home = workspace.new_view(user, body)
    elif call.args.get("hash", home.hash) != home.hash:
        raise ApiError("hash_conflict")
    else:
        workspace.replace_view(home, body)
    return {"view": view_json(home, workspace)}


def validate(call: Call) -> Json:
    """blocks.validate: validation only, without a scope."""
    given = [name for name in ("blocks", "view", "message") if name in call.args]
    if len(given) != 1:
        raise refused_arguments(["must provide exactly one of `blocks`, `view`, or `message`"])
    payload = call.args[given[0]]
    if given[0] == "view":
        faults = validate_view(payload, ("modal", "home"))
    else:
        faults = validate_blocks(payload.get("blocks") if isinstance(payload, dict) else payload)
    if faults:
        raise ApiError("invalid_blocks", errors=[_constraint(fault) for fault in faults])
    return {}


def _constraint(fault: Fault) -> Json:
    pointer = fault.pointer.removeprefix("/blocks").removeprefix("/view")
    return {"code": "failed_constraint", "message": fault.message, "pointer": pointer}


METHODS = {
    "blocks.validate": Method(validate, "3", (), "blocks:json view:json message:json", token="none"),
    "views.open": Method(open_view, "4", (), "view!:json trigger_id interactivity_pointer"),
    "views.push": Method(push_view, "4", (), "view!:json trigger_id interactivity_pointer"),
    "views.update": Method(update_view, "4", (), "view!:json view_id external_id hash"),
    "views.publish": Method(publish_view, "4", (), "user_id! view!:json hash"),
}
