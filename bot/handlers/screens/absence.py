"""An officer's absence, set by themselves or by a coordinator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.blocks.forms import absence as form
from bot.blocks.forms.absence import AbsenceForm
from bot.catalog.people import Officer
from bot.domain.absence import (
    Absence,
    AbsenceEndsBeforeItBegins,
    AbsenceIsOver,
    AbsenceTooLong,
    OwnSubstitute,
    SubstituteIsAbsent,
    SubstituteLacksAccess,
    list_substitutes,
    require_may_set_absence,
    services_not_covered,
    validate_absence,
)
from bot.domain.rules import Refused
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.screens import home
from bot.store import Tx
from bot.store.officers import absences
from bot.store.outbox import officer_notices
from bot.text.working_days import local_day

_FIELD_OF_REFUSAL: dict[type[Refused], str] = {
    AbsenceEndsBeforeItBegins: "last",
    AbsenceIsOver: "last",
    AbsenceTooLong: "last",
    OwnSubstitute: form.SUBSTITUTE_FIELD,
    SubstituteIsAbsent: form.SUBSTITUTE_FIELD,
    SubstituteLacksAccess: form.SUBSTITUTE_FIELD,
}


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
    return form.suggestions(found, context.words)


async def on_submitted(context: SlackContext) -> None:
    """Save the absence, and tell the substitute."""
    officer = _find_officer(context, context.request.metadata["officer"])
    values = form.read(context.request.form)
    if values.first is None or values.last is None:
        missing = "first" if values.first is None else "last"
        await context.responder.show_field_errors({missing: context.words("absence.day")})
        return
    absence = Absence(officer.key, values.first, values.last, values.substitute)
    try:
        await context.deps.service.database.write(lambda tx: _save(tx, context, absence))
    except Refused as refusal:
        field = _FIELD_OF_REFUSAL.get(type(refusal))
        if field is None:
            raise
        await context.responder.show_field_errors({field: refusal.in_words(context.words)})
        return
    context.deps.service.wake()
    await context.responder.replace_view(form.absence_saved(_describe(context, absence), context.words))
    _refresh_home(context)


def _save(tx: Tx, context: SlackContext, absence: Absence) -> None:
    service, today = context.deps.service, _today(context)
    of_substitute = absences.list_absences(tx, absence.substitute, today) if absence.substitute else []
    valid = validate_absence(absence, today, of_substitute, service.catalog)
    previous = absences.find_absence(tx, absence.officer, today)
    absences.save(tx, valid, context.officer.ref, service.clock())
    _enqueue_notices(tx, context, _Change(absence.officer, previous, valid))


async def on_end(context: SlackContext) -> None:
    """The officer is back."""
    officer = _find_officer(context, context.request.metadata["officer"])

    def work(tx: Tx) -> None:
        previous = absences.find_absence(tx, officer.key, _today(context))
        absences.end(tx, officer.key, context.officer.ref, context.deps.service.clock())
        _enqueue_notices(tx, context, _Change(officer.key, previous, None))

    await context.deps.service.database.write(work)
    context.deps.service.wake()
    ended = form.absence_saved(context.words("absence.ended", name=officer.name), context.words)
    context.performer.run_after_ack(context.responder.update_view_by_id(context.request.view.id, ended))
    _refresh_home(context)


def _refresh_home(context: SlackContext) -> None:
    if context.request.metadata.get("home"):
        context.performer.run_after_ack(home.refresh_home(context))


@dataclass(frozen=True, slots=True)
class _Change:
    """An officer's absence before and after a change."""

    officer: str
    before: Absence | None
    after: Absence | None


def _enqueue_notices(tx: Tx, context: SlackContext, change: _Change) -> None:
    """Tell those who stand in, or no longer do, and the officer where another set it; nobody of their own act."""
    substitutes = {one.substitute for one in (change.before, change.after) if one is not None}
    recipients = {change.officer, *substitutes} - {context.officer.key, ""}
    about = change.after or change.before
    if about is None:
        return
    days = {"first": about.first.isoformat(), "last": about.last.isoformat()}
    for officer in sorted(recipients):
        is_substitute = change.after is not None and officer == change.after.substitute
        role = "substitute" if is_substitute else "absent" if officer == change.officer else "released"
        if role == "absent" and change.after is None:
            role = "back"
        ids = {"absent": change.officer, "role": role, **days}
        officer_notices.enqueue_absence_notice(tx, officer, ids, context.deps.service.clock())


def _describe(context: SlackContext, absence: Absence) -> str:
    """What was saved, and which of the officer's e-services the substitute may not work with."""
    catalog, words = context.deps.service.catalog, context.words
    officer, substitute = catalog.officer(absence.officer), catalog.officer(absence.substitute)
    facts = {
        "name": officer.name if officer is not None else absence.officer,
        "first": words.day_short(absence.first),
        "last": words.day_short(absence.last),
    }
    if substitute is None:
        return words("absence.saved.alone", **facts)
    text = words("absence.saved", substitute=substitute.name, **facts)
    left = services_not_covered(absence, _today(context), catalog)
    if not left:
        return text
    names = words.list(one.name.in_(words.language) for one in left)
    return f"{text} {words('absence.notcovered', substitute=substitute.name, services=names)}"
