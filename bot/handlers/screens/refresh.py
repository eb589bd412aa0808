"""What follows a change: the case is drawn anew where it is open, and a delay is told."""

from __future__ import annotations

from bot.blocks.cases import case_modal as picture
from bot.blocks.cases.case_words import called
from bot.blocks.private import case_button, private
from bot.handlers.request.found_case import Found
from bot.handlers.request.press import Press
from bot.handlers.screens import case_modal, home
from bot.store.outbox import deliveries


async def change(press: Press) -> None:
    """Close the form, if it was one, and go on after the acknowledgement.

    Whoever was told that it takes longer was promised a word when it is done.
    """
    if press.is_submission:
        await press.close(press.words("ok.saved"))
    elif press.late and not press.view:
        await press.say(private(press.words("ok.saved")))
    press.later(_seen(press))


async def said(press: Press, found: Found, key: str, **facts: str) -> None:
    """Say what a command did to the case, with the way to it; and go on as after any change."""
    about = called(found.case, found.service, press.words)
    show = case_button("btn.show", found.case.id, press.words)
    await press.say(private(press.words(key, case=about, **facts), show))
    press.later(_seen(press))


async def _seen(press: Press) -> None:
    if press.view.get("callback_id") == picture.ID:
        place = case_modal.place_of(press.ids)
        await press.redraw(await case_modal.drawn(press, place, str(press.view["id"])))
        await at_home(press)
    else:
        await beneath(press)
    if press.body.get("response_url"):
        await _told_if_delayed(press)


async def beneath(press: Press) -> None:
    """Draw the case anew in the modal that the form was opened from, and App Home beneath that one."""
    view_id = press.view.get("previous_view_id")
    if view_id and "tab" in press.ids:
        place = case_modal.place_of(press.ids)
        await press.put(str(view_id), await case_modal.drawn(press, place, str(view_id)))
    await at_home(press)


async def at_home(press: Press) -> None:
    """Draw App Home anew where the form was opened from it, or from a case that was."""
    if press.from_home:
        await home.renewed(press)


async def _told_if_delayed(press: Press) -> None:
    """The change is in the store; where Slack or the mail does not take it now, it goes out later."""
    await press.kit.sleep(press.kit.patience)
    if key := await delay(press):
        await press.say(private(press.words(key)))


async def delay(press: Press) -> str:
    """The key of what is to be said of deliveries that wait, empty where none do."""
    service = press.kit.service
    waiting = await service.database.read(lambda tx: deliveries.delayed(tx, service.clock()))
    if waiting.get("card"):
        return "ok.later"
    return "ok.mail.later" if waiting.get("mail") else ""
