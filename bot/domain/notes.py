"""Internal notes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from bot.domain.case import Case
from bot.domain.rules import Context, Event, body, checked_text, officer_on

NoteKind = Literal["official", "working"]
"""`official`: tjänsteanteckning, kept with the case. `working`: minnesanteckning, gone when the case closes."""


@dataclass(frozen=True, kw_only=True)
class NoteAdded(Event):
    """An officer noted something that only officers see."""

    note_id: str
    kind: NoteKind = "official"
    text: str = body()

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        return replace(case, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class AddNote:
    """Add an internal note."""

    case_id: str
    text: str
    kind: NoteKind = "official"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        _, officer = officer_on(case, ctx)
        text = checked_text(self.text)
        return [NoteAdded(at=ctx.now, by=officer.ref, note_id=ctx.new_id(), kind=self.kind, text=text)]
