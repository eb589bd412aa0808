"""Texts about a case without personal data: its reference, assignees and colour."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import officer_name
from bot.domain.case import Assignee, Case
from bot.text import Words

MAX_NAMES = 3


def is_case_page_only(case: Case, service: EService | None) -> bool:
    """Whether Slack may show only number, status, officers and times.

    That is so for strict e-services, protected cases, and e-services that are not in the catalog.
    """
    return service is None or service.strict or case.protected


def number_and_service(number: str, service: EService | None, words: Words) -> str:
    """2026-000123 · Ansökan om bygglov; only the number where Slack may not show the e-service."""
    if service is None or service.strict:
        return number
    return f"{number} · {service.name.in_(words.language)}"


def case_reference(case: Case, service: EService | None, words: Words) -> str:
    """`number_and_service` for use within a sentence."""
    return number_and_service(case.number, None if is_case_page_only(case, service) else service, words)


def case_title(case: Case, service: EService | None, words: Words) -> str:
    """`case_reference` for headings, with a word before a mere number."""
    if is_case_page_only(case, service):
        return words("card.strict", number=case.number)
    return case_reference(case, service, words)


def assignees_line(assignees: Sequence[Assignee], catalog: Catalog, words: Words) -> str:
    """The assignees: officers, then groups; empty where there are none."""
    people = [
        officer_name(f"officer:{assignee.key}", catalog)
        for assignee in assignees
        if assignee.kind == "officer"
    ]
    groups = [group_name(assignee.key, catalog, words) for assignee in assignees if assignee.kind == "group"]
    return join_names([*people, *groups], words)


def assignees_line_from_keys(
    people: Sequence[str], groups: Sequence[str], catalog: Catalog, words: Words
) -> str:
    """`assignees_line` from keys."""
    officers = [officer_name(f"officer:{key}", catalog) for key in people]
    return join_names([*officers, *(group_name(key, catalog, words) for key in groups)], words)


def group_name(key: str, catalog: Catalog, words: Words) -> str:
    group = catalog.group(key)
    return group.name.in_(words.language) if group is not None else key


COLOUR_CIRCLES = {"red": "🔴", "orange": "🟠", "yellow": "🟡", "green": "🟢", "blue": "🔵", "purple": "🟣"}


def colour_words(colour: str, words: Words) -> str:
    """🔴 Röd; empty for none."""
    return f"{COLOUR_CIRCLES[colour]} {words(f'colour.{colour}')}" if colour in COLOUR_CIRCLES else ""


def join_names(people: Sequence[str], words: Words) -> str:
    """Up to three names; of more, two and the number of the others."""
    if len(people) <= MAX_NAMES:
        return ", ".join(people)
    return words("label.andmore", names=", ".join(people[:2]), n=len(people) - 2)
