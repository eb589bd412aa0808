"""Registrera ärende: an officer fills in the e-service's form for somebody who has called, come or written."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bot.catalog.definition import create_definition
from bot.domain.submission import REGISTERED_ORIGINS, Answers, SubmitCase
from bot.portal.applicant.submission import contacts
from bot.store.outbox import claims
from bot.store.verification import proof
from bot.text import words
from bot.text.working_days import add_working_days, local_day
from tests.portal.applicant.test_applying import PDF
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_officers_page import enters
from tests.portal.portal_catalog import portal_catalog

REGISTER = "/handlaggare/registrera"
FIELDS = {"reg_way": "phone", "om_p0_name": "Eva Ek", "svar_vad": "En altan"}


@pytest.fixture
@filled_once
async def other_case_id(portal: Portal, eva: Browser) -> str:
    await eva.submit(await filled(eva))
    (case,) = await portal.list_cases()
    return str(case.id)


@pytest.fixture
async def anna(portal: Portal, other_case_id: str) -> Browser:
    """Anna's browser, signed in by way of another case."""
    browser, _ = await enters(portal, other_case_id)
    return browser


async def registers(browser: Browser, key: str = "altan", **given: str) -> Page:
    page = await checks(browser, key, **given)
    return await browser.send(page.form(f"/registrera/{key}"), "register") if page.status == 200 else page


async def checks(browser: Browser, key: str = "altan", **given: str) -> Page:
    """What is read before the case is registered."""
    form = (await browser.get(f"{REGISTER}/{key}")).form(f"/registrera/{key}")
    return await browser.send(form.fill(**(FIELDS | given)), "check")


async def newest(portal: Portal) -> Any:
    cases = await portal.list_cases()
    return await portal.view_case(max(cases, key=lambda one: one.number).id)


async def test_a_case_that_came_by_telephone_is_registered_without_a_mail_address(
    portal: Portal, anna: Browser
) -> None:
    page = await registers(anna)
    assert page.url.endswith("/handlaggare/2026-000002")
    assert "Det finns ingen e-postadress, så inga mejl når sökanden." in page.text
    assert "Anna Berg registrerade ärendet, som kom per telefon den" in page.text
    view = await newest(portal)
    assert (view.case.origin, view.case.received_at) == ("phone", portal.clock())
    assert [(one.name, one.email) for one in view.people] == [("Eva Ek", "")]
    page = await anna.get("/handlaggare/2026-000002/meddelande")
    assert "ingen e-postadress" in page.text


async def test_the_form_speaks_of_the_applicant_and_not_to_them(anna: Browser) -> None:
    page = await anna.get(f"{REGISTER}/altan")
    assert "Sökanden har skyddade personuppgifter" in page.text
    for one in (page, await checks(anna)):
        text = one.tree.text_content()
        assert not [
            said for said in ("Ditt ärende", "ditt ärende", "Jag har", "om du har sekr") if said in text
        ]
    sv, en = (definition_texts(language) for language in ("sv", "en"))
    assert not {word for text in sv for word in text.casefold().split() if word in ADDRESSES["sv"]}
    assert not {word for text in en for word in text.casefold().split() if word in ADDRESSES["en"]}


ADDRESSES = {"sv": {"jag", "mitt", "min", "dig", "ditt"}, "en": {"i", "me", "your"}}


def definition_texts(language: str) -> list[str]:
    """The standing texts about the applicant, of an e-service that can be used anonymously."""
    service = portal_catalog().service("altan")
    assert service is not None
    anonymous = service.model_copy(update={"anonymous": True, "several_applicants": True})
    texts = []
    for field in contacts.contact_definition(anonymous, 2, is_registration=True).fields:
        texts += [field.label, *([field.help] if field.help else []), *(one.label for one in field.choices)]
    return [text.in_(language) for text in texts]


async def test_nothing_is_registered_before_it_has_been_read_through(portal: Portal, anna: Browser) -> None:
    page = await checks(anna, reg_arrived_on=(local_day(portal.clock()) - timedelta(days=1)).isoformat())
    assert page.status == 200 and "Ärendet är inte registrerat än." in page.text
    assert "Telefon" in page.text and "En altan" in page.text and "Eva Ek" in page.text
    assert "inga mejl når sökanden" in page.text and len(await portal.list_cases()) == 1
    changed = await anna.send(page.form("/registrera/altan"), "edit:svar-vad")
    form = changed.form("/registrera/altan")
    assert (form.value("svar-vad"), form.value("reg-way")) == ("En altan", "phone")
    page = await anna.send(form.fill(svar_vad="En veranda"), "check")
    await anna.send(page.form("/registrera/altan"), "register")
    assert (await newest(portal)).answers["vad"] == "En veranda"
    assert len(await portal.list_cases()) == 2


async def test_each_page_of_a_registration_is_fetched_by_get_by_its_own_officer_alone(
    portal: Portal, anna: Browser, other_case_id: str
) -> None:
    review = await checks(anna)
    assert review.answer.request.method == "GET" and "En altan" in (await anna.get(review.url)).text
    changed = await anna.send(review.form("/registrera/altan"), "edit:svar-vad")
    await anna.send(changed.form("/registrera/altan").fill(svar_vad="En veranda"), "check")
    assert "En veranda" in (await anna.get(review.url)).text
    old = await anna.send(review.form("/registrera/altan"), "register")
    assert "Svaren har ändrats" in old.text and len(await portal.list_cases()) == 1
    bo, _ = await enters(portal, other_case_id, who="bo")
    page = await bo.get(review.url)
    assert "En veranda" not in page.text and "is no longer here" in page.text
    await anna.send(old.form("/registrera/altan"), "register")
    for address in (review.url, changed.url):
        page = await anna.get(address)
        assert page.url.endswith("/handlaggare/2026-000002") and "redan skickat" in page.text
    assert (await newest(portal)).answers["vad"] == "En veranda"


async def test_days_are_counted_from_the_day_that_the_letter_arrived(
    portal_on_both: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal, catalog = portal_on_both, portal_on_both.service.catalog
    with_days = catalog.services["altan"].model_copy(update={"working_days": 10})
    monkeypatch.setitem(catalog.services, "altan", with_days)
    arrived = local_day(portal.clock()) - timedelta(days=7)
    form = create_definition(with_days)
    for day in (arrived, local_day(portal.clock())):
        command = SubmitCase(
            service="altan",
            answers=Answers(definition=form.digest, values={"vad": "En altan"}),
            people=(),
            origin="letter",
            arrived_on=day,
        )
        await portal.service.open_case(command, portal.officer("anna"), form)
    letter, call = [
        await portal.view_case(case.id)
        for case in sorted(await portal.list_cases(), key=lambda one: one.number)
    ]
    assert local_day(letter.case.received_at) == arrived and call.case.received_at == portal.clock()
    assert letter.case.due_on == add_working_days(arrived, 10, catalog.closed_days) < call.case.due_on
    assert letter.history[0].facts["arrived_on"] == arrived
    w = words("sv")
    for case, shown in ((letter.case, w.day(arrived)), (call.case, w.moment(portal.clock()))):
        _, page = await enters(portal, case.id)
        assert page.tree.xpath("//dt[.='Inkom']/following-sibling::dd/text()") == [shown]
    report = await portal.database.read(lambda tx: proof.verify(tx, None))
    assert report.ok, report.findings


async def test_an_applicant_with_an_address_is_told_and_confirms_it_by_the_number(
    portal: Portal, anna: Browser, eva: Browser
) -> None:
    page = await registers(anna, om_p0_email="kim@ek.example")
    assert "Ärendet är registrerat." in page.text and "inga mejl" not in page.text
    (person,) = (await newest(portal)).people
    assert person.address_state == "unconfirmed"

    def mails(tx: Any) -> list[str]:
        found = []
        while (delivery := claims.claim(tx, portal.clock())) is not None:
            found += [delivery.ids["applicant"]] if delivery.kind == "mail" else []
            claims.complete(tx, delivery)
        return found

    assert person.id in await portal.database.write(mails)
    await signs_in(portal, eva, "kim@ek.example")
    page = await eva.get("/mina-sidor/bekrafta")
    page = await eva.send(page.form("/bekrafta").fill(number="2026-000002"))
    assert page.status == 200 and "Bygga altan" in page.text


async def test_a_letter_is_kept_as_a_file_of_the_form(portal: Portal, anna: Browser) -> None:
    form = (await anna.get(f"{REGISTER}/altan")).form("/registrera/altan").fill(**FIELDS)
    page = await anna.send(form.attach("svar_ritning", "brev.pdf", PDF), "check")
    assert "brev.pdf" in page.text
    page = await anna.send(page.form("/registrera/altan"), "register")
    assert page.status == 200 and "brev.pdf" in page.text


async def test_the_form_sent_again_registers_nothing_more_and_says_so(portal: Portal, anna: Browser) -> None:
    form = (await anna.get(f"{REGISTER}/altan")).form("/registrera/altan").fill(**FIELDS)
    await anna.send(form, "register")
    page = await anna.send(form.fill(svar_vad="Något annat"), "register")
    assert "Formuläret var redan skickat." in page.text and "2026-000002" in page.url
    assert len(await portal.list_cases()) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reg_way": ""}, "Ärendet kom genom"),
        ({"reg_arrived_on": ""}, "Dagen då ärendet kom in"),
        ({"reg_arrived_on": "2027-06-01"}, "Den kan inte vara i framtiden"),
        ({"reg_arrived_on": "2016-06-01"}, "Den kan inte vara i framtiden"),
        ({"om_p0_name": ""}, "Namn"),
        ({"om_p0_email": "eva@"}, "E-postadress"),
    ],
)
async def test_what_is_wrong_with_a_registration_is_said_and_what_was_typed_is_kept(
    portal: Portal, anna: Browser, given: dict[str, str], said: str
) -> None:
    page = await registers(anna, **given)
    assert page.status == 422
    assert said in " ".join(one.text_content() for one in page.tree.xpath("//p[@class='problem']"))
    assert page.form("/registrera/altan").value("svar-vad") == "En altan"
    assert len(await portal.list_cases()) == 1


async def test_only_those_who_may_see_all_cases_of_an_e_service_register_them(
    portal: Portal, anna: Browser
) -> None:
    (case,) = await portal.list_cases()
    form = (await anna.get(f"{REGISTER}/altan")).form("/registrera/altan").fill(**FIELDS)
    page = await anna.get(REGISTER)
    assert f"{REGISTER}/altan" in page.links() and "Finns på annat håll" not in page.text
    ute, _ = await enters(portal, case.id, who="ute")
    assert "Du kan inte registrera ärenden" in (await ute.get(REGISTER)).text
    assert (await ute.get(f"{REGISTER}/altan")).status == 409
    page = await ute.send(form, "register")
    assert page.status == 409 and len(await portal.list_cases()) == 1


def test_every_way_that_a_case_may_come_is_offered_and_named() -> None:
    assert REGISTERED_ORIGINS == ("phone", "visit", "letter", "email")


async def test_the_day_of_arrival_is_today_until_another_is_chosen(portal: Portal, anna: Browser) -> None:
    page = await anna.get(f"{REGISTER}/altan")
    today = local_day(portal.clock())
    assert date.fromisoformat(page.form("/registrera/altan").value("reg-arrived_on")) == today
