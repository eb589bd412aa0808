"""The overflow menu on the card and in the case's modal, and the preset that has a button of its own."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.values import MenuChoice, decode
from bot.handlers.cases import assign, colour, flags, notes, presets, take
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Handler, Listeners
from bot.handlers.screens import case_modal

MODAL_ACTIONS: dict[str, Handler] = {
    "completion": presets.on_completion,
    "decision": presets.on_decision,
    "officers": assign.on_assign,
    "note": notes.on_note,
    "flag": flags.on_flag,
    "colour": colour.on_colour,
}
"""Those that open a modal; officers, note and colour stand in the menus of older cards."""

OTHER_ACTIONS: dict[str, Handler] = {
    "take": take.on_take,
    "unflag": flags.on_unflag,
    "tools": case_modal.on_tools,
}


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("case:delay")(listeners.for_modal(presets.on_delay))
    app.action("case:refusal")(listeners.for_modal(presets.on_refusal))
    app.action("case:more")(listeners.for_display(on_menu))


async def on_menu(context: SlackContext) -> None:
    action = decode(context.request.value, MenuChoice).action
    if action in MODAL_ACTIONS:
        await context.responder.run_with_placeholder(MODAL_ACTIONS[action](context))
    elif action in OTHER_ACTIONS:
        await OTHER_ACTIONS[action](context)
    else:
        await context.responder.respond(context.words("no.leftover"))
