"""Verktyg: what there is to do, and why some of it cannot be done now."""

from __future__ import annotations

from typing import Any

import pytest

from bot.blocks.block_kit.view import View
from bot.blocks.forms import protection
from bot.catalog.people import Access
from bot.domain.protection import SetProtection
from bot.text import Words
from tests.blocks.seen import assert_fits, buttons, elements, read
from tests.blocks.test_case_modal import drawn, view
from tests.blocks.test_forms import filled
from tests.blocks.town import EN, NOW, SV, TOWN, case, held_by, town

NAMED = town(protected_officers=["o1"])
FULL = Access(level="full")


def bench(catalog: Any = NAMED, access: Access = FULL, words: Words = SV, **more: Any) -> View:
    return drawn(view(catalog, **more), "tools", catalog, access=access, words=words)


def test_all_that_an_officer_of_the_case_may_do_has_its_button() -> None:
    shown = bench(assignees=held_by(1))
    english = bench(assignees=held_by(1), words=EN)
    assert buttons(english) == [
        "Change officers", "Hand over", "Mark case", "Open case page", "Back to the case",
    ]  # fmt: skip
    assert_fits(english)
    assert buttons(shown) == [
        "Ändra handläggare", "Lämna över", "Markera ärendet", "Öppna ärendesidan", "Tillbaka till ärendet",
    ]  # fmt: skip
    assert_fits(shown)


def test_what_cannot_be_done_now_is_there_without_a_button_and_with_why() -> None:
    closed = bench(assignees=held_by(1), status="closed", closed_at=NOW)
    assert buttons(closed) == ["Markera ärendet", "Öppna ärendesidan", "Tillbaka till ärendet"]
    assert "*Ändra handläggare*\nGår inte i status Avslutat." in read(closed)
    others = bench(assignees=())
    assert "*Lämna över*\nDu är inte handläggare i ärendet." in read(others)
    may_not = bench(access=Access(level="full", may_reassign=False), assignees=held_by(1))
    assert "*Lämna över*\nDu får inte ändra handläggare i det här ärendet." in read(may_not)
    nobody = bench(TOWN, assignees=held_by(1))
    assert "*Skyddade personuppgifter*\nIngen är utsedd" in read(nobody)
    for shown in (closed, others, may_not, nobody):
        assert_fits(shown)


def test_nothing_is_promised_that_is_not_there() -> None:
    for words, absent in ((SV, ("Sammanställning", "Gallringsstopp", "Ta bort ärende")), (EN, ("summary",))):
        assert not [one for one in absent if one in read(bench(words=words))]


def test_a_strict_case_has_no_tools() -> None:
    assert buttons(drawn(view(service="oro"), "tools")) == ["Öppna ärendesidan"]


def test_a_button_says_its_case_to_who_cannot_see_it() -> None:
    spoken = [one.get("accessibility_label", "") for one in elements(bench())]
    assert "Ändra handläggare 2026-000123" in spoken


@pytest.mark.parametrize("words", [SV, EN])
def test_marking_says_who_may_open_the_case_then(words: Words) -> None:
    service = NAMED.services["bygglov"]
    form = protection.protection_form(case(), service, ["Björn Ek"], {}, words)
    assert "Björn Ek" in read(form)
    assert_fits(form)
    assert_fits(protection.with_warning(form, words))
    assert_fits(protection.away("2026-000123", ["Björn Ek"], words))
    assert protection.read(filled(form, reason="Hot")) == SetProtection(
        case_id="c1", protected=True, reason="Hot"
    )
