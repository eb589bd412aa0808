"""An officer's settings on the web: the same as in Slack."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import Response

from bot.domain.preference_form import SettingsForm, read_settings, setting_fields, with_settings
from bot.domain.rules import Refused
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash, clear_flash, read_flash, redirect_with
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.forms.posted_form import read_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.store import Tx
from bot.store.lists import saved_views
from bot.store.officers import preferences
from bot.web.post_limits import limited_by

router = APIRouter()

ADDRESS = "/handlaggare/installningar"
PAGE_NAME = "settings"


@router.get(ADDRESS)
async def on_opened_settings(context: SignedInOfficer) -> Response:
    """The settings as they are, and after a change that they are saved."""
    flash = read_flash(context, PAGE_NAME)
    response = _page(context, await _load(context), is_saved=flash.done == "saved")
    clear_flash(context, response, flash)
    return response


@router.post(ADDRESS, dependencies=limited_by(OFFICERS_BUTTON))
async def on_saved_settings(context: SignedInOfficer) -> Response:
    """Save the settings. They are shown again where a view is no more."""
    page, posted, form = context.page, await read_form(context.page), await _load(context)
    fields = setting_fields(form, page.words)
    posted.require(*(one.name for one in fields if one.control != "box"))
    submitted = read_settings({one.name: posted.get(one.name) for one in fields})
    chosen = with_settings(form.chosen, submitted)
    try:
        await page.deps.service.database.write(lambda tx: preferences.save(tx, context.officer.key, chosen))
    except Refused as refusal:
        filled_in = replace(form, chosen=chosen, page_size=chosen.page_size)
        return _page(context, filled_in, alert=refusal_text(refusal, page.words))
    page.deps.service.languages.forget(context.officer.key)
    return redirect_with(context, ADDRESS, PAGE_NAME, Flash("saved"))


async def _load(context: OfficerContext) -> SettingsForm:
    def load(tx: Tx) -> SettingsForm:
        chosen = preferences.load(tx, context.officer.key)
        views = saved_views.list_views(tx, context.officer)
        return SettingsForm(chosen, views, chosen.page_size)

    return await context.page.deps.service.database.read(load)


def _page(
    context: OfficerContext, form: SettingsForm, *, alert: str = "", is_saved: bool = False
) -> Response:
    return context.page.render(
        "officer/settings.html",
        409 if alert else 200,
        me=context.officer.name,
        settings=setting_fields(form, context.page.words),
        alert=alert,
        is_saved=is_saved,
    )
