"""The colour of a case, an officer's own flag, and handing over, on the case page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.assignment import TakeCase
from bot.domain.colour import ColourCase
from bot.domain.flags import Flag
from bot.store.officers import flags
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters

PATH = "/handlaggare/2026-000001"


async def find_flag(portal: Portal, case_id: str, who: str = "anna") -> Flag | None:
    return await portal.database.read(lambda tx: flags.find_for_case(tx, who, case_id))


async def test_an_officer_colours_a_case_and_takes_the_colour_away(portal: Portal, case_id: str) -> None:
    browser, _ = await enters(portal, case_id)
    page = await browser.send((await browser.get(f"{PATH}/farg")).form().fill(colour="red"))
    assert page.url.endswith(PATH) and "Färgen är ändrad." in page.text and "Färg Röd" in page.text
    page = await browser.send((await browser.get(f"{PATH}/farg")).form().fill(colour=""))
    assert "Färg Röd" not in page.text and (await portal.view_case(case_id)).case.colour == ""


async def test_what_is_saved_as_it_stood_is_not_called_changed(portal: Portal, case_id: str) -> None:
    await portal.service.perform(TakeCase(case_id=case_id), portal.officer("anna"))
    browser, _ = await enters(portal, case_id)
    for form, button in (("farg", None), ("handlaggare", "save")):
        page = await browser.send((await browser.get(f"{PATH}/{form}")).form(f"/{form}"), button)
        assert page.url.endswith(PATH) and "Inget är ändrat." in page.text
        assert "Färgen är ändrad." not in page.text and "Handläggarna är ändrade." not in page.text


async def test_a_colour_that_a_colleague_has_changed_is_shown_with_ones_own_choice(
    portal: Portal, case_id: str
) -> None:
    browser, _ = await enters(portal, case_id)
    form = (await browser.get(f"{PATH}/farg")).form().fill(colour="red")
    blue = ColourCase(case_id=case_id, colour="blue", expected="")
    await portal.service.perform(blue, portal.officer("bo"))
    page = await browser.send(form)
    assert page.status == 409 and "Nu gäller: Blå." in page.text
    assert (page.form().value("colour"), page.form().value("was")) == ("red", "blue")
    assert "Färg Röd" in (await browser.send(page.form())).text


async def test_a_flag_with_note_and_reminder_is_ones_own(portal: Portal, case_id: str) -> None:
    browser, _ = await enters(portal, case_id)
    form = (await browser.get(f"{PATH}/flagga")).form().fill(note="Ring  sökanden", remind_on="2026-11-30")
    page = await browser.send(form)
    assert (
        "Ärendet är flaggat. Bara du ser det." in page.text and "★ Flaggat av dig: Ring sökanden" in page.text
    )
    assert await find_flag(portal, case_id) == Flag(
        case_id, "Ring sökanden", datetime(2026, 11, 30, 7, tzinfo=UTC)
    )
    again = (await browser.get(f"{PATH}/flagga")).form()
    assert (again.value("note"), again.value("remind_on")) == ("Ring sökanden", "2026-11-30")
    bo, page = await enters(portal, case_id, "bo")
    assert "★" not in page.text and (await bo.get(f"{PATH}/flagga")).form().value("note") == ""
    page = await browser.send(again, "unflag")
    assert "Flaggan är borttagen." in page.text and await find_flag(portal, case_id) is None


@pytest.mark.parametrize(
    ("filled_in", "told"),
    [
        ({"remind_on": "2026-11-22"}, "Dagen har redan passerat"),
        ({"remind_on": "igår"}, "Skriv ett datum med år"),
        ({"note": "x" * 151}, "1 tecken för lång"),
    ],
)
async def test_a_flag_that_cannot_be_saved_comes_back_as_it_was_filled_in(
    portal: Portal, case_id: str, filled_in: dict[str, str], told: str
) -> None:
    browser, _ = await enters(portal, case_id)
    page = await browser.get(f"{PATH}/flagga")
    assert "maxlength" not in page.answer.text  # a browser would cut what is pasted, without a word
    page = await browser.send(page.form().fill(**filled_in))
    assert page.status == 422 and told in page.text and await find_flag(portal, case_id) is None
    assert {name: page.form().value(name) for name in filled_in} == filled_in


async def test_a_case_is_handed_over_with_oneself_unticked(portal: Portal, case_id: str) -> None:
    await portal.service.perform(TakeCase(case_id=case_id), portal.officer("anna"))
    browser, page = await enters(portal, case_id)
    (link,) = [one for one in page.links() if one.endswith("lamna=over")]
    page = await browser.get(link)
    assert "Lämna över" in page.text and page.form().value("holder") == ""
    page = await browser.send(page.form().fill(holder="officer:bo"), "save")
    assert page.url.endswith(PATH) and (await portal.view_case(case_id)).case.officers == ("bo",)
    assert not [one for one in page.links() if one.endswith("lamna=over")]


async def test_a_case_is_handed_over_to_somebody(portal: Portal, case_id: str) -> None:
    await portal.service.perform(TakeCase(case_id=case_id), portal.officer("anna"))
    browser, page = await enters(portal, case_id)
    (link,) = [one for one in page.links() if one.endswith("lamna=over")]
    page = await browser.send((await browser.get(link)).form(), "save")
    assert page.status == 422 and "Välj vem som ska ta över ärendet." in page.text
    assert (await portal.view_case(case_id)).case.officers == ("anna",)
