"""Absence of officers, from a day to a day, with a substitute who gets their notices and may act for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.catalog.models import Catalog
from bot.catalog.people import Officer as CatalogOfficer
from bot.catalog.services import EService
from bot.domain.access import may_work_by_key
from bot.domain.actors import Officer
from bot.domain.case import Case
from bot.domain.name_search import find_officers_by_name
from bot.domain.notice_reasons import NOTICE_REASONS
from bot.domain.notices import Notice, OfficerNotice
from bot.domain.rules import Context, Refused, raise_refusals
from bot.domain.substitutes import Absences
from bot.text import Words
from bot.text.working_days import local_day

MAX_ABSENCE_DAYS = 400


class AbsenceEndsBeforeItBegins(Refused):
    """The last day of the absence is before its first."""

    key = "no.absence.order"


class AbsenceIsOver(Refused):
    """The last day of the absence has passed."""

    key = "no.absence.over"


class AbsenceTooLong(Refused):
    """The absence is longer than `n` days."""

    key = "no.absence.long"


class OwnSubstitute(Refused):
    """Nobody stands in for themselves."""

    key = "no.absence.self"


class SubstituteLacksAccess(Refused):
    """The substitute, `name`, may work with no case of the e-services that the absent officer works with."""

    key = "no.absence.access"


class SubstituteIsAbsent(Refused):
    """The substitute, `name`, is absent on some of the days, from the day `first` to the day `last`."""

    key = "no.absence.substitute"


class MayNotSetAbsence(Refused):
    """There is no such officer, or they work with no e-service that the actor coordinates."""

    key = "no.absence.other"


@dataclass(frozen=True, slots=True)
class Absence:
    """An officer is absent from the `first` day to the `last`, both included; without a `substitute` it is empty."""

    officer: str
    first: date
    last: date
    substitute: str = ""

    def overlaps(self, other: Absence) -> bool:
        return self.first <= other.last and other.first <= self.last

    def is_part_of(self, other: Absence) -> bool:
        """Whether it is the other one or a part of it, with the same substitute."""
        same = self.officer, self.substitute
        return (
            same == (other.officer, other.substitute) and other.first <= self.first <= self.last <= other.last
        )


@dataclass(frozen=True, slots=True)
class AbsenceContext:
    """What decides whether an absence may be set: `previous` is the officer's stored one, which it replaces.

    `of_substitute` are the substitute's own absences.
    """

    catalog: Catalog
    today: date
    previous: Absence | None = None
    of_substitute: Sequence[Absence] = ()


def validate_absence(absence: Absence, context: AbsenceContext) -> Absence:
    """The absence. Raises Refused for days that cannot be, and for a substitute who cannot stand in, both at once.

    One that is only shortened has the substitute that it had, who may have become absent or lost access since.
    """
    previous, found = context.previous, [_days_refusal(absence, context.today)]
    if previous is None or not absence.is_part_of(previous):
        found.append(_substitute_refusal(absence, context))
    raise_refusals([one for one in found if one is not None])
    return absence


def _days_refusal(absence: Absence, today: date) -> Refused | None:
    if absence.last < absence.first:
        return AbsenceEndsBeforeItBegins()
    if absence.last < today:
        return AbsenceIsOver()
    if absence.last - absence.first > timedelta(days=MAX_ABSENCE_DAYS):
        return AbsenceTooLong(n=MAX_ABSENCE_DAYS)
    return None


def _substitute_refusal(absence: Absence, context: AbsenceContext) -> Refused | None:
    catalog = context.catalog
    if not absence.substitute:
        return None
    if absence.substitute == absence.officer:
        return OwnSubstitute()
    substitute = catalog.officer(absence.substitute)
    name = substitute.name if substitute is not None else absence.substitute
    if not services_in_common(absence.officer, absence.substitute, context.today, catalog):
        return SubstituteLacksAccess(name=name)
    for one in context.of_substitute:
        if absence.overlaps(one):
            return SubstituteIsAbsent(name=name, first=one.first, last=one.last)
    return None


def require_may_set_absence(actor: Officer, key: str, catalog: Catalog, day: date) -> CatalogOfficer:
    """The officer with that key, whose absence the actor may set: their own, and as coordinator a colleague's.

    Raises MayNotSetAbsence.
    """
    officer = catalog.officer(key)
    coordinated = {service for service, access in actor.access.items() if access.coordinator}
    services = {service.key for service in catalog.services_for(key, day)}
    if officer is None or (key != actor.key and coordinated.isdisjoint(services)):
        raise MayNotSetAbsence
    return officer


def list_substitutes(officer: str, typed: str, day: date, catalog: Catalog) -> list[CatalogOfficer]:
    """Colleagues whose name contains every typed word, and who work with some of the officer's e-services."""
    return [
        one
        for one in find_officers_by_name(catalog, typed)
        if one.key != officer and services_in_common(officer, one.key, day, catalog)
    ]


def services_not_covered(absence: Absence, day: date, catalog: Catalog) -> list[EService]:
    """The officer's e-services that the substitute may not work with: their notices still go to the officer."""
    covered = services_in_common(absence.officer, absence.substitute, day, catalog)
    return [service for service in catalog.services_for(absence.officer, day) if service.key not in covered]


def services_in_common(officer: str, substitute: str, day: date, catalog: Catalog) -> list[str]:
    """The e-services, by key, that both may work with on the day: those in which one can stand in for the other."""
    own = {service.key for service in catalog.services_for(officer, day)}
    return [service.key for service in catalog.services_for(substitute, day) if service.key in own]


def refusals_by_field(refusal: Refused) -> dict[str, Refused]:
    """What is refused, by the field of a form for an absence that it is about; empty where it is about none."""
    return {_FIELD_OF_REFUSAL[type(one)]: one for one in refusal.parts if type(one) in _FIELD_OF_REFUSAL}


_FIELD_OF_REFUSAL: Mapping[type[Refused], str] = {
    AbsenceEndsBeforeItBegins: "last",
    AbsenceIsOver: "last",
    AbsenceTooLong: "last",
    OwnSubstitute: "substitute",
    SubstituteIsAbsent: "substitute",
    SubstituteLacksAccess: "substitute",
}


def describe_absence(officer: str, absences: Absences, catalog: Catalog, words: Words) -> str:
    """That the officer is absent today, and who acts for them; empty for one who is here."""
    if not absences.is_absent(officer):
        return ""
    present = catalog.officer(absences.find_present(officer))
    return words("absence.away.by", name=present.name) if present is not None else words("absence.away")


def describe_saved_absence(absence: Absence, by: Officer, day: date, catalog: Catalog, words: Words) -> str:
    """What was saved, and which of the officer's e-services the substitute may not work with, told to who set it."""
    whose = _describe_reader(absence, by)
    officer, substitute = catalog.officer(absence.officer), catalog.officer(absence.substitute)
    facts = {
        "name": officer.name if officer is not None else absence.officer,
        "first": words.day_short(absence.first),
        "last": words.day_short(absence.last),
    }
    if substitute is None:
        return words(f"absence.saved.alone{whose}", **facts)
    text = words(f"absence.saved{whose}", substitute=substitute.name, **facts)
    left = services_not_covered(absence, day, catalog)
    if not left:
        return text
    names = words.list(one.name.in_(words.language) for one in left)
    return f"{text} {words(f'absence.notcovered{whose}', substitute=substitute.name, services=names)}"


def _describe_reader(absence: Absence, by: Officer) -> str:
    """The end of the keys of sentences about the absence for who set it: their own, or one in which they stand in."""
    if by.key == absence.officer:
        return ".own"
    return ".you" if by.key == absence.substitute else ""


def describe_ended_absence(officer: CatalogOfficer, by: Officer, words: Words) -> str:
    """That the officer is back, told to who ended the absence."""
    return words("absence.ended.own") if by.key == officer.key else words("absence.ended", name=officer.name)


def list_passed_on(absence: Absence, others: Iterable[Absence]) -> list[str]:
    """The officers, by key, whose notices and cases come to the substitute with those of the absent officer.

    On some of the days they are absent too, and the absent officer stands in for them: directly, or for another of
    them. `others` are all absences that are not over.
    """
    return [
        one.officer for one in _walk(absence, list(others), lambda link, one: one.substitute == link.officer)
    ]


def list_chain_of_substitutes(absence: Absence, others: Iterable[Absence]) -> list[str]:
    """The substitutes, by key, to whom notices and cases go on some of the days: the officer's, theirs, and so on."""
    chain = _walk(absence, list(others), lambda link, one: one.officer == link.substitute)
    return [one.substitute for one in (absence, *chain) if one.substitute]


def _walk(
    start: Absence, others: Sequence[Absence], is_next: Callable[[Absence, Absence], bool]
) -> list[Absence]:
    """The absences that `is_next` links to the first, each cut to the days that it has in common with those before."""
    found, waiting, passed = [], [start], {start.officer}
    while waiting:
        link = waiting.pop(0)
        for one in others:
            if one.officer in passed or not is_next(link, one) or not one.overlaps(link):
                continue
            passed.add(one.officer)
            cut = replace(one, first=max(one.first, link.first), last=min(one.last, link.last))
            found.append(cut)
            waiting.append(cut)
    return found


def list_coordinators_present(
    service: str, absences: Absences, catalog: Catalog, day: date
) -> dict[str, list[str]]:
    """Whom to tell what concerns the e-service's coordinators, by key, with the absent ones for whom they stand in.

    Who stands in is told where they have all its cases. One who coordinates it too is told as such, and an absent
    coordinator for whom nobody can be told is told themselves.
    """
    coordinators = [one.key for one in catalog.coordinators_of(service, day)]
    recipients: dict[str, list[str]] = {}
    for key in coordinators:
        present = absences.find_present(key)
        access = catalog.access(present, service, day) if present else None
        if present == key or access is None or access.level != "full":
            recipients.setdefault(key, [])
        else:
            represented = recipients.setdefault(present, [])
            represented += [key] if present not in coordinators else []
    return recipients


def redirect_notice(notice: Notice, case: Case, ctx: Context) -> Notice:
    """The notice; one to an absent officer goes to whoever stands in for them.

    It stays the officer's own where nobody does, or where who does may not work with the case or caused it themselves.
    """
    if not isinstance(notice, OfficerNotice):
        return notice
    redirected = redirect_to_substitute(
        notice, case, ctx.staffing.load_absences(), ctx.catalog, local_day(ctx.now)
    )
    return notice if ctx.actor.ref == f"officer:{redirected.officer}" else redirected


def redirect_to_substitute(
    notice: OfficerNotice, case: Case, absences: Absences, catalog: Catalog, day: date
) -> OfficerNotice:
    """The notice; where its officer is absent, to whoever stands in for them and may work with the case on the day.

    One to a substitute who is absent too names the officer for whom both stand in.
    """
    if not NOTICE_REASONS[notice.reason].is_for_substitute:
        return notice
    absent, present = notice.absent or notice.officer, absences.find_present(notice.officer)
    if present in ("", notice.officer):
        return notice
    if not may_work_by_key(catalog, present, case, day, frozenset({absent})):
        return notice
    return replace(notice, officer=present, absent=absent)
