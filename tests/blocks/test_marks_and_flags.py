"""Colours and flags, drawn."""

from __future__ import annotations

import pytest

from bot.blocks.cases.card import card
from bot.blocks.forms import colour, flag
from bot.blocks.lists.case_list import case_list
from bot.blocks.notice import officer_notice
from bot.domain.flags import LONGEST_NOTE, Flag
from bot.domain.marks import COLOURS, ColourCase
from bot.text import Words
from tests.blocks.seen import assert_fits, buttons, elements, read
from tests.blocks.test_case_modal import drawn, view
from tests.blocks.test_forms import filled, row
from tests.blocks.town import EN, NOW, SV, TOWN, card_view, case

BYGGLOV, ORO = TOWN.services["bygglov"], TOWN.services["oro"]


@pytest.mark.parametrize("words", [SV, EN])
def test_every_colour_is_a_circle_and_its_word(words: Words) -> None:
    shown = [read(card(card_view(colour=one), TOWN, words)) for one in COLOURS]
    assert all(words(f"colour.{one}") in text for one, text in zip(COLOURS[1:], shown[1:], strict=True))
    assert all(text[0] in "🔴🟠🟡🟢🔵🟣" for one in COLOURS[1:] if (text := _circled(one, words)))
    assert_fits(card(card_view(colour="red"), TOWN, words))
    assert_fits(colour.colour_form(case(colour="red"), BYGGLOV, {}, words, ("blue", "Nytt.")))


def _circled(one: str, words: Words) -> str:
    shown = read(card(card_view(colour=one), TOWN, words))
    return next(line for line in shown.splitlines() if words(f"colour.{one}") in line)


def test_the_colour_is_read_with_the_one_that_was_seen() -> None:
    form = colour.colour_form(case(colour="red"), BYGGLOV, {}, SV)
    assert colour.read(filled(form, colour="none")) == ColourCase(case_id="c1", colour="", was="red")
    assert colour.read(filled(form, colour="blue")) == ColourCase(case_id="c1", colour="blue", was="red")


def test_the_cards_menu_has_at_most_five_choices_and_says_nothing_of_anyones_flag() -> None:
    more = next(one for one in elements(card(card_view(), TOWN, SV)) if one["type"] == "overflow")
    assert [one["text"]["text"] for one in more["options"]] == [
        "Ändra handläggare", "Ny intern notering", "Flagga", "Färgmarkera", "Verktyg",
    ]  # fmt: skip


def test_ones_own_flag_is_in_the_modal_with_its_note() -> None:
    shown = drawn(view(), flag=Flag("c1", "Ring <!channel>", NOW))
    assert "★ Flaggat av dig" in read(shown)
    assert "★ Ring <!channel> · Påminnelse 22 nov. 2026 14:03" in read(shown)
    assert "Ta bort flaggan" in str(shown) and "★" not in read(drawn(view()))
    assert_fits(shown)


def test_a_note_stays_out_of_the_modal_of_a_strict_case() -> None:
    strict = drawn(view(service="oro"), flag=Flag("c1", "Ring mamman", NOW))
    assert "mamman" not in str(strict)
    assert_fits(strict)
    assert "note" not in [
        one.get("block_id") for one in flag.flag_form(case(service="oro"), ORO, {}, SV)["blocks"]
    ]


@pytest.mark.parametrize("words", [SV, EN])
@pytest.mark.parametrize("text", ["", "<!channel> *x*", "å" * 3_000])
def test_the_flags_dialog_fits_and_is_read(text: str, words: Words) -> None:
    form = flag.flag_form(case(), BYGGLOV, {"tab": "case"}, words, (Flag("c1", "Ring", NOW), text))
    assert_fits(form)
    read_back = flag.read(filled(form, note=text[:LONGEST_NOTE], remind_on="2026-12-01"))
    assert read_back == ("c1", text[:LONGEST_NOTE], "2026-12-01")
    assert_fits(flag.told("flag.set", words))


def test_a_reminder_leads_to_the_case_and_can_be_put_off() -> None:
    told = officer_notice("2026-000123", BYGGLOV, ["reminder"], "c1", SV)
    assert told.text == "Påminnelse om 2026-000123 · Ansökan om bygglov"
    assert buttons(told) == ["Visa ärende", "Klar"]
    snooze = next(one for one in elements(told) if one["type"] == "static_select")
    assert [one["text"]["text"] for one in snooze["options"]] == ["1 timme", "I morgon", "Nästa vecka"]
    assert_fits(told)
    both = officer_notice("2026-000123", BYGGLOV, ["message", "reminder"], "c1", EN)
    assert buttons(both) == ["Read", "Write to applicant", "Done"]
    assert_fits(both)
    assert buttons(officer_notice("2026-000123", ORO, ["reminder"], "c1", SV))[0] == "Öppna ärendesidan"


def test_a_list_shows_stars_and_colours() -> None:
    drawn_list = case_list("flagged", [row(1, flagged=True, colour="green")], 1, TOWN, SV)
    assert "*2026-000001* · Ansökan om bygglov · ★ Flaggat · 🟢 Grön\n" in read(drawn_list)
    assert_fits(drawn_list)
