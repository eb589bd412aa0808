"""Filling in a form and sending it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from bot import portal
from bot.catalog.answers.parsing import ADDRESS_PARTS
from bot.portal import rendering
from bot.portal.applicant.submission.receipt import MAX_RECEIPTS
from bot.store.files import unattached
from bot.text.working_days import local_day
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


async def test_the_list_shows_what_is_published_and_nothing_else(eva: Browser) -> None:
    page = await eva.get("/")
    assert "Bygga altan" in page.text and "Öppna krog" in page.text
    assert "Finns på annat håll" not in page.text and "Beställ dator" not in page.text


async def test_internal_e_services_have_a_list_of_their_own(eva: Browser) -> None:
    page = await eva.get("/internt")
    assert "Beställ dator" in page.text and "Bygga altan" not in page.text


async def test_the_list_is_searched_by_unit_and_without_regard_to_accents(eva: Browser) -> None:
    page = await eva.get("/?q=MILJO")
    assert "Lämna tips" in page.text and "Bygga altan" not in page.text


async def test_a_search_without_hits_says_so(eva: Browser) -> None:
    assert "0 e-tjänster passar din sökning" in (await eva.get("/?q=rymdraket")).text


async def test_the_language_is_chosen_once_and_remembered(eva: Browser) -> None:
    await eva.get("/?lang=en")
    assert "Build a terrace" in (await eva.get("/e-tjanster/altan")).text


async def test_the_browsers_language_is_used_before_anyone_chose(portal: Portal) -> None:
    assert (
        "Build a terrace" in (await portal.browser().get("/", **{"accept-language": "en-GB,sv;q=0.5"})).text
    )


async def test_changing_language_keeps_what_was_typed(eva: Browser) -> None:
    form = await filled(eva)
    form.action += "&lang=en"
    page = await eva.send(form, "lang")
    assert page.form().value("svar_vad") == "En altan" and "Your details" in page.text


async def test_a_sent_form_becomes_a_case_with_what_was_answered(portal: Portal, eva: Browser) -> None:
    form = (await filled(eva)).fill(svar_typ="till", svar_pnr="811228-9874")
    page = await eva.submit(form)
    assert page.status == 200 and "/kvitto/" in page.url
    (case,) = await portal.list_cases()
    view = await portal.view_case(case.id)
    assert view.answers == {"vad": "En altan", "typ": "till", "pnr": "198112289874"}
    assert [(one.name, one.email) for one in view.people] == [("Eva Ek", "eva@ek.example")]


async def test_the_receipt_shows_the_number_and_what_was_sent(portal: Portal, eva: Browser) -> None:
    page = await eva.submit((await filled(eva)).fill(svar_typ="till"))
    (case,) = await portal.list_cases()
    assert case.number in page.text and "En altan" in page.text and "Tillbyggnad" in page.text


async def test_the_applicant_is_sent_a_mail(portal: Portal, eva: Browser) -> None:
    await eva.submit(await filled(eva))
    assert (await portal.count_deliveries())[("mail", "waiting")] == 1


async def test_no_address_holds_anything_that_was_typed(eva: Browser) -> None:
    page = await eva.submit(await filled(eva))
    seen = [str(one.url) for one in [*page.answer.history, page.answer]]
    assert not any(
        typed in url for url in seen for typed in ("Eva", "eva", "En+altan", "En%20altan", "2026-")
    )


async def test_a_receipt_cannot_be_guessed(portal: Portal, eva: Browser) -> None:
    await eva.submit(await filled(eva))
    (case,) = await portal.list_cases()
    assert (await eva.get(f"/kvitto/{case.id}")).status == 404
    assert (await eva.get(f"/kvitto/%22{case.id}%22.abcdef")).status == 404


async def test_after_a_quarter_of_an_hour_the_receipt_shows_only_the_number(
    portal: Portal, eva: Browser
) -> None:
    page = await eva.submit(await filled(eva))
    portal.clock.advance(minutes=16)
    later = await eva.get(page.url)
    assert "2026-000001" in later.text and "En altan" not in later.text and "eva@ek.example" not in later.text


async def test_the_next_person_with_the_receipts_address_sees_only_the_number(
    portal: Portal, eva: Browser
) -> None:
    page = await eva.submit(await filled(eva))
    assert "En altan" in (await eva.get(page.url)).text
    seen = await portal.browser().get(page.url)
    assert "2026-000001" in seen.text and "En altan" not in seen.text and "Eva Ek" not in seen.text


async def test_of_two_forms_filled_in_side_by_side_each_receipt_shows_its_own(
    portal: Portal, eva: Browser
) -> None:
    windows = [await filled(eva), (await filled(eva)).fill(svar_vad="Ett plank")]
    first, second = [await eva.submit(form) for form in windows]
    for receipt, own, other in ((first, "En altan", "Ett plank"), (second, "Ett plank", "En altan")):
        seen = (await eva.get(receipt.url)).text
        assert own in seen and other not in seen
        anothers = (await portal.browser().get(receipt.url)).text
        assert own not in anothers


async def test_each_receipt_has_a_quarter_of_an_hour_of_its_own(portal: Portal, eva: Browser) -> None:
    first = await eva.submit(await filled(eva))
    portal.clock.advance(minutes=10)
    second = await eva.submit((await filled(eva)).fill(svar_vad="Ett plank"))
    portal.clock.advance(minutes=6)
    assert "En altan" not in (await eva.get(first.url)).text
    assert "Ett plank" in (await eva.get(second.url)).text


async def test_a_browser_is_shown_the_receipts_of_its_last_cases(portal: Portal, eva: Browser) -> None:
    receipts = [
        await eva.submit((await filled(eva)).fill(svar_vad=f"Nr {n}!")) for n in range(MAX_RECEIPTS + 1)
    ]
    shown = [f"Nr {n}!" in (await eva.get(one.url)).text for n, one in enumerate(receipts)]
    assert shown == [False, *[True] * MAX_RECEIPTS]


async def test_of_a_strict_e_service_the_receipt_shows_the_number_and_nothing_else(eva: Browser) -> None:
    page = await eva.submit((await filled(eva, "oro")).fill(svar_vad="Ett barn"))
    assert "2026-000001" in page.text
    assert not any(said in page.text for said in ("Ett barn", "Eva Ek", "eva@ek", "Orosanmälan"))


async def test_a_protected_persons_receipt_shows_the_number_alone(eva: Browser) -> None:
    page = await eva.submit((await filled(eva)).fill(om_protected="yes"))
    assert "2026-000001" in page.text and "En altan" not in page.text and "Skyddade" not in page.text


async def test_no_receipt_claims_what_its_address_says(eva: Browser) -> None:
    page = await eva.submit(await filled(eva))
    assert "redan skickat" not in (await eva.get(f"{page.url}?igen=1")).text


async def test_a_strict_e_services_pages_say_nothing_in_the_history_and_are_left_at_a_press(
    eva: Browser,
) -> None:
    form = await eva.get("/e-tjanster/oro")
    receipt = await eva.submit((await filled(eva, "oro")).fill(svar_vad="Ett barn"))
    for page in (form, receipt):
        assert "Orosanmälan" not in page.tree.findtext(".//title")
        (leave,) = page.tree.xpath("//a[@data-leave]/@href")
        left = await eva.client.get(leave)
        assert left.status_code == 303 and left.headers["location"] == "https://www.smhi.se/"
    assert not (await eva.get("/e-tjanster/altan")).tree.xpath("//a[@data-leave]")


async def test_the_address_of_a_strict_e_service_says_nothing_in_the_history_and_the_one_of_before_leads_there(
    eva: Browser,
) -> None:
    (link,) = (one for one in (await eva.get("/")).links() if one.removeprefix("/e-tjanster/").isdecimal())
    page = await eva.get("/e-tjanster/oro?lang=en")
    assert f"{link}?formular=" in page.url and page.tree.get("lang") == "en"
    form = page.form().fill(om_p0_name="Eva Ek", om_p0_email="eva@ek.example", svar_vad="Ett barn")
    visited = [page.url, form.action, *page.tree.xpath("//link/@href")]
    receipt = await eva.submit(form)
    visited += [receipt.url, *(str(one.url) for one in receipt.answer.history)]
    assert [one for one in visited if "oro" in one] == []
    assert "2026-000001" in receipt.text


async def test_a_form_that_was_opened_at_the_address_of_before_is_taken(eva: Browser) -> None:
    form = (await filled(eva, "oro")).fill(svar_vad="Ett barn")
    form.action, eva.keeps_pages = "/e-tjanster/oro?svar=1", False
    assert "2026-000001" in (await eva.submit(form)).text


async def test_a_double_click_is_one_case_and_one_receipt(portal_on_both: Portal) -> None:
    eva = portal_on_both.browser()
    page = await eva.send((await eva.send(await filled(eva))).form(), "send")
    form = page.form().fill(code=await portal_on_both.take_form_code(page))
    first, second = await asyncio.gather(eva.send(form, "confirm"), eva.send(form, "confirm"))
    assert len(await portal_on_both.list_cases()) == 1
    assert first.url.partition("?")[0] == second.url.partition("?")[0]


async def test_nothing_is_sent_before_the_answers_are_looked_through(portal: Portal, eva: Browser) -> None:
    form = (await filled(eva)).fill(svar_typ="till", svar_adress__street="Byvägen 1")
    form.fill(svar_adress__postcode="12345", svar_adress__city="Byn", svar_mer="Rad ett\nrad två")
    page = await eva.send(form.attach("svar_ritning", "plan.pdf", PDF))
    assert page.status == 200 and "Kontrollera dina svar" in page.tree.findtext(".//title")
    assert all(
        said in page.text
        for said in ("En altan", "Tillbyggnad", "Byvägen 1", "rad två", "plan.pdf", "Inget svar")
    )
    (address,) = page.tree.xpath("//*[@class='address-large']")
    assert address.text == "eva@ek.example"
    assert await portal.list_cases() == []
    assert "/kvitto/" in (await eva.finish(page)).url
    (case,) = await portal.list_cases()
    view = await portal.view_case(case.id)
    assert view.answers["mer"] == "Rad ett\nrad två" and [one.name for one in view.files] == ["plan.pdf"]


async def test_each_answer_leads_back_to_its_question_with_all_kept(portal: Portal, eva: Browser) -> None:
    page = await eva.send((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    buttons = {
        button.get("value"): button.get("formaction")
        for button in page.tree.xpath("//button[starts-with(@value, 'edit:')]")
    }
    assert {"edit:om-p0_name", "edit:om-p0_email", "edit:svar-vad", "edit:svar-ritning"} <= set(buttons)
    assert buttons["edit:svar-typ"].endswith("#svar-typ-ny")
    back = await eva.send(page.form(), "edit:svar-vad")
    form = back.form()
    assert form.value("svar_vad") == "En altan" and form.value("om_p0_email") == "eva@ek.example"
    assert "plan.pdf" in back.text
    await eva.submit(form.fill(svar_vad="En liten altan"))
    (case,) = await portal.list_cases()
    view = await portal.view_case(case.id)
    assert view.answers["vad"] == "En liten altan" and [one.name for one in view.files] == ["plan.pdf"]


async def test_the_answers_are_looked_through_in_either_language(eva: Browser) -> None:
    page = await eva.send((await filled(eva)).fill(svar_typ="ny"))
    form = page.form()
    form.action += "&lang=en"
    page = await eva.send(form, "check")
    assert "Check your answers" in page.text and "En altan" in page.text
    assert "/kvitto/" in (await eva.finish(page)).url


async def test_a_correction_after_sending_is_told_to_be_unsaved_and_where_it_can_be_written(
    portal: Portal, eva: Browser
) -> None:
    """The browser's Back leads to the form as it was, with its key."""
    form = await filled(eva)
    await eva.submit(form)
    page = await eva.send(form.fill(svar_vad="En veranda", om_p0_phone="0701740605"))
    assert page.status == 409 and "Tack" not in page.text
    assert "2026-000001" in page.text and "En veranda" in page.text and "inte sparat" in page.text
    (case,) = await portal.list_cases()
    assert f"/mina-sidor/logga-in?till=/mina-sidor/arende/{case.id}" in page.links()
    assert (await portal.view_case(case.id)).answers == {"vad": "En altan"}


async def test_the_empty_form_is_kept_by_the_browser_and_posted_to_its_own_address(eva: Browser) -> None:
    """What was typed is there when one comes back without having sent it. Browsers forget a page that is posted to."""
    page = await eva.get("/e-tjanster/altan?lang=en")
    assert page.answer.headers["cache-control"] == "private, no-cache"
    assert page.url.endswith(page.form().action)
    page = await eva.send(await filled(eva))
    assert page.answer.headers["cache-control"] == "no-store"
    assert (await eva.get(page.form().action)).answer.headers["cache-control"] == "no-store"
    assert (await eva.get("/e-tjanster/oro")).answer.headers["cache-control"] == "no-store"


async def test_a_correction_that_is_wrong_or_a_file_is_told_to_be_unsaved_too(eva: Browser) -> None:
    form = await filled(eva)
    await eva.submit(form)
    assert "123-fel" in (await eva.send(form.fill(svar_pnr="123-fel"))).text
    form.fill(svar_pnr="")
    assert "plan.pdf" in (await eva.send(form.attach("svar_ritning", "plan.pdf", PDF))).text


async def test_who_cannot_follow_the_case_is_told_whom_to_contact(eva: Browser) -> None:
    form = (await eva.get("/e-tjanster/tips")).form()
    await eva.submit(form.fill(om_who="anonymous", svar_vad="Ett hål"))
    page = await eva.send(form.fill(svar_vad="Två hål"))
    assert "Kontakta Kontaktcenter och uppge ärendenumret 2026-000001" in page.text
    assert not [link for link in page.links() if "/mina-sidor/arende/" in link]


async def test_sending_the_same_again_is_the_same_receipt(portal: Portal, eva: Browser) -> None:
    form = (await filled(eva)).attach("svar_ritning", "plan.pdf", PDF)
    first = await eva.submit(form)
    with_its_file = await eva.send(form)
    form.uploads.clear()
    for again in (with_its_file, await eva.send(form)):
        assert again.url == first.url and "redan skickat" in again.text
    assert len(await portal.list_cases()) == 1


async def test_two_who_apply_at_once_have_a_case_each(portal_on_both: Portal) -> None:
    one, other = portal_on_both.browser(), portal_on_both.browser()
    await asyncio.gather(one.submit(await filled(one)), other.submit(await filled(other)))
    assert sorted(case.number for case in await portal_on_both.list_cases()) == ["2026-000001", "2026-000002"]


async def test_what_is_missing_is_told_and_what_was_typed_is_kept(portal: Portal, eva: Browser) -> None:
    form = (await filled(eva)).fill(
        svar_vad="", svar_mer="Tre meter\nlång", svar_typ="ny", svar_adress__city="Byn"
    )
    page = await eva.submit(form)
    assert page.status == 422 and "Svara på ”Vad vill du bygga?”" in page.text
    again = page.form()
    assert again.value("om_p0_name") == "Eva Ek" and again.value("svar_typ") == "ny"
    assert again.value("svar_adress__city") == "Byn" and again.value("svar_mer").split() == [
        "Tre",
        "meter",
        "lång",
    ]
    assert await portal.list_cases() == []


@pytest.mark.parametrize("typed", ["3 april", "04-03", "3/4"])
async def test_a_day_without_its_year_is_told_and_kept(portal: Portal, eva: Browser, typed: str) -> None:
    """A browser's own date field sends nothing at all until day, month and year are there."""
    form = await eva.get("/e-tjanster/altan")
    (field,) = form.tree.xpath("//input[@name='svar-start']")
    today = local_day(portal.clock())
    assert field.get("type") == "text" and f"Tidigast i vår. Till exempel {today}." in form.text
    page = await eva.submit((await filled(eva)).fill(svar_start=typed))
    assert page.status == 422 and "datum med år" in page.text
    assert page.form().value("svar_start") == typed
    assert await portal.list_cases() == []


async def test_the_summary_leads_to_the_field(eva: Browser) -> None:
    page = await eva.submit((await filled(eva)).fill(svar_vad="", svar_pnr="123"))
    targets = [link[1:] for link in page.links() if link.startswith("#")]
    assert targets == ["svar-vad", "svar-pnr"]
    for target in targets:
        (field,) = page.tree.xpath(f"//*[@id='{target}']")
        assert field.get("aria-invalid") == "true" and f"{target}-error" in field.get("aria-describedby")


async def test_a_question_that_is_not_asked_is_not_required(portal: Portal, eva: Browser) -> None:
    assert (await eva.submit((await filled(eva)).fill(svar_agare="true"))).status == 200


async def test_a_question_that_is_asked_is_required(eva: Browser) -> None:
    page = await eva.submit((await filled(eva)).fill(svar_agare="false"))
    assert page.status == 422 and "Svara på ”Vem äger huset?”" in page.text


async def test_a_question_hides_without_a_script(eva: Browser) -> None:
    style = (await eva.get("/e-tjanster/altan/villkor.css")).answer
    assert style.headers["content-type"].startswith("text/css")
    assert '[data-for="svar-vem"] { display: none }' in style.text and 'value="false"]:checked' in style.text


async def test_text_is_cleaned_before_it_is_stored(portal: Portal, eva: Browser) -> None:
    await eva.submit((await filled(eva)).fill(svar_vad="Al\u202etan\x00 \u0061\u030a"))
    (case,) = await portal.list_cases()
    assert (await portal.view_case(case.id)).answers["vad"] == "Altan å"


async def test_markup_that_was_typed_is_shown_as_text(eva: Browser) -> None:
    page = await eva.submit((await filled(eva)).fill(svar_vad="<script>alert(1)</script>"))
    assert "<script>alert" not in page.answer.text and "<script>alert(1)</script>" in page.text


async def test_an_oversized_answer_is_told_by_how_much(eva: Browser) -> None:
    page = await eva.submit((await filled(eva)).fill(svar_mer="x" * 5003))
    assert page.status == 422 and "3 tecken för lång" in page.text


async def test_a_question_stands_between_quotes_in_the_sentence_about_its_answer(eva: Browser) -> None:
    page = await eva.submit((await filled(eva)).fill(svar_vad="x" * 20_000))
    assert "”Vad vill du bygga?” är" in page.text and "Vad vill du bygga? är" not in page.text


async def test_who_needs_mina_sidor_needs_an_address(eva: Browser) -> None:
    assert (await eva.submit((await filled(eva)).fill(om_p0_email=""))).status == 422


async def test_without_login_an_address_is_not_needed_and_the_receipt_says_it_is_all(eva: Browser) -> None:
    form = (await eva.get("/e-tjanster/tips")).form()
    page = await eva.submit(form.fill(om_who="named", om_p0_name="Eva Ek", svar_vad="Ett hål"))
    assert page.status == 200 and "Det här kvittot är det enda du får" in page.text


async def test_an_anonymous_case_has_no_person(portal: Portal, eva: Browser) -> None:
    form = (await eva.get("/e-tjanster/tips")).form()
    page = await eva.submit(form.fill(om_who="anonymous", om_p0_name="Eva Ek", svar_vad="Ett hål"))
    assert "Du valde att vara anonym" in page.text
    (case,) = await portal.list_cases("tips")
    assert await portal.people(case.id) == ()


async def test_one_more_person_is_added_without_a_script(portal: Portal, eva: Browser) -> None:
    page = await eva.send(await filled(eva, "krog"), "add_person")
    form = page.form()
    assert form.value("om_p0_name") == "Eva Ek"
    form.fill(om_p1_name="Karl Ek", om_p1_email="karl@ek.example", om_p1_role="representative")
    await eva.submit(form)
    (case,) = await portal.list_cases("krog")
    people = await portal.people(case.id)
    assert [(one.name, one.role) for one in people] == [
        ("Eva Ek", "applicant"),
        ("Karl Ek", "representative"),
    ]
    assert (await portal.count_deliveries())[("mail", "waiting")] == 2


async def test_a_person_is_taken_away_and_those_after_move_up(eva: Browser) -> None:
    form = (await eva.send(await filled(eva, "krog"), "add_person")).form().fill(om_p1_name="Fel Person")
    form = (await eva.send(form, "add_person")).form().fill(om_p2_name="Karl Ek")
    form = (await eva.send(form, "remove_person:1")).form()
    assert form.value("persons") == "2" and form.value("om_p1_name") == "Karl Ek"


async def test_of_several_persons_the_summary_says_whose_detail_is_wrong(eva: Browser) -> None:
    form = (await eva.send(await filled(eva, "krog"), "add_person")).form().fill(om_p1_email="karl")
    page = await eva.send(form)
    summary = page.tree.find_class("summary")[0].text_content()
    assert "Person 2: Fyll i Namn." in summary and "Person 2: E-postadress" in summary
    assert "Person 1" not in summary


@pytest.mark.parametrize("name", [".", "-", "123", "_", "😀"])
async def test_a_name_without_a_letter_is_none(eva: Browser, name: str) -> None:
    page = await eva.send((await filled(eva)).fill(om_p0_name=name))
    assert page.status == 422 and "Skriv namnet med bokstäver." in page.text


@pytest.mark.parametrize("name", ["Ö", "bo ek", "李", "محمد", "X Æ A-12"])
async def test_a_name_in_any_script_is_taken_as_it_is_written(
    portal: Portal, eva: Browser, name: str
) -> None:
    await eva.submit((await filled(eva)).fill(om_p0_name=name))
    (case,) = await portal.list_cases()
    assert [one.name for one in await portal.people(case.id)] == [name]


@pytest.mark.parametrize("number", ["9" * 5_000, "0" * 5_000, "\u0663" * 5_000, "-1", "\u00b2", ""])
async def test_a_number_of_persons_that_is_none_is_no_bug(eva: Browser, number: str) -> None:
    form = (await filled(eva, "krog")).fill(persons=number)
    assert (await eva.send(form, f"remove_person:{number}")).status < 500
    assert (await eva.send(form, "add_person")).form().value("om_p0_name") == "Eva Ek"


async def test_others_cannot_be_added_where_one_applies_alone(portal: Portal, eva: Browser) -> None:
    form = (await filled(eva)).fill(persons="3", om_p1_name="Karl", om_p1_email="karl@ek.example")
    await eva.submit(form)
    (case,) = await portal.list_cases()
    assert len(await portal.people(case.id)) == 1


async def test_protected_identity_marks_the_case(portal: Portal, eva: Browser) -> None:
    await eva.submit((await filled(eva)).fill(om_protected="yes"))
    (case,) = await portal.list_cases()
    assert (await portal.view_case(case.id)).case.protected


async def test_an_e_service_of_another_platform_has_no_form_here(eva: Browser) -> None:
    assert (await eva.get("/e-tjanster/annan")).status == 404


async def test_a_page_open_for_a_day_asks_to_send_again_with_all_kept(portal: Portal, eva: Browser) -> None:
    form = await filled(eva)
    portal.clock.advance(hours=25)
    page = await eva.submit(form)
    assert "Sidan har varit öppen så länge" in page.text and page.form().value("svar_vad") == "En altan"
    assert "/kvitto/" in (await eva.submit(page.form())).url


async def test_an_applicant_takes_away_what_is_filled_in_with_its_files(portal: Portal, eva: Browser) -> None:
    assert not (await eva.get("/e-tjanster/altan")).has_button("discard")
    form = (await filled(eva)).fill(svar_start="3 april")
    form = form.attach("svar_ritning", "plan.pdf", PDF)
    page = await eva.submit(form)
    assert page.status == 422 and await portal.database.read(unattached.size) > 0
    page = await eva.send(page.form(), "discard")
    assert "/e-tjanster/altan?" in page.url and page.form().value("svar_vad").strip() == ""
    assert await portal.database.read(unattached.size) == 0
    page = await eva.send(await filled(eva))
    assert page.has_button("send") and page.has_button("discard")


async def test_a_forged_key_makes_no_case(portal: Portal, eva: Browser) -> None:
    page = await eva.submit((await filled(eva)).fill(key="abc.def"))
    assert "/kvitto/" not in page.url and await portal.list_cases() == []


async def test_a_form_from_another_site_is_turned_away(portal: Portal, eva: Browser) -> None:
    form = await filled(eva)
    files = [(name, (None, value)) for name, value in form.values]
    answer = await eva.client.post(form.action, files=files, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403 and await portal.list_cases() == []


async def test_an_applicant_may_live_abroad_and_paste_their_mail_address(
    portal: Portal, eva: Browser
) -> None:
    form = (await filled(eva)).fill(
        om_p0_email="Eva Ek <eva@ek.example>,",
        svar_adress__street="Karl Johans gate 1",
        svar_adress__postcode="0154",
        svar_adress__city="Oslo",
    )
    page = await eva.submit(form)
    assert page.status == 422 and "Är adressen utomlands, skriv också landet" in page.text
    await eva.submit(page.form().fill(svar_adress__country="Norge"))
    (case,) = await portal.list_cases()
    view = await portal.view_case(case.id)
    assert view.answers["adress"]["country"] == "Norge"
    (person,) = await portal.people(case.id)
    assert person.email == "eva@ek.example"


async def test_files_come_with_the_case(portal: Portal, eva: Browser, tmp_path: Path) -> None:
    await eva.submit((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    (case,) = await portal.list_cases()
    view = await portal.view_case(case.id)
    (file,) = view.files
    assert (file.name, file.kind, file.size, file.field) == (
        "plan.pdf",
        "application/pdf",
        len(PDF),
        "ritning",
    )
    assert b"".join(portal.deps.files.read(file.id)) == PDF
    assert view.answers["ritning"][0]["id"] == file.id


async def test_a_picture_can_be_chosen_by_any_of_its_formats_endings(portal: Portal, eva: Browser) -> None:
    page = await eva.get("/e-tjanster/altan")
    (offered,) = page.tree.xpath("//input[@type='file']/@accept")
    assert {".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff"} <= set(offered.split(","))
    await eva.submit(
        (await filled(eva)).attach("svar_ritning", "bild.jfif", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00")
    )
    (case,) = await portal.list_cases()
    assert [file.name for file in (await portal.view_case(case.id)).files] == ["bild.jfif"]


async def test_files_stay_through_an_error(portal: Portal, eva: Browser) -> None:
    form = (await filled(eva)).fill(svar_vad="").attach("svar_ritning", "plan.pdf", PDF)
    again = (await eva.submit(form)).form()
    assert again.value("kept_svar-ritning")
    await eva.submit(again.fill(svar_vad="En altan").attach("svar_ritning", "bild.pdf", PDF))
    (case,) = await portal.list_cases()
    assert sorted(file.name for file in (await portal.view_case(case.id)).files) == ["bild.pdf", "plan.pdf"]


async def test_a_kept_file_can_be_taken_away(portal: Portal, eva: Browser) -> None:
    page = await eva.submit((await filled(eva)).fill(svar_vad="").attach("svar_ritning", "plan.pdf", PDF))
    (button,) = page.tree.xpath("//button[starts-with(@value, 'remove_file:')]/@value")
    page = await eva.send(page.form().fill(svar_vad="En altan"), str(button))
    assert "plan.pdf" not in page.text and page.form().value("svar_vad") == "En altan"
    await eva.submit(page.form())
    (case,) = await portal.list_cases()
    assert (await portal.view_case(case.id)).files == ()


async def test_a_kept_file_of_another_form_is_not_taken_over(portal: Portal, eva: Browser) -> None:
    form = (await filled(eva)).fill(svar_vad="").attach("svar_ritning", "plan.pdf", PDF)
    token = (await eva.submit(form)).form().value("kept_svar-ritning")
    other = portal.browser()
    await other.submit((await filled(other)).fill(**{"kept_svar-ritning": token}))
    (case,) = await portal.list_cases()
    assert (await portal.view_case(case.id)).files == ()


async def test_more_files_than_the_question_takes_are_told(eva: Browser) -> None:
    form = await filled(eva)
    for n in range(4):
        form.attach("svar_ritning", f"{n}.pdf", PDF)
    page = await eva.submit(form)
    assert page.status == 422 and "Bifoga högst 3 filer" in page.text


async def test_a_file_over_the_limit_is_refused_and_the_rest_kept(portal: Portal, eva: Browser) -> None:
    big = PDF + b"x" * (1024 * 1024)
    form = (
        (await filled(eva)).attach("svar_ritning", "stor.pdf", big).attach("svar_ritning", "liten.pdf", PDF)
    )
    page = await eva.submit(form)
    assert page.status == 422 and "stor.pdf kan inte tas emot: filen är för stor" in page.text
    assert "liten.pdf" in page.text and page.form().value("om_p0_name") == "Eva Ek"
    assert len([one for one in portal.deps.files.root.rglob("*") if one.is_file()]) == 1


async def test_a_program_under_another_name_is_refused(portal: Portal, eva: Browser) -> None:
    page = await eva.submit(
        (await filled(eva)).attach("svar_ritning", "plan.pdf", b"MZ\x90\x00\x03" + b"\x00" * 99)
    )
    assert page.status == 422 and "plan.pdf kan inte tas emot" in page.text
    assert not [one for one in portal.deps.files.root.rglob("*") if one.is_file()]


async def test_what_must_be_answered_is_told_to_everyone(eva: Browser) -> None:
    page = await eva.get("/e-tjanster/ansokan")
    files = page.tree.xpath("//input[@type='file']")
    assert [one.get("required") is not None for one in files] == [True]
    parts = {part: page.tree.xpath(f"//input[@name='svar-adress.{part}']")[0] for part in ADDRESS_PARTS}
    assert [part for part, one in parts.items() if one.get("required") is not None] == [
        "street",
        "postcode",
        "city",
    ]
    legends = [" ".join(one.text_content().split()) for one in page.tree.xpath("//legend")]
    assert "Vilka dagar?* (måste besvaras)" in legends and "Krogens adress* (måste besvaras)" in legends


async def test_a_browser_fills_in_only_what_is_the_applicants_own(eva: Browser) -> None:
    """Someone who reports a restaurant is not to send their own home as its address."""
    filled_in = (await eva.get("/e-tjanster/ansokan")).autocomplete()
    assert {name for name, said in filled_in.items() if name.startswith("svar-") and said} == {
        "svar-hem.street", "svar-hem.postcode", "svar-hem.city", "svar-hem.country", "svar-min_telefon"
    }  # fmt: skip
    first = {name: said for name, said in filled_in.items() if name.startswith("om-p0_")}
    assert first == {"om-p0_name": "name", "om-p0_email": "email", "om-p0_phone": "tel"}


async def test_a_browser_does_not_fill_in_another_person(eva: Browser) -> None:
    page = await eva.send(await filled(eva, "krog"), "add_person")
    second = {name: said for name, said in page.autocomplete().items() if name.startswith("om-p1_")}
    assert set(second) == {"om-p1_name", "om-p1_email", "om-p1_phone"} and set(second.values()) == {"off"}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/handlaggare/1", '<input name="a">'),
        ("/handlaggare/1", '<input type="email" name="a" autocomplete="email">'),
        ("/e-tjanster/a", '<input name="om-p1_name" autocomplete="name">'),
        ("/e-tjanster/a", '<input name="svar-a" autocomplete="cc-number">'),
    ],
)
def test_a_page_whose_fields_a_browser_would_remember_is_found(path: str, field: str) -> None:
    request = httpx.Request("GET", f"https://hall.example{path}")
    answer = httpx.Response(200, html=f"<html><body>{field}</body></html>", request=request)
    with pytest.raises(AssertionError, match="browsers may remember"):
        Page(answer)


async def test_each_field_that_is_wrong_says_so_itself(eva: Browser) -> None:
    form = (await filled(eva, "ansokan")).fill(svar_adress__street="Torget 1", svar_adress__city="Byn")
    page = await eva.send(form)
    wrong = {one.get("name") for one in page.tree.xpath("//*[@aria-invalid='true']")}
    assert wrong == {"svar-slag", "svar-dagar", "svar-adress.postcode", "svar-ritning"}
    assert "#svar-adress.postcode" in page.links()


def test_no_page_is_compiled_when_it_is_first_asked_for() -> None:
    portal.preload()
    environment = rendering._environment()
    assert environment.cache is not None
    assert len(environment.cache) == len(environment.list_templates()) and not environment.auto_reload
