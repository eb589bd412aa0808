"""Colleagues mentioned in a note, who are notified of it if they may see the case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice

from bot.catalog.models import Catalog
from bot.catalog.people import Officer
from bot.domain.access import may_work_by_key
from bot.domain.assignment import NoAccessToService, assignee_names
from bot.domain.case import Case
from bot.domain.name_search import find_officers_by_name
from bot.domain.rules import Context
from bot.text.working_days import local_day

MAX_MENTIONS = 20


def find_colleagues(catalog: Catalog, case: Case, day: date, typed: str) -> Iterator[Officer]:
    """Officers who may work with the case that day and whose name contains every typed word, sorted by name."""
    matching = find_officers_by_name(catalog, typed)
    return (officer for officer in matching if may_work_by_key(catalog, officer.key, case, day))


def validate_mentions(keys: tuple[str, ...], case: Case, ctx: Context) -> tuple[str, ...]:
    """The keys without duplicates and the writer's own, at most MAX_MENTIONS. Raises NoAccessToService."""
    others = [key for key in dict.fromkeys(keys) if f"officer:{key}" != ctx.actor.ref]
    today = local_day(ctx.now)
    without_access = [
        f"officer:{key}" for key in others if not may_work_by_key(ctx.catalog, key, case, today)
    ]
    if without_access:
        raise NoAccessToService(names=assignee_names(without_access, ctx.catalog))
    return tuple(islice(others, MAX_MENTIONS))
