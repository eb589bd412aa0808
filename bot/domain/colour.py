"""A colour on a case, seen by all who work with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

from bot.domain.case import Case
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import CardUpdate
from bot.domain.rules import CaseCommand, ChangedMeanwhile, Context, Event, Refused, require_officer

Colour = Literal["", "red", "orange", "yellow", "green", "blue", "purple"]

COLOURS: tuple[Colour, ...] = get_args(Colour)
"""In the order they are offered; the first is none."""


class NoSuchColour(Refused):
    """The colour is none of those there are."""

    key = "no.colour"


class ColourChangedMeanwhile(ChangedMeanwhile):
    """A colleague has given the case another colour than the one the person saw."""

    key = "no.othercolour"


@dataclass(frozen=True, kw_only=True)
class CaseColoured(Event):
    """An officer gave the case a colour, or took it away."""

    colour: Colour
    was: Colour

    log = (
        Sentence("history.coloured", {"colour": Fact("colour", "colour")}, only_with="colour"),
        Sentence("history.uncoloured"),
    )
    notices = (CardUpdate(),)

    def change(self, case: Case) -> Case:
        return replace(case, colour=self.colour)


@dataclass(frozen=True, kw_only=True)
class ColourCase(CaseCommand):
    """Give the case a colour in place of `expected`, which the person saw; the empty one is none."""

    colour: Colour
    expected: Colour

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        if self.colour not in COLOURS:
            raise NoSuchColour
        if case.colour == self.colour:
            return []
        if case.colour != self.expected:
            raise ColourChangedMeanwhile
        return [CaseColoured(at=ctx.now, by=officer.ref, colour=self.colour, was=self.expected)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        new: Colour = "red" if case.colour != "red" else ""
        return case, cls(case_id=case.id, colour=new, expected=parse_colour(case.colour))


def parse_colour(key: str) -> Colour:
    """The colour by its key; none for what is no colour, as an older program's may be."""
    return next((colour for colour in COLOURS if colour == key), "")
