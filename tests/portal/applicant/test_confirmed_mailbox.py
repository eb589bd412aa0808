"""The applicant's mailbox is confirmed before a case can be followed by it."""

from __future__ import annotations

from contextlib import closing

import pytest

from bot.domain.case import AddressState
from bot.domain.messages.correspondence import ReceiveMessage
from bot.domain.rules import UnknownCase
from bot.store.authentication import codes
from tests.portal.applicant.test_applying import PDF
from tests.portal.applicant.test_signing_in import asks, signs_in
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.officer.test_officers_page import enters

WRONG = "eva@ke.example"
"""Another's mailbox, by a slip of the finger."""


async def asked_for_code(eva: Browser, **given: str) -> Page:
    """Eva has looked through her answers and pressed send: the page that asks for the code."""
    form = (await filled(eva)).attach("svar_ritning", "plan.pdf", PDF)
    return await eva.send((await eva.send(form.fill(**given))).form(), "send")


async def enter(portal: Portal, eva: Browser, page: Page) -> Page:
    return await eva.send(page.form().fill(code=await portal.take_form_code(page)), "confirm")


async def address_states(portal: Portal, case_id: str) -> list[AddressState]:
    return [one.address_state for one in await portal.people(case_id)]


async def unconfirmed_case(portal: Portal, eva: Browser, **given: str) -> tuple[str, str]:
    """A case sent in without confirming: (id, number)."""
    await eva.send((await asked_for_code(eva, **given)).form(), "unconfirmed")
    (case,) = await portal.list_cases()
    return str(case.id), str(case.number)


async def test_the_code_is_asked_for_before_anything_is_sent_in(portal: Portal, eva: Browser) -> None:
    page = await asked_for_code(eva)
    assert page.status == 200 and "Bekräfta din e-postadress" in page.tree.findtext(".//title")
    assert "eva@ek.example" in page.text
    assert await portal.list_cases() == []
    assert (await portal.count_deliveries()) == {("code", "waiting"): 1}


async def test_the_code_sends_in_all_that_was_filled_in(portal: Portal, eva: Browser) -> None:
    receipt = await enter(portal, eva, await asked_for_code(eva, svar_mer="Rad ett\nrad två"))
    assert "/kvitto/" in receipt.url and "inte bekräftad" not in receipt.text
    (case,) = await portal.list_cases()
    view = await portal.view_case(case.id)
    assert view.answers["mer"] == "Rad ett\nrad två" and [one.name for one in view.files] == ["plan.pdf"]
    assert await address_states(portal, case.id) == ["code"]
    assert view.case.unconfirmed == ()
    await signs_in(portal, eva)
    assert "Bygga altan" in (await eva.get("/mina-sidor")).text


async def test_a_wrong_code_loses_nothing_and_after_five_another_is_sent(
    portal: Portal, eva: Browser
) -> None:
    page = await asked_for_code(eva)
    code = await portal.take_form_code(page)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(4):
        page = await eva.send(page.form().fill(code=wrong), "confirm")
        assert page.status == 422 and "försök kvar" in page.text
    page = await eva.send(page.form().fill(code=wrong), "confirm")
    assert page.status == 422 and "Be om en ny" in page.text and not page.has_button("confirm")
    page = await eva.send(page.form(), "new_code")
    assert "/kvitto/" in (await enter(portal, eva, page)).url


async def test_a_code_that_is_too_old_is_told_and_another_is_asked_for(portal: Portal, eva: Browser) -> None:
    page = await asked_for_code(eva)
    portal.clock.advance(minutes=11)
    page = await enter(portal, eva, page)
    assert page.status == 422 and "äldre än tio minuter" in page.text
    assert "/kvitto/" in (await enter(portal, eva, await eva.send(page.form(), "new_code"))).url


async def test_what_is_no_code_costs_no_attempt(portal: Portal, eva: Browser) -> None:
    page = await asked_for_code(eva)
    for _ in range(6):
        page = await eva.send(page.form().fill(code="12"), "confirm")
        assert "sex siffror" in page.text
    assert "/kvitto/" in (await enter(portal, eva, page)).url


async def test_the_address_is_changed_on_the_way_and_the_code_of_the_old_one_confirms_nothing(
    portal: Portal, eva: Browser
) -> None:
    page = await asked_for_code(eva, om_p0_email=WRONG)
    old, code = page.form().value("confirm"), await portal.take_form_code(page)
    form = (await eva.send(page.form(), "edit:om-p0_email")).form()
    assert form.value("om_p0_email") == WRONG and form.value("svar_vad") == "En altan"
    review = await eva.send(form.fill(om_p0_email="eva@ek.example"))
    page = await eva.send(review.form().fill(confirm=old, code=code), "confirm")
    assert await portal.list_cases() == [] and "eva@ek.example" in page.text
    assert "/kvitto/" in (await enter(portal, eva, page)).url
    (case,) = await portal.list_cases()
    assert [one.email for one in await portal.people(case.id)] == ["eva@ek.example"]


async def test_back_and_a_correction_are_sent_in_with_the_code_that_is_entered_then(
    portal: Portal, eva: Browser
) -> None:
    form = await filled(eva)
    first = await eva.send((await eva.send(form)).form(), "send")
    second = await eva.send((await eva.send(form.fill(svar_vad="En veranda"))).form(), "send")
    await enter(portal, eva, second)
    (case,) = await portal.list_cases()
    assert (await portal.view_case(case.id)).answers == {"vad": "En veranda"}
    told = await enter(portal, eva, first)
    assert told.status == 409 and "En altan" in told.text and "inte sparat" in told.text


async def test_two_forms_in_two_tabs_are_each_confirmed_by_their_own_code(
    portal: Portal, eva: Browser
) -> None:
    one, other = await asked_for_code(eva), await asked_for_code(eva, svar_vad="Ett plank")
    code = await portal.take_form_code(one)
    if code != await portal.take_form_code(other):
        assert (await eva.send(other.form().fill(code=code), "confirm")).status == 422
    assert "/kvitto/" in (await enter(portal, eva, other)).url
    assert "/kvitto/" in (await eva.send(one.form().fill(code=code), "confirm")).url
    assert len(await portal.list_cases()) == 2


async def test_another_form_is_not_confirmed_by_this_ones_token(portal: Portal, eva: Browser) -> None:
    page = await asked_for_code(eva)
    token, code = page.form().value("confirm"), await portal.take_form_code(page)
    review = await eva.send(await filled(eva))
    page = await eva.send(review.form().fill(confirm=token, code=code), "confirm")
    assert "/kvitto/" not in page.url and await portal.list_cases() == []


async def test_while_the_database_is_busy_the_code_is_not_lost(portal: Portal, eva: Browser) -> None:
    """The code is used in a transaction of its own; the same form may give it again."""
    page = await asked_for_code(eva)
    form = page.form().fill(code=await portal.take_form_code(page))
    sign_in_id = (await portal.database.read(codes_of))[0]
    await portal.database.write(lambda tx: codes.consume_sign_in(tx, sign_in_id, portal.clock()))
    assert "/kvitto/" in (await eva.send(form, "confirm")).url


def codes_of(tx: object) -> list[str]:
    conn = tx.conn.connection.dbapi_connection  # type: ignore[attr-defined]
    with closing(conn.cursor()) as cursor:
        return [row[0] for row in cursor.execute("SELECT id FROM sign_in")]


async def test_where_no_more_codes_are_sent_it_is_said_and_the_case_can_still_be_sent_in(
    portal: Portal, eva: Browser
) -> None:
    page = await asked_for_code(eva)
    for _ in range(4):
        page = await eva.send(page.form(), "new_code")
    page = await eva.send(page.form(), "new_code")
    assert "Vi skickade ingen ny kod" in page.text
    assert (await portal.count_deliveries())[("code", "waiting")] == 5
    for n in range(25):  # from elsewhere: in all thirty in the hour
        await asked_for_code(portal.browser(f"203.0.113.{n}"))
    portal.clock.advance(minutes=11)
    page = await eva.send(page.form(), "new_code")
    assert page.status == 429 and not page.has_button("confirm")
    assert "/kvitto/" in (await eva.send(page.form(), "unconfirmed")).url


async def test_who_is_signed_in_with_the_address_is_not_asked_again(portal: Portal, eva: Browser) -> None:
    await eva.submit(await filled(eva))
    await signs_in(portal, eva)
    receipt = await eva.send((await eva.send(await filled(eva))).form(), "send")
    assert "/kvitto/" in receipt.url
    states = [await address_states(portal, case.id) for case in await portal.list_cases()]
    assert sorted(states) == [["code"], ["session"]]


async def test_the_page_is_read_in_either_language_and_sends_no_other_code(
    portal: Portal, eva: Browser
) -> None:
    page = await asked_for_code(eva)
    form = page.form()
    form.action += "&lang=en"
    english = await eva.send(form, "code")
    assert "Confirm your email address" in english.text
    assert (await portal.count_deliveries())[("code", "waiting")] == 1
    assert "/kvitto/" in (await enter(portal, eva, english)).url


async def test_what_nobody_follows_is_sent_in_without_a_code(portal: Portal, eva: Browser) -> None:
    review = await eva.send((await filled(eva, "tips")).fill(om_who="named", svar_vad="Ett hål"))
    receipt = await eva.send(review.form(), "send")
    assert "/kvitto/" in receipt.url and "mejl med en länk" in receipt.text
    (case,) = await portal.list_cases("tips")
    assert await address_states(portal, case.id) == ["unconfirmed"]


async def test_a_case_sent_in_unconfirmed_says_how_it_is_confirmed_on_its_receipt(
    portal: Portal, eva: Browser
) -> None:
    receipt = await eva.send((await asked_for_code(eva)).form(), "unconfirmed")
    assert "inte bekräftad" in receipt.text and "Skriv upp ärendenumret" in receipt.text


async def test_whoever_reads_the_mailbox_sees_an_unconfirmed_case_only_with_its_number(
    portal: Portal, eva: Browser
) -> None:
    """The stranger whose address was given by mistake is not let in by a code to it."""
    case_id, number = await unconfirmed_case(portal, eva, om_p0_email=WRONG)
    stranger = portal.browser("203.0.113.5")
    page = await signs_in(portal, stranger, WRONG)
    assert "1 ärende visas inte" in page.text
    assert number not in page.text and "altan" not in page.text
    for path in (f"/mina-sidor/arende/{case_id}", f"/mina-sidor/arende/{case_id}/fil/{'0' * 32}"):
        assert (await stranger.get(path)).status == 404
    with pytest.raises(UnknownCase):
        await portal.service.perform(
            ReceiveMessage(case_id=case_id, text="Hej"), await portal.applicant(case_id)
        )
    form = (await stranger.get("/mina-sidor/bekrafta")).form()
    for n in range(5):
        assert (await stranger.send(form.fill(number=f"2026-00010{n}"))).status == 422
    tried = await stranger.send(form.fill(number=number))
    assert tried.status == 429 and (await stranger.get(f"/mina-sidor/arende/{case_id}")).status == 404


async def test_the_number_confirms_the_address_and_opens_the_case(portal: Portal, eva: Browser) -> None:
    case_id, number = await unconfirmed_case(portal, eva)
    await signs_in(portal, eva)
    form = (await eva.get("/mina-sidor/bekrafta")).form()
    page = await eva.send(form.fill(number=f" {number.replace('-', ' – ')} "))
    assert page.url.endswith(f"/mina-sidor/arende/{case_id}")
    assert "Adressen är bekräftad" in page.text and "En altan" in page.text
    assert await address_states(portal, case_id) == ["number"]
    view = await portal.view_case(case_id)
    assert view.case.unconfirmed == () and view.history[-1].event == "AddressConfirmed"
    assert (await eva.get("/mina-sidor/bekrafta")).url.endswith("/mina-sidor")


async def test_the_mails_link_leads_to_where_the_number_is_given(portal: Portal, eva: Browser) -> None:
    case_id, _ = await unconfirmed_case(portal, eva)
    (person,) = await portal.people(case_id)
    page = await eva.send((await eva.get(f"/m/{person.id}")).form("/" + person.id))
    page = await eva.send(page.form().fill(code=await portal.last_code()))
    assert page.url.endswith("/mina-sidor/bekrafta")
    assert (await eva.get(f"/m/{person.id}")).url.endswith("/mina-sidor/bekrafta"), "signed in already"


async def test_of_what_nobody_follows_the_number_confirms_the_address_and_shows_nothing(
    portal: Portal, eva: Browser
) -> None:
    review = await eva.send((await filled(eva, "tips")).fill(om_who="named", svar_vad="Ett hål"))
    await eva.send(review.form(), "send")
    (case,) = await portal.list_cases("tips")
    await signs_in(portal, eva)
    form = (await eva.get("/mina-sidor/bekrafta")).form().fill(number=case.number)
    page = await eva.send(form)
    assert "Adressen är bekräftad" in page.text and "Ett hål" not in page.text
    for again in (await eva.get("/mina-sidor/bekrafta"), await eva.send(form)):
        assert again.status == 200 and "Adressen är bekräftad" not in again.text
    assert await address_states(portal, case.id) == ["number"]


async def test_only_the_one_who_fills_in_the_form_is_confirmed_by_its_code(
    portal: Portal, eva: Browser
) -> None:
    form = (await eva.send(await filled(eva, "krog"), "add_person")).form()
    await eva.submit(form.fill(om_p1_name="Karl Ek", om_p1_email="karl@ek.example"))
    (case,) = await portal.list_cases("krog")
    assert await address_states(portal, case.id) == ["code", "unconfirmed"]
    karl = portal.browser()
    assert "1 ärende visas inte" in (await signs_in(portal, karl, "karl@ek.example")).text


async def test_the_officer_is_told_that_an_address_is_not_confirmed_also_before_writing(
    portal: Portal, eva: Browser
) -> None:
    case_id, number = await unconfirmed_case(portal, eva)
    anna, page = await enters(portal, case_id)
    assert "Adressen är inte bekräftad" in page.text
    letter = await anna.get(f"/handlaggare/{number}/meddelande")
    assert "Adressen är inte bekräftad" in letter.text
    preview = await anna.send(letter.form().fill(text="Hej"), "preview")
    assert "Adressen är inte bekräftad" in preview.text and preview.has_button("send")
    await signs_in(portal, eva)
    await eva.send((await eva.get("/mina-sidor/bekrafta")).form().fill(number=number))
    assert "inte bekräftad" not in (await anna.get(f"/handlaggare/{number}")).text


async def test_a_code_for_a_form_signs_nobody_in(portal: Portal, eva: Browser) -> None:
    await eva.submit(await filled(eva))
    assert "/logga-in" in (await eva.get("/mina-sidor")).url
    form_page = await asked_for_code(eva)
    code = await portal.take_form_code(form_page)
    page = await asks(eva)
    if code != await portal.last_code():
        assert (await eva.send(page.form().fill(code=code))).status == 422
