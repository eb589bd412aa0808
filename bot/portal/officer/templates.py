"""Templates offered in the officer's forms, with their tags filled in."""

from __future__ import annotations

from bot.catalog.templates import Purpose, Template
from bot.domain.views import CaseView
from bot.portal.officer.desk import Desk
from bot.text import words


def templates_for(desk: Desk, view: CaseView, purpose: Purpose) -> tuple[Template, ...]:
    service = desk.service_of(view)
    return service.templates_for(purpose, view.case.status) if service else ()


def add_template(desk: Desk, view: CaseView, purpose: Purpose, key: str, typed: str) -> str:
    """What was typed, and the template below it; in the language of whom it is for."""
    chosen = next((one for one in templates_for(desk, view, purpose) if one.key == key), None)
    if chosen is None:
        return typed
    language = desk.visit.language
    if purpose == "message" and view.people:
        language = view.people[0].language
    text = chosen.fill(_facts(desk, view, language), language).strip()
    return f"{typed}\n\n{text}" if typed.strip() else text


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
