"""Verktyg: what there is to do, and why some of it cannot be done now."""

from __future__ import annotations

from typing import Any

import pytest

from bot.blocks.block_kit.view import View
from bot.blocks.forms.cases import protection
from bot.catalog.people import Access
from bot.domain.protection import SetProtection
from bot.text import Words
from tests.blocks.cases.test_case_modal import make_case_view, render
from tests.blocks.forms.test_forms import as_submitted
from tests.blocks.rendered import assert_within_limits, button_texts, interactive_elements, read_text
from tests.blocks.sample_catalog import CATALOG, EN, NOW, SV, assigned_officers, create_catalog, make_case

CATALOG_WITH_PROTECTED = create_catalog(protected_officers=["o1"])
FULL = Access(level="full")


def render_tools(
    catalog: Any = CATALOG_WITH_PROTECTED, access: Access = FULL, words: Words = SV, **more: Any
) -> View:
    return render(make_case_view(catalog, **more), "tools", catalog, access=access, words=words)


def test_all_that_an_officer_of_the_case_may_do_has_its_button() -> None:
    shown = render_tools(assignees=assigned_officers(1))
    english = render_tools(assignees=assigned_officers(1), words=EN)
    assert button_texts(english) == [
        "Edit case", "Change officers", "Hand over", "Set colour", "Mark as protected", "Put on hold",
        "Link cases", "Mark as unread", "Open summary", "Open case page", "Back to the case",
    ]  # fmt: skip
    assert_within_limits(english)
    assert button_texts(shown) == [
        "Ändra ärende", "Ändra handläggare", "Lämna över", "Färgmarkera", "Markera som skyddat", "Sätt gallringsstopp",
        "Koppla ärenden", "Markera som oläst", "Öppna sammanställningen", "Öppna ärendesidan",
        "Tillbaka till ärendet",
    ]  # fmt: skip
    assert_within_limits(shown)


def test_a_hold_where_cases_are_kept_for_ever_is_not_said_to_stop_their_disposal() -> None:
    ending = render_tools(create_catalog(retention={"months": 24, "basis": "Planens 3 §"}))
    assert "gallras inte, fast dess tid har gått" in read_text(ending)
    kept = render_tools(create_catalog(retention={"keep": True}))
    assert "ärenden bevaras" in read_text(kept) and "gallras inte" not in read_text(kept)


def test_what_cannot_be_done_now_is_there_without_a_button_and_with_why() -> None:
    closed = render_tools(assignees=assigned_officers(1), status="closed", closed_at=NOW)
    assert button_texts(closed) == [
        "Färgmarkera", "Markera som skyddat", "Sätt gallringsstopp", "Koppla ärenden", "Markera som oläst",
        "Öppna sammanställningen", "Öppna ärendesidan", "Tillbaka till ärendet",
    ]  # fmt: skip
    refusal = "Det går inte när ärendet har status Avslutat. Återöppna det först."
    assert f"*Ändra handläggare*\n{refusal}" in read_text(closed)
    others = render_tools(assignees=())
    assert "*Lämna över*\nDu är inte handläggare i ärendet, så du kan inte lämna det ifrån dig." in read_text(
        others
    )
    may_not = render_tools(access=Access(level="full", may_reassign=False), assignees=assigned_officers(1))
    assert "*Lämna över*\nDu får inte ändra handläggare i det här ärendet." in read_text(may_not)
    nobody = render_tools(CATALOG, assignees=assigned_officers(1))
    assert "*Skyddade personuppgifter*\nIngen är utsedd" in read_text(nobody)
    for shown in (closed, others, may_not, nobody):
        assert_within_limits(shown)


def test_only_a_coordinator_deletes_and_only_in_a_status_that_allows_it() -> None:
    coordinator = Access(level="full", coordinator=True)
    for access in (FULL, coordinator):
        refused = read_text(render_tools(access=access))
        assert "*Ta bort ärende*\nI status Inskickat går ärendet inte att ta bort." in refused
    catalog = create_catalog(protected_officers=["o1"])
    service = catalog.services["bygglov"]
    statuses = tuple(one.model_copy(update={"may_delete": True}) for one in service.statuses)
    services = catalog.services | {"bygglov": service.model_copy(update={"statuses": statuses})}
    allowing = catalog.model_copy(update={"services": services})
    assert "Ta bort ärende" in button_texts(render_tools(allowing, access=coordinator))
    assert "*Ta bort ärende*\nBara e-tjänstens samordnare" in read_text(render_tools(allowing))


def test_a_strict_case_has_no_tools() -> None:
    assert button_texts(render(make_case_view(service="oro"), "tools")) == ["Öppna ärendesidan"]


def test_a_button_says_its_case_to_who_cannot_see_it() -> None:
    wording = [one.get("accessibility_label", "") for one in interactive_elements(render_tools())]
    assert "Ändra handläggare 2026-000123" in wording


@pytest.mark.parametrize("words", [SV, EN])
def test_marking_says_who_may_open_the_case_then(words: Words) -> None:
    service = CATALOG_WITH_PROTECTED.services["bygglov"]
    form = protection.protection_form(make_case(), service, ["Björn Ek"], {}, words)
    assert "Björn Ek" in read_text(form)
    assert_within_limits(form)
    assert_within_limits(protection.with_warning(form, words))
    assert_within_limits(protection.case_hidden("2026-000123", ["Björn Ek"], words))
    assert protection.read(as_submitted(form, reason="Hot")) == SetProtection(
        case_id="c1", protected=True, reason="Hot"
    )
