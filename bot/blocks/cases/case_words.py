"""What a case is called and where it stands, in words that hold no personal data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import name_of
from bot.domain.assignment import holder_names
from bot.domain.case import Assignee, Case
from bot.domain.views import HistoryLine
from bot.text import Words

MOST_NAMES = 3


def on_page_only(case: Case, service: EService | None) -> bool:
    """Whether Slack may show no more than number, status, officers and times.

    So it is for a strict e-service, for a protected case, and where the catalog no longer says what may be shown.
    """
    return service is None or service.strict or case.protected


def title(number: str, service: EService | None, words: Words) -> str:
    """2026-000123 · Ansökan om bygglov; the number alone where Slack may not show the e-service."""
    if service is None or service.strict:
        return number
    return f"{number} · {service.name.in_(words.language)}"


def called(case: Case, service: EService | None, words: Words) -> str:
    """`title` for within a sentence."""
    return title(case.number, None if on_page_only(case, service) else service, words)


def case_title(case: Case, service: EService | None, words: Words) -> str:
    """`called` for a heading, where a number does not stand alone."""
    if on_page_only(case, service):
        return words("card.strict", number=case.number)
    return called(case, service, words)


def status_name(service: EService | None, key: str, words: Words, was_called: str = "") -> str:
    """The status as the catalog calls it now, or as it was called when the catalog still had it."""
    found = service.status(key) if service is not None else None
    return found.name.in_(words.language) if found is not None else was_called or key


def officers_line(assignees: Sequence[Assignee], catalog: Catalog, words: Words) -> str:
    """Who has the case: people first, then groups; empty when nobody does."""
    people = [name_of(f"officer:{one.key}", catalog) for one in assignees if one.kind == "officer"]
    groups = [group_name(one.key, catalog, words) for one in assignees if one.kind == "group"]
    return names([*people, *groups], words)


def officers_of(people: Sequence[str], groups: Sequence[str], catalog: Catalog, words: Words) -> str:
    """The same from keys."""
    officers = [name_of(f"officer:{key}", catalog) for key in people]
    return names([*officers, *(group_name(key, catalog, words) for key in groups)], words)


def group_name(key: str, catalog: Catalog, words: Words) -> str:
    group = catalog.group(key)
    return group.name.in_(words.language) if group is not None else key


CIRCLES = {"red": "🔴", "orange": "🟠", "yellow": "🟡", "green": "🟢", "blue": "🔵", "purple": "🟣"}


def colour_words(colour: str, words: Words) -> str:
    """🔴 Röd; empty for none."""
    return f"{CIRCLES[colour]} {words(f'colour.{colour}')}" if colour in CIRCLES else ""


def changed_holders(one: HistoryLine, catalog: Catalog, words: Words) -> str:
    """Björn Ek lades till, Anna Berg togs bort: of an event that changed who has the case."""
    told = []
    for change in ("added", "removed"):
        if refs := one.facts.get(change, ()):
            told.append(words(f"officers.{change}", names=words.list(holders(refs, catalog, words))))
    return ", ".join(told)


def holders(refs: Sequence[str], catalog: Catalog, words: Words) -> list[str]:
    """Names of officers and groups by reference."""
    found = holder_names(refs, catalog)
    return [name if isinstance(name, str) else name.in_(words.language) for name in found]


def names(people: Sequence[str], words: Words) -> str:
    """Up to three names; of more, two and how many more there are."""
    if len(people) <= MOST_NAMES:
        return ", ".join(people)
    return words("label.andmore", names=", ".join(people[:2]), n=len(people) - 2)


def by_name(ref: str, catalog: Catalog, words: Words) -> str:
    """The name to show for whoever acted."""
    if ref == "applicant":
        return words("who.applicant")
    return name_of(ref, catalog) or words("who.machine")


def due_line(due_on: date | None, closed: bool, today: date | None, words: Words, short: bool = False) -> str:
    """Klart senast 4 dec. 2026, or Försenat sedan 4 dec.; empty where there is no such day.

    A `short` one leaves this year out, where it is drawn for a moment only.
    """
    if due_on is None or closed:
        return ""
    if today is not None and due_on < today:
        return words("label.overdue", date=words.day_short(due_on))
    this_year = short and today is not None and due_on.year == today.year
    return f"{words('label.due')} {words.day_short(due_on) if this_year else words.day(due_on)}"
