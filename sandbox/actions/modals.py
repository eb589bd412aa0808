"""Modals: what is entered in them, sent and closed."""

from __future__ import annotations

from sandbox.actions.action_context import ActionContext
from sandbox.actions.uploads import in_field
from sandbox.inputs import Unfit, complaint, entered
from sandbox.outbound.dispatch import Outcome, input_elements
from sandbox.payload_schema import Json
from sandbox.town.entities import User, View


def enter(context: ActionContext, user: User, view: View, values: Json) -> None:
    """Values by block_id, or by the part of it before a "#"; one level of action_id is also understood."""
    elements = input_elements(view)
    for name, value in values.items():
        found = [item for item in elements if name in (item[0], item[1]["action_id"])]
        found = found or [item for item in elements if item[0].partition("#")[0] == name]
        if not found:
            raise Unfit(f"there is no input {name}")
        block_id, element, _ = found[0]
        action_id = element["action_id"]
        payload = value[action_id] if isinstance(value, dict) and set(value) == {action_id} else value
        typed = view.typed.setdefault(block_id, {})
        if element["type"] == "file_input":
            typed[action_id] = in_field(context.shared, user, element, payload)
            continue
        offered = context.offers(view, block_id, action_id)
        typed[action_id] = entered(element, payload, offered, context.workspace)


async def submit(context: ActionContext, payload: Json) -> Json:
    user = context.user(payload)
    view = context.view(user, payload)
    if view.body["type"] != "modal" or not view.body.get("submit"):
        raise Unfit("this view has nothing to submit")
    enter(context, user, view, payload.get("values") or {})
    faults = {
        block_id: complaint(block, view.typed[block_id][element["action_id"]])
        for block_id, element, block in input_elements(view)
    }
    view.errors = {block_id: text for block_id, text in faults.items() if text}
    if view.errors:
        context.shared.changed()
        return context.shown(user, Outcome(0.0, errors=view.errors))
    return context.shown(user, await context.dispatch.submit(user, view))


async def fill(context: ActionContext, payload: Json) -> Json:
    """Enter values without a request to the app."""
    user = context.user(payload)
    enter(context, user, context.view(user, payload), payload.get("values") or {})
    return context.shown(user)


async def close(context: ActionContext, payload: Json) -> Json:
    """Closes the view on top; with `all`, every one of them at once (the x)."""
    user = context.user(payload)
    view = context.view(user, payload)
    if view.body["type"] != "modal":
        raise Unfit("Home cannot be closed")
    stack = list(context.workspace.stacks.get(user.id, []))
    cleared = bool(payload.get("all") or view.body.get("clear_on_close"))
    if cleared:
        context.workspace.close_all(user.id)
    else:
        context.workspace.close_view(view)
    closed_view = stack[0] if cleared else view
    outcome = Outcome(0.0)
    if closed_view.body.get("notify_on_close"):
        outcome = await context.dispatch.view_closed(user, closed_view, cleared)
    return context.shown(user, outcome)


ACTIONS = {"fill": fill, "submit": submit, "close": close}
