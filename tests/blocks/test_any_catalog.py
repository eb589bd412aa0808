"""Any text in any field, under any catalog that passes the check: every picture fits into Slack and pings nobody."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks.forms import assign
from bot.handlers import Kit
from bot.letters.letter import Facts, Kind, letter
from bot.text import clean, words
from sandbox.limits import judge_suggestions
from tests.blocks.pictures import BRICKS, PICTURES, drawing, drawn, ids
from tests.blocks.seen import assert_fits
from tests.blocks.world import World, of_each_standing, worlds
from tests.handlers.tour import listened_for
from tests.strategies import NASTY, examples


def test_every_picture_is_tried() -> None:
    assert set(drawing()) == set(PICTURES) | BRICKS


def test_whatever_is_listened_for_is_in_some_picture() -> None:
    """A button or dialog that no picture shows was not tried either."""
    heard = listened_for(Kit(service=None, slack=None, files=None, page_link=None))  # type: ignore[arg-type]
    shown: set[str] = set()

    @examples(2)
    @given(each=of_each_standing())
    def tried(each: tuple[World, ...]) -> None:
        for world in each:
            shown.update(*(ids(picture) for _, picture in drawn(world)))

    tried()
    patterns = {
        getattr(what, "pattern", what) for kind, what in heard if kind in ("action", "view", "options")
    }
    assert {one for one in patterns if not any(re.match(one, name) for name in shown)} == set()


@examples(3)
@given(each=of_each_standing())
def test_whatever_people_write_every_picture_fits_and_pings_nobody(each: tuple[World, ...]) -> None:
    for name, picture in (one for world in each for one in drawn(world)):
        try:
            assert_fits(picture)
        except AssertionError as wrong:
            raise AssertionError(f"{name}: {wrong}") from None


@examples(25)
@given(world=worlds("held"))
def test_whoever_there_is_to_choose_among_can_be_offered(world: World) -> None:
    town = world.catalog.municipality
    offered = assign.suggestions(town.officers, town.groups, world.w)
    assert judge_suggestions({"option_groups": offered}) == []


@examples(60)
@given(name=NASTY, kind=st.sampled_from(get_args(Kind)), language=st.sampled_from(["sv", "en"]))
def test_a_letter_has_one_line_for_its_subject_and_no_link_that_is_not_ours(
    name: str, kind: Any, language: str
) -> None:
    facts = Facts(
        municipality=name.strip() or "x",
        home="https://arenden.example/",
        number="2026-000001",
        link="https://arenden.example/m/x",
        service=name,
        code="123456",
        reason="message",
    )
    drawn = letter(kind, facts, words(language))
    assert drawn.subject.strip() and not {"\n", "\r"} & set(drawn.subject)
    assert drawn.html.count("<a ") == drawn.html.count('<a href="https://arenden.example/')
    assert "<script" not in drawn.html and "<!channel>" not in drawn.html


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_is_cleaned_can_be_stored_and_sent(language: str) -> None:
    for text in ("\ud800x", "a\x00b", "\u202egnp", "x\r\ny"):
        cleaned = clean(text)
        cleaned.encode()
        assert not {"\x00", "\r", "\u202e"} & set(cleaned)
