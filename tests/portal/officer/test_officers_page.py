"""The officer's case page: the way in, what is read there, and what is done there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.catalog.base import Text
from bot.domain.actors import Machine
from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.contacts import Contact
from bot.domain.messages.correspondence import ReceiveMessage
from bot.domain.notes import AddNote
from bot.domain.preferences import Preferences
from bot.domain.representatives import AddRepresentative
from bot.domain.six_month_rule import ReportDelay
from bot.domain.status import SetStatus
from bot.portal.officer.authentication.login import create_login_link
from bot.store.log import readings
from bot.store.officers import drafts, preferences
from bot.store.officers.drafts import Draft
from bot.text.working_days import local_day
from tests.portal.applicant.test_applying import PDF
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import Browser, Form, Page, filled
from tests.portal.conftest import PUBLIC, Portal
from tests.portal.filled_once import filled_once


@pytest.fixture
@filled_once
async def case_id(portal: Portal, eva: Browser) -> str:
    form = (await filled(eva)).fill(svar_pnr="811228-9874", svar_mer="M" * 4000)
    await eva.submit(form.attach("svar_ritning", "plan.pdf", PDF))
    (case,) = await portal.list_cases()
    return str(case.id)


@pytest.fixture
@filled_once
async def strict_id(portal: Portal, eva: Browser) -> str:
    await eva.submit(await filled(eva, "oro"))
    (case,) = await portal.list_cases("oro")
    return str(case.id)


async def enters(portal: Portal, case_id: str, who: str = "anna") -> tuple[Browser, Page]:
    """The officer follows a fresh link and presses its button."""
    browser = portal.browser("198.51.100.7")
    link = await create_login_link(portal.deps, who, case_id)
    page = await browser.get(link.removeprefix(PUBLIC))
    return browser, await browser.send(page.form())


async def test_the_link_leads_to_the_case(portal: Portal, case_id: str) -> None:
    _, page = await enters(portal, case_id)
    assert page.status == 200 and page.url.endswith("/handlaggare/2026-000001")
    assert "Eva Ek" in page.text and "19811228-9874" in page.text


async def test_the_page_is_in_the_language_the_officer_chose_and_in_another_when_asked(
    portal: Portal, case_id: str
) -> None:
    await portal.database.write(lambda tx: preferences.save(tx, "anna", Preferences(language="en")))
    browser, page = await enters(portal, case_id)
    assert "Sign out" in page.text and "Logga ut" not in page.text
    page = await browser.get("/handlaggare/2026-000001?lang=sv")
    assert "Logga ut" in page.text


async def test_the_page_of_the_link_is_in_the_language_the_officer_chose(
    portal: Portal, case_id: str
) -> None:
    await portal.database.write(lambda tx: preferences.save(tx, "anna", Preferences(language="en")))
    link = (await create_login_link(portal.deps, "anna", case_id)).removeprefix(PUBLIC)
    browser = portal.browser("198.51.100.7")
    page = await browser.get(link)
    assert "Open the case" in page.text and "Öppna" not in page.text
    await browser.send(page.form())
    used = await portal.browser("198.51.100.8").get(link)
    assert used.status == 410 and "The link has expired" in used.text


async def test_the_link_works_once(portal: Portal, case_id: str) -> None:
    link = (await create_login_link(portal.deps, "anna", case_id)).removeprefix(PUBLIC)
    form = (await portal.browser().get(link)).form()
    assert (await portal.browser().send(form)).status == 200
    again = await portal.browser().send(form)
    assert again.status == 410 and "Länken har gått ut. Öppna sidan från Slack igen." in again.text


async def test_the_link_says_whom_it_is_for(portal: Portal, case_id: str) -> None:
    link = (await create_login_link(portal.deps, "bo", case_id)).removeprefix(PUBLIC)
    assert "Länken är för Bo Ek." in (await portal.browser().get(link)).text


async def test_anothers_link_does_not_sign_one_out_of_ones_own_session(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    link = (await create_login_link(portal.deps, "bo", case_id)).removeprefix(PUBLIC)
    page = await anna.get(link)
    assert "Här är Anna Berg inloggad, och länken är för Bo Ek." in page.text
    pressed = await anna.client.post(link, follow_redirects=True)
    assert pressed.status_code == 409
    assert "Anna Berg" in (await anna.get("/handlaggare/2026-000001")).tree.find_class("who")[0].text
    signed_out = await anna.send(page.form("/ut"))
    assert "Du är inte inloggad här." in signed_out.text
    assert (await anna.send((await anna.get(link)).form())).status == 200  # refusing has not used it up


async def test_who_goes_back_to_the_link_while_signed_in_comes_to_the_case(
    portal: Portal, case_id: str
) -> None:
    anna = portal.browser()
    link = (await create_login_link(portal.deps, "anna", case_id)).removeprefix(PUBLIC)
    form = (await anna.get(link)).form()
    for page in [await anna.send(form), await anna.send(form), await anna.get(link)]:
        assert (page.status, page.url.removeprefix(PUBLIC)) == (200, "/handlaggare/2026-000001")


async def test_the_link_dies_after_a_minute(portal: Portal, case_id: str) -> None:
    link = (await create_login_link(portal.deps, "anna", case_id)).removeprefix(PUBLIC)
    form = (await portal.browser().get(link)).form()
    portal.clock.advance(seconds=60)
    assert (await portal.browser().send(form)).status == 410


async def test_the_link_without_a_case_leads_to_the_overview_once(portal: Portal, case_id: str) -> None:
    link = (await create_login_link(portal.deps, "anna", "")).removeprefix(PUBLIC)
    anna = portal.browser()
    page = await anna.get(link)
    assert "Öppna alla ärenden" in page.text and "2026-000001" not in page.text
    for opened in [await anna.send(page.form()), await anna.get(link), await anna.send(page.form())]:
        assert (opened.status, opened.url.removeprefix(PUBLIC)) == (200, "/handlaggare")
    assert (await portal.browser().send(page.form())).status == 410


async def test_looking_at_the_link_does_not_use_it_up(portal: Portal, case_id: str) -> None:
    link = (await create_login_link(portal.deps, "anna", case_id)).removeprefix(PUBLIC)
    page = await portal.browser().get(link)
    assert "Eva" not in page.text and "2026-000001" not in page.text
    assert (await portal.browser().send(page.form())).status == 200


async def test_without_a_session_the_fixed_address_points_to_slack(portal: Portal, case_id: str) -> None:
    page = await portal.browser().get("/handlaggare/2026-000001")
    assert page.status == 401 and "Öppna sidan från Slack" in page.text and "Eva" not in page.text


async def test_the_session_ends_with_the_day_however_much_it_is_used(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    for _ in range(35):
        portal.clock.advance(minutes=20)
        assert (await anna.get("/handlaggare/2026-000001")).status == 200
    portal.clock.advance(minutes=20)
    page = await anna.get("/handlaggare/2026-000001")
    assert page.status == 401 and "Öppna sidan från Slack" in page.text


async def test_the_session_ends_after_half_an_hour_idle(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    portal.clock.advance(minutes=29)
    assert (await anna.get("/handlaggare/2026-000001")).status == 200
    portal.clock.advance(minutes=31)
    assert (await anna.get("/handlaggare/2026-000001")).status == 401


async def test_staying_keeps_the_session(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    portal.clock.advance(minutes=29)
    assert (await anna.client.post("/handlaggare/kvar")).status_code == 204
    portal.clock.advance(minutes=29)
    assert (await anna.get("/handlaggare/2026-000001")).status == 200


async def test_signing_out_ends_the_session(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await anna.client.post("/handlaggare/ut")
    assert (await anna.get("/handlaggare/2026-000001")).status == 401


async def test_a_case_without_access_does_not_exist(portal: Portal, eva: Browser, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    missing = await anna.get("/handlaggare/2026-009999")
    rut, page = await enters(portal, case_id, "rut")
    assert page.status == missing.status == 404
    assert (
        page.text == missing.text.replace("Anna Berg", "Rut Snäv")
        and (await rut.get(f"/handlaggare/{case_id}")).status == 404
    )


async def test_an_applicants_session_opens_no_officers_page(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    await signs_in(portal, eva)
    token = next(value for name, value in eva.client.cookies.items() if "mina-sidor" in name)
    eva.client.cookies.set("__Host-handlaggare", token)
    assert (await eva.get("/handlaggare/2026-000001")).status == 401


async def test_the_page_speaks_the_officers_language(portal: Portal, case_id: str) -> None:
    _, page = await enters(portal, case_id, "bo")
    assert "Case details" in page.text


async def test_long_texts_and_hidden_answers_are_read_whole(portal: Portal, case_id: str) -> None:
    _, page = await enters(portal, case_id)
    assert "M" * 4000 in page.text and "Visas bara här" in page.text and "plan.pdf" in page.text


async def test_the_page_has_the_day_of_the_next_step_and_that_of_the_case_and_says_which_has_passed(
    portal: Portal, eva: Browser
) -> None:
    services = portal.service.catalog.services
    hurried = [one.model_copy(update={"working_days": 1}) for one in services["altan"].statuses]
    days = {"working_days": 10, "statuses": tuple(hurried)}
    services["altan"] = services["altan"].model_copy(update=days)
    await eva.submit(await filled(eva))
    (case,) = await portal.list_cases()
    _, page = await enters(portal, case.id)
    assert _facts(page)[-2:] == [("Nästa steg senast", "24 nov. 2026"), ("Klart senast", "7 dec. 2026")]
    portal.clock.advance(days=2)
    _, page = await enters(portal, case.id)
    assert _facts(page)[-2:] == [
        ("Nästa steg senast", "24 nov. 2026Nästa steg försenat sedan 24 nov."),
        ("Klart senast", "7 dec. 2026"),
    ]


async def test_a_case_that_is_late_by_law_says_so_to_officer_and_applicant_and_has_its_message_ready(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    portal.clock.advance(days=200)
    await portal.service.perform(ReportDelay(case_id=case_id), Machine("clock"))
    anna, page = await enters(portal, case_id)
    assert "Sex månader har gått: sökanden får begära att ärendet avgörs" in page.text
    assert "Sökanden ska underrättas om förseningen" in page.text
    form = await anna.get("/handlaggare/2026-000001/meddelande?preset=refusal")
    assert "Avslag" not in form.text, "no request waits"
    written = form.form("/meddelande").fill(text="Vi avslår din begäran", kind="refusal")
    refused = await anna.send(written, "send")
    assert "Ingen väntar på svar på en begäran om avgörande i ärendet." in refused.text
    form = await anna.get("/handlaggare/2026-000001/meddelande?preset=delay")
    assert "Anledningen är: {anledning}" in form.text and "Underrättelse om försening" in form.text
    await signs_in(portal, eva)
    page = await eva.get(f"/mina-sidor/arende/{case_id}")
    assert "Du får en gång skriftligen begära att vi avgör det" in page.text
    page = await eva.send(page.form("/begar-avgorande"))
    assert "Din begäran är skickad." in page.text and "Du har begärt att ärendet avgörs." in page.text
    assert "Jag begär att ärendet avgörs (12 § förvaltningslagen)." in page.text
    assert not page.tree.xpath("//form[contains(@action, 'begar-avgorande')]")
    page = await anna.get("/handlaggare/2026-000001")
    assert "Sökanden har begärt avgörande: avgör ärendet eller avslå begäran senast 9 juli 2027" in page.text
    form = await anna.get("/handlaggare/2026-000001/meddelande?preset=refusal")
    assert "Skälen är: {skälen}" in form.text


async def test_a_colleague_who_has_begun_a_reply_is_named(portal: Portal, case_id: str) -> None:
    begun = Draft("d1", case_id, drafts.MESSAGE_FORM, {"text": "Hej"}, portal.clock())
    await portal.database.write(lambda tx: drafts.save(tx, "bo", begun))
    _, page = await enters(portal, case_id)
    assert "Bo Ek skriver ett svar, påbörjat" in page.text
    bo, page = await enters(portal, case_id, "bo")
    assert "is writing a reply" not in page.text and "You have a draft from" in page.text
    (link,) = page.tree.xpath("//a[text()='Continue']/@href")
    assert (await bo.get(link)).form("/meddelande").value("text").strip() == "Hej"
    stopped = replace(begun, values={"text": "Hej", "files": ["f1"]})
    await portal.database.write(lambda tx: drafts.save(tx, "bo", stopped))
    page = await bo.get(link)
    assert (
        page.form("/meddelande").value("text").strip() == "Hej"
        and "Attach the missing ones again" in page.text
    )


async def test_a_draft_is_taken_away_on_the_page_by_its_writer_and_nobody_else(
    portal: Portal, case_id: str
) -> None:
    begun = Draft("d1", case_id, drafts.MESSAGE_FORM, {"text": "Hej"}, portal.clock())

    async def begin() -> None:
        await portal.database.write(lambda tx: drafts.save(tx, "bo", begun))

    async def find() -> Draft | None:
        return await portal.database.read(lambda tx: drafts.find(tx, "bo", "d1"))

    await begin()
    bo, page = await enters(portal, case_id, "bo")
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/meddelande")).form("/meddelande")
    await anna.send(Form(form.action, [*form.values, ("draft", "d1")]), "discard")
    assert await find() is not None
    page = await bo.send(page.forms("/meddelande")[0], "discard")
    assert "The draft is removed." in page.text and "You have a draft" not in page.text
    assert await find() is None
    await begin()
    page = await bo.get("/handlaggare/2026-000001/meddelande")
    assert "The draft is removed." in (await bo.send(page.form("/meddelande"), "discard")).text
    assert await find() is None
    assert not (await bo.get("/handlaggare/2026-000001/meddelande")).has_button("discard")


def _facts(page: Page) -> list[tuple[str, str]]:
    (facts,) = page.tree.find_class("facts")
    return [(row[0].text_content(), row[1].text_content()) for row in facts]


async def test_the_officers_pages_call_an_applicant_what_the_e_service_does(
    portal: Portal, case_id: str
) -> None:
    await portal.service.perform(ReceiveMessage(case_id=case_id, text="Hej"), await portal.applicant(case_id))
    services, word = portal.service.catalog.services, Text(sv="anmälare", en="reporter")
    services["altan"] = services["altan"].model_copy(update={"applicant_word": word})
    lawyer = Contact(name="Lo Lind", email="lo@byra.example", phone="")
    added = AddRepresentative(case_id=case_id, contact=lawyer, language="sv", reason="Fullmakt inkom")
    await portal.service.perform(added, portal.officer("anna"))
    anna, page = await enters(portal, case_id)
    pages = [page, *[await anna.get(f"/handlaggare/2026-000001/{one}") for one in PARTS]]
    for one in pages:
        assert one.status == 200 and "sökande" not in one.text.lower(), one.url
    assert "Anmälaren skrev ett meddelande." in page.text
    asked = await anna.send(pages[1].form("/meddelande").fill(text=""), "preview")
    assert "sökande" not in asked.text.lower()


PARTS = (
    "meddelande",
    "status",
    "notering",
    "handlaggare",
    "skydd",
    "andra",
    "kontakt/1",
    "ombud",
    "ombud/2",
    "koppla",
)


async def test_every_opening_is_recorded(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await anna.get("/handlaggare/2026-000001")
    read = await portal.database.read(lambda tx: readings.list_for_case(tx, case_id))
    assert [(by, part) for _, by, part in read].count(("officer:anna", "answers")) == 2


async def test_a_file_is_saved_and_its_reading_recorded(portal: Portal, case_id: str) -> None:
    anna, page = await enters(portal, case_id)
    before = len(await portal.database.read(lambda tx: readings.list_for_case(tx, case_id)))
    (link,) = [one for one in page.links() if "/fil/" in one and not one.endswith("/visa")]
    answer = (await anna.get(link)).answer
    assert answer.content == PDF and answer.headers["content-disposition"].startswith("attachment")
    assert len(await portal.database.read(lambda tx: readings.list_for_case(tx, case_id))) == before + 1


async def test_the_case_is_taken_and_given_back(portal: Portal, case_id: str) -> None:
    anna, page = await enters(portal, case_id)
    page = await anna.send(page.form("/ta"))
    assert "Du är nu handläggare" in page.text and (await portal.view_case(case_id)).case.officers == (
        "anna",
    )
    page = await anna.send(page.form("/lamna"))
    assert (await portal.view_case(case_id)).case.officers == ()


async def test_the_slower_of_two_is_told_who_was_first(portal: Portal, case_id: str) -> None:
    anna, page = await enters(portal, case_id)
    await portal.service.perform(TakeCase(case_id=case_id), portal.officer("bo"))
    page = await anna.send(page.form("/ta"))
    assert page.url.endswith("/handlaggare/2026-000001") and "Bo Ek hann före" in page.text
    page = await anna.send(page.form("/ta").fill(mode="over"))
    assert (await portal.view_case(case_id)).case.officers == ("anna",)


async def writes(anna: Browser, text: str = "Hej Eva!", **given: str) -> Page:
    form = (await anna.get("/handlaggare/2026-000001/meddelande")).form()
    return await anna.send(form.fill(text=text, **given), "preview")


async def test_a_message_is_previewed_and_then_sent(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await writes(anna, receipt="yes", kind="decision")
    assert "Till Eva Ek" in page.text.replace("Till", "Till ").replace("  ", " ")
    assert "Anna Berg, Byggenheten" in page.text and "Kvittens begärs" in page.text
    assert (await portal.view_case(case_id)).messages == ()
    page = await anna.send(page.form(), "send")
    (message,) = (await portal.view_case(case_id)).messages
    assert (message.text, message.kind, message.receipt) == ("Hej Eva!", "decision", True)
    assert "Fram till dess kan du ångra" in page.text


async def test_a_message_sent_twice_is_one(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await writes(anna)).form()
    await anna.send(form, "send")
    await anna.send(form, "send")
    assert len((await portal.view_case(case_id)).messages) == 1


async def test_a_message_that_was_changed_after_it_was_sent_is_not_called_sent(
    portal: Portal, case_id: str
) -> None:
    """As after Back, or where somebody stops a slow page."""
    anna, _ = await enters(portal, case_id)
    form = (await writes(anna)).form()
    await anna.send(form, "send")
    page = await anna.send(form.fill(text="Hej igen!"), "send")
    assert page.status == 409 and "det är inte sparat" in page.text
    again = page.form("/meddelande")
    assert again.value("text").strip() == "Hej igen!"
    await anna.send((await anna.send(again, "preview")).form(), "send")
    assert [one.text for one in (await portal.view_case(case_id)).messages] == ["Hej Eva!", "Hej igen!"]


async def test_a_note_sent_twice_is_one_and_one_that_was_changed_meanwhile_is_not_called_saved(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/notering")).form().fill(text="Ringt Eva")
    for _ in range(2):
        assert "Noteringen är sparad" in (await anna.send(form)).text
    page = await anna.send(form.fill(text="Ringt Eva, som kommer på tisdag"))
    assert page.status == 422 and "det är inte sparat" in page.text
    assert "Noteringen är sparad" in (await anna.send(page.form("/notering"))).text
    notes = [one.text for one in (await portal.view_case(case_id)).notes]
    assert notes == ["Ringt Eva", "Ringt Eva, som kommer på tisdag"]


async def test_a_message_is_undone_within_twenty_seconds(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.send((await writes(anna)).form(), "send")
    page = await anna.send(page.form("/angra"))
    assert "Sökanden har inte sett det" in page.text and (await portal.view_case(case_id)).messages == ()


async def test_the_first_of_two_messages_can_be_undone_too(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await anna.send((await writes(anna, "Ett")).form(), "send")
    page = await anna.send((await writes(anna, "Två")).form(), "send")
    assert len(page.tree.xpath("//form[contains(@action, 'angra')]")) == 2
    await anna.send(page.form("/angra"))
    assert [message.text for message in (await portal.view_case(case_id)).messages] == ["Två"]


async def test_while_a_message_can_be_undone_what_is_done_meanwhile_is_said_too(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    await anna.send((await writes(anna, "Ett")).form(), "send")
    colour = (await anna.get("/handlaggare/2026-000001/farg")).form("/farg")
    page = await anna.send(colour.fill(colour="red"))
    assert "Färgen är ändrad." in page.text and "Fram till dess kan du ångra" in page.text
    page = await anna.send((await writes(anna, "Två")).form(), "send")
    assert "Meddelandet är skickat." not in page.text
    page = await anna.send(page.form("/angra"))
    assert "Meddelandet är ångrat." in page.text and "Fram till dess kan du ångra" in page.text


async def test_after_twenty_seconds_it_is_too_late(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.send((await writes(anna)).form(), "send")
    portal.clock.advance(seconds=21)
    page = await anna.send(page.form("/angra"))
    assert page.tree.find_class("alert") and len((await portal.view_case(case_id)).messages) == 1
    assert not page.tree.xpath("//form[contains(@action, 'angra')]")


async def test_a_template_is_added_below_what_was_typed_with_its_tags_filled_in(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/meddelande")).form()
    page = await anna.send(form.fill(text="Först detta.", template="besok"), "template")
    assert page.form().value("text").strip() == "Först detta.\n\nHej Eva Ek! Vi ses {dag}. Anna Berg"


async def test_a_template_gives_its_kind_and_the_day_to_answer_by_is_written_into_it(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/meddelande")).form()
    page = await anna.send(form.fill(template="mer"), "template")
    ahead = local_day(portal.clock()) + timedelta(days=14)
    assert page.form().value("kind") == "completion" and f"Till exempel {ahead}." in page.text
    page = await anna.send(page.form(), "preview")
    assert page.status == 422 and "Välj ett datum under Svara senast" in page.text
    page = await anna.send(page.form().fill(answer_by="2026-12-06"), "preview")
    assert "Svara senast 6 dec. 2026." in page.text and "{answer.by}" not in page.tree.text_content()
    await anna.send(page.form(), "send")
    (message,) = (await portal.view_case(case_id)).messages
    assert (message.text, message.kind) == ("Svara senast 6 dec. 2026.", "completion")


async def test_an_unfilled_gap_stops_at_the_field(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await writes(anna, "Vi ses {dag}.")
    assert page.status == 422 and "Fyll i eller ta bort dag" in page.text.replace("{", "").replace("}", "")
    assert page.form().value("text").strip() == "Vi ses {dag}."
    await anna.send(page.form(), "discard")
    page = await writes(anna, "Vi ses {dag} kl. {tid}, {officer.unit}. Svara senast {answer.by}.")
    text = page.tree.text_content()
    assert "Fyll i eller ta bort {dag}, {tid} och {officer.unit} (din enhet)." in text
    assert "Välj ett datum under Svara senast" in text


async def test_a_message_longer_than_slack_takes_is_sent_from_here_with_files(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/meddelande")).form()
    page = await anna.send(form.fill(text="å" * 15_000).attach("files", "beslut.pdf", PDF), "preview")
    assert "1 fil: beslut.pdf" in page.text
    await anna.send(page.form(), "send")
    (message,) = (await portal.view_case(case_id)).messages
    assert message.text == "å" * 15_000 and [file.name for file in message.files] == ["beslut.pdf"]


async def test_back_from_the_preview_keeps_everything(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (
        (await anna.get("/handlaggare/2026-000001/meddelande"))
        .form()
        .fill(text="Hej", answer_by="2026-12-24")
    )
    page = await anna.send(form.attach("files", "beslut.pdf", PDF), "preview")
    page = await anna.send(page.form(), "edit")
    form = page.form()
    assert (form.value("text").strip(), form.value("answer_by")) == ("Hej", "2026-12-24")
    assert "beslut.pdf" in page.text and form.value("kept_files")


async def test_the_day_may_be_typed_where_the_browser_has_no_calendar(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await writes(anna, "Hej", answer_by="24\u20131\u20132027")
    await anna.send(page.form(), "send")
    (message,) = (await portal.view_case(case_id)).messages
    assert message.answer_by == date(2027, 1, 24)


async def test_a_day_to_answer_by_without_its_year_is_told_and_kept(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get("/handlaggare/2026-000001/meddelande")
    (field,) = page.tree.xpath("//input[@name='answer_by']")
    assert field.get("type") == "text"
    page = await writes(anna, "Hej", answer_by="24 januari")
    assert (
        page.status == 422 and "datum med år" in page.text and page.form().value("answer_by") == "24 januari"
    )


async def test_an_empty_message_and_a_day_gone_by_are_told(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await writes(anna, "", answer_by="2026-11-01")
    assert (
        page.status == 422
        and "Skriv något först" in page.text
        and "Välj en dag som inte har passerat." in page.text
    )


async def test_asking_for_more_sets_the_case_waiting_in_the_same_step(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await writes(anna, status_after="waiting", kind="completion")
    assert "Status blir Väntar på komplettering när meddelandet har skickats" in page.text
    await anna.send(page.form(), "send")
    (pending,) = (await portal.view_case(case_id)).case.pending
    assert pending.status_after == "waiting"


async def test_a_status_that_requires_a_message_leads_to_where_it_is_written_and_previewed(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/status")).form()
    page = await anna.send(form.fill(status="waiting"))
    assert page.form().value("status_after") == "waiting"
    page = await anna.send(page.form().fill(text="Skicka ritningen, tack."), "preview")
    assert "Status blir Väntar på komplettering" in page.text
    assert (await portal.view_case(case_id)).messages == ()
    await anna.send(page.form(), "send")
    view = await portal.view_case(case_id)
    assert (view.case.status, view.case.pending[0].status_after) == ("submitted", "waiting")


async def test_a_note_that_does_not_go_with_a_message_is_not_lost(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/status")).form()
    page = await anna.send(form.fill(status="waiting", note="Ringt sökanden"))
    assert page.status == 422 and "Noteringen följer inte med" in page.text
    page = await anna.send(page.form(), "message")
    assert page.status == 422 and page.form().value("note").strip() == "Ringt sökanden"


async def test_a_message_can_be_written_to_whatever_status_is_chosen(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/status")).form()
    page = await anna.send(form.fill(status="working"), "message")
    assert page.form().value("status_after") == "working"


async def test_no_status_chosen_is_told(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/status")).form()
    page = await anna.send(form.fill(note="Viktigt"))
    assert page.status == 422 and page.form().value("note").strip() == "Viktigt"


async def test_a_stale_form_comes_back_filled_in_and_goes_through_when_sent_again(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/status")).form()
    bo = portal.officer("bo")
    await portal.service.perform(SetStatus(case_id=case_id, status="working", expected="submitted"), bo)
    page = await anna.send(form.fill(status="closed", note="Klart"))
    assert page.status == 409 and "Bo Ek" in page.text and "Granska och spara igen" in page.text
    assert page.form().value("note").strip() == "Klart"
    await anna.send(page.form())
    assert (await portal.view_case(case_id)).case.status == "closed"


async def test_reopening_asks_for_a_reason(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    close = SetStatus(case_id=case_id, status="closed", expected="submitted", note="Klart")
    await portal.service.perform(close, portal.officer("anna"))
    form = (await anna.get("/handlaggare/2026-000001/status")).form()
    page = await anna.send(form.fill(status="working"))
    assert page.status == 409
    await anna.send(page.form().fill(reason="Ny uppgift"))
    assert (await portal.view_case(case_id)).case.status == "working"


async def test_a_note_is_saved_and_stays_with_the_officers(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/notering")).form()
    page = await anna.send(form.fill(template="samtal"), "template")
    assert page.form().value("text").strip() == "Samtal i 2026-000001."
    page = await anna.send(page.form().fill(text="Ringde grannen", kind="working"))
    assert "Ringde grannen" in page.text and "Minnesanteckning" in page.text
    await signs_in(portal, eva)
    assert "grannen" not in (await eva.get(f"/mina-sidor/arende/{case_id}")).text


async def test_what_was_typed_outlives_the_session(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/notering")).form().fill(text="Lång tanke")
    portal.clock.advance(minutes=31)
    page = await anna.send(form)
    assert page.status == 401 and page.form().value("text").strip() == "Lång tanke"
    link = (await create_login_link(portal.deps, "anna", case_id)).removeprefix(PUBLIC)
    await anna.send((await anna.get(link)).form())
    await anna.send(page.form())
    assert [note.text for note in (await portal.view_case(case_id)).notes] == ["Lång tanke"]


async def test_a_form_key_of_a_colleague_is_not_taken(portal: Portal, case_id: str) -> None:
    _, page = await enters(portal, case_id)
    bo, _ = await enters(portal, case_id, "bo")
    page = await bo.send(page.form("/ta"))
    assert "The page has been open so long" in page.text
    assert (await portal.view_case(case_id)).case.officers == ()


async def test_the_page_names_what_happened_in_words(portal: Portal, case_id: str) -> None:
    anna, page = await enters(portal, case_id)
    await anna.send(page.form("/ta"))
    await portal.service.perform(ReceiveMessage(case_id=case_id, text="Hej"), await portal.applicant(case_id))
    page = await anna.get("/handlaggare/2026-000001")
    assert "Anna Berg tog ärendet." in page.text and "Sökanden skrev ett meddelande." in page.text


async def test_opening_the_page_counts_as_having_read(portal: Portal, case_id: str) -> None:
    anna, page = await enters(portal, case_id)
    await anna.send(page.form("/ta"))
    await portal.service.perform(ReceiveMessage(case_id=case_id, text="Hej"), await portal.applicant(case_id))
    assert (await portal.list_cases())[0].news
    await anna.get("/handlaggare/2026-000001")
    assert not (await portal.list_cases())[0].news


async def test_a_strict_case_is_read_and_answered_here(portal: Portal, strict_id: str) -> None:
    anna, page = await enters(portal, strict_id)
    assert "Handläggs bara på ärendesidan" in page.text and "Eva Ek" in page.text
    form = (await anna.get("/handlaggare/2026-000001/meddelande")).form()
    page = await anna.send(form.fill(text="Vi hör av oss."), "preview")
    await anna.send(page.form(), "send")
    assert len((await portal.view_case(strict_id)).messages) == 1


async def test_who_cannot_be_written_to_has_no_form_for_it(portal: Portal, eva: Browser) -> None:
    form = (await eva.get("/e-tjanster/tips")).form()
    await eva.submit(form.fill(om_who="anonymous", svar_vad="Ett hål"))
    (case,) = await portal.list_cases("tips")
    _, page = await enters(portal, case.id)
    assert "Sökanden i det här ärendet går inte att skriva till" in page.text
    assert not any(link.endswith("/meddelande") for link in page.links())


async def test_who_has_a_strict_case_is_decided_on_its_page(portal: Portal, strict_id: str) -> None:
    anna, page = await enters(portal, strict_id)
    assert "/handlaggare/2026-000001/handlaggare" in page.links()
    page = await anna.get("/handlaggare/2026-000001/handlaggare")
    assert "Personer" in page.text and "Bo Ek" in page.text
    page = await anna.send(page.form().fill(holder=["officer:bo"], reason="Semester"), "save")
    assert "Handläggarna är ändrade." in page.text and "Anledning: Semester" in page.text
    assert (await portal.view_case(strict_id)).case.assignee_refs == ("officer:bo",)


async def test_a_reason_that_is_too_long_is_told_with_how_much_and_kept_whole(
    portal: Portal, strict_id: str
) -> None:
    anna, _ = await enters(portal, strict_id)
    page = await anna.get("/handlaggare/2026-000001/handlaggare")
    assert "maxlength" not in page.answer.text  # a browser would cut what is pasted, without a word
    page = await anna.send(page.form().fill(holder=["officer:bo"], reason="a" * 700), "save")
    assert "200 tecken" in page.text and page.form().value("reason").strip() == "a" * 700
    assert (await portal.view_case(strict_id)).case.assignee_refs == ()


async def test_a_note_made_of_a_template_is_stopped_at_all_its_gaps(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/notering")).form()
    page = await anna.send(form.fill(text="Bedömning {datum}: {bedömning}"), "save")
    assert page.status == 422 and "{datum} och {bedömning}" in page.text
    assert page.form().value("text").strip() == "Bedömning {datum}: {bedömning}"
    assert (await portal.view_case(case_id)).notes == ()


async def test_a_colleagues_choice_meanwhile_is_kept_and_ones_own_too(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/handlaggare")).form()
    await portal.service.perform(TakeCase(case_id=case_id), portal.officer("bo"))
    page = await anna.send(form.fill(holder="officer:anna", reason="Stor"), "save")
    assert page.status == 409 and "Ärendet har fått andra handläggare." in page.text
    ticked = page.tree.xpath("//input[@name='holder' and @checked]/@value")
    assert set(ticked) == {"officer:anna", "officer:bo"}
    page = await anna.send(page.form(), "save")
    assert set((await portal.view_case(case_id)).case.assignee_refs) == {"officer:anna", "officer:bo"}


async def test_who_gives_away_the_case_they_see_only_because_they_have_it_is_told(
    portal: Portal, case_id: str
) -> None:
    give = ChangeAssignees(case_id=case_id, assignees=("officer:rut",), expected=())
    await portal.service.perform(give, portal.officer("anna"))
    rut, _ = await enters(portal, case_id, "rut")
    form = (await rut.get("/handlaggare/2026-000001/handlaggare")).form()
    page = await rut.send(form.fill(holder="officer:bo"), "save")
    assert "Du är inte längre handläggare i ärendet och kan inte öppna det." in page.text
    assert (await rut.get("/handlaggare/2026-000001")).status == 404


async def test_somebody_who_may_not_have_the_case_is_refused(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/handlaggare")).form()
    page = await anna.send(form.fill(holder="officer:ingen"), "save")
    assert page.status == 409 and (await portal.view_case(case_id)).case.assignee_refs == ()


async def test_a_closed_case_keeps_its_officers(portal: Portal, case_id: str) -> None:
    close = SetStatus(case_id=case_id, status="closed", expected="submitted", note="Klart")
    await portal.service.perform(close, portal.officer("anna"))
    _, page = await enters(portal, case_id)
    assert "/handlaggare/2026-000001/handlaggare" not in page.links()


async def test_a_page_says_what_happened_once_and_never_what_its_address_says(
    portal: Portal, case_id: str
) -> None:
    anna, page = await enters(portal, case_id)
    page = await anna.send(page.form("/ta"))
    assert "Du är nu handläggare i ärendet." in page.text
    again = await anna.get("/handlaggare/2026-000001")
    claimed = await anna.get("/handlaggare/2026-000001?ok=released")
    assert "Du är nu handläggare i ärendet." not in again.text
    assert "Du har lämnat tillbaka" not in claimed.text


async def test_what_was_done_in_one_case_is_not_said_of_another(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    await eva.submit(await filled(eva))
    anna, page = await enters(portal, case_id)
    await anna.send(page.form("/ta"), follow=False)
    assert "Du är nu handläggare i ärendet." not in (await anna.get("/handlaggare/2026-000002")).text
    assert "Du är nu handläggare i ärendet." in (await anna.get("/handlaggare/2026-000001")).text


async def test_who_was_too_late_can_ask_for_the_address_again(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await portal.service.perform(TakeCase(case_id=case_id), portal.officer("bo"))
    for action in ("ta", "lamna", "angra", "anledning"):
        shown = await anna.get(f"/handlaggare/2026-000001/{action}")
        assert (shown.status, shown.url.removeprefix(PUBLIC)) == (200, "/handlaggare/2026-000001")


@pytest.mark.parametrize("path", ["2026-009999", "2026-000001/finns-inte", "2026-000001/fil/x"])
async def test_an_officer_is_told_of_errors_in_ones_own_frame_and_language(
    portal: Portal, case_id: str, path: str
) -> None:
    await portal.database.write(lambda tx: preferences.save(tx, "anna", Preferences(language="en")))
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"/handlaggare/{path}")
    assert page.status == 404 and "The page does not exist" in page.text
    assert "Sign out" in page.text and "My pages" not in page.text
    assert ("/handlaggare/2026-000001" in page.links()) == path.startswith("2026-000001")


@pytest.mark.parametrize("path", ["2026-000001%00", "2026-000001/meddelande%00", "lista/%00", "?q=%00"])
async def test_an_address_with_a_null_is_told_in_the_officers_frame_and_language(
    portal: Portal, case_id: str, path: str
) -> None:
    bo, _ = await enters(portal, case_id, who="bo")
    page = await bo.get(f"/handlaggare/{path}")
    assert page.status == 404 and "The page does not exist" in page.text and "Bo Ek" in page.text
    assert "\0" not in page.answer.text


@pytest.mark.parametrize(
    ("path", "way_back"),
    [
        ("2026-000001/finns-inte", ["/handlaggare/2026-000001"]),
        ("lista/finns-inte/sida", ["/handlaggare"]),
        ("andringar/finns-inte/fil", ["/handlaggare"]),
        ("statistik/finns-inte/sida", ["/handlaggare"]),
    ],
)
async def test_an_error_leads_back_to_the_case_where_its_address_names_one_and_else_to_the_cases(
    portal: Portal, case_id: str, path: str, way_back: list[str]
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"/handlaggare/{path}")
    assert page.status in (404, 405)
    assert page.tree.xpath("//main//a[contains(@class, 'button')]/@href") == way_back


@pytest.mark.parametrize(
    ("form", "filled_in", "button"),
    [
        ("meddelande", {"text": ""}, "preview"),
        ("notering", {"text": ""}, "save"),
        ("status", {"note": ""}, "save"),
        ("flagga", {"remind_on": "i våras"}, ""),
        ("koppla", {"number": "finns inte"}, "link"),
        ("skydd", {"reason": ""}, ""),
        ("gallringsstopp", {"reason": ""}, ""),
        ("ombud", {"reason": ""}, "save"),
    ],
)
async def test_the_title_of_a_form_says_at_once_that_something_is_wrong(
    portal: Portal, case_id: str, form: str, filled_in: dict[str, str], button: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"/handlaggare/2026-000001/{form}")
    assert not page.tree.xpath("string(//title)").startswith("Fel:")
    page = await anna.send(page.form(f"/{form}").fill(**filled_in), button)
    assert page.status == 422 and page.tree.xpath("string(//title)").startswith("Fel: ")


async def test_what_is_sent_the_wrong_way_is_told_in_the_officers_frame(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    answer = await anna.client.put("/handlaggare/2026-000001/status")
    assert answer.status_code == 405 and "Logga ut" in answer.text and "Mina sidor" not in answer.text


async def test_the_message_form_of_a_case_without_anyone_to_write_to_says_so_at_once(
    portal: Portal, eva: Browser
) -> None:
    form = (await eva.get("/e-tjanster/tips")).form()
    await eva.submit(form.fill(om_who="anonymous", svar_vad="Ett hål"))
    (case,) = await portal.list_cases("tips")
    anna, _ = await enters(portal, case.id)
    page = await anna.get("/handlaggare/2026-000001/meddelande")
    assert page.url.endswith("/handlaggare/2026-000001")
    assert "Sökanden följer inte det här ärendet" in page.tree.find_class("alert")[0].text_content()


async def test_a_strict_cases_page_says_once_that_its_answers_are_shown_here_only(
    portal: Portal, strict_id: str
) -> None:
    _, page = await enters(portal, strict_id)
    assert page.text.count("bara här, inte i Slack") == 1 and "Visas bara här" not in page.text


async def test_what_to_do_first_with_a_case_that_nobody_has_is_to_take_it(
    portal: Portal, case_id: str
) -> None:
    anna, page = await enters(portal, case_id)
    side = page.tree.find_class("desk-side")[0]
    assert [one.text_content() for one in side.xpath(".//*[@class='button']")] == ["Ta ärendet"]
    assert side.xpath("(.//a|.//button)[1]")[0].text_content() == "Ta ärendet"
    side = (await anna.send(page.form("/ta"))).tree.find_class("desk-side")[0]
    assert [one.text_content() for one in side.xpath(".//*[@class='button']")] == ["Skriv till sökanden"]


async def test_that_a_note_is_saved_is_said_where_the_notes_are(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/notering")).form()
    page = await anna.send(form.fill(text="Ringde"), "save")
    notes = page.tree.get_element_by_id("noteringar")
    assert "Noteringen är sparad." in notes.text_content()
    assert page.text.count("Noteringen är sparad.") == 1


async def test_a_closed_case_is_reopened_and_not_only_given_another_status(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    close = SetStatus(case_id=case_id, status="closed", expected="submitted", note="Klart")
    await portal.service.perform(close, portal.officer("anna"))
    side = (await anna.get("/handlaggare/2026-000001")).tree.find_class("desk-side")[0].text_content()
    assert "Återöppna" in side and "Ändra status" not in side


async def test_who_has_signed_out_in_another_tab_is_told_so_and_not_that_one_was_idle(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get("/handlaggare/2026-000001/notering")).form().fill(text="Ringde")
    await anna.client.post("/handlaggare/ut")
    page = await anna.send(form, "save")
    assert page.status == 401 and "Ringde" in page.text
    assert "Du är inte inloggad längre" in page.text and "inaktiv" not in page.text
    idle, _ = await enters(portal, case_id)
    form = (await idle.get("/handlaggare/2026-000001/notering")).form().fill(text="Ringde")
    portal.clock.advance(minutes=31)
    assert "du var inaktiv i 30 minuter" in (await idle.send(form, "save")).text


async def test_a_working_note_is_made_official_on_the_page(portal: Portal, case_id: str) -> None:
    note = AddNote(case_id=case_id, text="Ringde grannen", kind="working")
    await portal.service.perform(note, portal.officer("bo"))
    anna, page = await enters(portal, case_id)
    page = await anna.send(page.form("/tjansteanteckning"))
    assert "Noteringen är nu en tjänsteanteckning." in page.text
    assert not page.tree.xpath("//form[contains(@action, 'tjansteanteckning')]")
    ((kind, text),) = {(one.kind, one.text) for one in (await portal.view_case(case_id)).notes}
    assert (kind, text) == ("official", "Ringde grannen")


async def test_a_message_of_another_day_waits_on_the_page_and_is_cancelled_there(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await writes(anna, send_day="2026-11-01")
    assert page.status == 422 and "Tiden har passerat" in page.text
    page = await writes(anna, send_day="2026-12-01", send_time="09:00")
    assert "Skickas 1 dec. 2026" in page.text and "Skicka senare" in page.text
    page = await anna.send(page.form(), "send")
    assert "Meddelandet väntar på sin tid" in page.text
    assert "Ett meddelande från Anna Berg skickas 1 dec. 2026" in page.text
    assert (await portal.view_case(case_id)).messages == ()
    page = await anna.send(page.form("/angra"))
    assert "Meddelandet skickas inte" in page.text
    assert (await portal.view_case(case_id)).case.scheduled == ()
    form = (await anna.get("/handlaggare/2026-000001/meddelande")).form()
    assert form.value("text").strip() == "Hej Eva!", "what she wrote is a draft again"
    page = await anna.send((await anna.send(form, "preview")).form(), "send")
    assert [one.text for one in (await portal.view_case(case_id)).messages] == ["Hej Eva!"]
    form = (await anna.get("/handlaggare/2026-000001/meddelande")).form()
    assert form.value("text").strip() == "", "and no longer one when it is sent"


async def test_a_name_from_right_to_left_is_isolated_beside_other_words(portal: Portal, eva: Browser) -> None:
    name, isolated = "علي", "\u2068علي\u2069"
    await eva.submit((await filled(eva)).fill(om_p0_name=name))
    (case,) = await portal.list_cases()
    await portal.service.perform(ReceiveMessage(case_id=case.id, text="Hej"), await portal.applicant(case.id))
    anna, page = await enters(portal, case.id)
    assert [one.text for one in page.tree.xpath("//h3[@class='sender']/bdi")] == [name]
    letter = await anna.get(f"/handlaggare/{case.number}/meddelande")
    assert isolated in letter.text
