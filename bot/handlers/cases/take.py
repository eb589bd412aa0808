"""Taking a case and giving it back."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import take
from bot.domain.assignment import AlreadyTaken, ReleaseCase, TakeCase
from bot.domain.rules import NoAccess, UnknownCase
from bot.handlers.request.found_case import Found, find, officers_then, perform
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import refresh
from bot.handlers.screens.case_modal import origin


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("case:take")(listening.acting(on_take))
    app.action("case:release")(listening.acting(on_release))
    app.view(take.ID)(listening.acting(on_take_submitted))


async def on_take(press: Press) -> None:
    """The first press has the case. Who saw that another had it is asked how to go on."""
    target = press.target
    try:
        await press.perform(TakeCase(case_id=target.case_id))
    except AlreadyTaken:
        # Only a refused take looks closer: the press that everyone waits for goes the shortest way.
        if not await officers_then(press, *target):
            raise
        await _asked_how(press, target.case_id)
        return
    except (NoAccess, UnknownCase):
        await find(press, target.case_id)
        raise
    await refresh.change(press)


async def _asked_how(press: Press, case_id: str) -> None:
    """Another has the case: work together, or take it over."""
    found = await find(press, case_id)
    press.later(press.open(take.taking(found.case, found.catalog, origin(press), press.words)))


async def on_take_submitted(press: Press) -> None:
    await perform(press, take.read(press.view))
    await refresh.change(press)


async def on_release(press: Press) -> None:
    await perform(press, ReleaseCase(case_id=press.target.case_id))
    await refresh.change(press)


async def taken_by_words(press: Press, found: Found) -> None:
    """/arende ta 123. Who typed it has seen nothing of the case, so that whoever has it is news."""
    try:
        await press.perform(TakeCase(case_id=found.case.id))
    except AlreadyTaken:
        await _asked_how(press, found.case.id)
        return
    await refresh.said(press, found, "command.taken")


async def released_by_words(press: Press, found: Found) -> None:
    """/arende lämna 123."""
    await press.perform(ReleaseCase(case_id=found.case.id))
    await refresh.said(press, found, "command.released")
