"""App Home, as its officer sees it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks.forms import settings as form
from bot.blocks.forms.lists import columns
from bot.blocks.forms.lists.columns import ColumnForm, column_form
from bot.blocks.lists.home import home, home_unavailable
from bot.blocks.lists.home_state import HomeState, PageKeys, ShownList
from bot.blocks.values import CaseInList, decode, encode
from bot.domain.actors import find_officer
from bot.domain.lists.case_lists import CASE_LISTS
from bot.domain.lists.case_query import (
    DEFAULT_COLUMNS,
    LIST_QUERIES,
    CaseCount,
    CaseKey,
    CaseQuery,
    ListColumn,
)
from bot.domain.lists.list_columns import column_text, column_title
from bot.domain.lists.saved_views import DEFAULT_PAGE_SIZE, SavedView
from bot.domain.preference_form import SettingsForm
from bot.domain.preferences import Preferences
from bot.domain.views import ListPosition
from tests.blocks.forms.test_forms import make_row
from tests.blocks.rendered import assert_within_limits, button_texts, filled_in, find_button, read_text
from tests.blocks.sample_catalog import CATALOG, EN, NOW, SV, create_catalog
from tests.generated.strategies import examples

OFFICER = find_officer(CATALOG, "o0", NOW.date())
KEY = CaseKey("", "2026-11-22T10:00:00+00:00", "2026-000001")


def make_home_state(**more: Any) -> HomeState:
    rows = more.pop("rows", [make_row(1, wait_reasons=("message", "overdue"), due_on=date(2026, 11, 20))])
    numbers = {"todo": len(rows), "mine": 12, "unassigned": 31, "overdue": 4, "flagged": 2}
    numbers |= {"all": 1001, "closed": 340}
    counts = {tab: CaseCount(n) for tab, n in (numbers | more.pop("counts", {})).items()}
    tab = more.get("tab", "todo")
    shown = {"query": LIST_QUERIES[tab], "count": counts[tab], **more.pop("shown", {})}
    return HomeState(
        **{
            "tab": "todo",
            "rows": rows,
            "counts": counts,
            "officer": OFFICER,
            "catalog": CATALOG,
            "fetched_at": NOW,
            "today": NOW.date(),
            "shown": ShownList(**shown),
            **more,
        }
    )


def test_the_open_tab_stands_out_and_each_says_how_many_it_has() -> None:
    rendered = home(make_home_state(), SV)
    tabs = button_texts(rendered)[:7]
    assert tabs[:3] == ["Att göra (1)", "Mina (12)", "Obehandlade (31)"]
    assert tabs[3:] == ["Försenade (4)", "Flaggade (2)", "Alla (1\N{NO-BREAK SPACE}000+)", "Avslutade (340)"]
    assert [find_button(rendered, text).get("style") for text in tabs] == ["primary", *[None] * 6]
    assert "Att göra · 1 ärende" in read_text(rendered) and "Uppdaterat 14:03" in read_text(rendered)
    assert_within_limits(rendered)


def test_why_a_case_waits_stands_first_and_in_bold() -> None:
    text = read_text(home(make_home_state(), SV))
    assert (
        "*2026-000001* · Ansökan om bygglov\n*Nytt meddelande från sökanden* · Försenat · Inskickat · "
        "Anna Berg, Bygglovsgruppen · Inkom 22 nov."
    ) in text


@pytest.mark.parametrize(
    ("why", "wording"),
    [
        ("closed", "Avslutat · Nytt från sökanden"),
        ("message", "Nytt meddelande från sökanden"),
        ("added", "Sökanden har kompletterat"),
        ("reminder", "Din påminnelse"),
        ("overdue", "Försenat"),
        ("noanswer", "Svarstiden har gått ut"),
        ("soon", "Ska vara klart 4 dec."),
        ("assigned", "Tilldelat dig, inte öppnat"),
    ],
)
def test_every_reason_has_its_words(why: Any, wording: str) -> None:
    rows = [make_row(1, wait_reasons=(why,), due_on=date(2026, 12, 4))]
    assert f"*{wording}* · Inskickat" in read_text(home(make_home_state(rows=rows), SV))
    assert_within_limits(home(make_home_state(rows=rows), EN))


def test_a_column_has_the_day_that_comes_first_and_two_others_each_day_by_its_name() -> None:
    row = make_row(1, step_due_on=date(2026, 11, 24), due_on=date(2026, 12, 4))
    columns: tuple[ListColumn, ...] = ("due", "step_due", "case_due")
    assert [column_title(one, SV) for one in columns] == [
        "Att göra senast",
        "Nästa steg senast",
        "Klart senast",
    ]
    days = [column_text(row, one, CATALOG, SV) for one in columns]
    assert days == ["24 nov. 2026", "24 nov. 2026", "4 dec. 2026"]
    with_columns = {"query": LIST_QUERIES["todo"].model_copy(update={"columns": ("number", "step_due")})}
    text = read_text(home(make_home_state(rows=[row], shown=with_columns), SV))
    assert "Nästa steg senast 24 nov." in text and "Klart senast" not in text


@pytest.mark.parametrize(
    ("why", "line"),
    [
        ((), "Inkom 22 nov. · Nästa steg senast 24 nov. · Klart senast 4 dec."),
        (("soon",), "*Nästa steg senast 24 nov.* · Inskickat"),
        (("overdue",), "*Nästa steg försenat* · Inskickat"),
    ],
)
def test_a_row_says_which_of_its_days_is_meant_and_the_other_too(why: Any, line: str) -> None:
    row = make_row(1, wait_reasons=why, step_due_on=date(2026, 11, 24), due_on=date(2026, 12, 4))
    text = read_text(home(make_home_state(rows=[row]), SV))
    assert line in text and text.count("Nästa steg") == text.count("Klart senast 4 dec.") == 1


@pytest.mark.parametrize(
    "case", [make_row(2, service="oro"), make_row(2, protected=True), make_row(2, service="gone")]
)
def test_of_a_case_worked_with_on_its_page_there_is_number_and_status(case: Any) -> None:
    """A strict e-service, a protected case, and an e-service that the catalog no longer has."""
    text = read_text(home(make_home_state(rows=[case]), SV))
    assert "*2026-000002*\n" in text and ("Inskickat" in text or "submitted" in text)
    for hidden in ("Anna", "Bygglovsgruppen", "Inkom", "Oros", "Ansökan"):
        assert hidden not in text


def test_a_case_opens_with_the_way_to_those_around_it() -> None:
    rows = [make_row(n) for n in range(DEFAULT_PAGE_SIZE)]
    rendered = home(make_home_state(tab="unassigned", rows=rows, page=1, counts={"unassigned": 31}), SV)
    opens = [block["accessory"] for block in rendered["blocks"] if "accessory" in block]
    assert [one["action_id"] for one in opens] == ["case:show"] * DEFAULT_PAGE_SIZE
    assert decode(opens[2]["value"], CaseInList).position == ListPosition("unassigned", DEFAULT_PAGE_SIZE + 2)
    assert opens[2]["accessibility_label"] == "Visa ärende 2026-000002"


@pytest.mark.parametrize(
    ("case", "action"),
    [
        (make_row(1, wait_reasons=("added", "overdue")), "case:read"),
        (make_row(1, news=True), "case:read"),
        (make_row(1, wait_reasons=("overdue",)), "case:show"),
    ],
)
def test_what_the_applicant_wrote_opens_where_it_is_read(case: Any, action: str) -> None:
    opens = find_button(home(make_home_state(rows=[case]), SV), "Visa")
    assert (opens["action_id"], opens["value"]) == (action, encode(CaseInList("c1", "todo")))


def test_pages_are_turned_only_where_there_are_more() -> None:
    full = [make_row(n) for n in range(DEFAULT_PAGE_SIZE)]

    def turns(**given: Any) -> list[str]:
        return [
            text
            for text in button_texts(home(make_home_state(tab="mine", **given), SV))
            if text in ("Föregående", "Nästa")
        ]

    assert turns(rows=full[:12], counts={"mine": 12}) == []
    assert turns(rows=full, counts={"mine": 214}, keys=PageKeys(next=KEY)) == ["Nästa"]
    assert turns(rows=full, counts={"mine": 214}, keys=PageKeys(KEY, KEY), page=3) == ["Föregående", "Nästa"]
    assert turns(rows=full[:14], counts={"mine": 214}, page=10) == ["Föregående"]
    assert "Visar 61–80 av 214 · Uppdaterat 14:03" in read_text(
        home(make_home_state(tab="mine", rows=full, counts={"mine": 214}, page=3), SV)
    )


def test_a_delay_is_told_only_while_there_is_one() -> None:
    assert "fördröjt" not in read_text(home(make_home_state(), SV))
    assert "Slack eller e-post är fördröjt. 3 leveranser väntar." in read_text(
        home(make_home_state(delayed_count=3), SV)
    )
    many = read_text(home(make_home_state(delayed_count=1001), SV))
    assert "Slack eller e-post är fördröjt. 1\N{NO-BREAK SPACE}000+ leveranser väntar." in many


def test_an_empty_tab_says_what_would_be_here_and_what_to_press() -> None:
    rendered = home(make_home_state(rows=[]), SV)
    assert "Inget väntar på dig just nu. 31 ärenden är obehandlade." in read_text(rendered)
    assert find_button(rendered, "Visa obehandlade")["action_id"] == "home:look:unhandled"
    nothing = home(make_home_state(rows=[], counts={"unassigned": 0}), SV)
    assert "Visa obehandlade" not in button_texts(nothing)
    assert "Alla ärenden har en handläggare." in read_text(
        home(make_home_state(tab="unassigned", rows=[]), SV)
    )
    assert "Du har inga ärenden." in read_text(home(make_home_state(tab="mine", rows=[]), SV))
    for words in (SV, EN):
        for tab in CASE_LISTS:
            assert_within_limits(home(make_home_state(tab=tab, rows=[]), words))


@pytest.mark.parametrize(
    ("tab", "advice"),
    [
        ("todo", "Inget väntar på dig just nu."),
        ("mine", "Här visas de ärenden som du har tagit eller fått"),
        ("unassigned", "Nya ärenden visas här tills någon tar dem."),
        ("flagged", "Välj Flagga på ett ärende"),
        ("all", "Nya ärenden visas här när de kommer in."),
        ("closed", "När ett ärende avslutas visas det här"),
    ],
)
def test_each_empty_tab_says_what_comes_there_and_how(tab: Any, advice: str) -> None:
    rendered = home(make_home_state(tab=tab, rows=[], counts={tab: 0, "unassigned": 0}), SV)
    assert advice in read_text(rendered)


def test_more_cases_than_are_counted_are_said_to_be_more() -> None:
    rows = [make_row(n) for n in range(DEFAULT_PAGE_SIZE)]
    text = read_text(home(make_home_state(tab="all", rows=rows, keys=PageKeys(next=KEY)), SV))
    assert (
        "Alla · 1\N{NO-BREAK SPACE}000+ ärenden" in text and "Visar 1–20 av 1\N{NO-BREAK SPACE}000+" in text
    )
    empty = read_text(home(make_home_state(rows=[], counts={"unassigned": 1001}), SV))
    assert "1\N{NO-BREAK SPACE}000+ ärenden är obehandlade." in empty


def test_who_is_no_officer_is_told_why_and_can_look_again() -> None:
    rendered = home_unavailable("Gäster kan inte handlägga ärenden.", SV)
    assert button_texts(rendered) == ["Uppdatera"] and "Gäster" in read_text(rendered)
    assert_within_limits(rendered)


@examples(30)
@given(name=st.text(min_size=1, max_size=120).filter(str.strip), words=st.sampled_from([SV, EN]))
def test_a_whole_page_of_any_names_fits_and_pings_nobody(name: str, words: Any) -> None:
    catalog = create_catalog()
    service = catalog.services["bygglov"].model_copy(
        update={"name": catalog.services["bygglov"].name.model_copy(update={"sv": name, "en": name})}
    )
    catalog = catalog.model_copy(update={"services": {**catalog.services, "bygglov": service}})
    rows = [
        make_row(n, officers=("o1", "o2", "o3", "o4"), wait_reasons=("message", "overdue", "noanswer"))
        for n in range(DEFAULT_PAGE_SIZE)
    ]
    assert_within_limits(
        home(
            make_home_state(rows=rows, counts={"todo": 999}, page=1, delayed_count=3, catalog=catalog), words
        )
    )


def test_the_settings_show_what_is_chosen_and_what_is_read_is_what_was_chosen() -> None:
    chosen = Preferences(
        "en",
        {"message": "nowhere", "reminder": "mail"},
        "last",
        start_view="v1",
        layout="table",
        page_size=40,
        is_quiet=False,
        wants_day=True,
    )
    view = SavedView("v1", "Röda", CaseQuery())
    for words in (SV, EN):
        rendered = form.settings_form(SettingsForm(chosen, [view], 40), {"home": True}, words)
        assert_within_limits(rendered)
        assert form.read(filled_in(rendered)) == chosen
        assert_within_limits(form.settings_saved(words))


def test_the_columns_are_chosen_in_their_order_and_none_at_all_are_the_usual_ones() -> None:
    shown: tuple[ListColumn, ...] = ("due", "applicants", "number", "officers")
    for words in (SV, EN):
        rendered = column_form(ColumnForm(shown, {}, "Röda"), words)
        assert_within_limits(rendered)
        assert columns.read(filled_in(rendered)).columns == ("due", "number", "officers"), "none who applied"
    nothing = columns.read(filled_in(rendered, **{f"column{n}": "-" for n in range(1, 9)}))
    assert nothing.columns == DEFAULT_COLUMNS and nothing.repeated == ()


def test_a_column_that_is_chosen_twice_is_named_by_its_field_also_after_the_form_was_reset() -> None:
    reset = column_form(ColumnForm(("due",), {}).reset(), SV)
    read = columns.read(filled_in(reset))
    assert read.columns == DEFAULT_COLUMNS
    twice = columns.read(filled_in(reset, **{"column4#1": "service", "column6#1": "number"}))
    assert twice.repeated == ("column4#1", "column6#1")
