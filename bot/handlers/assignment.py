"""Taking a case and giving it back."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import taking
from bot.domain.assignment import ReleaseCase, TakeCase
from bot.handlers import after
from bot.handlers.case_modal import origin
from bot.handlers.cases import find, officers_then, perform
from bot.handlers.errors import Listening
from bot.handlers.press import Press


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:take")(listening.acting(on_take))
    app.action("case:release")(listening.acting(on_release))
    app.view(taking.ID)(listening.acting(on_take_submitted))


async def on_take(press: Press) -> None:
    """The first press has the case. Who saw that another had it is asked how to go on."""
    target = press.target
    found = await find(press, target.case_id)
    others = found.case.officers and press.officer.key not in found.case.officers
    if others and found.case.closed_at is None and await officers_then(press, *target):
        view = taking.taking(found.case, found.catalog, origin(press), press.words)
        press.later(press.open(view))
        return
    await press.perform(TakeCase(case_id=target.case_id))
    await after.change(press)


async def on_take_submitted(press: Press) -> None:
    await perform(press, taking.read(press.view))
    await after.change(press)


async def on_release(press: Press) -> None:
    await perform(press, ReleaseCase(case_id=press.target.case_id))
    await after.change(press)
