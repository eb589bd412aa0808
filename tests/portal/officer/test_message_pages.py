"""The pages of a message to the applicant: each at an address of its own, with the newest text, which is sent once."""

from __future__ import annotations

from bot.store.officers import drafts
from bot.store.officers.drafts import Draft
from tests.portal.applicant.test_applying import PDF
from tests.portal.browser import Browser, Page
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters

CASE = "/handlaggare/2026-000001"
FORM = f"{CASE}/meddelande"
SENT = "Du har redan skickat det här meddelandet"
GONE = "Utkastet har skickats, tagits bort eller ersatts av ett annat"


async def find_texts(portal: Portal, case_id: str) -> list[str | None]:
    return [one.text for one in (await portal.view_case(case_id)).messages]


async def preview(anna: Browser, page: Page, text: str) -> Page:
    return await anna.send(page.form().fill(text=text), "preview")


async def test_the_form_and_its_preview_are_fetched_with_the_newest_text_and_files(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = await anna.get(FORM)
    page = await anna.send(form.form().fill(text="Hej!").attach("files", "plan.pdf", PDF), "preview")
    assert page.answer.request.method == "GET" and page.has_button("send")
    again = await anna.get(page.url)
    assert "Hej!" in again.text and "plan.pdf" in again.text
    form = await anna.get(form.url)
    assert form.form().value("text").strip() == "Hej!" and "plan.pdf" in form.text
    problems = await anna.send(form.form().fill(text="Hej igen!", answer_by="snart"), "preview")
    assert problems.status == 422
    assert (await anna.get(form.url)).form().value("text").strip() == "Hej igen!"
    assert (await anna.get(page.url)).status == 422, "what prevents it is said, and no preview shown"


async def test_after_sending_both_lead_to_the_case_and_a_correction_is_neither_sent_nor_lost(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = await anna.get(FORM)
    page = await preview(anna, form, "Hej!")
    await anna.send(page.form(), "send")
    for address in (form.url, page.url):
        shown = await anna.get(address)
        assert shown.url.endswith(CASE) and SENT in shown.text
    corrected = await preview(anna, form, "Hej igen!")
    assert corrected.status == 409 and GONE in corrected.text
    assert corrected.form().value("text").strip() == "Hej igen!"
    assert await find_texts(portal, case_id) == ["Hej!"]
    await anna.send((await anna.send(corrected.form(), "preview")).form(), "send")
    assert await find_texts(portal, case_id) == ["Hej!", "Hej igen!"]


async def test_a_preview_of_an_older_text_shows_the_newest_and_sends_neither(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    old = await preview(anna, await anna.get(FORM), "Hej!")
    await preview(anna, await anna.send(old.form(), "edit"), "Hej igen!")
    page = await anna.send(old.form(), "send")
    assert page.status == 409 and "Hej igen!" in page.text and "har ändrats sedan" in page.text
    assert await find_texts(portal, case_id) == []
    await anna.send(page.form(), "send")
    assert await find_texts(portal, case_id) == ["Hej igen!"]


async def test_a_draft_that_is_sent_in_another_window_is_not_sent_again_by_this_one(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    await preview(anna, await anna.get(FORM), "Hej!")
    first, second = [await preview(anna, await anna.get(FORM), "Hej igen!") for _ in range(2)]
    await anna.send(first.form(), "send")
    for page in (await anna.get(second.url), await anna.send(second.form(), "send")):
        assert GONE in page.text and not page.has_button("send")
        assert page.form().value("text").strip() == "Hej igen!"
    assert await find_texts(portal, case_id) == ["Hej igen!"]


async def test_a_draft_that_slack_has_replaced_is_left_as_it_is(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await preview(anna, await anna.get(FORM), "Hej!")
    begun = Draft("d1", case_id, drafts.MESSAGE_FORM, {"text": "Från Slack"}, portal.clock())
    await portal.database.write(lambda tx: drafts.save(tx, "anna", begun))
    assert GONE in (await anna.send(page.form(), "send")).text
    assert await portal.database.read(lambda tx: drafts.find(tx, "anna", "d1")) == begun


async def test_nobody_else_is_shown_it_and_of_a_discarded_one_nothing_is_left(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await preview(anna, await anna.get(FORM), "Hej!")
    bo, _ = await enters(portal, case_id, "bo")
    assert "Hej!" not in (await bo.get(page.url)).text
    await anna.send((await anna.send(page.form(), "edit")).form(), "discard")
    assert (await anna.get(page.url)).form().value("text").strip() == ""


async def test_where_there_is_no_space_for_drafts_a_message_is_sent_all_the_same(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    anna.keeps_pages, portal.deps.draft_budget.max_each = False, 0
    page = await preview(anna, await anna.get(FORM), "Hej!")
    assert page.answer.request.method == "POST"
    page = await preview(anna, await anna.send(page.form(), "edit"), "Hej igen!")
    await anna.send(page.form(), "send")
    assert await find_texts(portal, case_id) == ["Hej igen!"]
