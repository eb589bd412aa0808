"""A protected case on its page."""

from __future__ import annotations

import pytest

from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_officers_page import enters

PLACE = "/handlaggare/2026-000001"
WHY = "Sökanden ringde om sin altan"


@pytest.fixture
@filled_once
async def protected_id(portal: Portal, eva: Browser) -> str:
    await eva.submit((await filled(eva)).fill(om_protected="yes"))
    (case,) = await portal.list_cases()
    return str(case.id)


@pytest.fixture
@filled_once
async def open_id(portal: Portal, eva: Browser) -> str:
    await eva.submit(await filled(eva))
    (case,) = await portal.list_cases()
    return str(case.id)


async def says_why(anna: Browser, page: Page) -> Page:
    return await anna.send(page.form("/anledning").fill(reason=WHY))


async def test_it_is_asked_why_before_anything_is_shown(portal: Portal, protected_id: str) -> None:
    _, page = await enters(portal, protected_id)
    assert page.status == 200 and "Varför öppnar du ärendet? Det loggas." in page.text
    assert "Eva" not in page.text and "altan" not in page.text.lower()


async def test_then_the_case_is_shown_and_why_stands_in_its_history(
    portal: Portal, protected_id: str
) -> None:
    anna, page = await enters(portal, protected_id)
    page = await says_why(anna, page)
    assert "Eva Ek" in page.text and f"Anna Berg: {WHY}" in page.text
    assert "Eva Ek" in (await anna.get(PLACE)).text


async def test_a_new_session_asks_again(portal: Portal, protected_id: str) -> None:
    await says_why(*await enters(portal, protected_id))
    _, page = await enters(portal, protected_id)
    assert "Varför öppnar du ärendet?" in page.text and "Eva" not in page.text


async def test_no_page_of_the_case_goes_around_the_question(portal: Portal, protected_id: str) -> None:
    anna, _ = await enters(portal, protected_id)
    for part in (
        "",
        "/status",
        "/notering",
        "/meddelande",
        "/skydd",
        "/andra",
        "/kontakt/1",
        "/ombud",
        "/ombud/1",
        "/koppla",
        "/fil/" + "a" * 32,
    ):
        page = await anna.get(PLACE + part)
        assert "Varför öppnar du ärendet?" in page.text, part


async def test_an_empty_reason_is_asked_for_again(portal: Portal, protected_id: str) -> None:
    anna, page = await enters(portal, protected_id)
    page = await anna.send(page.form("/anledning").fill(reason=" "))
    assert page.status == 422 and "Skriv något först." in page.text and "Eva" not in page.text


async def test_one_not_named_is_told_whom_to_ask_as_by_the_card(portal: Portal, protected_id: str) -> None:
    bo, page = await enters(portal, protected_id, "bo")
    assert page.status == 403
    assert "Anna Berg" in page.text and "Eva" not in page.text
    for post in ("ta", "lamna", "angra", "anledning"):
        for ref in ("2026-000001", protected_id):
            answer = await bo.client.post(f"/handlaggare/{ref}/{post}", data={"reason": "x"})
            assert answer.status_code == 403


async def test_a_note_typed_in_a_session_without_a_reason_is_kept(portal: Portal, protected_id: str) -> None:
    anna, page = await enters(portal, protected_id)
    await says_why(anna, page)
    form = (await anna.get(f"{PLACE}/notering")).form("/notering").fill(text="Sökanden återkommer")
    again, _ = await enters(portal, protected_id)
    page = await again.send(form)
    assert "Sökanden återkommer" in page.text and "Eva" not in page.text


async def test_a_case_is_marked_on_its_page(portal: Portal, open_id: str) -> None:
    anna, _ = await enters(portal, open_id)
    page = await anna.get(f"{PLACE}/skydd")
    assert "kan bara Anna Berg och Rut Snäv öppna det" in page.text
    page = await anna.send(page.form("/skydd").fill(reason=WHY))
    assert "Varför öppnar du ärendet?" in page.text
    assert (await portal.view_case(open_id)).case.protected


async def test_who_marks_a_case_away_from_themselves_is_told_before_and_after(
    portal: Portal, open_id: str
) -> None:
    bo, _ = await enters(portal, open_id, "bo")
    page = await bo.get(f"{PLACE}/skydd")
    assert "You are not one of them." in page.text
    page = await bo.send(page.form("/skydd").fill(reason=WHY))
    assert page.status == 200 and "Only Anna Berg and Rut Snäv can open the case now." in page.text
    assert (await bo.get(PLACE)).status == 403


async def test_the_mark_is_lifted_on_the_page(portal: Portal, protected_id: str) -> None:
    anna, page = await enters(portal, protected_id)
    await says_why(anna, page)
    page = await anna.get(f"{PLACE}/skydd")
    page = await anna.send(page.form("/skydd").fill(reason="Skyddet har upphört"))
    assert "Skyddsmarkeringen är borttagen." in page.text
    assert "tog bort markeringen för skyddade personuppgifter. Anledning: Skyddet har upphört" in page.text


async def test_marking_takes_a_reason(portal: Portal, open_id: str) -> None:
    anna, _ = await enters(portal, open_id)
    page = await anna.send((await anna.get(f"{PLACE}/skydd")).form("/skydd"))
    assert page.status == 422 and not (await portal.view_case(open_id)).case.protected
