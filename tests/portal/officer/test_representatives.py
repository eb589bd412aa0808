"""Lägg till ombud and Avsluta ombud on the case page: who gets in, whose mail is sent, and what the log holds."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, select

from bot.domain.contacts import Contact
from bot.domain.messages.correspondence import SendMessage
from bot.domain.representatives import AddRepresentative, EndRepresentative, NobodyToRepresent
from bot.store.cases import contents, system_queries
from bot.store.log import history
from bot.store.retention import persons
from bot.store.tables import DeliveryRow
from bot.store.verification import proof
from tests.portal.applicant.test_signing_in import asks, signs_in
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.officer.test_correcting_contacts import corrects
from tests.portal.officer.test_officers_page import enters

CASE = "/handlaggare/2026-000001"
LAWYER = "lo@byra.example"


async def forget_mails(portal: Portal) -> None:
    await portal.database.write(lambda tx: tx.conn.execute(delete(DeliveryRow)))


async def notified(portal: Portal, case_id: str) -> set[str]:
    """The applicants whom a mail about the status waits for."""
    query = select(DeliveryRow.ids).where(DeliveryRow.case_id == case_id, DeliveryRow.kind == "status_mail")
    found = await portal.database.read(lambda tx: tx.conn.execute(query).scalars().all())
    return {json.loads(ids)["applicant"] for ids in found}


async def adds(browser: Browser, reason: str = "Fullmakt inkom", **given: str | list[str]) -> Page:
    page = await browser.get(f"{CASE}/ombud")
    typed: dict[str, str | list[str]] = {"om_name": "Lo Lind", "om_email": LAWYER} | given
    return await browser.send(page.form("/ombud").fill(reason=reason, **typed), "save")


async def ends(browser: Browser, n: int = 2, **given: str | list[str]) -> Page:
    page = await browser.get(f"{CASE}/ombud/{n}")
    form = page.form(f"/ombud/{n}").fill(reason="Fullmakten återkallades", **given)
    return await browser.send(form, "save")


async def confirms(portal: Portal, browser: Browser) -> Page:
    await signs_in(portal, browser, LAWYER)
    page = await browser.get("/mina-sidor/bekrafta")
    return await browser.send(page.form("/bekrafta").fill(number="2026-000001"))


async def test_a_representative_confirms_the_address_and_follows_the_case_with_the_applicant(
    portal: Portal, case_id: str, eva: Browser
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await adds(anna)
    assert "Ombudet är tillagt." in page.text and "Lo Lind" in page.text
    assert "”E-postadress” fylldes i: ”lo@byra.example”." in page.text
    lo = portal.browser("192.0.2.8")
    page = await confirms(portal, lo)
    assert page.status == 200 and "Bygga altan" in page.text
    assert "2026-000001" in (await signs_in(portal, eva)).text


async def test_a_representative_who_ends_is_out_at_once_with_session_and_code(
    portal: Portal, case_id: str, eva: Browser
) -> None:
    anna, _ = await enters(portal, case_id)
    await adds(anna)
    lo, late = portal.browser("192.0.2.8"), portal.browser("192.0.2.9")
    await confirms(portal, lo)
    assert (await lo.get(f"/mina-sidor/arende/{case_id}")).status == 200
    page_for_code = await asks(late, LAWYER)
    code = await portal.last_code()
    page = await ends(anna)
    assert "Ombudet är avslutat." in page.text
    assert "/logga-in" in (await lo.get(f"/mina-sidor/arende/{case_id}")).url
    assert (await late.send(page_for_code.form().fill(code=code))).status == 422
    assert "2026-000001" in (await signs_in(portal, eva)).text


async def test_mail_that_waits_for_an_ended_representative_is_not_sent(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await adds(anna)
    await portal.service.perform(SendMessage(case_id=case_id, text="Hej"), portal.officer("anna"))
    eva, lo = await portal.people(case_id)
    await ends(anna)
    query = select(DeliveryRow.ids).where(DeliveryRow.case_id == case_id, DeliveryRow.kind == "mail")
    waiting = await portal.database.read(lambda tx: tx.conn.execute(query).scalars().all())
    assert {json.loads(ids)["applicant"] for ids in waiting} == {eva.id}
    assert await portal.database.read(lambda tx: system_queries.find_recipient(tx, lo.id)) is None


async def test_what_the_representative_wrote_keeps_their_name_and_the_log_stays_proved(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    await adds(anna)
    lo = portal.browser("192.0.2.8")
    page = await confirms(portal, lo)
    await lo.send(page.form(case_id).fill(text="Vi begär anstånd."))
    page = await ends(anna)
    conversation = page.tree.xpath("//section[@id='meddelanden']")[0].text_content()
    assert "Vi begär anstånd." in conversation and "Lo Lind" in conversation
    assert "Anledning: Fullmakten återkallades" in page.text
    report = await portal.database.read(lambda tx: proof.verify(tx, None))
    assert report.ok, report.findings
    case = await portal.database.read(lambda tx: system_queries.load_case(tx, case_id))
    assert case == await portal.database.read(lambda tx: history.replay(tx, case_id))


async def test_an_ended_representative_is_found_for_a_request_of_their_data(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    await adds(anna)
    await ends(anna)
    found = await portal.database.read(lambda tx: persons.find_by_mailbox(tx, LAWYER))
    assert found == [case_id]
    (ended,) = await portal.database.read(lambda tx: contents.load_ended_people(tx, case_id))
    assert ended.name == "Lo Lind"


async def test_an_applicant_is_no_representative_and_stays(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    assert (await anna.get(f"{CASE}/ombud/1")).status == 404
    await adds(anna)
    form = (await anna.get(f"{CASE}/ombud/2")).form("/ombud/2").fill(reason="Fullmakten återkallades")
    for_applicant = form.fill(person=(await portal.people(case_id))[0].id)
    page = await anna.send(for_applicant, "save")
    assert page.status == 409 and "Personen är inte ett ombud" in page.text
    assert len(await portal.people(case_id)) == 2


async def test_a_form_about_a_representative_whom_a_colleague_has_ended_says_so(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    await adds(anna)
    await adds(anna, om_name="Mo Mo", om_email="mo@byra.example")
    pages = [await anna.get(f"{CASE}/{part}/2") for part in ("ombud", "kontakt")]
    _, lo, mo = await portal.people(case_id)
    command = EndRepresentative(case_id=case_id, person=lo, expected=0, reason="x")
    await portal.service.perform(command, portal.officer("bo"))
    for page, part in zip(pages, ("ombud", "kontakt"), strict=True):
        answer = await anna.send(page.form(f"/{part}/2").fill(reason="x"), "save")
        assert answer.status == 409 and "redan avslutat" in answer.text, part
    assert [one.name for one in await portal.people(case_id)] == ["Eva Ek", mo.name]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"om_email": "lo@"}, "E-postadress"),
        ({"om_email": "", "om_name": ""}, "Fyll i ett namn eller en e-postadress."),
        ({"reason": " "}, "Skriv varför ärendet ändras."),
    ],
)
async def test_what_is_wrong_with_an_added_representative_is_said_and_nobody_is_added(
    portal: Portal, case_id: str, given: dict[str, str], said: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await adds(anna, **given)
    assert page.status == 422 and said in page.text
    assert page.form("/ombud").value("om-phone") == ""
    assert len(await portal.people(case_id)) == 1


@pytest.mark.parametrize("address", ["lo@", ""])
async def test_contact_details_and_reason_that_are_wrong_are_said_at_once(
    portal: Portal, case_id: str, address: str
) -> None:
    anna, _ = await enters(portal, case_id)
    wrong = {"om_name": "", "om_email": address, "reason": " "}
    for page in (await adds(anna, **wrong), await corrects(anna, **wrong)):
        assert page.status == 422 and "Rätta de här 2 sakerna" in page.text, page.text
        assert "Skriv varför ärendet ändras." in page.text
    assert len(await portal.people(case_id)) == 1


async def test_the_applicant_is_told_of_a_representative_who_comes_and_goes_and_sees_who_it_is(
    portal: Portal, case_id: str, eva: Browser
) -> None:
    anna, _ = await enters(portal, case_id)
    await forget_mails(portal)
    page = await anna.get(f"{CASE}/ombud")
    assert page.form("/ombud").value("notify") == "yes"
    await adds(anna)
    ms_ek, lo = await portal.people(case_id)
    assert await notified(portal, case_id) == {ms_ek.id, lo.id}
    await signs_in(portal, eva)
    shown = (await eva.get(f"/mina-sidor/arende/{case_id}")).text
    assert "Ombud i ärendet Lo Lind: kan läsa ärendet" in shown
    await forget_mails(portal)
    await ends(anna)
    assert await notified(portal, case_id) == {ms_ek.id}
    assert "Lo Lind: är inte längre ombud." in (await eva.get(f"/mina-sidor/arende/{case_id}")).text


async def test_an_officer_who_unticks_it_tells_the_representative_only(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await forget_mails(portal)
    await adds(anna, notify=[])
    _, lo = await portal.people(case_id)
    assert await notified(portal, case_id) == {lo.id}
    await forget_mails(portal)
    await ends(anna, notify=[])
    assert await notified(portal, case_id) == set()


async def test_who_stood_as_representative_in_the_form_is_named_on_the_applicants_page(
    portal: Portal, eva: Browser
) -> None:
    form = (await eva.send(await filled(eva, "krog"), "add_person")).form()
    await eva.submit(form.fill(om_p1_name="Karl Ek", om_p1_role="representative"))
    (case,) = await portal.list_cases("krog")
    await signs_in(portal, eva)
    shown = (await eva.get(f"/mina-sidor/arende/{case.id}")).text
    assert "Ombud i ärendet Karl Ek: kan läsa ärendet och skriva i det. Angavs när" in shown


async def test_a_case_without_representatives_speaks_of_none(
    portal: Portal, case_id: str, eva: Browser
) -> None:
    await signs_in(portal, eva)
    assert "Ombud i ärendet" not in (await eva.get(f"/mina-sidor/arende/{case_id}")).text


async def test_nobody_is_added_to_act_for_an_anonymous_applicant(portal: Portal, eva: Browser) -> None:
    form = (await eva.get("/e-tjanster/tips")).form()
    await eva.submit(form.fill(om_who="anonymous", svar_vad="Ett hål"))
    (case,) = await portal.list_cases("tips")
    anna, page = await enters(portal, case.id)
    assert "Lägg till ombud" not in page.text
    assert "ingen som ett ombud kan företräda" in (await anna.get(f"{CASE}/ombud")).text
    command = AddRepresentative(
        case_id=case.id, contact=Contact(name="Lo Lind"), language="sv", reason="Fullmakt"
    )
    with pytest.raises(NobodyToRepresent):
        await portal.service.perform(command, portal.officer("anna"))
