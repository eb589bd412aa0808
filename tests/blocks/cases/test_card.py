"""The card in the channel."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.blocks.cases.card import card
from bot.blocks.values import CaseRef, encode
from bot.domain.case import Case
from tests.blocks.rendered import (
    assert_within_limits,
    button_texts,
    find_button,
    interactive_elements,
    read_text,
)
from tests.blocks.sample_catalog import (
    CATALOG,
    EN,
    NOW,
    SV,
    assigned_officers,
    create_catalog,
    make_card_view,
)

ONLY_NOTED = {"decision_reminded"}
"""Fields which note that officers were told of something; their notices show it."""


def test_every_mark_of_a_case_is_seen_on_its_card() -> None:
    flags = {field.name for field in fields(Case) if field.default is False}
    marks = dict.fromkeys(flags - ONLY_NOTED, True)
    unmarked = card(make_card_view(), CATALOG, SV)
    for name, value in {**marks, "colour": "red"}.items():
        assert card(make_card_view(**{name: value}), CATALOG, SV).blocks != unmarked.blocks, (
            f"Case.{name} is not seen on the card: say in mark_lines of bot/blocks/cases/marks.py how it reads"
        )


def test_a_new_case_shows_its_number_status_and_days() -> None:
    rendered = card(make_card_view(due_on=date(2026, 12, 4), answers={"kind": "ext"}), CATALOG, SV)
    assert (
        rendered.text == "Nytt ärende 2026-000123, Ansökan om bygglov. Status Inskickat. Ingen handläggare."
    )
    assert read_text(rendered).startswith(
        "2026-000123 · Ansökan om bygglov\n*Status*\nInskickat\n*Handläggare*\nIngen\n"
        "*Inkom*\n22 nov. 2026 14:03\n*Klart senast*\n4 dec. 2026\nTillbyggnad"
    )
    assert button_texts(rendered) == [
        "Ta ärendet", "Visa ärende", "Ändra status", "Skriv till sökanden", "Ny notering",
    ]  # fmt: skip
    assert_within_limits(rendered)


def test_taking_is_a_button_only_while_nobody_has_the_case() -> None:
    assert find_button(card(make_card_view(), CATALOG, SV), "Ta ärendet")["style"] == "primary"
    group = card(make_card_view(assignees=assigned_officers(0, "bygglovsgruppen")), CATALOG, SV)
    assert find_button(group, "Ta ärendet")["style"] == "primary"
    strict = card(make_card_view(service="oro", assignees=assigned_officers(1)), CATALOG, SV)
    assert button_texts(strict) == ["Öppna ärendesidan"]


def test_a_case_that_somebody_has_is_joined_or_taken_over_from_the_menu() -> None:
    def menu_texts(assignees: int) -> list[str]:
        rendered = card(make_card_view(assignees=assigned_officers(assignees)), CATALOG, SV)
        menu = next(one for one in interactive_elements(rendered) if one["type"] == "overflow")
        return [option["text"]["text"] for option in menu["options"]]

    taken = card(make_card_view(assignees=assigned_officers(1)), CATALOG, SV)
    assert button_texts(taken) == ["Visa ärende", "Ändra status", "Skriv till sökanden", "Ny notering"]
    assert menu_texts(1)[0] == "Arbeta med eller ta över"
    assert "Arbeta med eller ta över" not in menu_texts(0)


@pytest.mark.parametrize(
    ("count", "groups", "wording"),
    [
        (0, (), "Ingen"),
        (1, (), "Anna Berg"),
        (1, ("bygglovsgruppen",), "Anna Berg, Bygglovsgruppen"),
        (3, (), "Anna Berg, Björn Ek, Handläggare Nummer2"),
        (6, (), "Anna Berg, Björn Ek och 4 till"),
        (30, (), "Anna Berg, Björn Ek och 28 till"),
    ],
)
def test_officers_are_named_and_many_are_counted(count: int, groups: tuple[str, ...], wording: str) -> None:
    rendered = card(make_card_view(assignees=assigned_officers(count, *groups), seq=2), CATALOG, SV)
    assert f"*Handläggare*\n{wording}\n" in read_text(rendered)
    assert_within_limits(rendered)


def test_a_closed_case_says_when_and_by_whom_and_can_be_reopened() -> None:
    view = make_card_view(status="closed", closed_at=NOW, status_by="officer:o0", seq=4)
    rendered = card(view, CATALOG, SV)
    assert "Avslutat 22 nov. 2026 14:03 av Anna Berg" in read_text(rendered)
    assert button_texts(rendered) == ["Visa ärende", "Återöppna"]
    assert rendered.text == (
        "Ärende 2026-000123, Ansökan om bygglov. Avslutat 22 nov. 2026 14:03 av Anna Berg."
    )
    assert_within_limits(rendered)


@pytest.mark.parametrize("service", ["bygglov", "oro"])
def test_a_closed_case_whose_applicant_has_written_says_so_and_what_to_press(service: str) -> None:
    view = make_card_view(service=service, status="closed", closed_at=NOW, news="message")
    rendered = card(view, CATALOG, SV)
    assert "*Avslutat · Nytt från sökanden*" in read_text(rendered)
    assert "Avslutat · Nytt från sökanden" in rendered.text
    first = next(element for element in interactive_elements(rendered))
    assert (first["style"], first["action_id"]) == (
        "primary",
        "case:read" if service == "bygglov" else "case:page",
    )
    assert_within_limits(rendered)


def test_the_warning_about_names_in_the_thread_stands_with_the_card() -> None:
    """Someone may answer in the thread before the program has written in it."""
    day = date(2026, 11, 23)
    assert "I tråden: inga namn, personnummer eller adresser." in read_text(
        card(make_card_view(), CATALOG, SV, day)
    )
    strict = card(make_card_view(protected=True), CATALOG, SV, day)
    assert "Skriv inte i tråden." in read_text(strict) and "intern notering" not in read_text(strict)
    assert_within_limits(strict)


def test_where_no_status_follows_the_closed_one_nothing_can_be_reopened() -> None:
    shut = [
        {"key": "submitted", "name": "In", "kind": "submitted", "accepted_from": []},
        {"key": "work", "name": "Arbete", "kind": "in_progress", "accepted_from": ["submitted"]},
        {"key": "closed", "name": "Avslutat", "kind": "closed"},
    ]
    catalog = create_catalog(statuses=shut)
    rendered = card(make_card_view(catalog, status="closed", closed_at=NOW), catalog, SV)
    assert button_texts(rendered) == ["Visa ärende"]


@pytest.mark.parametrize("closed", [False, True])
def test_a_strict_card_names_no_eservice_and_leads_to_the_case_page(closed: bool) -> None:
    rendered = card(make_card_view(service="oro", closed_at=NOW if closed else None), CATALOG, SV)
    assert "Oros" not in read_text(rendered) + rendered.text
    assert read_text(rendered).startswith("Ärende 2026-000123\n")
    assert button_texts(rendered)[-1] == "Öppna ärendesidan"
    assert not any(element["type"] == "overflow" for element in interactive_elements(rendered))
    assert_within_limits(rendered)


def test_a_protected_case_is_drawn_as_a_strict_one() -> None:
    rendered = card(make_card_view(protected=True, answers={"kind": "ext"}), CATALOG, SV)
    assert "bygglov" not in read_text(rendered) + rendered.text
    assert "Tillbyggnad" not in read_text(rendered)


def test_an_eservice_that_left_the_catalog_is_drawn_as_a_strict_one() -> None:
    view = make_card_view()
    gone = CATALOG.model_copy(update={"services": {}})
    assert button_texts(card(view, gone, SV)) == ["Öppna ärendesidan"]


def test_the_card_speaks_its_channels_language() -> None:
    rendered = card(make_card_view(), CATALOG, EN)
    assert button_texts(rendered) == [
        "Take case", "Show case", "Change status", "Write to the applicant", "New note",
    ]  # fmt: skip
    assert "2026-000123 · Building permit" in read_text(rendered)


def test_the_card_has_the_day_of_the_next_step_and_that_of_the_case_each_by_its_name() -> None:
    view = make_card_view(step_due_on=date(2026, 11, 24), due_on=date(2026, 12, 4))
    text = read_text(card(view, CATALOG, SV, date(2026, 11, 24)))
    assert "*Nästa steg senast*\n24 nov. 2026\n*Klart senast*\n4 dec. 2026" in text and "örsenat" not in text
    late = read_text(card(view, CATALOG, SV, date(2026, 11, 25)))
    assert "Nästa steg försenat sedan 24 nov." in late and "Försenat sedan" not in late
    later = read_text(card(view, CATALOG, SV, date(2026, 12, 5)))
    assert "Nästa steg försenat sedan 24 nov." in later and "Försenat sedan 4 dec." in later


def test_overdue_is_said_when_it_is_known_what_day_it_is() -> None:
    view = make_card_view(due_on=date(2026, 12, 4))
    assert "Försenat sedan 4 dec." in read_text(card(view, CATALOG, SV, date(2026, 12, 5)))
    assert "Försenat" not in read_text(card(view, CATALOG, SV, date(2026, 12, 4)))


def test_nobody_is_written_to_where_applicants_do_not_follow() -> None:
    assert "Skriv till sökanden" not in button_texts(card(make_card_view(applicants=()), CATALOG, SV))


def test_a_button_carries_the_case_and_the_version_only() -> None:
    rendered = card(make_card_view(seq=7), CATALOG, SV)
    assert {
        element.get("value") for element in interactive_elements(rendered) if element["type"] == "button"
    } == {encode(CaseRef("c1", 7))}


NASTY = st.one_of(
    st.text(max_size=400),
    st.sampled_from(
        [
            "<!channel>",
            "<@U0ANNABERG>",
            "*fet* _kursiv_ ~struken~ `kod`",
            "<https://evil.example|Slack>",
            "ا" * 120,
            "@channel @here",
            ":smile: &amp;",
            "```x```",
            "å" * 3_000,
        ]
    ),
)


@settings(deadline=None)
@given(name=NASTY, label=NASTY)
def test_any_name_draws_within_limits_and_pings_nobody(name: str, label: str) -> None:
    given: dict[str, Any] = {
        "statuses": [
            {"key": "submitted", "name": label or "x", "kind": "submitted"},
            {"key": "work", "name": "Arbete", "kind": "in_progress"},
            {"key": "closed", "name": label or "x", "kind": "closed"},
        ]
    }
    try:
        catalog = create_catalog(name=name or "x", **given)
    except ValueError:
        return
    assert_within_limits(card(make_card_view(catalog, assignees=assigned_officers(30)), catalog, SV))
    assert_within_limits(card(make_card_view(catalog, status="closed", closed_at=NOW), catalog, SV))
