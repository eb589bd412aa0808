"""Disposal of some cases in one transaction, each with its line of the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.domain.actors import Machine
from bot.domain.rules import CaseCommand, Refused
from bot.service import Service
from bot.store import Tx
from bot.store.lists import search_results
from bot.store.retention import protocol
from bot.store.retention.protocol import Disposal

CLOCK = Machine("clock")


@dataclass(frozen=True, slots=True)
class Approval:
    """What lines of the protocol have in common: the day of the run, the rule's digest, and who approved it."""

    run: date
    digest: str
    approved_by: str = ""


async def sweep_searches(service: Service) -> None:
    """Delete the stored results of searches, which would otherwise be looked through for each case."""
    now = service.clock()
    await service.database.write(lambda tx: search_results.sweep(tx, now))


def dispose_together(tx: Tx, service: Service, commands: Sequence[CaseCommand], approval: Approval) -> int:
    """Perform commands that each dispose of a case, and save their lines. Returns how many were not refused.

    The statements are for all cases together, so that a night's cases cost little more than the erasing of their rows.
    """
    if not commands:
        return 0
    counts = protocol.count_contents(tx, [command.case_id for command in commands])
    outcomes = service.perform_all_in_transaction(tx, commands, CLOCK)
    disposals = [
        Disposal(command.case_id, approval.run, approval.digest, approval.approved_by)
        for command, outcome in zip(commands, outcomes, strict=True)
        if not isinstance(outcome, Refused)
    ]
    protocol.save_lines(tx, disposals, counts)
    return len(disposals)
