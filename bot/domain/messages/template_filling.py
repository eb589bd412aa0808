"""Templates filled in with what is known of a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.catalog.base import Text
from bot.catalog.people import Officer
from bot.catalog.templates import TODAY, Template, fill_tags, translate_tags
from bot.domain.submission import Person
from bot.text import words


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """What a template's tags stand for. `sender` is the writer; `today` is the day in the municipality's time zone."""

    number: str
    service: Text
    municipality: Text
    sender: Officer
    people: Sequence[Person]
    today: date


def fill_template(template: Template, facts: TemplateFacts, language: str) -> str:
    """The template's text in that language. What is not known stays as a gap."""
    return translate_tags(fill_text(template.text.in_(language), facts, language), language).strip()


def fill_text(text: str, facts: TemplateFacts, language: str) -> str:
    """The text with the program's tags filled in. What is not known stays as a gap."""
    w = words(language)
    values_by_tag = {
        "case.number": facts.number,
        "case.service": facts.service.in_(language),
        "officer.name": facts.sender.name,
        "officer.title": facts.sender.title.in_(language) if facts.sender.title is not None else "",
        "officer.unit": facts.sender.unit.in_(language),
        "municipality.name": facts.municipality.in_(language),
        "applicant.name": w.list([one.name for one in facts.people if one.name.strip()]),
        TODAY: w.day(facts.today),
    }
    return fill_tags(text, {tag: value for tag, value in values_by_tag.items() if value.strip()})


def append_text(typed_text: str, text: str) -> str:
    """The text below what was typed."""
    return f"{typed_text}\n\n{text}" if typed_text.strip() else text
