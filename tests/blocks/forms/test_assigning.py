"""The dialog about who has a case, and the lines that tell of it."""

from __future__ import annotations

import pytest

from bot.blocks.cases.thread import thread_message
from bot.blocks.forms import fields
from bot.blocks.forms.cases import assign
from bot.blocks.forms.cases.assign import AssignForm, AssignValues
from bot.domain.assignment import MAX_ASSIGNEES
from bot.domain.event_wording import EventWording
from bot.domain.views import HistoryLine
from tests.blocks.rendered import assert_within_limits, read_text
from tests.blocks.sample_catalog import (
    CATALOG,
    EN,
    NOW,
    SV,
    assigned_officers,
    create_catalog,
    make_case,
    make_officer,
)

BYGGLOV = CATALOG.services["bygglov"]


def test_the_dialog_says_what_becomes_of_the_choice() -> None:
    form = AssignForm(
        make_case(assignees=assigned_officers(1)),
        CATALOG,
        ("officer:o1", "group:bygglovsgruppen"),
        alert="Nytt.",
    )
    view = assign.assign_form(form, SV)
    assert "Läggs till: Björn Ek, Bygglovsgruppen · Tas bort: Anna Berg" in read_text(view)
    assert_within_limits(view)


def test_a_dialog_with_those_who_have_the_case_tells_of_no_change() -> None:
    view = assign.assign_form(
        AssignForm(make_case(assignees=assigned_officers(1)), CATALOG, ("officer:o0",)), EN
    )
    assert "added" not in read_text(view).replace("are added", "")
    assert_within_limits(view)


@pytest.mark.parametrize("name", ["x" * 120, "<!channel> *Anna*", "å" * 120])
def test_many_with_any_names_fit(name: str) -> None:
    people = [make_officer(n, f"{name}"[:118] + f"{n % 10}") for n in range(120)]
    catalog = create_catalog()
    municipality = type(catalog.municipality).model_validate(
        {**catalog.municipality.model_dump(by_alias=True), "officers": people}
    )
    catalog = catalog.model_copy(update={"municipality": municipality})
    held = assigned_officers(MAX_ASSIGNEES)
    assert_within_limits(
        assign.assign_form(AssignForm(make_case(assignees=held), catalog, [one.ref for one in held]), SV)
    )
    offered = assign.suggestions(catalog.municipality.officers, catalog.municipality.groups, SV)
    assert sum(len(group["options"]) for group in offered) == fields.MAX_OPTIONS
    assert [group["label"]["text"] for group in offered] == ["Personer", "Grupper"]
    assert all(len(one["text"]["text"]) <= 75 for group in offered for one in group["options"])


def test_the_choice_is_read_with_the_version_it_was_drawn_from() -> None:
    view = assign.assign_form(AssignForm(make_case(seq=7), CATALOG, ()), SV)
    picked = [{"value": "officer:o1"}, {"value": "group:bygglovsgruppen"}]
    state = {
        "holders#7": {"holders": {"type": "multi_external_select", "selected_options": picked}},
        "reason": {"reason": {"type": "plain_text_input", "value": "Semester"}},
    }
    assert assign.read({**view, "state": {"values": state}}) == AssignValues(
        "c1", 7, ("officer:o1", "group:bygglovsgruppen"), "Semester"
    )


def test_thread_and_history_name_officers_and_nothing_else() -> None:
    facts = {"added": ("officer:o1", "group:bygglovsgruppen"), "removed": ("officer:o0",)}
    event = HistoryLine(seq=2, at=NOW, by="officer:o2", event="AssigneesChanged", facts=facts)
    wording = "Handläggare Nummer2 ändrade handläggare: Björn Ek och Bygglovsgruppen lades till, Anna Berg togs bort."
    rendered = thread_message([event], CATALOG, BYGGLOV, SV, "c1")
    assert read_text(rendered) == wording
    assert EventWording(CATALOG, BYGGLOV, SV).log_line(event) == wording
    assert_within_limits(rendered)


def test_a_rules_own_choice_is_in_the_history() -> None:
    facts = {"kind": "group", "key": "bygglovsgruppen", "silent": False}
    event = HistoryLine(seq=2, at=NOW, by="machine:assignment", event="CaseAssigned", facts=facts)
    assert (
        EventWording(CATALOG, BYGGLOV, SV).log_line(event)
        == "Ärendet tilldelades Bygglovsgruppen automatiskt."
    )
