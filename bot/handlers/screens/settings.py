"""An officer's own choices."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import settings
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.slack_request import SlackRequest
from bot.handlers.screens import home
from bot.store.officers import preferences


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("home:settings")(listeners.for_modal(open_form))
    app.view(settings.ID)(listeners.for_change(on_submitted))


async def open_form(request: SlackRequest) -> None:
    """Open the dialog with what is chosen."""
    officer = request.officer.key
    chosen = await request.deps.service.database.read(lambda tx: preferences.load(tx, officer))
    metadata = {"home": True} if request.is_from_app_home else {}
    await request.open_view(settings.settings_form(chosen, metadata, request.words))


async def on_submitted(request: SlackRequest) -> None:
    """Home shows what was chosen, where it was chosen from there; elsewhere a word says that it is saved."""
    officer, chosen = request.officer.key, settings.read(request.view)
    service = request.deps.service
    await service.languages.save_preferences(officer, chosen)
    request.words = await service.languages.words_of(officer)
    if request.metadata.get("home"):
        await request.close_form(request.words("settings.saved"))
        request.run_after_ack(home.refresh_home(request))
    else:
        await request.replace_view(settings.settings_saved(request.words))
