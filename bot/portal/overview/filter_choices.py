"""What can be chosen in each part of a list's filter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from bot.catalog.statuses import StatusKind
from bot.domain.case import Origin
from bot.domain.colour import COLOURS
from bot.domain.query_form import FilledFilter
from bot.domain.query_wording import service_name, status_name
from bot.portal.officer.officer_context import OfficerContext

Choice = tuple[str, str]
"""A value and its label."""


def filter_choices(context: OfficerContext, filled: FilledFilter) -> dict[str, list[Choice]]:
    """The choices of each part; what the filter has and that can no longer be chosen comes first, and says so."""
    page = context.page
    w, catalog = page.words, page.catalog
    services = [
        (key, service_name(key, catalog, w)) for key in catalog.services if key in context.officer.access
    ]
    statuses = {
        one.key: one.name.in_(page.language) for key, _ in services for one in catalog.services[key].statuses
    }
    stale_services = _stale(filled.choices["services"], services)
    stale_statuses = _stale(filled.choices["statuses"], statuses.items())
    return {
        "services": [
            *((key, w("page.list.stale", name=service_name(key, catalog, w))) for key in stale_services),
            *_by_label(services),
        ],
        "statuses": [
            *((key, w("page.list.stale", name=status_name(key, catalog, w))) for key in stale_statuses),
            *_by_label(statuses.items()),
        ],
        "kinds": [(kind, w(f"statuskind.{kind}")) for kind in get_args(StatusKind)],
        "colours": [(colour, w(f"colour.{colour}")) for colour in COLOURS if colour],
        "origins": [(origin, w(f"origin.{origin}")) for origin in get_args(Origin)],
    }


def _stale(chosen: Iterable[str], known: Iterable[Choice]) -> list[str]:
    keys = {key for key, _ in known}
    return [key for key in chosen if key not in keys]


def _by_label(choices: Iterable[Choice]) -> list[Choice]:
    return sorted(choices, key=lambda one: one[1].casefold())
