"""What follows a change: the view beneath is drawn anew, and a delay is told."""

from __future__ import annotations

import asyncio

from bot.blocks.private import private
from bot.handlers.press import Press
from bot.store import outbox


async def change(press: Press, said: str = "") -> None:
    """Close the form, if it was one, and go on after the acknowledgement."""
    if press.is_submission:
        await press.close(said or press.words("ok.saved"))
    press.later(_told_if_delayed(press))


async def _told_if_delayed(press: Press) -> None:
    """The change is in the store; where Slack or the mail does not take it now, it goes out later."""
    await asyncio.sleep(press.kit.patience)
    if key := await delay(press):
        await press.say(private(press.words(key)))


async def delay(press: Press) -> str:
    """The key of what is to be said of deliveries that wait, empty where none do."""
    service = press.kit.service
    waiting = await service.database.read(lambda tx: outbox.delayed(tx, service.clock()))
    if waiting.get("card"):
        return "ok.later"
    return "ok.mail.later" if waiting.get("mail") else ""
