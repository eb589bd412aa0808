"""Templates offered in the officer's forms, with their tags filled in."""

from __future__ import annotations

from bot.catalog.templates import Purpose, Template
from bot.domain.views import CaseView
from bot.portal.officer.desk import Desk
from bot.portal.uploads import Values
from bot.text import words


def templates_for(desk: Desk, view: CaseView, purpose: Purpose) -> tuple[Template, ...]:
    service = desk.service_of(view)
    return service.templates_for(purpose, view.case.status) if service else ()


def with_template(desk: Desk, view: CaseView, purpose: Purpose, values: Values) -> Values:
    """The form with the chosen template below what was typed, in the language of whom it is for, and its kind."""
    offered, typed = templates_for(desk, view, purpose), values["text"]
    chosen = next((one for one in offered if one.key == values["template"]), None)
    if chosen is None:
        return values
    language = reader_language(desk, view) if purpose == "message" else desk.visit.language
    text = chosen.fill(_facts(desk, view, language), language).strip()
    changed = {"text": f"{typed}\n\n{text}" if typed.strip() else text}
    return Values({**values, **changed, **({"kind": chosen.kind} if chosen.kind else {})})


def reader_language(desk: Desk, view: CaseView) -> str:
    """The language of whoever reads a message."""
    return view.people[0].language if view.people else desk.visit.language


def _facts(desk: Desk, view: CaseView, language: str) -> dict[str, str]:
    catalog = desk.visit.catalog
    officer = catalog.officer(desk.officer.key)
    return {
        "case.number": view.case.number,
        "case.service": view.definition.name.in_(language),
        "officer.name": desk.officer.name,
        "officer.unit": officer.unit.in_(language) if officer else "",
        "municipality.name": catalog.municipality.name.in_(language),
        "applicant.name": words(language).list(one.name for one in view.people),
    }
