"""The colour of a case, visible to all who work with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, get_args

from bot.catalog.base import Text
from bot.domain.access import require_officer
from bot.domain.case import Case, with_changes
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import CardUpdate
from bot.domain.rules import CaseCommand, ChangedMeanwhile, Context, Event, Refused
from bot.text import words

Colour = Literal["", "red", "orange", "yellow", "green", "blue", "purple"]

COLOURS: tuple[Colour, ...] = get_args(Colour)
"""In the order in which they are offered; the first is no colour."""


INFLECTED_COLOURS: Mapping[str, tuple[str, ...]] = {
    "red": ("röda", "rött"),
    "yellow": ("gula", "gult"),
    "green": ("gröna", "grönt"),
    "blue": ("blåa", "blått"),
}
"""What people also call a colour, by colour."""


def _colour_name(colour: str) -> Text:
    """The colour's name in both languages."""
    swedish, english = (words(language)(f"colour.{colour or 'none'}") for language in ("sv", "en"))
    return Text(sv=swedish, en=english)


class NoSuchColour(Refused):
    """There is no such colour."""

    key = "no.colour"


class ColourChangedMeanwhile(ChangedMeanwhile):
    """The colour is no longer the one that the person saw."""

    key = "no.othercolour"


@dataclass(frozen=True, kw_only=True)
class CaseColoured(Event):
    """An officer set or removed the case's colour."""

    colour: Colour
    was: Colour

    log = (
        Sentence("history.coloured", {"colour": Fact("colour", "colour")}, only_with="colour"),
        Sentence("history.uncoloured"),
    )
    notices = (CardUpdate(),)

    def change(self, case: Case) -> Case:
        return with_changes(case, colour=self.colour)


@dataclass(frozen=True, kw_only=True)
class ColourCase(CaseCommand):
    """Replace the colour `expected`, which the person saw, by another; the empty one is no colour."""

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
            raise ColourChangedMeanwhile(state=_colour_name(case.colour))
        return [CaseColoured(at=ctx.now, by=officer.ref, colour=self.colour, was=self.expected)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        new: Colour = "red" if case.colour != "red" else ""
        return case, cls(case_id=case.id, colour=new, expected=parse_colour(case.colour))


def parse_colour(key: str) -> Colour:
    """The colour by its key; the empty one for an unknown key, which may come from another version."""
    return next((colour for colour in COLOURS if colour == key), "")
