"""Templates in officers' forms, with their tags filled in."""

from __future__ import annotations

from bot.catalog.templates import Purpose, Template
from bot.domain.views import CaseView
from bot.portal.officer.officer_context import OfficerContext
from bot.portal.uploads import FieldValues
from bot.text import words


def offered_templates(context: OfficerContext, view: CaseView, purpose: Purpose) -> tuple[Template, ...]:
    service = context.find_service(view)
    return service.templates_for(purpose, view.case.status) if service else ()


def insert_template(
    context: OfficerContext, view: CaseView, purpose: Purpose, values: FieldValues
) -> FieldValues:
    """The form's values with the chosen template appended, in the reader's language, and with its kind."""
    offered, typed_text = offered_templates(context, view, purpose), values["text"]
    chosen = next((template for template in offered if template.key == values["template"]), None)
    if chosen is None:
        return values
    language = reader_language(context, view) if purpose == "message" else context.page.language
    text = chosen.fill(_tag_values(context, view, language), language).strip()
    changed = {"text": f"{typed_text}\n\n{text}" if typed_text.strip() else text}
    return FieldValues({**values, **changed, **({"kind": chosen.kind} if chosen.kind else {})})


def reader_language(context: OfficerContext, view: CaseView) -> str:
    """The language of a message's reader."""
    return view.people[0].language if view.people else context.page.language


def _tag_values(context: OfficerContext, view: CaseView, language: str) -> dict[str, str]:
    catalog = context.page.catalog
    officer = catalog.officer(context.officer.key)
    return {
        "case.number": view.case.number,
        "case.service": view.definition.name.in_(language),
        "officer.name": context.officer.name,
        "officer.unit": officer.unit.in_(language) if officer else "",
        "municipality.name": catalog.municipality.name.in_(language),
        "applicant.name": words(language).list(one.name for one in view.people),
    }
