"""The cases that an action on many is for: how many they are, and what may be done with all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.catalog.models import Catalog
from bot.catalog.statuses import Status
from bot.catalog.templates import Template
from bot.domain.actors import Officer
from bot.domain.lists.case_query import CaseQuery
from bot.domain.lists.case_search import MAX_LISTED
from bot.domain.lists.query_wording import describe_query
from bot.domain.messages.message_kinds import without_refusals
from bot.text import Words


@dataclass(frozen=True, slots=True)
class ChosenCases:
    """What forms need to know of the chosen cases.

    How many they are, the statuses that may be set in all of them, the query that found them, their e-services, and the
    templates for mailings that all of those have. `is_cut`: they are only the newest of those with the query's text.
    `has_closed`: some of them are closed, or may be. `is_all`: they are all that the query found. `gone` is how many
    ticked cases are none that the officer may see now.
    """

    number: int
    targets: tuple[Status, ...]
    query: CaseQuery
    services: tuple[str, ...]
    templates: tuple[Template, ...] = ()
    is_cut: bool = False
    has_closed: bool = True
    is_all: bool = True
    gone: int = 0

    @property
    def single_service(self) -> str:
        """The e-service whose answers can be columns; empty where the cases are of several."""
        return self.services[0] if len(self.services) == 1 else ""

    def has_strict(self, catalog: Catalog) -> bool:
        """Whether texts about some of them may be written on their pages only."""
        found = [catalog.service(key) for key in self.services]
        return any(service is None or service.strict for service in found)


def describe_chosen(chosen: ChosenCases, words: Words) -> tuple[str, ...]:
    """How many cases are chosen, where any are; how many ticked ones are gone; and where the list has not all with its
    text, that these are the newest."""
    lines = [words("page.bulk.chosen", n=chosen.number)] if chosen.number else []
    if chosen.gone:
        lines.append(words("page.bulk.gone", n=chosen.gone))
    if chosen.is_cut:
        lines.append(words("page.list.cut", n=words.number(MAX_LISTED)))
    return tuple(lines)


def allowed_targets(
    officer: Officer, catalog: Catalog, cases: Iterable[tuple[str, str]]
) -> tuple[Status, ...]:
    """The statuses that may follow in every one of the cases, whose (e-service, status) are given, by key."""
    common: dict[str, Status] | None = None
    for service_key, status in cases:
        service, access = catalog.service(service_key), officer.access.get(service_key)
        targets = service.targets_from(status) if service is not None and access is not None else ()
        allowed = {one.key: one for one in targets if access is not None and access.may_set(one)}
        common = allowed if common is None else {key: one for key, one in common.items() if key in allowed}
    return tuple((common or {}).values())


def has_closed_status(catalog: Catalog, cases: Iterable[tuple[str, str]]) -> bool:
    """Whether any of the cases, given as (e-service, status), is closed, or in a status that the catalog has lost."""
    services = ((catalog.service(service_key), status) for service_key, status in cases)
    found = (service.status(status) if service is not None else None for service, status in services)
    return any(status is None or status.kind == "closed" for status in found)


def common_templates(catalog: Catalog, cases: Iterable[tuple[str, str]]) -> tuple[Template, ...]:
    """The templates for mailings that are offered in every one of the cases, given as (e-service, status)."""
    common: tuple[Template, ...] | None = None
    for service_key, status in cases:
        service = catalog.service(service_key)
        offered = without_refusals(service.templates_for("mailing", status)) if service is not None else ()
        common = offered if common is None else tuple(one for one in common if one in offered)
    return common or ()


def describe_chosen_query(chosen: ChosenCases, catalog: Catalog, words: Words) -> str:
    """What the list was limited to, and how many of its cases were chosen where not all, for the file made of them."""
    described = describe_query(chosen.query, catalog, words)
    if chosen.is_all:
        return described or words("list.all")
    number = " ".join(describe_chosen(chosen, words))
    return words("export.chosen.of", chosen=number, query=described) if described else number
