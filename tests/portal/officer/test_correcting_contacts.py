"""Rätta kontaktuppgifter on the case page: what is changed, who gets in, and what is refused."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

from bot.domain.contacts import Contact, CorrectContact
from bot.domain.messages.correspondence import SendMessage
from bot.store.cases import system_queries
from bot.store.log import history
from bot.store.outbox.applicant_mail import APPLICANT_MAIL_KINDS
from bot.store.tables import DeliveryRow
from bot.store.verification import proof
from tests.portal.applicant.test_signing_in import asks, signs_in
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters

CONTACT = "/handlaggare/2026-000001/kontakt/1"
RIGHT = "eva@ratt.example"


async def corrects(browser: Browser, reason: str = "Sökanden ringde", **given: str) -> Page:
    page = await browser.get(CONTACT)
    assert page.status == 200
    return await browser.send(page.form("/kontakt/1").fill(reason=reason, **given), "save")


async def colleague_corrects(portal: Portal, case_id: str, **after: str) -> None:
    (person,) = await portal.people(case_id)
    before = Contact(name=person.name, email=person.email, phone=person.phone)
    command = CorrectContact(
        case_id=case_id,
        applicant=person.id,
        expected=0,
        before=before,
        after=Contact(**{"name": person.name, "email": person.email, "phone": person.phone} | after),
        reason="x",
    )
    await portal.service.perform(command, portal.officer("bo"))


async def test_a_correction_is_in_the_log_with_both_values_and_its_reason_and_the_log_stays_proved(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await corrects(anna, om_name="Eva Eksten", om_email=RIGHT, om_phone="070-174 06 05")
    assert "Kontaktuppgifterna är rättade." in page.text
    assert "”E-postadress” ändrades från ”eva@ek.example” till ”eva@ratt.example”." in page.text
    assert "”Namn” ändrades från ”Eva Ek” till ”Eva Eksten”." in page.text
    assert "Anledning: Sökanden ringde" in page.text
    (person,) = await portal.people(case_id)
    assert (person.name, person.email, person.address_state) == ("Eva Eksten", RIGHT, "unconfirmed")
    report = await portal.database.read(lambda tx: proof.verify(tx, None))
    assert report.ok, report.findings
    case = await portal.database.read(lambda tx: system_queries.load_case(tx, case_id))
    assert case == await portal.database.read(lambda tx: history.replay(tx, case_id))


async def test_a_number_stands_in_the_form_as_it_is_dialled_and_is_not_changed_by_that(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    await corrects(anna, om_phone="070-174 06 05")
    form = (await anna.get(CONTACT)).form("/kontakt/1")
    assert form.value("om-phone") == "070-174 06 05"
    page = await anna.send(form.fill(reason="Namnet", om_name="Eva Eksten"), "save")
    assert page.text.count("”Telefonnummer”") == 1, "only the first change is of it"
    (person,) = await portal.people(case_id)
    assert (person.name, person.phone) == ("Eva Eksten", "+46701740605")


async def test_no_value_stands_in_what_slack_shows_of_the_log(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await corrects(anna, om_email=RIGHT)
    lines = await portal.database.read(lambda tx: history.read(tx, case_id))
    assert lines[-1].event == "ContactCorrected"
    assert "example" not in json.dumps(lines[-1].facts, default=str)


async def test_a_corrected_address_takes_over_and_the_earlier_one_reaches_nothing(
    portal: Portal, case_id: str, eva: Browser
) -> None:
    stranger = portal.browser("192.0.2.7")
    mine = await signs_in(portal, stranger)
    case_link = next(link for link in mine.links() if "/arende/" in link)
    assert (await stranger.get(case_link)).status == 200
    late = portal.browser("192.0.2.8")
    page_for_code = await asks(late)
    code = await portal.last_code()
    anna, _ = await enters(portal, case_id)
    await corrects(anna, om_email=RIGHT)
    assert "/logga-in" in (await stranger.get(case_link)).url
    assert (await late.send(page_for_code.form().fill(code=code))).status == 422
    mine = await signs_in(portal, eva, RIGHT)
    assert not [link for link in mine.links() if "/arende/" in link]
    page = await eva.get("/mina-sidor/bekrafta")
    page = await eva.send(page.form("/bekrafta").fill(number="2026-000001"))
    assert page.status == 200 and "Bygga altan" in page.text


async def test_a_mailbox_with_another_case_keeps_that_one_only(
    portal: Portal, case_id: str, eva: Browser
) -> None:
    await eva.submit(await filled(eva))
    stranger = portal.browser("192.0.2.7")
    mine = await signs_in(portal, stranger)
    assert "2026-000001" in mine.text and "2026-000002" in mine.text
    anna, _ = await enters(portal, case_id)
    await corrects(anna, om_email=RIGHT)
    mine = await stranger.get("/mina-sidor")
    assert "2026-000001" not in mine.text and "2026-000002" in mine.text
    assert (await stranger.get(f"/mina-sidor/arende/{case_id}")).status == 404


async def test_mail_that_waits_or_was_parked_goes_to_the_corrected_address(
    portal: Portal, case_id: str
) -> None:
    await portal.service.perform(SendMessage(case_id=case_id, text="Hej"), portal.officer("anna"))
    parked = DeliveryRow.kind == "mail", DeliveryRow.case_id == case_id
    park = update(DeliveryRow).where(*parked).values(state="parked", trouble="no mailbox")
    await portal.database.write(lambda tx: tx.conn.execute(park))
    anna, _ = await enters(portal, case_id)
    await corrects(anna, om_email=RIGHT)
    (person,) = await portal.people(case_id)
    is_mail = DeliveryRow.kind.in_(APPLICANT_MAIL_KINDS), DeliveryRow.case_id == case_id
    rows = await portal.database.read(
        lambda tx: tx.conn.execute(select(DeliveryRow.state, DeliveryRow.ids).where(*is_mail)).all()
    )
    assert rows and all(row.state != "parked" for row in rows)
    assert {json.loads(row.ids)["applicant"] for row in rows} == {person.id}
    recipient = await portal.database.read(lambda tx: system_queries.find_recipient(tx, person.id))
    assert recipient is not None and recipient.email == RIGHT and not recipient.is_confirmed


async def test_a_corrected_name_leaves_the_address_confirmed(
    portal: Portal, case_id: str, eva: Browser
) -> None:
    await signs_in(portal, eva)
    anna, _ = await enters(portal, case_id)
    await corrects(anna, om_name="Eva Eksten")
    assert (await eva.get(f"/mina-sidor/arende/{case_id}")).status == 200
    (person,) = await portal.people(case_id)
    assert person.address_state == "code"


async def test_a_colleagues_correction_is_shown_and_what_was_typed_is_kept(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(CONTACT)).form("/kontakt/1").fill(om_email=RIGHT, reason="Ringde")
    await colleague_corrects(portal, case_id, email="eva@fel.example")
    page = await anna.send(form, "save")
    assert page.status == 409 and "Bo Ek ändrade uppgifter i ärendet" in page.text
    assert "Ändrades nyss av en kollega till: eva@fel.example" in page.text
    assert page.form("/kontakt/1").value("om-email") == RIGHT
    page = await anna.send(page.form("/kontakt/1"), "save")
    assert "Kontaktuppgifterna är rättade." in page.text
    assert (await portal.people(case_id))[0].email == RIGHT


async def test_ones_own_newer_correction_is_not_called_a_colleagues(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await anna.get(CONTACT)).form("/kontakt/1").fill(om_email=RIGHT, reason="Ringde")
    await corrects(anna, om_email="eva@fel.example")
    page = await anna.send(form, "save")
    assert page.status == 409 and "Du ändrade det nyss till: eva@fel.example" in page.text
    assert "kollega" not in page.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Inget är ändrat."),
        ({"om_email": "eva@"}, "E-postadress"),
        ({"om_email": "", "om_name": ""}, "Fyll i ett namn eller en e-postadress."),
        ({"om_email": RIGHT, "reason": " "}, "Skriv varför ärendet ändras."),
        ({"om_email": RIGHT, "reason": "x" * 501}, "tecken"),
    ],
)
async def test_what_is_wrong_with_a_correction_is_said_and_nothing_is_saved(
    portal: Portal, case_id: str, given: dict[str, str], said: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await corrects(anna, **given)
    assert page.status == 422 and said in page.text
    (person,) = await portal.people(case_id)
    assert (person.name, person.email) == ("Eva Ek", "eva@ek.example")


async def test_there_is_no_form_for_a_person_whom_the_case_has_not(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    for n in ("0", "2", "x", "9" * 40):
        assert (await anna.get(f"/handlaggare/2026-000001/kontakt/{n}")).status == 404


async def test_a_name_is_not_corrected_to_one_without_a_letter(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await corrects(anna, om_name=".")
    assert page.status == 422 and "Skriv namnet med bokstäver." in page.text
