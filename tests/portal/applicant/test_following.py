"""A case on Mina sidor: how it goes, and what the applicant does."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from structlog.testing import capture_logs

from bot.catalog.services import EService
from bot.domain.assignment import TakeCase
from bot.domain.messages.correspondence import SendMessage
from bot.domain.messages.undoing import UndoMessage
from bot.domain.notes import AddNote
from bot.domain.status import SetStatus
from bot.portal.flash import FLASH_COOKIE
from tests.municipality import send_until_left
from tests.portal.applicant.test_applying import PDF
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_editing import use_altan


@pytest.fixture
@filled_once
async def case_id(portal: Portal, eva: Browser) -> str:
    """Eva's case; she is signed in."""
    await eva.submit((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    await signs_in(portal, eva)
    (case,) = await portal.list_cases()
    return str(case.id)


def place(case_id: str) -> str:
    return f"/mina-sidor/arende/{case_id}"


async def asks_for_more(portal: Portal, case_id: str) -> None:
    anna = portal.officer("anna")
    ask = SendMessage(
        case_id=case_id,
        text="Vi saknar en ritning.",
        kind="completion",
        status="waiting",
        expected="submitted",
    )
    await send_until_left(portal.service, ask, anna)


def steps_on(page: Page) -> list[str]:
    names = page.tree.xpath("//ol[@class='steps']/li/span[1]")
    return [" ".join(name.text_content().split()) for name in names]


async def says(browser: Browser, case_id: str, text: str, **given: str) -> Page:
    form = (await browser.get(place(case_id))).form(case_id)
    return await browser.send(form.fill(text=text, **given))


async def test_the_status_stands_in_plain_words(eva: Browser, case_id: str) -> None:
    assert "Vi har tagit emot ditt ärende." in (await eva.get(place(case_id))).text


async def test_what_has_happened_is_told_in_order_and_names_no_officer(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    anna = portal.officer("anna")
    await portal.service.perform(TakeCase(case_id=case_id), anna)
    await portal.service.perform(SetStatus(case_id=case_id, status="working", expected="submitted"), anna)
    await portal.service.perform(AddNote(case_id=case_id, text="Hemlig notering"), anna)
    page = await eva.get(place(case_id))
    assert steps_on(page) == ["Inskickat", "Under behandling"]
    assert "Anna Berg" not in page.text and "Hemlig" not in page.text


async def test_a_message_shows_its_sender_and_unit(portal: Portal, eva: Browser, case_id: str) -> None:
    await portal.service.perform(SendMessage(case_id=case_id, text="Hej Eva!"), portal.officer("anna"))
    portal.clock.advance(seconds=30)
    page = await eva.get(place(case_id))
    assert "Anna Berg, Byggenheten" in page.text and "Hej Eva!" in page.text


async def test_a_message_that_can_be_undone_is_not_seen(portal: Portal, eva: Browser, case_id: str) -> None:
    sent = await portal.service.perform(SendMessage(case_id=case_id, text="Fel!"), portal.officer("anna"))
    assert "Fel!" not in (await eva.get(place(case_id))).text
    undo = UndoMessage(case_id=case_id, message_id=sent.ids["message_id"])
    await portal.service.perform(undo, portal.officer("anna"))
    portal.clock.advance(seconds=30)
    assert "Fel!" not in (await eva.get(place(case_id))).text


async def test_a_status_that_was_undone_with_its_message_has_not_happened(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    anna = portal.officer("anna")
    wait = SendMessage(case_id=case_id, text="Fel!", status="waiting", expected="submitted")
    sent = await portal.service.perform(wait, anna)
    await portal.service.perform(UndoMessage(case_id=case_id, message_id=sent.ids["message_id"]), anna)
    await portal.service.perform(SetStatus(case_id=case_id, status="working", expected="submitted"), anna)
    page = await eva.get(place(case_id))
    assert steps_on(page) == ["Inskickat", "Under behandling"]


async def test_a_status_is_not_seen_before_the_message_that_it_follows(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    ask = SendMessage(case_id=case_id, text="Vi saknar en ritning.", status="waiting", expected="submitted")
    await portal.service.perform(ask, portal.officer("anna"))
    page, listed = await eva.get(place(case_id)), await eva.get("/mina-sidor")
    assert steps_on(page) == ["Inskickat"]
    for seen in (page, listed):
        assert "Väntar på komplettering" not in seen.text and "Vi behöver mer från dig." not in seen.text
    assert "Lägg till det som saknas" not in page.text
    await send_until_left(portal.service, ask, portal.officer("anna"))
    page, listed = await eva.get(place(case_id)), await eva.get("/mina-sidor")
    assert steps_on(page) == ["Inskickat", "Väntar på komplettering"]
    assert "Väntar på komplettering" in listed.text


async def test_an_answer_reaches_the_case_with_its_files(portal: Portal, eva: Browser, case_id: str) -> None:
    form = (await eva.get(place(case_id))).form(case_id).fill(text="När får jag svar?")
    page = await eva.send(form.attach("files", "bild.pdf", PDF))
    assert "Ditt meddelande är skickat" in page.text and "När får jag svar?" in page.text
    view = await portal.view_case(case_id)
    (message,) = view.messages
    assert (message.text, [file.name for file in message.files]) == ("När får jag svar?", ["bild.pdf"])
    assert page.url.endswith(f"#m-{message.id}")
    (confirmation,) = page.tree.xpath("//*[@role='status']")
    assert confirmation.getparent().get("id") == f"m-{message.id}", "it stands where the address leads"


async def test_a_file_that_cannot_be_taken_is_told_where_the_files_are(eva: Browser, case_id: str) -> None:
    form = (await eva.get(place(case_id))).form(case_id).fill(text="Här är den.")
    page = await eva.send(form.attach("files", "plan.pdf", b"MZ\x90\x00" + bytes(300)))
    assert page.status == 422
    assert "plan.pdf kan inte tas emot" in page.tree.get_element_by_id("files-error").text_content()
    assert page.tree.xpath("//*[@id='fel']//a/@href") == ["#files"]
    assert not page.tree.xpath("//*[@id='text-error']")


async def test_an_answer_is_told_privately_to_the_officer_of_the_case(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    await portal.service.perform(TakeCase(case_id=case_id), portal.officer("anna"))
    await says(eva, case_id, "Hej!")
    assert (await portal.count_deliveries())[("notice", "waiting")] == 1


async def test_an_answer_sent_twice_is_one(portal: Portal, eva: Browser, case_id: str) -> None:
    form = (await eva.get(place(case_id))).form(case_id).fill(text="Hej!")
    await asyncio.gather(eva.send(form), eva.send(form))
    assert len((await portal.view_case(case_id)).messages) == 1


async def test_a_text_that_was_changed_after_it_was_sent_is_not_called_sent(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    form = (await eva.get(place(case_id))).form(case_id).fill(text="Jag kommer på tisdag.")
    await eva.send(form)
    page = await eva.send(form.fill(text="Jag kommer på onsdag."))
    assert page.status == 422 and "det är inte skickat" in page.text
    again = page.form(case_id)
    assert again.value("text").strip() == "Jag kommer på onsdag."
    assert "Ditt meddelande är skickat" in (await eva.send(again)).text
    texts = [one.text for one in (await portal.view_case(case_id)).messages]
    assert texts == ["Jag kommer på tisdag.", "Jag kommer på onsdag."]


async def test_what_is_asked_for_is_added_and_moves_the_case_on(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    await asks_for_more(portal, case_id)
    form = (await eva.get(place(case_id))).form(case_id)
    page = await eva.send(form.attach("files", "ritning.pdf", PDF))
    assert "Vi har tagit emot det du lade till" in page.text
    view = await portal.view_case(case_id)
    assert view.case.status == "completed" and view.messages[-1].kind == "added"


async def test_a_question_while_more_is_asked_for_leaves_the_case_waiting(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    await asks_for_more(portal, case_id)
    await says(eva, case_id, "Vilken ritning?", kind="question")
    assert (await portal.view_case(case_id)).case.status == "waiting"


async def test_an_empty_answer_is_told_and_files_are_kept(portal: Portal, eva: Browser, case_id: str) -> None:
    form = (await eva.get(place(case_id))).form(case_id)
    page = await eva.send(form.attach("files", "bild.pdf", PDF))
    assert page.status == 422 and "Skriv något först" in page.text and "bild.pdf" in page.text
    await eva.send(page.form(case_id).fill(text="Nu med text"))
    (message,) = (await portal.view_case(case_id)).messages
    assert [file.name for file in message.files] == ["bild.pdf"]


async def test_an_oversized_answer_comes_back_filled_in(portal: Portal, eva: Browser, case_id: str) -> None:
    page = await says(eva, case_id, "x" * 20_005)
    assert page.status == 422 and "5 tecken för lång" in page.text and "ärendesidan" not in page.text
    assert page.form(case_id).value("text").strip() == "x" * 20_005
    assert (await portal.view_case(case_id)).messages == ()


async def test_a_file_of_a_refused_kind_stops_the_answer_and_keeps_the_text(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    form = (await eva.get(place(case_id))).form(case_id).fill(text="Se bilaga")
    page = await eva.send(form.attach("files", "x.exe", b"MZ"))
    assert page.status == 422 and page.form(case_id).value("text").strip() == "Se bilaga"
    assert (await portal.view_case(case_id)).messages == ()


async def test_receipt_is_confirmed_once(portal: Portal, eva: Browser, case_id: str) -> None:
    command = SendMessage(case_id=case_id, text="Läs det här", receipt=True)
    await portal.service.perform(command, portal.officer("anna"))
    portal.clock.advance(seconds=30)
    form = (await eva.get(place(case_id))).form("/kvittera")
    page = await eva.send(form)
    assert "Du bekräftade" in page.text
    await eva.send(form)
    history = [line.event for line in (await portal.view_case(case_id)).history]
    assert history.count("MessageReceipted") == 1


async def test_a_page_says_what_was_just_done_once_and_never_what_its_address_says(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    page = await says(eva, case_id, "När får jag svar?")
    assert "Ditt meddelande är skickat" in page.text and "?" not in page.url
    for shown in (place(case_id), f"{place(case_id)}?ok=sent", f"{place(case_id)}?ok=receipted"):
        assert not (await eva.get(shown)).tree.xpath("//main//*[@role='status']")


async def test_what_was_done_is_told_to_the_session_that_did_it_and_of_its_case(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    await eva.submit(await filled(eva))
    (other,) = {case.id for case in await portal.list_cases()} - {case_id}
    form = (await eva.get(place(case_id))).form(case_id).fill(text="När får jag svar?")
    await eva.send(form, follow=False)
    assert "är skickat" not in (await eva.get(place(other))).text
    again = portal.browser()
    await signs_in(portal, again)
    for cookie in eva.client.cookies.jar:
        if cookie.name.endswith(FLASH_COOKIE):
            again.client.cookies.jar.set_cookie(cookie)
    assert "är skickat" not in (await again.get(place(case_id))).text
    assert "är skickat" in (await eva.get(place(case_id))).text


async def test_a_receipt_that_came_too_late_is_not_said_to_be_confirmed(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    command = SendMessage(case_id=case_id, text="Läs det här", receipt=True)
    await send_until_left(portal.service, command, portal.officer("anna"))
    form = (await eva.get(place(case_id))).form("/kvittera")
    page = await eva.send(form.fill(key="gammal"))
    assert "Vi ser nu att du har läst" not in page.text and "skicka på nytt" in page.text


async def test_a_closed_case_that_takes_no_more_says_whom_to_turn_to(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    close = SetStatus(case_id=case_id, status="closed", expected="submitted", note="Klart")
    await portal.service.perform(close, portal.officer("anna"))
    form = (await eva.get(place(case_id))).form(case_id).fill(text="En sak till")
    portal.clock.advance(days=31)
    await signs_in(portal, eva)
    page = await eva.get(place(case_id))
    assert "Det går inte längre att skriva" in page.text and "010-123 45 67" in page.text
    assert (await eva.send(form)).status == 422
    assert (await portal.view_case(case_id)).messages == ()


async def test_a_file_is_saved_and_never_shown(eva: Browser, case_id: str) -> None:
    page = await eva.get(place(case_id))
    (link,) = [one for one in page.links() if "/fil/" in one]
    answer = (await eva.get(link)).answer
    assert answer.content == PDF and answer.headers["content-disposition"].startswith("attachment;")
    assert (
        answer.headers["x-content-type-options"] == "nosniff"
        and "sandbox" in answer.headers["content-security-policy"]
    )


async def test_a_file_of_another_case_is_not_there(portal: Portal, eva: Browser, case_id: str) -> None:
    other = portal.browser()
    await other.submit(
        (await filled(other)).fill(om_p0_email="karl@ek.example").attach("svar_ritning", "k.pdf", PDF)
    )
    theirs = next(case.id for case in await portal.list_cases() if case.id != case_id)
    (file,) = (await portal.view_case(theirs)).files
    assert (await eva.get(f"{place(case_id)}/fil/{file.id}")).status == 404
    assert (await eva.get(f"{place(theirs)}/fil/{file.id}")).status == 404


async def test_someone_elses_case_does_not_exist(portal: Portal, eva: Browser, case_id: str) -> None:
    karl = portal.browser()
    await signs_in(portal, karl, "karl@annan.example")
    assert (await karl.get(place(case_id))).status == 404
    form = (await eva.get(place(case_id))).form(case_id).fill(text="Hej")
    assert (await karl.send(form)).status == 404
    assert (await portal.view_case(case_id)).messages == ()


async def test_a_case_that_nobody_follows_is_not_shown(portal: Portal, eva: Browser) -> None:
    form = (await eva.get("/e-tjanster/tips")).form()
    await eva.submit(
        form.fill(om_who="named", om_p0_name="Eva", om_p0_email="eva@ek.example", svar_vad="Ett hål")
    )
    (case,) = await portal.list_cases("tips")
    page = await signs_in(portal, eva)
    assert "Lämna tips" not in page.text and (await eva.get(place(case.id))).status == 404


async def test_each_of_several_applicants_reads_and_writes(portal: Portal, eva: Browser) -> None:
    form = (await eva.send(await filled(eva, "krog"), "add_person")).form()
    await eva.submit(form.fill(om_p1_name="Karl Ek", om_p1_email="karl@ek.example"))
    (case,) = await portal.list_cases("krog")
    karl = portal.browser()
    await signs_in(portal, karl, "karl@ek.example")
    await karl.send((await karl.get("/mina-sidor/bekrafta")).form().fill(number=case.number))
    await says(karl, case.id, "Hej från Karl")
    await signs_in(portal, eva)
    page = await eva.get(place(case.id))
    assert "Hej från Karl" in page.text and "Annan sökande i ärendet" in page.text


async def test_a_text_sent_after_the_session_ended_is_kept_and_can_be_sent_again(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    form = (
        (await eva.get(place(case_id))).form(case_id).fill(text="Lång text").attach("files", "bild.pdf", PDF)
    )
    portal.clock.advance(minutes=31)
    page = await eva.send(form)
    assert page.status == 401 and "Lång text" in page.text and "bild.pdf" in page.text
    again = page.form(case_id)
    await signs_in(portal, eva)
    assert "Ditt meddelande är skickat" in (await eva.send(again)).text
    (message,) = (await portal.view_case(case_id)).messages
    assert message.text == "Lång text" and [file.name for file in message.files] == ["bild.pdf"]


async def test_a_locked_database_is_told_and_nothing_is_done(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    form = (await eva.get(place(case_id))).form(case_id).fill(text="Hej")
    with by_hand(portal) as other:
        other.execute("BEGIN IMMEDIATE")
        page = await eva.send(form)
    assert page.status == 503 and "Inget har sparats" in page.text and page.answer.headers["retry-after"]
    assert (await portal.view_case(case_id)).messages == ()


async def test_a_bug_gives_a_reference_and_the_log_no_personal_data(
    portal: Portal, eva: Browser, case_id: str
) -> None:
    with by_hand(portal) as other:
        broken = {"applicants": [], "pending": "eva@ek.example", "receipts_wanted": []}
        other.execute('UPDATE "case" SET rest = ?', [json.dumps(broken)])
        other.commit()
    with capture_logs() as logs:
        page = await eva.get(place(case_id))
    (line,) = [one for one in logs if one["event"] == "bug"]
    assert page.status == 500 and line["ref"] in page.text
    assert line["path"] == "/mina-sidor/arende/{case_id}"
    assert "eva@ek" not in "".join(traceback.format_exception(line["exc_info"])) + repr(line)


@contextmanager
def by_hand(portal: Portal) -> Iterator[sqlite3.Connection]:
    """Another program at the same database file."""
    with closing(sqlite3.connect(str(portal.database.url.database))) as other:
        yield other


async def test_the_log_of_a_whole_visit_holds_nothing_that_was_typed(portal: Portal) -> None:
    browser = portal.browser()
    with capture_logs() as logs:
        await browser.submit((await filled(browser)).fill(svar_vad=""))
        await browser.submit((await filled(browser)).attach("svar_ritning", "Evas ritning.pdf", PDF))
        await signs_in(portal, browser)
        (case,) = await portal.list_cases()
        await says(browser, case.id, "Min hemlighet")
    wording = repr(logs)
    assert logs and not any(word in wording for word in ("Eva", "eva@ek", "hemlighet", 'altan"', "192.0.2"))


async def test_pages_with_personal_data_are_not_kept_by_browsers_or_shown_in_frames(
    eva: Browser, case_id: str
) -> None:
    headers = (await eva.get(place(case_id))).answer.headers
    assert headers["cache-control"] == "no-store" and headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]


async def test_cookies_are_tied_to_the_host_and_out_of_scripts_reach(portal: Portal, case_id: str) -> None:
    page = await signs_in(portal, portal.browser())
    cookie = next(
        value
        for answer in page.answer.history
        for value in answer.headers.get_list("set-cookie")
        if "mina-sidor=" in value and "Max-Age=0" not in value
    )
    assert cookie.startswith("__Host-") and all(
        part in cookie for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/")
    )


async def test_no_page_has_inline_style_or_script(eva: Browser, case_id: str) -> None:
    for path in ("/", "/e-tjanster/altan", "/mina-sidor", place(case_id)):
        tree = (await eva.get(path)).tree
        assert not tree.xpath("//*[@style or @onclick or @onload] | //style | //script[not(@src)]"), path


async def test_a_page_that_is_not_there_says_so_in_the_persons_language(eva: Browser) -> None:
    page = await eva.get("/finns-inte", **{"accept-language": "en"})
    assert page.status == 404 and "The page does not exist" in page.text


async def test_the_list_and_the_case_say_the_same_where_the_status_has_no_text_for_the_applicant(
    portal: Portal, eva: Browser, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(altan: EService) -> EService:
        statuses = (
            one.model_copy(update={"told": None}) if one.key == "working" else one for one in altan.statuses
        )
        return altan.model_copy(update={"statuses": tuple(statuses)})

    use_altan(portal, monkeypatch, silent)
    change = SetStatus(case_id=case_id, status="working", expected="submitted")
    await portal.service.perform(change, portal.officer("anna"))
    page, listed = await eva.get(place(case_id)), await eva.get("/mina-sidor")
    (now,) = page.tree.xpath("//*[@class='status-name']/text()")
    assert listed.tree.xpath("//*[@class='tag']/text()") == [now] == ["Inskickat"]
    assert "Vi har tagit emot ditt ärende." in listed.text and "Under behandling" not in listed.text
