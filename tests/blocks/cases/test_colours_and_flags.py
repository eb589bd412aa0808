"""Colours and flags, drawn."""

from __future__ import annotations

import pytest

from bot.blocks.cases.card import card
from bot.blocks.forms.cases import colour, flag
from bot.blocks.lists.case_list import case_list
from bot.blocks.notice import officer_notice
from bot.domain.colour import COLOURS, ColourCase
from bot.domain.flags import MAX_NOTE_LENGTH, Flag
from bot.text import Words
from tests.blocks.cases.test_case_modal import make_case_view, render
from tests.blocks.forms.test_forms import as_submitted, make_row
from tests.blocks.rendered import assert_within_limits, button_texts, interactive_elements, read_text
from tests.blocks.sample_catalog import CATALOG, EN, NOW, SV, make_card_view, make_case

BYGGLOV, ORO = CATALOG.services["bygglov"], CATALOG.services["oro"]


@pytest.mark.parametrize("words", [SV, EN])
def test_every_colour_is_a_circle_and_its_word(words: Words) -> None:
    shown = [read_text(card(make_card_view(colour=one), CATALOG, words)) for one in COLOURS]
    assert all(words(f"colour.{one}") in text for one, text in zip(COLOURS[1:], shown[1:], strict=True))
    assert all(text[0] in "🔴🟠🟡🟢🔵🟣" for one in COLOURS[1:] if (text := _circled(one, words)))
    assert_within_limits(card(make_card_view(colour="red"), CATALOG, words))
    assert_within_limits(colour.colour_form(make_case(colour="red"), BYGGLOV, {}, words, ("blue", "Nytt.")))


def _circled(one: str, words: Words) -> str:
    shown = read_text(card(make_card_view(colour=one), CATALOG, words))
    return next(line for line in shown.splitlines() if words(f"colour.{one}") in line)


def test_the_colour_is_read_with_the_one_that_was_seen() -> None:
    form = colour.colour_form(make_case(colour="red"), BYGGLOV, {}, SV)
    assert colour.read(as_submitted(form, colour="none")) == ColourCase(
        case_id="c1", colour="", expected="red"
    )
    assert colour.read(as_submitted(form, colour="blue")) == ColourCase(
        case_id="c1", colour="blue", expected="red"
    )


def test_the_cards_menu_has_at_most_five_choices_and_says_nothing_of_anyones_flag() -> None:
    more = next(
        one for one in interactive_elements(card(make_card_view(), CATALOG, SV)) if one["type"] == "overflow"
    )
    assert [one["text"]["text"] for one in more["options"]] == [
        "Begär komplettering", "Flagga", "Verktyg",
    ]  # fmt: skip


def test_ones_own_flag_is_in_the_modal_with_its_note() -> None:
    shown = render(make_case_view(), flag=Flag("c1", "Ring <!channel>", NOW))
    assert "★ Flaggat av dig" in read_text(shown)
    assert "★ Ring <!channel> · Påminnelse 22 nov. 2026 14:03" in read_text(shown)
    assert "Ta bort flaggan" in str(shown) and "★" not in read_text(render(make_case_view()))
    assert_within_limits(shown)


def test_a_note_stays_out_of_the_modal_of_a_strict_case() -> None:
    strict = render(make_case_view(service="oro"), flag=Flag("c1", "Ring mamman", NOW))
    assert "mamman" not in str(strict)
    assert_within_limits(strict)
    assert "note" not in [
        one.get("block_id") for one in flag.flag_form(make_case(service="oro"), ORO, {}, SV)["blocks"]
    ]


@pytest.mark.parametrize("words", [SV, EN])
@pytest.mark.parametrize("text", ["", "<!channel> *x*", "å" * 3_000])
def test_the_flags_dialog_fits_and_is_read(text: str, words: Words) -> None:
    form = flag.flag_form(make_case(), BYGGLOV, {"tab": "case"}, words, (Flag("c1", "Ring", NOW), text))
    assert_within_limits(form)
    read_back = flag.read(as_submitted(form, note=text[:MAX_NOTE_LENGTH], remind_on="2026-12-01"))
    assert read_back == ("c1", text[:MAX_NOTE_LENGTH], "2026-12-01")
    assert_within_limits(flag.flag_saved("flag.set", words))


def test_a_reminder_leads_to_the_case_and_can_be_put_off() -> None:
    result = officer_notice("2026-000123", BYGGLOV, ["reminder"], "c1", SV)
    assert result.text == "Påminnelse om 2026-000123 · Ansökan om bygglov"
    assert button_texts(result) == ["Visa ärende", "Klar"]
    snooze = next(one for one in interactive_elements(result) if one["type"] == "static_select")
    assert [one["text"]["text"] for one in snooze["options"]] == ["1 timme", "I morgon", "Nästa vecka"]
    assert_within_limits(result)
    both = officer_notice("2026-000123", BYGGLOV, ["message", "reminder"], "c1", EN)
    assert button_texts(both) == ["Read", "Write to the applicant", "Done"]
    assert_within_limits(both)
    assert button_texts(officer_notice("2026-000123", ORO, ["reminder"], "c1", SV))[0] == "Öppna ärendesidan"


def test_a_list_shows_stars_and_colours() -> None:
    rendered = case_list("flagged", [make_row(1, flagged=True, colour="green")], 1, CATALOG, SV)
    assert "*2026-000001* · Ansökan om bygglov · ★ Flaggat · 🟢 Grön\n" in read_text(rendered)
    assert_within_limits(rendered)
