"""What a coordinator has chosen to see figures of: e-services and period, as read from the page's address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args
from urllib.parse import urlencode

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.figures import (
    FigurePeriod,
    NotACoordinator,
    coordinated_services,
    last_months,
    last_weeks,
    make_period,
)
from bot.domain.rules import Refused
from bot.text import Words

PresetPeriod = Literal["12m", "13v", "i-ar", "forra-aret", "egen"]
"""Periods to choose among; `egen` is the one with the typed days."""

PRESET_PERIODS: tuple[PresetPeriod, ...] = get_args(PresetPeriod)


@dataclass(frozen=True)
class FigureChoice:
    """The chosen e-services (keys) and period, and the form's values; `refusal` where those make no period."""

    services: tuple[str, ...]
    period: FigurePeriod
    values: Mapping[str, str]
    refusal: Refused | None = None

    @property
    def query_string(self) -> str:
        """For an address with the same choice."""
        return urlencode({name: value for name, value in self.values.items() if value})


def read_choice(given: Mapping[str, str], officer: Officer, catalog: Catalog, today: date) -> FigureChoice:
    """The choice in an address. Raises NotACoordinator; what means nothing is as if it were not there."""
    coordinated = coordinated_services(officer, catalog)
    if not coordinated:
        raise NotACoordinator
    groups = dict(_groups(coordinated, catalog))
    chosen = given.get("val", "")
    preset = next((one for one in PRESET_PERIODS if one == given.get("period")), PRESET_PERIODS[0])
    values = {"val": chosen if chosen in groups else "", "period": preset}
    for name in ("fran", "till", "per"):
        values[name] = given.get(name, "")[:10] if preset == "egen" else ""
    services = groups.get(chosen, coordinated)
    try:
        return FigureChoice(services, _read_period(values, today), values)
    except Refused as refusal:
        return FigureChoice(services, last_months(12, today), values, refusal)


def _read_period(values: Mapping[str, str], today: date) -> FigurePeriod:
    match values["period"]:
        case "13v":
            return last_weeks(13, today)
        case "i-ar":
            return FigurePeriod(date(today.year, 1, 1), today, "month")
        case "forra-aret":
            return FigurePeriod(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31), "month")
        case "egen":
            default = last_months(12, today)
            first, last = (_read_day(values[name]) for name in ("fran", "till"))
            unit: Literal["month", "week"] = "week" if values["per"] == "vecka" else "month"
            return make_period(first or default.first, last or today, unit, today)
        case _:
            return last_months(12, today)


def _read_day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def list_choices(officer: Officer, catalog: Catalog, words: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be chosen: headings with (value, label), first units with several e-services, then each e-service."""
    coordinated = coordinated_services(officer, catalog)
    units, services = [], []
    for value, keys in _groups(coordinated, catalog):
        first = catalog.services[keys[0]]
        if value.startswith("enhet-"):
            units.append((value, first.unit.in_(words.language)))
        else:
            services.append((value, first.name.in_(words.language)))
    found = [(words("page.figures.units"), units), (words("page.figures.services"), services)]
    return [
        (heading, sorted(options, key=lambda one: one[1].casefold())) for heading, options in found if options
    ]


def _groups(coordinated: tuple[str, ...], catalog: Catalog) -> list[tuple[str, tuple[str, ...]]]:
    """The values of the choice and the e-services that each means. They say no name of a strict e-service."""
    by_unit: dict[str, list[str]] = {}
    for key in coordinated:
        by_unit.setdefault(catalog.services[key].unit.sv, []).append(key)
    units = [(_unit_value(unit), tuple(keys)) for unit, keys in by_unit.items() if len(keys) > 1]
    return [
        *(units if len(by_unit) > 1 else []),
        *((catalog.services[key].slug, (key,)) for key in coordinated),
    ]


def _unit_value(unit: str) -> str:
    digest = hashlib.sha256(f"unit {unit}".encode()).digest()
    return f"enhet-{int.from_bytes(digest[:8]) % 10**10:010d}"
