"""The pages of a form have addresses of their own, and what is filled in is kept between them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.portal.upload_budget import UploadBudget
from bot.store.cases import form_drafts
from bot.store.tables import FormDraftRow
from tests.portal.applicant.test_applying import PDF
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal

NUMBER = "2026-000001"


async def count_drafts(portal: Portal) -> int:
    query = select(func.count()).select_from(FormDraftRow)
    return await portal.database.read(lambda tx: tx.conn.execute(query).scalar_one())


def was_redirected(page: Page) -> bool:
    return page.answer.request.method == "GET" and page.answer.history[-1].status_code == 303


@pytest.mark.parametrize("key", ["altan", "tips", "oro", "dator"])
async def test_each_page_is_fetched_by_get_with_the_newest_answers(eva: Browser, key: str) -> None:
    form = (await filled(eva, key)).fill(om_who="named")
    review = await eva.send(form)
    assert was_redirected(review) and "En altan" in (await eva.get(review.url)).text
    changed = await eva.send(review.form(), "edit:svar-vad")
    assert was_redirected(changed) and changed.url.partition("#")[0].endswith(form.action)
    review = await eva.send(changed.form().fill(svar_vad="En veranda"))
    for page in (review, await eva.get(review.url)):
        assert "En veranda" in page.text and "En altan" not in page.text
    assert (await eva.get(form.action)).form().value("svar_vad") == "En veranda"
    wrong = await eva.send((await eva.get(form.action)).form().fill(svar_vad=""))
    assert was_redirected(wrong) and wrong.status == (await eva.get(wrong.url)).status == 422


async def test_nobody_else_sees_what_is_filled_in_by_its_address(portal: Portal, eva: Browser) -> None:
    review = await eva.send(await filled(eva))
    other = portal.browser()
    for _ in range(2):
        page = await other.get(review.url)
        assert "Eva Ek" not in page.text and "finns inte kvar här" in page.text
        assert page.form().value("svar_vad").strip() == ""
    await eva.finish(review)
    assert NUMBER not in (await other.get(review.url)).text
    assert NUMBER in (await eva.get(review.url)).text


async def test_a_shared_address_is_another_form_for_each_browser(portal: Portal, eva: Browser) -> None:
    opened = await eva.get("/e-tjanster/altan")
    other = portal.browser()
    for browser in (eva, other):
        form = (await browser.get(opened.url)).form()
        await browser.submit(
            form.fill(om_p0_name="Eva Ek", om_p0_email="eva@ek.example", svar_vad="En altan")
        )
    assert len(await portal.list_cases()) == 2


async def test_forms_in_two_windows_stay_apart(eva: Browser) -> None:
    first = await eva.send((await filled(eva)).fill(svar_vad="Ett plank"))
    second = await eva.send(await filled(eva))
    assert "Ett plank" in (await eva.get(first.url)).text and "En altan" in (await eva.get(second.url)).text


async def test_a_draft_ends_after_an_hour_and_nothing_that_is_still_on_the_screen_is_lost(
    portal: Portal, eva: Browser
) -> None:
    review = await eva.send((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    portal.clock.advance(seconds=form_drafts.LIFETIME.total_seconds())
    assert "finns inte kvar här" in (await eva.get(review.url)).text
    await portal.database.write(lambda tx: form_drafts.sweep(tx, portal.clock()))
    assert await count_drafts(portal) == 0
    assert "/kvitto/" in (await eva.finish(review)).url
    (case,) = await portal.list_cases()
    assert [one.name for one in (await portal.view_case(case.id)).files] == ["plan.pdf"]


async def test_what_is_sent_in_or_removed_leaves_no_draft(portal: Portal, eva: Browser) -> None:
    review = await eva.send(await filled(eva))
    assert await count_drafts(portal) == 1
    await eva.finish(review)
    assert await count_drafts(portal) == 0
    review = await eva.send(await filled(eva))
    await eva.send(review.form(), "discard")
    assert await count_drafts(portal) == 0
    assert "En altan" not in (await eva.get(review.url)).text


async def test_a_browser_without_cookies_sends_in_by_post_alone(portal: Portal, eva: Browser) -> None:
    async def send(page: Page, do: str = "", **given: str) -> Page:
        eva.client.cookies.clear()
        return await eva.send(page.form().fill(**given), do)

    eva.client.cookies.clear()
    page = Page(await eva.client.get("/e-tjanster/altan?formular=aaaaaaaaaaaa"))
    page = await send(page, om_p0_name="Eva Ek", om_p0_email="eva@ek.example", svar_vad="En altan")
    assert page.answer.request.method == "POST" and page.has_button("send")
    page = await send(await send(page, "edit:svar-vad"), svar_vad="En veranda")
    page = await send(await send(page, "send"), "unconfirmed")
    (case,) = await portal.list_cases()
    assert (await portal.view_case(case.id)).answers == {"vad": "En veranda"}
    assert await count_drafts(portal) == 0


async def test_where_there_is_no_space_for_drafts_forms_are_sent_in_all_the_same(
    portal: Portal, eva: Browser
) -> None:
    eva.keeps_pages, budget = False, portal.deps.draft_budget
    full = UploadBudget(max_unattached=form_drafts.MIN_SIZE, max_each=10 * form_drafts.MIN_SIZE)
    budget.max_unattached, budget.max_each = full.max_unattached, full.max_each
    await eva.send(await filled(eva))
    review = await eva.send(await filled(eva))
    assert review.answer.request.method == "POST" and await count_drafts(portal) == 1
    assert "/kvitto/" in (await eva.finish(review)).url


async def test_one_address_saves_only_so_much_in_a_day(portal: Portal, eva: Browser) -> None:
    eva.keeps_pages, portal.deps.draft_budget.max_each = False, 2 * form_drafts.MIN_SIZE
    for _ in range(4):
        await eva.send(await filled(eva))
    assert await count_drafts(portal) == 2
    neighbour = portal.browser("198.51.100.7")
    await neighbour.send(await filled(neighbour))
    assert await count_drafts(portal) == 3


async def test_a_page_that_is_older_than_the_answers_takes_nothing_back(portal: Portal, eva: Browser) -> None:
    """The browser has kept it as it was: it is sent as it stands, and with a correction of its own."""
    first = await filled(eva)
    review = await eva.send(first)
    second = (await eva.send(review.form(), "edit:svar-vad")).form()
    await eva.send(second.fill(svar_vad="En veranda", om_p0_phone="0701740605"))
    stale = await eva.send(first)
    assert "En veranda" in stale.text and "En altan" not in stale.text
    stale = await eva.send(first.fill(svar_mer="Med tak"))
    assert "En veranda" in stale.text and "Med tak" in stale.text
    stale = await eva.send(second.fill(svar_typ="till"))
    assert all(one in stale.text for one in ("En veranda", "Med tak", "Tillbyggnad"))


async def test_of_files_each_window_adds_and_removes_its_own(portal: Portal, eva: Browser) -> None:
    review = await eva.send((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    one, other = [(await eva.get(review.form().action)).form() for _ in range(2)]
    await eva.send(one.attach("svar_ritning", "fasad.pdf", PDF))
    (remove,) = (await eva.get(review.form().action)).tree.xpath(
        "//button[contains(@aria-label, 'plan.pdf')]/@value"
    )
    await eva.send(other.attach("svar_ritning", "karta.pdf", PDF), str(remove))
    text = (await eva.get(review.url)).text
    assert "fasad.pdf" in text and "karta.pdf" in text and "plan.pdf" not in text


async def test_a_window_opened_twice_takes_no_answer_away(eva: Browser) -> None:
    address = (await filled(eva)).action
    one, other = [(await eva.get(address)).form() for _ in range(2)]
    await eva.send(one.fill(om_p0_name="Eva Ek", om_p0_email="eva@ek.example", svar_vad="En altan"))
    page = await eva.send(other.fill(svar_mer="Med tak"))
    assert page.has_button("send") and "En altan" in page.text and "Med tak" in page.text


async def test_older_answers_are_not_sent_in_by_an_older_review(portal: Portal, eva: Browser) -> None:
    old = await eva.send(await filled(eva))
    form = (await eva.send(old.form(), "edit:svar-vad")).form()
    await eva.send(form.fill(svar_vad="En veranda"))
    page = await eva.send(old.form(), "send")
    assert "Svaren har ändrats" in page.text and "En veranda" in page.text
    assert await portal.list_cases() == [] and (await portal.count_deliveries()) == {}
    assert "/kvitto/" in (await eva.finish(page)).url
    (case,) = await portal.list_cases()
    assert (await portal.view_case(case.id)).answers == {"vad": "En veranda"}


async def test_a_kept_page_asks_which_version_is_the_newest(portal: Portal, eva: Browser) -> None:
    opened = await eva.get("/e-tjanster/altan")
    (address,) = opened.tree.xpath("//@data-newest")

    async def newest() -> str:
        return (await eva.client.get(address)).text

    assert await newest() == opened.tree.xpath("//@data-version")[0] == "0"
    form = opened.form().fill(om_p0_name="Eva Ek", om_p0_email="eva@ek.example", svar_vad="En altan")
    review = await eva.send(form)
    assert await newest() == review.tree.xpath("//@data-version")[0] == "1"
    assert (await portal.browser().client.get(address)).text == "0"
    await eva.finish(review)
    assert await newest() == "sent"


async def test_the_page_left_in_a_hurry_shows_nothing_when_one_comes_back(
    portal: Portal, eva: Browser
) -> None:
    review = await eva.send((await filled(eva, "oro")).fill(svar_vad="Ett barn"))
    assert "Ett barn" in (await eva.get(review.url)).text
    (leave,) = review.tree.xpath("//a[@data-leave]/@href")
    await eva.client.get(leave, headers={"sec-fetch-site": "cross-site"})
    assert "Ett barn" in (await eva.get(review.url)).text
    await eva.client.get(leave, headers={"sec-fetch-site": "same-origin"})
    assert "Ett barn" not in (await eva.get(review.url)).text


STEPS = ("discard", "edit:svar-vad", "code", "new_code", "add_person", "lang", "remove_file:x")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("cookies", [True, False])
async def test_whatever_is_pressed_after_sending_says_that_the_case_is_sent_in(
    portal: Portal, eva: Browser, step: str, cookies: bool
) -> None:
    review = await eva.send((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    waiting = await eva.send(review.form(), "send")
    await eva.send(waiting.form(), "unconfirmed")
    (case,) = await portal.list_cases()
    for page in (review, waiting):
        if not cookies:
            eva.client.cookies.clear()
        pressed = await eva.send(page.form(), step)
        assert "Ärendet är redan inskickat" in pressed.text and NUMBER in pressed.text
        assert was_redirected(pressed) is cookies
    assert [one.name for one in (await portal.view_case(case.id)).files] == ["plan.pdf"]
    codes = (await portal.count_deliveries())[("code", "waiting")]
    assert codes == 1 and len(await portal.list_cases()) == 1


async def test_a_file_added_after_sending_is_told_to_be_unsaved(portal: Portal, eva: Browser) -> None:
    review = await eva.send(await filled(eva))
    form = (await eva.send(review.form(), "edit:svar-ritning")).form()
    await eva.finish(review)
    page = await eva.send(form.attach("svar_ritning", "plan.pdf", PDF), "add_person")
    assert page.status == 409 and "plan.pdf" in page.text and NUMBER in page.text
    assert (await eva.get(page.url)).status == 409


async def test_the_code_page_is_loaded_again_without_another_code(portal: Portal, eva: Browser) -> None:
    page = await eva.send((await eva.send(await filled(eva))).form(), "send")
    assert was_redirected(page) and (await eva.get(page.url)).has_button("confirm")
    wrong = await eva.send(page.form().fill(code="12"), "confirm")
    assert (await eva.get(wrong.url)).status == 422 and "sex siffror" in (await eva.get(wrong.url)).text
    assert (await portal.count_deliveries()) == {("code", "waiting"): 1}
    form = (await eva.send(page.form(), "edit:om-p0_email")).form()
    await eva.send(form.fill(om_p0_email="eva@ny.example"))
    assert not (await eva.get(page.url)).has_button("confirm"), "the code was for another address"


async def test_two_saves_at_once_are_one_draft(portal_on_both: Portal) -> None:
    portal = portal_on_both
    for vad in ("ett", "två"):
        await portal.database.write(
            lambda tx, vad=vad: form_drafts.change(tx, "a" * 32, portal.clock(), lambda _: {"vad": vad})
        )
    found = await portal.database.read(lambda tx: form_drafts.find(tx, "a" * 32, portal.clock()))
    assert found == {"vad": "två"} and await count_drafts(portal) == 1
    old = portal.clock() - form_drafts.LIFETIME - timedelta(seconds=1)
    await portal.database.write(lambda tx: tx.conn.execute(update(FormDraftRow).values(at=old)))
    assert await portal.database.read(lambda tx: form_drafts.find(tx, "a" * 32, portal.clock())) is None
    assert await portal.database.read(form_drafts.size) == form_drafts.MIN_SIZE
