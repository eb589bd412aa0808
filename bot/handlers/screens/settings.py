"""An officer's own choices."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import settings
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.handlers.screens import home
from bot.store.officers import preferences


def register(app: AsyncApp, listening: Listening) -> None:
    app.action("home:settings")(listening.opening(asked))
    app.view(settings.ID)(listening.acting(on_submitted))


async def asked(press: Press) -> None:
    """Open the dialog with what is chosen."""
    officer = press.officer.key
    chosen = await press.kit.service.database.read(lambda tx: preferences.of(tx, officer))
    ids = {"home": True} if press.from_home else {}
    await press.open(settings.settings_form(chosen, ids, press.words))


async def on_submitted(press: Press) -> None:
    """Home shows what was chosen, where it was chosen from there; elsewhere a word says that it is saved."""
    officer, chosen = press.officer.key, settings.read(press.view)
    service = press.kit.service
    await service.languages.choose(officer, chosen)
    press.words = await service.languages.words_of(officer)
    if press.ids.get("home"):
        await press.close(press.words("settings.saved"))
        press.later(home.renewed(press))
    else:
        await press.show(settings.saved(press.words))
