"""A page that answers a form is fetched by GET: it is shown again to whoever sent the form, and to nobody else."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.domain.assignment import ChangeAssignees
from bot.store import DiskFull, Tx
from bot.store.cases import form_drafts
from tests.portal.applicant.test_signing_in import asks
from tests.portal.browser import Browser, Page
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import PUBLIC, create_login_link, enters

NOTE = "/handlaggare/2026-000001/notering"
WRITTEN = "Ringde {sökande.förnamn} om altanen"
"""A note with a tag that notes do not have, so that it is refused."""


async def refused_note(portal: Portal, case_id: str) -> tuple[Browser, Page]:
    anna, _ = await enters(portal, case_id)
    page = await anna.send((await anna.get(NOTE)).form().fill(text=WRITTEN))
    assert page.status == 422 and page.form().value("text").strip() == WRITTEN
    return anna, page


async def test_a_refused_form_is_fetched_as_it_was_however_often(portal: Portal, case_id: str) -> None:
    anna, page = await refused_note(portal, case_id)
    assert page.answer.request.method == "GET" and WRITTEN not in page.url
    again = await anna.get(page.url)
    assert again.text == page.text and again.status == 422
    assert (await anna.send(again.form().fill(text="Ringde Eva"))).status == 200
    (note,) = (await portal.view_case(case_id)).notes
    assert note.text == "Ringde Eva"


async def test_another_officer_in_the_same_browser_is_not_shown_it(portal: Portal, case_id: str) -> None:
    anna, page = await refused_note(portal, case_id)
    browser = anna
    await browser.client.post("/handlaggare/ut", headers={"sec-fetch-site": "same-origin"})
    assert WRITTEN not in (await browser.get(page.url)).text
    link = await create_login_link(portal.deps, "bo", case_id)
    await browser.send((await browser.get(link.removeprefix(PUBLIC))).form())
    opened = await browser.get(page.url)
    assert opened.status == 200 and opened.form().value("text").strip() == ""


async def test_who_may_no_longer_open_the_case_is_not_shown_it(portal: Portal, case_id: str) -> None:
    take = ChangeAssignees(case_id=case_id, assignees=("officer:rut",), expected=(), reason="")
    await portal.service.perform(take, portal.officer("anna"))
    rut, _ = await enters(portal, case_id, "rut")
    page = await rut.send((await rut.get(NOTE)).form().fill(text=WRITTEN))
    assert page.status == 422
    back = ChangeAssignees(case_id=case_id, assignees=(), expected=("officer:rut",), reason="")
    await portal.service.perform(back, portal.officer("anna"))
    gone = await rut.get(page.url)
    assert gone.status == 404 and WRITTEN not in gone.text


async def test_it_is_kept_for_as_long_as_a_form_that_is_begun(portal: Portal, case_id: str) -> None:
    anna, page = await refused_note(portal, case_id)
    for _ in range(4):  # the session goes on, as it is used
        portal.clock.advance(minutes=form_drafts.LIFETIME // timedelta(minutes=4))
        opened = await anna.get(NOTE)
    assert opened.status == 200
    assert (await anna.get(page.url)).form().value("text").strip() == ""
    await portal.database.write(lambda tx: form_drafts.sweep(tx, portal.clock()))
    assert await portal.database.read(form_drafts.size) == 0


async def test_reloading_a_wrong_code_spends_no_try(portal: Portal, eva: Browser, case_id: str) -> None:
    page = await asks(eva)
    code = await portal.last_code()
    wrong = await eva.send(page.form().fill(code=f"{(int(code) + 1) % 1_000_000:06d}"))
    for _ in range(6):
        wrong = await eva.get(wrong.url)
        assert wrong.status == 422 and "Du har 4 försök kvar" in wrong.text
    assert (await eva.send(wrong.form().fill(code=code))).url.endswith("/mina-sidor")


async def test_a_browser_that_shows_no_cookie_is_answered_at_once(portal: Portal) -> None:
    stranger = portal.browser()
    page = await stranger.send((await stranger.get("/mina-sidor/logga-in")).form().fill(address="eva"))
    assert page.status == 422 and page.answer.request.method == "POST"
    assert await portal.database.read(form_drafts.size) == 0


async def test_while_the_disk_is_full_the_form_is_answered_with_what_was_typed(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    written = f"{WRITTEN} {secrets.token_hex(8000)}"  # more than fits where there are no new pages
    form = (await anna.get(NOTE)).form().fill(text=written)

    def fill_up(tx: Tx) -> None:
        tx.conn.execute(text("PRAGMA max_page_count = 1"))  # no less than there are
        tx.conn.execute(text("INSERT INTO filling VALUES (zeroblob(3000))"))

    anna.keeps_pages = False
    await portal.database.write(lambda tx: tx.conn.execute(text("CREATE TABLE filling (body BLOB)")))
    with pytest.raises(DiskFull):
        for _ in range(1000):  # what is free on the pages that there are is taken first
            await portal.database.write(fill_up)
    page = await anna.send(form)
    assert page.status == 422 and page.form().value("text").strip() == written
    assert page.answer.request.method == "POST"


@pytest.mark.parametrize("label", ["", "x", "a" * 12, "a" * 500, "%00", "../../../x!"])
async def test_an_address_that_names_no_page_is_that_of_the_form(
    portal: Portal, case_id: str, label: str
) -> None:
    anna, _ = await refused_note(portal, case_id)
    opened = await anna.get(f"{NOTE}?formsvar={label}")
    assert opened.status in (200, 404) and WRITTEN not in opened.text


async def test_who_has_signed_out_is_told_so_on_a_page_of_its_own(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    code_page = await asks(eva)
    mine = await eva.send(code_page.form().fill(code=await portal.last_code()))
    page = await eva.send(mine.form("/logga-ut"))
    assert page.answer.request.method == "GET" and page.url.endswith("/mina-sidor/utloggad")
    assert "/logga-in" in (await eva.get("/mina-sidor")).url
