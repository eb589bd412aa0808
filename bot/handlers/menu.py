"""The menu beside the buttons, on the card and in the case's modal."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.handlers import flags, marks, notes, officers
from bot.handlers.errors import Handler, Listening
from bot.handlers.press import Press

MENU: dict[str, Handler] = {
    "officers": officers.on_officers,
    "note": notes.on_note,
    "flag": flags.on_flag,
    "unflag": flags.on_unflag,
    "colour": marks.on_colour,
}


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:more")(listening.showing(on_more))


async def on_more(press: Press) -> None:
    """What the option is for stands before its case."""
    chosen = MENU.get(press.value.partition(":")[0])
    if chosen is None:
        await press.tell(press.words("no.leftover"))
    elif chosen is flags.on_unflag:
        await chosen(press)
    else:
        await press.ahead(chosen(press))
