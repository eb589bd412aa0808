"""An officer's absence, set by themselves or by a coordinator."""

from __future__ import annotations

from datetime import date
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import absence as form
from bot.blocks.forms.absence import AbsenceForm
from bot.catalog.people import Officer
from bot.domain.absence import (
    Absence,
    describe_absence,
    describe_ended_absence,
    describe_saved_absence,
    list_substitutes,
    refusals_by_field,
    require_may_set_absence,
)
from bot.domain.rules import Refused
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import home
from bot.service.absences import end_absence, set_absence
from bot.store import Tx
from bot.store.officers import absences
from bot.text.working_days import local_day


def register(app: AsyncApp, listeners: Listeners) -> None:
    app.action("home:absence")(listeners.for_modal(open_form))
    app.action("absence:end")(listeners.for_change(on_end))
    app.options(form.SUBSTITUTE_FIELD)(listeners.for_options(on_options))
    app.view(form.ID)(listeners.for_change(on_submitted))


async def open_form(context: SlackContext, officer_key: str = "") -> None:
    """Open the dialog for one's own absence, or for that of a colleague. Raises MayNotSetAbsence."""
    officer = _find_officer(context, officer_key or context.officer.key)
    catalog, today = context.deps.service.catalog, _today(context)

    def load(tx: Tx) -> tuple[Absence | None, str]:
        return (
            absences.find_absence(tx, officer.key, today),
            absences.find_latest_substitute(tx, officer.key),
        )

    current, latest = await context.deps.service.database.read(load)
    substitute = catalog.officer(current.substitute if current is not None else latest)
    is_own = officer.key == context.officer.key
    shown = AbsenceForm(officer, today, current, substitute, is_own=is_own)
    metadata = {"home": True} if context.request.is_from_app_home else {}
    await context.responder.open_view(form.absence_form(shown, metadata, context.words))


def _today(context: SlackContext) -> date:
    return local_day(context.deps.service.clock())


def _find_officer(context: SlackContext, key: str) -> Officer:
    """The officer whose absence it is. Raises MayNotSetAbsence."""
    return require_may_set_absence(context.officer, key, context.deps.service.catalog, _today(context))


async def on_options(context: SlackContext) -> list[dict[str, Any]]:
    """Colleagues who may stand in and whose name matches what is typed."""
    officer = _find_officer(context, context.request.metadata["officer"])
    catalog, typed = context.deps.service.catalog, context.request.text[:200]
    found = list_substitutes(officer.key, typed, _today(context), catalog)
    away = await describe_absent(context)
    return form.suggestions([(one, away.get(one.key, "")) for one in found], context.words)


async def describe_absent(context: SlackContext) -> dict[str, str]:
    """That they are, of each who is absent today, by key: for those who choose among colleagues."""
    found = await context.deps.service.database.read(lambda tx: absences.load_absences(tx, _today(context)))
    catalog, words = context.deps.service.catalog, context.words
    return {key: describe_absence(key, found, catalog, words) for key in found.substitutes}


async def on_submitted(context: SlackContext) -> None:
    """Save the absence, and tell the substitute."""
    officer = _find_officer(context, context.request.metadata["officer"])
    values = form.read(context.request.form)
    if values.first is None or values.last is None:
        days = {"first": values.first, "last": values.last}
        problem = context.words("absence.day")
        await context.responder.show_field_errors(
            {name: problem for name, day in days.items() if day is None}
        )
        return
    absence = Absence(officer.key, values.first, values.last, values.substitute)
    try:
        await set_absence(context.deps.service, context.officer, absence)
    except Refused as refusal:
        refused = refusals_by_field(refusal)
        if not refused:
            raise
        problems = {field: one.in_words(context.words) for field, one in refused.items()}
        await context.responder.show_field_errors(problems)
        return
    catalog = context.deps.service.catalog
    text = describe_saved_absence(absence, context.officer, _today(context), catalog, context.words)
    await context.responder.replace_view(form.absence_saved(text, context.words))
    _refresh_home(context)


async def on_end(context: SlackContext) -> None:
    """The officer is back."""
    officer = _find_officer(context, context.request.metadata["officer"])
    await end_absence(context.deps.service, context.officer, officer.key)
    text = describe_ended_absence(officer, context.officer, context.words)
    ended = form.absence_saved(text, context.words)
    context.performer.run_after_ack(context.responder.update_view_by_id(context.request.view.id, ended))
    _refresh_home(context)


def _refresh_home(context: SlackContext) -> None:
    if context.request.metadata.get("home"):
        context.performer.run_after_ack(home.refresh_home(context))
