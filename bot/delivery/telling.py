"""What an officer is still to be told of a case when it comes to telling."""

from __future__ import annotations

from bot.blocks.notice import Reason
from bot.catalog.people import Officer
from bot.delivery.turn import Turn
from bot.domain.case import Case
from bot.domain.preferences import Preferences
from bot.domain.rules import named_may_work
from bot.store import Tx
from bot.store.cases import system_queries
from bot.store.officers import preferences
from bot.text.working_days import local_day


async def still_to_tell(turn: Turn, officer: Officer) -> tuple[Case | None, list[Reason]]:
    """The case as it is now, and what of it is still true and wanted.

    Who no longer has part in the case hears only that it left them.
    """

    def look(tx: Tx) -> tuple[Case | None, Preferences]:
        return system_queries.case(tx, turn.delivery.case_id), preferences.of(tx, officer.key)

    case, chosen = await turn.around.database.read(look)
    if case is None:
        return None, []
    reasons: list[Reason] = turn.delivery.ids["reasons"]
    outdated = "removed" if officer.key in case.officers else "assigned"
    told = [one for one in reasons if one != outdated and chosen.wants(one)]
    today = local_day(turn.around.clock())
    if named_may_work(turn.around.catalog(), officer.key, case, today):
        return case, told
    return case, [one for one in told if one == "removed"]
