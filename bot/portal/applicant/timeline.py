"""The history of a case's statuses, as shown to the applicant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.catalog.services import EService
from bot.domain.views import HistoryLine
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


def _create_step(line: HistoryLine, service: EService | None, w: Words) -> Step:
    status = service.status(str(line.facts["status"])) if service else None
    if status is None:
        name = str(line.facts["status_name"])
        return Step(name, name, line.at, str(line.facts.get("kind", "submitted")))
    description = status.told.in_(w.language) if status.told else ""
    return Step(status.name.in_(w.language), description, line.at, status.kind)
