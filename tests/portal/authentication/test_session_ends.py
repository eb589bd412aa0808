"""What an officer has typed when the session ends: it comes back, to be sent again after signing in."""

from __future__ import annotations

import pytest

from tests.portal.applicant.test_applying import PDF
from tests.portal.browser import Browser, Page
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters
from tests.portal.overview.test_many_at_once import choose

PATH = "/handlaggare/2026-000001"


async def sign_in_again(portal: Portal, case_id: str, browser: Browser) -> None:
    other, _ = await enters(portal, case_id)
    browser.client.cookies.update(other.client.cookies)


async def test_a_mailing_that_took_too_long_to_write_comes_back_with_its_text_and_files(
    portal: Portal, case_id: str
) -> None:
    browser, _ = await enters(portal, case_id)
    form = (
        (await choose(browser, [case_id], "utskick"))
        .form("/utskick")
        .fill(text="Hej alla!\n\nVi bygger om.")
        .attach("files", "karta.pdf", PDF)
    )
    portal.clock.advance(minutes=31)
    page = await browser.send(form)
    assert page.status == 401 and "det du skrev är kvar här" in page.text and "karta.pdf" in page.text
    assert page.form().value("text").strip() == "Hej alla!\n\nVi bygger om."
    await sign_in_again(portal, case_id, browser)
    page = await browser.send(page.form())
    assert page.status == 200 and "/handlaggare/andringar/" in page.url and "Vi bygger om." in page.text


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("meddelande", "text"),
        ("notering", "text"),
        ("status", "note"),
        ("handlaggare", "reason"),
        ("skydd", "reason"),
    ],
)
async def test_what_was_typed_in_any_form_of_the_case_comes_back(
    portal: Portal, case_id: str, address: str, text: str
) -> None:
    browser, _ = await enters(portal, case_id)
    form = (await browser.get(f"{PATH}/{address}")).form(address).fill(**{text: "Det tog en halvtimme."})
    portal.clock.advance(minutes=31)
    page = await browser.send(form)
    assert page.status == 401 and page.form().value(text).strip() == "Det tog en halvtimme."
    assert {name for name, _ in form.values} <= {name for name, _ in page.form().values}


async def test_a_form_that_is_not_ours_is_not_shown_to_who_is_not_signed_in(
    portal: Portal, case_id: str
) -> None:
    stranger = portal.browser()
    sent = {"text": "Från en främling", "key": "x"}
    page = Page(await stranger.client.post("/handlaggare/lista/x/utskick", data=sent))
    assert page.status == 401 and "främling" not in page.answer.text
    assert (await stranger.client.post("/handlaggare/kvar")).status_code == 401
