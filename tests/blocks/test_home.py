"""App Home, as its officer sees it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.blocks.forms import settings as form
from bot.blocks.lists.case_list import place_in
from bot.blocks.lists.home import ROWS, Shown, closed_home, home
from bot.domain.preferences import Preferences
from bot.domain.views import InList
from tests.blocks.seen import assert_fits, button, buttons, read
from tests.blocks.test_forms import row
from tests.blocks.town import EN, NOW, SV, TOWN, town


def shown(**more: Any) -> Shown:
    rows = more.pop("rows", [row(1, why=("message", "overdue"), due_on=date(2026, 11, 20))])
    counts = {"todo": len(rows), "mine": 12, "unhandled": 31} | more.pop("counts", {})
    today = NOW.date()
    return Shown(
        **{"tab": "todo", "rows": rows, "counts": counts, "catalog": TOWN, "at": NOW, "today": today, **more}
    )


def test_the_open_tab_stands_out_and_each_says_how_many_it_has() -> None:
    drawn = home(shown(), SV)
    assert buttons(drawn)[:3] == ["Att göra (1)", "Mina (12)", "Obehandlade (31)"]
    assert [button(drawn, text).get("style") for text in buttons(drawn)[:3]] == ["primary", None, None]
    assert "Att göra · 1 ärende" in read(drawn) and "Hämtat 14:03" in read(drawn)
    assert_fits(drawn)


def test_why_a_case_waits_stands_first_and_in_bold() -> None:
    text = read(home(shown(), SV))
    assert (
        "*2026-000001* · Ansökan om bygglov\n*Nytt meddelande från sökanden* · Försenat · Inskickat · "
        "Anna Berg, Bygglovsgruppen · Inkom 22 nov."
    ) in text


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("message", "Nytt meddelande från sökanden"),
        ("added", "Sökanden har kompletterat"),
        ("reminder", "Din påminnelse"),
        ("overdue", "Försenat"),
        ("noanswer", "Svarstiden har gått ut"),
        ("soon", "Ska vara klart 4 dec."),
        ("assigned", "Tilldelat dig, inte öppnat"),
    ],
)
def test_every_reason_has_its_words(why: Any, said: str) -> None:
    rows = [row(1, why=(why,), due_on=date(2026, 12, 4))]
    assert f"*{said}* · Inskickat" in read(home(shown(rows=rows), SV))
    assert_fits(home(shown(rows=rows), EN))


@pytest.mark.parametrize("case", [row(2, service="oro"), row(2, protected=True), row(2, service="gone")])
def test_of_a_case_worked_with_on_its_page_there_is_number_and_status(case: Any) -> None:
    """A strict e-service, a protected case, and an e-service that the catalog no longer has."""
    text = read(home(shown(rows=[case]), SV))
    assert "*2026-000002*\n" in text and ("Inskickat" in text or "submitted" in text)
    for hidden in ("Anna", "Bygglovsgruppen", "Inkom", "Oros", "Ansökan"):
        assert hidden not in text


def test_a_case_opens_with_the_way_to_those_around_it() -> None:
    rows = [row(n) for n in range(ROWS)]
    drawn = home(shown(tab="unhandled", rows=rows, page=1, counts={"unhandled": 31}), SV)
    opens = [block["accessory"] for block in drawn["blocks"] if "accessory" in block]
    assert [one["action_id"] for one in opens] == ["case:show"] * ROWS
    assert place_in(opens[2]["value"]) == InList("unassigned", ROWS + 2)
    assert opens[2]["accessibility_label"] == "Visa ärende 2026-000002"


@pytest.mark.parametrize(
    ("case", "action"),
    [
        (row(1, why=("added", "overdue")), "case:read"),
        (row(1, news=True), "case:read"),
        (row(1, why=("overdue",)), "case:show"),
    ],
)
def test_what_the_applicant_wrote_opens_where_it_is_read(case: Any, action: str) -> None:
    opens = button(home(shown(rows=[case]), SV), "Visa")
    assert (opens["action_id"], opens["value"]) == (action, "c1@todo:0:")


def test_pages_are_turned_only_where_there_are_more() -> None:
    full = [row(n) for n in range(ROWS)]

    def turns(**given: Any) -> list[str]:
        return [
            text for text in buttons(home(shown(tab="mine", **given), SV)) if text in ("Föregående", "Nästa")
        ]

    assert turns(rows=full[:12], counts={"mine": 12}) == []
    assert turns(rows=full, counts={"mine": 214}) == ["Nästa"]
    assert turns(rows=full, counts={"mine": 214}, page=3) == ["Föregående", "Nästa"]
    assert turns(rows=full[:14], counts={"mine": 214}, page=10) == ["Föregående"]
    assert "Visar 61–80 av 214 · Hämtat 14:03" in read(
        home(shown(tab="mine", rows=full, counts={"mine": 214}, page=3), SV)
    )


def test_a_delay_is_told_only_while_there_is_one() -> None:
    assert "fördröjt" not in read(home(shown(), SV))
    assert "Slack eller e-post är fördröjt. 3 leveranser väntar." in read(home(shown(delayed=3), SV))


def test_an_empty_tab_says_what_would_be_here_and_what_to_press() -> None:
    drawn = home(shown(rows=[]), SV)
    assert "Inget väntar på dig just nu. 31 ärenden är obehandlade." in read(drawn)
    assert button(drawn, "Visa obehandlade")["action_id"] == "home:look:unhandled"
    nothing = home(shown(rows=[], counts={"unhandled": 0}), SV)
    assert "Visa obehandlade" not in buttons(nothing)
    assert "Alla ärenden har en handläggare." in read(home(shown(tab="unhandled", rows=[]), SV))
    assert "Du har inga ärenden." in read(home(shown(tab="mine", rows=[]), SV))
    for words in (SV, EN):
        for tab in ("todo", "mine", "unhandled"):
            assert_fits(home(shown(tab=tab, rows=[]), words))


def test_who_is_no_officer_is_told_why_and_can_look_again() -> None:
    drawn = closed_home("Gäster kan inte handlägga ärenden.", SV)
    assert buttons(drawn) == ["Uppdatera"] and "Gäster" in read(drawn)
    assert_fits(drawn)


@settings(max_examples=30, deadline=None)
@given(name=st.text(min_size=1, max_size=120).filter(str.strip), words=st.sampled_from([SV, EN]))
def test_a_whole_page_of_any_names_fits_and_pings_nobody(name: str, words: Any) -> None:
    catalog = town()
    service = catalog.services["bygglov"].model_copy(
        update={"name": catalog.services["bygglov"].name.model_copy(update={"sv": name, "en": name})}
    )
    catalog = catalog.model_copy(update={"services": {**catalog.services, "bygglov": service}})
    rows = [
        row(n, officers=("o1", "o2", "o3", "o4"), why=("message", "overdue", "noanswer")) for n in range(ROWS)
    ]
    assert_fits(home(shown(rows=rows, counts={"todo": 999}, page=1, delayed=3, catalog=catalog), words))


def test_the_settings_show_what_is_chosen_and_what_is_read_is_what_was_chosen() -> None:
    chosen = Preferences("en", frozenset({"message", "reminder"}), "mine")
    for words in (SV, EN):
        drawn = form.settings_form(chosen, {"home": True}, words)
        assert_fits(drawn)
        initial = {block["block_id"]: block["element"] for block in drawn["blocks"]}
        assert initial["language"]["initial_option"]["value"] == "en"
        assert [one["value"] for one in initial["told"]["initial_options"]] == [
            "assigned",
            "added",
            "mentioned",
        ]
        assert initial["start"]["initial_option"]["value"] == "mine"
        assert_fits(form.saved(words))
