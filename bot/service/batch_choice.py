"""The cases that an officer has chosen in an open list for one action: those ticked, or all that it finds."""

from __future__ import annotations

from bot.domain.actors import Officer
from bot.domain.lists.batch_forms.chosen_cases import (
    ChosenCases,
    allowed_targets,
    common_templates,
    has_closed_status,
)
from bot.domain.lists.batches import MAX_CASES
from bot.service.service import Service
from bot.store import Tx
from bot.store.lists.open_lists import OpenList
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers import batch_preparation

MAX_DESCRIBED = 2_000
"""Cases of a list whose e-services and statuses are looked at while the officer waits. The statuses that may be set in
all of them are offered; a case beyond them in which the chosen one may not be set is skipped, as any other."""


async def describe_choice(service: Service, officer: Officer, opened: OpenList) -> ChosenCases:
    """The chosen cases that the officer may see; of too many for a batch, one more than it may have.

    Raises QueryRefused where the list's query cannot be answered today.
    """
    context = ListContext(officer, service.clock(), service.catalog)

    def read(tx: Tx) -> ChosenCases:
        queries = CaseQueries(tx, context)
        ids = queries.ids(opened.query, limit=MAX_DESCRIBED + 1) if opened.all_ticked else opened.ticked
        counts = batch_preparation.count_by_status(tx, officer, ids)
        number = sum(counts.values())
        if opened.all_ticked and len(ids) > MAX_DESCRIBED:
            number = queries.count(opened.query, limit=MAX_CASES + 1).number
        services = tuple(dict.fromkeys(service_key for service_key, _ in counts))
        targets = allowed_targets(officer, service.catalog, counts)
        templates = common_templates(service.catalog, counts)
        is_cut = opened.all_ticked and queries.is_cut(opened.query)
        return ChosenCases(
            number,
            targets,
            opened.query,
            services,
            templates,
            is_cut,
            has_closed=number > MAX_DESCRIBED or has_closed_status(service.catalog, counts),
            is_all=opened.all_ticked,
            gone=0 if opened.all_ticked else len(set(opened.ticked)) - number,
        )

    return await service.database.read(read)
