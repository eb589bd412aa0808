"""What can be chosen in each part of a list's filter."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.lists.query_choices import (
    Choices,
    colour_choices,
    kind_choices,
    origin_choices,
    service_choices,
    status_choices,
)
from bot.domain.lists.query_form import FilledFilter
from bot.domain.lists.query_wording import service_name, status_name
from bot.portal.officer.officer_context import OfficerContext


def filter_choices(context: OfficerContext, filled: FilledFilter) -> dict[str, Choices]:
    """The choices of each part; what the filter has and that can no longer be chosen comes first, and says so."""
    page = context.page
    w, catalog, officer = page.words, page.catalog, context.officer
    services, statuses = service_choices(officer, catalog, w), status_choices(officer, catalog, w)
    stale_services = _stale(filled.choices["services"], services)
    stale_statuses = _stale(filled.choices["statuses"], statuses)
    return {
        "services": [
            *((key, w("page.list.stale", name=service_name(key, catalog, w))) for key in stale_services),
            *services,
        ],
        "statuses": [
            *((key, w("page.list.stale", name=status_name(key, catalog, w))) for key in stale_statuses),
            *statuses,
        ],
        "kinds": kind_choices(w),
        "colours": colour_choices(w),
        "origins": origin_choices(w),
    }


def _stale(chosen: Iterable[str], known: Choices) -> list[str]:
    keys = {key for key, _ in known}
    return [key for key in chosen if key not in keys]
