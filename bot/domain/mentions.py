"""Colleagues mentioned in a note: they are told of it, where they may see the case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice

from bot.catalog.models import Catalog
from bot.catalog.people import Officer
from bot.domain.assignment import NoPartInService, holder_names
from bot.domain.case import Case
from bot.domain.finding import named_like
from bot.domain.rules import Context, named_may_work
from bot.text.working_days import local_day

MOST_MENTIONED = 20


def colleagues_like(catalog: Catalog, case: Case, on: date, typed: str) -> Iterator[Officer]:
    """Those who may work with the case that day, whose name has every typed word; in order of name."""
    alike = named_like(catalog, typed)
    return (one for one in alike if named_may_work(catalog, one.key, case, on))


def checked_mentions(keys: tuple[str, ...], case: Case, ctx: Context) -> tuple[str, ...]:
    """Each once, and not the one who writes. NoPartInService for those who may not work with the case."""
    others = [key for key in dict.fromkeys(keys) if f"officer:{key}" != ctx.actor.ref]
    today = local_day(ctx.now)
    strangers = [f"officer:{key}" for key in others if not named_may_work(ctx.catalog, key, case, today)]
    if strangers:
        raise NoPartInService(names=holder_names(strangers, ctx.catalog))
    return tuple(islice(others, MOST_MENTIONED))
