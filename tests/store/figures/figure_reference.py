"""The figures once more, in plain Python over the history of every case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.domain.case_figures import FigureKey, group_duration
from bot.domain.views import HistoryLine
from bot.text.working_days import local_day
from tests.generated.reference_model import ModelState, apply_event


def expected_figures(histories: Iterable[list[HistoryLine]]) -> Counter[FigureKey]:
    """What all the cases add."""
    figures = Counter[FigureKey]()
    for lines in histories:
        figures.update(_expected_of_case(lines))
    return figures


def _expected_of_case(lines: list[HistoryLine]) -> Iterable[FigureKey]:
    deletions = [line.event for line in lines if line.event in ("CaseDeleted", "CaseRestored")]
    if deletions[-1:] == ["CaseDeleted"]:
        return
    opened = lines[0].facts
    service, received_at = opened["service"], opened["received_at"]
    states = [ModelState()]
    for line in lines:
        states.append(apply_event(states[-1], line.event, {**line.facts, "at": line.at, "by": line.by}))
    moments = list(zip(states, states[1:], lines, strict=False))

    def key(kind: Any, at: datetime, *, lasted: bool = False) -> FigureKey:
        minutes = int((at - received_at).total_seconds() / 60) if lasted else 0
        return FigureKey(service, kind, local_day(at), group_duration(max(0, minutes)))

    yield key("received", received_at)
    if not states[-1].is_closed:
        yield key("open", received_at)
    taken = [line.at for _, now, line in moments if any(ref[:8] == "officer:" for ref in now.assignee_refs)]
    if taken:
        yield key("to_take", taken[0], lasted=True)
    undone = {line.facts["message_id"] for line in lines if line.event == "MessageUndone"}
    readable = [
        line.facts["visible_at"]
        for line in lines
        if line.event == "MessageSent" and line.facts["message_id"] not in undone
    ]
    if readable:
        yield key("to_answer", min(readable), lasted=True)
    for place, (before, now, line) in enumerate(moments):
        if before.is_closed and not now.is_closed:
            yield key("reopened", line.at)
        if now.is_closed and not before.is_closed:
            yield from _expected_of_closing(moments[: place + 1], key)


def _expected_of_closing(
    moments: list[tuple[ModelState, ModelState, HistoryLine]], key: Any
) -> Iterable[FigureKey]:
    before, _, closing = moments[-1]
    day, lines = local_day(closing.at), [line for _, _, line in moments]
    yield key("closed", closing.at)
    yield key("to_close", closing.at, lasted=True)
    is_late = before.due_on is not None and before.due_on < day
    is_step_late = any(
        state.step_due_on is not None and state.step_due_on < local_day(line.at) for state, _, line in moments
    )
    for kind, holds in (
        ("overdue_case", is_late),
        ("overdue_step", is_step_late),
        ("overdue", is_late or is_step_late),
    ):
        if holds:
            yield key(kind, closing.at)
    names = Counter(line.event for line in lines)
    for _ in range(names["MessageSent"] - names["MessageUndone"]):
        yield key("sent", closing.at)
    for _ in range(names["MessageReceived"] + names["InformationAdded"]):
        yield key("answered", closing.at)
