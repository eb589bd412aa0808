"""The menu beside the buttons, on the card and in the case's modal."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.handlers.cases import assign, colour, flags, notes
from bot.handlers.request.listeners import Handler, Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import case_modal

OPENS: dict[str, Handler] = {
    "officers": assign.on_officers,
    "note": notes.on_note,
    "flag": flags.on_flag,
    "colour": colour.on_colour,
}
DOES: dict[str, Handler] = {"unflag": flags.on_unflag, "tools": case_modal.on_tools}


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:more")(listening.showing(on_more))


async def on_more(press: Press) -> None:
    """What the option is for stands before its case."""
    chosen = press.value.partition(":")[0]
    if chosen in OPENS:
        await press.ahead(OPENS[chosen](press))
    elif chosen in DOES:
        await DOES[chosen](press)
    else:
        await press.tell(press.words("no.leftover"))
