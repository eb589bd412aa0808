"""Frånvaro on the web: one's own, and of an e-service's coordinator that of colleagues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.answers.parsing import typed_day
from bot.catalog.people import Officer
from bot.domain.absence import (
    Absence,
    MayNotSetAbsence,
    describe_absence,
    describe_ended_absence,
    describe_saved_absence,
    list_substitutes,
    refusals_by_field,
    require_may_set_absence,
)
from bot.domain.name_search import find_officers_by_name
from bot.domain.rules import Refused
from bot.domain.substitutes import Absences
from bot.portal.errors import refusal_text
from bot.portal.flash import Flash, clear_flash, read_flash, redirect_with
from bot.portal.forms.limits import OFFICERS_BUTTON
from bot.portal.forms.posted_form import FieldValues, read_form
from bot.portal.officer.officer_context import OfficerContext, SignedInOfficer
from bot.service.absences import end_absence, set_absence
from bot.store import Tx
from bot.store.officers import absences
from bot.text.working_days import local_day
from bot.web.post_limits import limited_by

router = APIRouter()

ADDRESS = "/handlaggare/franvaro"
PAGE_NAME = FORM = "absence"


@dataclass(frozen=True)
class FilledAbsence:
    """The form as it was filled in, and what is wrong with it by field."""

    values: FieldValues
    problems: Mapping[str, str] = field(default_factory=dict)
    alert: str = ""


@router.get(ADDRESS)
async def on_opened_absence(context: SignedInOfficer, vem: str = "") -> Response:
    """One's own absence, or that of the colleague with that key, and after a change what was done."""
    officer = _find_officer(context, vem or context.officer.key)
    flash = read_flash(context, PAGE_NAME)
    response = await _page(context, officer, done=flash.done)
    clear_flash(context, response, flash)
    return response


@router.post(ADDRESS, dependencies=limited_by(OFFICERS_BUTTON))
async def on_sent_absence(context: SignedInOfficer) -> Response:
    """Set the absence, or end it."""
    page, posted = context.page, await read_form(context.page)
    officer = _find_officer(context, posted.get("vem"))
    names = ("first", "last", "substitute")
    filled = FilledAbsence(FieldValues({name: posted.get(name) for name in names}))
    if context.verify_form_key(FORM, officer.key, posted.get("key")) is None:
        filled = FilledAbsence(filled.values, alert=page.words("page.form.late"))
        return await _page(context, officer, filled, status=409)
    service = page.deps.service
    if posted.get("do") == "end":
        await end_absence(service, context.officer, officer.key)
        return _redirect(context, officer, describe_ended_absence(officer, context.officer, page.words))
    posted.require(*names)
    absence, problems = _read(context, officer, filled.values)
    if absence is None:
        return await _page(context, officer, FilledAbsence(filled.values, problems), status=422)
    try:
        await set_absence(service, context.officer, absence)
    except Refused as refusal:
        refused = refusals_by_field(refusal)
        if not refused:
            raise
        problems = {at: refusal_text(one, page.words) for at, one in refused.items()}
        return await _page(context, officer, FilledAbsence(filled.values, problems), status=422)
    text = describe_saved_absence(absence, context.officer, local_day(page.now), page.catalog, page.words)
    return _redirect(context, officer, text)


def _find_officer(context: OfficerContext, key: str) -> Officer:
    """The officer whose absence it is. Raises MayNotSetAbsence."""
    page = context.page
    return require_may_set_absence(context.officer, key, page.catalog, local_day(page.now))


def _redirect(context: OfficerContext, officer: Officer, text: str) -> Response:
    query = "" if officer.key == context.officer.key else f"?vem={officer.key}"
    return redirect_with(context, f"{ADDRESS}{query}", PAGE_NAME, Flash(done=text))


def _read(
    context: OfficerContext, officer: Officer, values: FieldValues
) -> tuple[Absence | None, dict[str, str]]:
    days = {name: typed_day(values[name]) for name in ("first", "last")}
    first, last = days["first"], days["last"]
    if first is None or last is None:
        return None, {name: context.page.words("absence.day") for name, day in days.items() if day is None}
    return Absence(officer.key, first, last, values["substitute"]), {}


@dataclass(frozen=True, slots=True)
class _Stored:
    """The officer's absence and last substitute, who is absent today, and all absences that are not over."""

    current: Absence | None
    latest_substitute: str
    on_day: Absences
    coming: list[Absence]


async def _load(context: OfficerContext, officer: Officer) -> _Stored:
    today = local_day(context.page.now)

    def load(tx: Tx) -> _Stored:
        return _Stored(
            absences.find_absence(tx, officer.key, today),
            absences.find_latest_substitute(tx, officer.key),
            absences.load_absences(tx, today),
            absences.list_coming(tx, today),
        )

    return await context.page.deps.service.database.read(load)


async def _page(
    context: OfficerContext,
    officer: Officer,
    filled: FilledAbsence | None = None,
    *,
    done: str = "",
    status: int = 200,
) -> Response:
    page, stored, today = context.page, await _load(context, officer), local_day(context.page.now)
    w, catalog, current = page.words, page.catalog, stored.current
    first, last, substitute = (
        (current.first.isoformat(), current.last.isoformat(), current.substitute)
        if current is not None
        else (today.isoformat(), "", stored.latest_substitute)
    )
    shown = FieldValues({"first": first, "last": last, "substitute": substitute})
    return page.render(
        "officer/absence.html",
        status,
        me=context.officer.name,
        officer=officer,
        is_own=officer.key == context.officer.key,
        current=current,
        current_substitute=_name(context, current.substitute) if current is not None else "",
        filled=filled or FilledAbsence(shown),
        substitutes=[
            (one.key, one.name, describe_absence(one.key, stored.on_day, catalog, w))
            for one in list_substitutes(officer.key, "", today, catalog)
        ],
        colleagues=_colleagues(context),
        away=[
            (one, _name(context, one.officer), _name(context, one.substitute))
            for one in stored.coming
            if one.officer != officer.key and _may_set(context, one.officer)
        ],
        done=done,
        key=context.create_form_key(FORM, officer.key),
    )


def _name(context: OfficerContext, key: str) -> str:
    found = context.page.catalog.officer(key)
    return found.name if found is not None else key


def _colleagues(context: OfficerContext) -> list[Officer]:
    """Those whose absence the officer may set as a coordinator, by name."""
    own = context.officer.key
    officers = find_officers_by_name(context.page.catalog, "")
    return [one for one in officers if one.key != own and _may_set(context, one.key)]


def _may_set(context: OfficerContext, key: str) -> bool:
    try:
        _find_officer(context, key)
    except MayNotSetAbsence:
        return False
    return True
