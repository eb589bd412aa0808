"""The history of a case's statuses, as shown to the applicant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.catalog.services import EService
from bot.domain.views import HistoryLine, ListedCase
from bot.text import Words


@dataclass(frozen=True, slots=True)
class Step:
    """A status of the case: its name, its sentence for the applicant, and since when."""

    name: str
    description: str
    at: datetime
    kind: str


def create_steps(lines: Sequence[HistoryLine], service: EService | None, w: Words) -> list[Step]:
    """The steps shown to the applicant, oldest first, always with the opening."""
    steps = [_create_step(line, service, w) for line in lines]
    return [
        step
        for step, line in zip(steps, lines, strict=True)
        if step.description or line.event == "CaseSubmitted"
    ]


def is_hidden(status: str, service: EService | None) -> bool:
    """Whether the applicant is not told of that status: the case is for them where it was before."""
    found = service.status(status) if service is not None else None
    return found is not None and found.told is None


def current_step(row: ListedCase, lines: Sequence[HistoryLine], service: EService | None, w: Words) -> Step:
    """Where the case is for its applicant, as its page says; `lines` are read where its status `is_hidden`."""
    if is_hidden(row.status, service):
        steps = create_steps(lines, service, w)
        if steps:
            return steps[-1]
    return _step(row.status, row.status_name, row.received_at, service, w)


def _create_step(line: HistoryLine, service: EService | None, w: Words) -> Step:
    facts = line.facts
    step = _step(str(facts["status"]), str(facts["status_name"]), line.at, service, w)
    return step if step.kind else replace(step, kind=str(facts.get("kind", "submitted")))


def _step(key: str, stored_name: str, at: datetime, service: EService | None, w: Words) -> Step:
    """The step of the status with that key; of one that the catalog no longer has, by its name as it was stored."""
    status = service.status(key) if service is not None else None
    if status is None:
        return Step(stored_name, stored_name, at, "")
    description = status.told.in_(w.language) if status.told else ""
    return Step(status.name.in_(w.language), description, at, status.kind)
