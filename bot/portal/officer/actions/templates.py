"""Templates in officers' forms, with their tags filled in."""

from __future__ import annotations

from bot.catalog.templates import Purpose, Template
from bot.domain.messages import message_kinds
from bot.domain.messages.presets import MessagePreset
from bot.domain.messages.template_filling import TemplateFacts, append_text, fill_template
from bot.domain.views import CaseView
from bot.portal.forms.posted_form import FieldValues
from bot.portal.officer.officer_context import OfficerContext
from bot.text.working_days import local_day


def offered_templates(context: OfficerContext, view: CaseView, purpose: Purpose) -> tuple[Template, ...]:
    service = context.find_service(view)
    if service is None:
        return ()
    if purpose == "message":
        return message_kinds.offered_templates(view.case, service)
    return service.templates_for(purpose, view.case.status)


def insert_template(
    context: OfficerContext, view: CaseView, purpose: Purpose, values: FieldValues
) -> FieldValues:
    """The form's values with the chosen template appended, in the reader's language, and with its kind."""
    offered = offered_templates(context, view, purpose)
    chosen = next((template for template in offered if template.key == values["template"]), None)
    if chosen is None:
        return values
    language = reader_language(context, view) if purpose == "message" else context.page.language
    text = append_text(values["text"], fill_template(chosen, _facts(context, view), language))
    return FieldValues({**values, "text": text, **({"kind": chosen.kind} if chosen.kind else {})})


def preset_values(context: OfficerContext, view: CaseView, preset: MessagePreset) -> FieldValues:
    """The values of a message that the preset fills in."""
    language, template, day = reader_language(context, view), preset.template, preset.answer_by
    return FieldValues(
        was=view.case.status,
        status_after=preset.status,
        kind=preset.kind,
        text=fill_template(template, _facts(context, view), language) if template is not None else "",
        answer_by=day.isoformat() if day is not None else "",
    )


def reader_language(context: OfficerContext, view: CaseView) -> str:
    """The language of a message's reader."""
    return view.people[0].language if view.people else context.page.language


def _facts(context: OfficerContext, view: CaseView) -> TemplateFacts:
    catalog = context.page.catalog
    sender = catalog.officer(context.officer.key)
    assert sender is not None  # a session of an officer whom the catalog no longer has is none
    return TemplateFacts(
        number=view.case.number,
        service=view.definition.name,
        municipality=catalog.municipality.name,
        sender=sender,
        people=view.people,
        today=local_day(context.page.now),
    )
