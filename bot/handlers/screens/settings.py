"""An officer's settings."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import settings
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import home
from bot.store.officers import preferences


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("home:settings")(listeners.for_modal(open_form))
    app.view(settings.ID)(listeners.for_change(on_submitted))


async def open_form(context: SlackContext) -> None:
    """Open the dialog with the current settings."""
    officer = context.officer.key
    chosen = await context.deps.service.database.read(lambda tx: preferences.load(tx, officer))
    metadata = {"home": True} if context.request.is_from_app_home else {}
    await context.responder.open_view(settings.settings_form(chosen, metadata, context.words))


async def on_submitted(context: SlackContext) -> None:
    """Save the settings. Opened from App Home, that is refreshed; elsewhere a confirmation is shown."""
    officer, chosen = context.officer.key, settings.read(context.request.form)
    service = context.deps.service
    await service.languages.save_preferences(officer, chosen)
    context.responder.words = await service.languages.words_of(officer)
    if context.request.metadata.get("home"):
        await context.responder.close_form(context.words("settings.saved"))
        context.performer.run_after_ack(home.refresh_home(context))
    else:
        await context.responder.replace_view(settings.settings_saved(context.words))
