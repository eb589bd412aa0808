"""A catalog whose files are wrong, while an older one is in force: its coordinators are told."""

from __future__ import annotations

from pathlib import PurePath

from bot.jobs.dependencies import JobDependencies
from bot.store import Tx
from bot.store.outbox import officer_notices
from bot.text import LANGUAGES, words
from bot.text.working_days import local_day

GRACE_SECONDS = 600.0
"""How long the files may be wrong before anyone is told: who writes them saves more than once."""


async def notify_of_catalog_errors(deps: JobDependencies) -> None:
    """Tell the coordinators of the e-services whose files are wrong, once a day for the same problems.

    Where the municipality's file is wrong, or one that no e-service is called as, those of all e-services.
    """
    live = deps.live_catalog
    if live is None or live.error is None or live.seconds_in_error < GRACE_SECONDS:
        return
    service, problems = deps.service, live.error.problems
    catalog, now = service.catalog, service.clock()
    keys = {PurePath(problem.file).stem for problem in problems}
    affected = keys if keys <= catalog.services.keys() else catalog.services.keys()
    today = local_day(now)
    officers = {one.key for key in affected for one in catalog.coordinators_of(key, today)}
    about = {
        "place": problems[0].place,
        "count": len(problems),
        "problem": {language: problems[0].in_words(words(language)) for language in LANGUAGES},
    }

    def work(tx: Tx) -> None:
        officer_notices.enqueue_catalog_notice(tx, sorted(officers), about, now)

    await service.database.write(work)
    service.wake()
