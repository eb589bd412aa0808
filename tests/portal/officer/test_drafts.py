"""Messages begun on the case page: kept, seen by colleagues, and gone on with there or in Slack."""

from __future__ import annotations

from bot.blocks.forms.cases.message import values_from_draft
from bot.store.files import unattached
from bot.store.officers import drafts
from bot.store.officers.drafts import Draft
from tests.portal.applicant.test_applying import PDF
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters

FORM = "/handlaggare/2026-000001/meddelande"


async def find_draft(portal: Portal, case_id: str, officer: str = "anna") -> Draft | None:
    return await portal.database.read(
        lambda tx: drafts.find_for_case(tx, officer, case_id, drafts.MESSAGE_FORM)
    )


async def begins(anna: Browser, text: str = "Hej Eva!", **given: str) -> Page:
    form = (await anna.get(FORM)).form().fill(text=text, **given)
    return await anna.send(form, "preview")


async def test_a_reply_begun_on_the_page_is_kept_and_colleagues_see_that_it_is_written(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(FORM)).form().fill(text="Hej Eva!", answer_by="2026-12-15", receipt="yes")
    await anna.send(form.attach("files", "plan.pdf", PDF), "preview")
    _, page = await enters(portal, case_id, "bo")
    assert "Anna Berg is writing a reply" in page.text or "Anna Berg skriver ett svar" in page.text
    assert "Hej Eva!" not in page.text
    anna, page = await enters(portal, case_id)
    assert "Du har ett utkast" in page.text
    form = (await anna.get(FORM)).form()
    assert form.value("text").strip() == "Hej Eva!" and form.value("answer_by") == "2026-12-15"
    await anna.send((await anna.send(form, "preview")).form(), "send")
    (message,) = (await portal.view_case(case_id)).messages
    assert [file.name for file in message.files] == ["plan.pdf"] and message.receipt
    assert await find_draft(portal, case_id) is None


async def test_slack_goes_on_with_what_was_begun_on_the_page(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await begins(anna, kind="decision", answer_by="15 december", send_day="2026-12-01", send_time="09:00")
    draft = await find_draft(portal, case_id)
    assert draft is not None
    values = values_from_draft(draft.values)
    assert (values.text, values.kind, values.answer_by) == ("Hej Eva!", "decision", "")
    assert (values.send_day, values.send_time) == ("2026-12-01", "09:00")


async def test_a_form_that_began_empty_leaves_an_earlier_draft_and_a_sent_one_does_not_come_back(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    empty = (await anna.get(FORM)).form()
    begun = Draft("d1", case_id, drafts.MESSAGE_FORM, {"text": "Från Slack"}, portal.clock())
    await portal.database.write(lambda tx: drafts.save(tx, "anna", begun))
    preview = await anna.send(empty.fill(text="Något annat"), "preview")
    assert await find_draft(portal, case_id) == begun
    await anna.send(preview.form(), "send")
    assert await find_draft(portal, case_id) == begun
    form = (await anna.get(FORM)).form()
    await anna.send((await anna.send(form, "preview")).form(), "send")
    await anna.send(form.fill(text="Tillbaka i webbläsaren"), "preview")
    assert await find_draft(portal, case_id) is None


async def test_an_empty_form_begins_nothing(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    assert (await begins(anna, " ")).status == 422
    assert await find_draft(portal, case_id) is None


async def test_the_files_of_a_message_undone_on_the_page_stay_with_its_draft_until_it_is_sent(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(FORM)).form().fill(text="Hej Eva!").attach("files", "plan.pdf", PDF)
    sent = await anna.send((await anna.send(form, "preview")).form(), "send")
    await anna.send(sent.form("/angra"))
    for _ in range(2):
        page = await anna.get(FORM)
        assert "plan.pdf" in page.text and "Bifoga" not in page.tree.xpath("string(//*[@role='alert'])")
    draft = await find_draft(portal, case_id)
    assert draft is not None and len(draft.values["files"]) == 1
    await anna.send((await anna.send(page.form(), "preview")).form(), "send")
    *_, message = (await portal.view_case(case_id)).messages
    assert [file.name for file in message.files] == ["plan.pdf"]
    read = portal.deps.files.open(message.files[0].id)
    assert b"".join(read) == PDF


async def test_the_files_of_an_undone_message_go_with_its_draft_when_that_is_discarded(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(FORM)).form().fill(text="Hej Eva!").attach("files", "plan.pdf", PDF)
    sent = await anna.send((await anna.send(form, "preview")).form(), "send")
    await anna.send(sent.form("/angra"))
    await anna.send((await anna.get(FORM)).form(), "discard")
    assert await portal.database.read(unattached.size) == 0
    assert "plan.pdf" not in (await anna.get(FORM)).text


async def test_a_message_undone_on_the_page_is_a_draft_again(portal_on_both: Portal) -> None:
    portal = portal_on_both
    eva = portal.browser()
    await eva.submit(await filled(eva))
    (case,) = await portal.list_cases()
    anna, _ = await enters(portal, case.id)
    sent = await anna.send((await begins(anna, "Hej Eva!")).form(), "send")
    await begins(anna, "Och en sak till")
    form = sent.form("/angra")
    page = await anna.send(form)
    assert "Texten finns kvar" in page.text and "Du har ett utkast" in page.text
    await anna.send(form)
    draft = await find_draft(portal, case.id)
    assert draft is not None and draft.values["text"] == "Och en sak till\n\nHej Eva!", "pressed twice, too"
    assert (await anna.get(FORM)).form().value("text").strip() == draft.values["text"]
