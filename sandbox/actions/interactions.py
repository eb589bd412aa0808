"""Buttons, menus, keystrokes, commands, shortcuts and Home."""

from __future__ import annotations

from sandbox.actions.action_context import ActionContext
from sandbox.actions.composer import escaped
from sandbox.actions.modals import enter
from sandbox.inputs import Unfit, action_of, find_element
from sandbox.payload_schema import Json
from sandbox.town.entities import View
from sandbox.town.forms import view_json
from sandbox.town.values import STATEFUL

MOST_COMMAND = 12_000
TEAM_ONLY = "people of other organisations cannot use this app here"


async def press(context: ActionContext, payload: Json) -> Json:
    """Presses a button, or chooses or enters `value` in another element."""
    user = context.user(payload)
    place = context.place(user, payload)
    if isinstance(place, View):
        enter(context, user, place, payload.get("values") or {})
    blocks = place.body["blocks"] if isinstance(place, View) else place.blocks
    block, element = find_element(blocks, str(payload.get("action_id")), payload.get("block_id"))
    if block["type"] == "input" and not block.get("dispatch_action"):
        raise Unfit("this input tells the app nothing until submit")
    offered = context.offers(place, block["block_id"], element["action_id"])
    action = action_of(block, element, payload.get("value"), offered, context.workspace)
    action["action_ts"] = context.workspace.next_ts()
    typed = place.typed if isinstance(place, View) else place.typed.setdefault(user.id, {})
    _remember_choice(typed, element, action)
    if isinstance(place, View):
        return context.shown(user, await context.dispatch.press_in_view(user, place, action))
    return context.shown(user, await context.dispatch.press_in_message(user, place, action))


def _remember_choice(typed: Json, element: Json, action: Json) -> None:
    kind = element["type"]
    if kind in STATEFUL:
        key = STATEFUL[kind][0]
        typed.setdefault(action["block_id"], {})[element["action_id"]] = {"type": kind, key: action[key]}


async def suggest(context: ActionContext, payload: Json) -> Json:
    """Types `query` in an external select and is offered options."""
    user = context.user(payload)
    place = context.place(user, payload)
    blocks = place.body["blocks"] if isinstance(place, View) else place.blocks
    block, element = find_element(blocks, str(payload.get("action_id")), payload.get("block_id"))
    if "external" not in element["type"]:
        raise Unfit("this element asks nobody for its options")
    query = str(payload.get("query", ""))
    if len(query) < element.get("min_query_length", 3):
        return context.shown(user)
    ids = (block["block_id"], element["action_id"])
    outcome = await context.dispatch.suggest(user, place, ids, query)
    context.offers(place, *ids).update({option["value"]: option for option in outcome.options})
    return context.shown(user, outcome)


async def slash(context: ActionContext, payload: Json) -> Json:
    user = context.user(payload)
    channel = context.channel(user, payload)
    if payload.get("thread_ts"):
        raise Unfit("slash commands do not work in threads")
    typed = f"{payload.get('command', '')} {payload.get('text', '')}".strip()
    command, _, text = typed.partition(" ")
    known = {item["command"]: item for item in context.workspace.app.commands}
    if command not in known:
        raise Unfit(f"{command} is not a command")
    if user.team_id != context.workspace.team["id"]:
        raise Unfit(TEAM_ONLY)
    if channel.is_archived:
        raise Unfit("the channel is archived")
    text = text.strip()
    if len(text) > MOST_COMMAND:
        raise Unfit(f"the command is {len(text) - MOST_COMMAND} characters too long")
    text = escaped(text, context.workspace) if known[command].get("should_escape", True) else text
    return context.shown(user, await context.dispatch.command(user, channel, command, text))


async def shortcut(context: ActionContext, payload: Json) -> Json:
    user = context.user(payload)
    message = context.message(user, payload) if payload.get("ts") else None
    kind = "message" if message else "global"
    known = {item["callback_id"] for item in context.workspace.app.shortcuts if item["type"] == kind}
    if payload.get("callback_id") not in known:
        raise Unfit(f"there is no {kind} shortcut {payload.get('callback_id')}")
    if user.team_id != context.workspace.team["id"]:
        raise Unfit(TEAM_ONLY)
    if message is None and user.is_restricted:
        raise Unfit("guests are shown no global shortcuts")
    if message is not None and message.ephemeral_to:
        raise Unfit("what only you see has no shortcuts")
    return context.shown(user, await context.dispatch.shortcut(user, payload["callback_id"], message))


async def home(context: ActionContext, payload: Json) -> Json:
    user = context.user(payload)
    workspace = context.workspace
    if not workspace.app.home_tab:
        raise Unfit("the app has no Home")
    channel, _ = workspace.open_im(workspace.app.bot_user, user.id)
    home = workspace.homes.get(user.id)
    context.shared.events.home_opened(user.id, channel.id, view_json(home, workspace) if home else None)
    return context.shown(user)


ACTIONS = {"press": press, "suggest": suggest, "slash": slash, "shortcut": shortcut, "home": home}
