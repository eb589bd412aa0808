"""Who has the case: taking it and giving it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from bot.domain.actors import name_of
from bot.domain.case import Assignee, Case
from bot.domain.rules import Context, Event, Refused, officer_on


class AlreadyTaken(Refused):
    """Another officer has the case: `name` since `time`."""

    key = "no.taken"


class AlreadyYours(Refused):
    """The officer has the case already."""

    key = "no.yours"


class NotYours(Refused):
    """The officer cannot give back what they do not have."""

    key = "no.notyours"


class CaseIsClosed(Refused):
    """A closed case is neither taken nor given back."""

    key = "no.closed"


@dataclass(frozen=True, kw_only=True)
class CaseTaken(Event):
    """An officer took the case; `replaced` are the officers it was taken over from."""

    officer: str
    replaced: tuple[str, ...] = ()

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        kept = tuple(a for a in case.assignees if not (a.kind == "officer" and a.key in self.replaced))
        own = Assignee(kind="officer", key=self.officer, since=self.at, by=self.by)
        return replace(case, assignees=(*kept, own), seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class CaseReleased(Event):
    """An officer gave the case back."""

    officer: str

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        kept = tuple(a for a in case.assignees if not (a.kind == "officer" and a.key == self.officer))
        return replace(case, assignees=kept, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class TakeCase:
    """Take the case.

    `mode` says what to do with those who have it: `alone` refuses, `together` joins them, `over` replaces them.
    The latter two carry in `was` the officers the person saw.
    """

    case_id: str
    mode: Literal["alone", "together", "over"] = "alone"
    was: tuple[str, ...] = ()

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = officer_on(case, ctx)
        if officer.key in case.officers:
            raise AlreadyYours
        if case.closed_at is not None:
            raise CaseIsClosed
        if self._surprised(case):
            first = next(a for a in case.assignees if a.kind == "officer")
            raise AlreadyTaken(name=name_of(f"officer:{first.key}", ctx.catalog), time=first.since)
        replaced = case.officers if self.mode == "over" else ()
        return [CaseTaken(at=ctx.now, by=officer.ref, officer=officer.key, replaced=replaced)]

    def _surprised(self, case: Case) -> bool:
        if self.mode == "alone":
            return bool(case.officers)
        return bool(case.officers) and set(case.officers) != set(self.was)


@dataclass(frozen=True, kw_only=True)
class ReleaseCase:
    """Give the case back."""

    case_id: str

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = officer_on(case, ctx)
        if officer.key not in case.officers:
            raise NotYours
        if case.closed_at is not None:
            raise CaseIsClosed
        return [CaseReleased(at=ctx.now, by=officer.ref, officer=officer.key)]
