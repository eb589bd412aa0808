"""An officer reads a case's summary, prints it, or takes it along as a PDF."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader

from bot.clients.pdf import typesetter
from bot.domain.contacts import Contact
from bot.domain.links import link_both
from bot.domain.messages.correspondence import ReceiveMessage, SendMessage
from bot.domain.notes import AddNote
from bot.domain.protection import SetProtection
from bot.domain.representatives import AddRepresentative, EndRepresentative
from bot.domain.status import SetStatus
from bot.store.log import readings
from bot.store.retention import disclosures
from bot.text.isolation import isolate
from tests.clients.pdf_reading import read_text, require_archivable
from tests.portal.applicant.test_applying import PDF
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_officers_page import enters

PLACE = "/handlaggare/2026-000001/sammanstallning"
NAME = "محمد علي 😀"


@pytest.fixture
@filled_once
async def case_id(portal: Portal, eva: Browser) -> str:
    """An application with a file, a message and a note."""
    form = (await filled(eva)).fill(om_p0_name=NAME, om_p0_phone="070-174 06 05", svar_vad="#panic() *altan*")
    await eva.submit(form.attach("svar_ritning", "plan.pdf", PDF))
    (case,) = await portal.list_cases()
    anna = portal.officer("anna")
    await portal.service.perform(SendMessage(case_id=case.id, text="Vi har börjat.", receipt=True), anna)
    await portal.service.perform(AddNote(case_id=case.id, text="Granne ringde."), anna)
    portal.clock.advance(minutes=1)
    return str(case.id)


async def fetch(officer: Browser, page: Page) -> httpx.Response:
    form = page.form("/pdf")
    values = {name: [value for key, value in form.values if key == name] for name, _ in form.values}
    same_origin = {"sec-fetch-site": "same-origin"}
    return await officer.client.post(form.action, data=values, headers=same_origin, follow_redirects=True)


async def test_the_summary_has_what_was_chosen_and_nothing_else(portal: Portal, case_id: str) -> None:
    anna, page = await enters(portal, case_id)
    assert PLACE in page.links()
    page = await anna.get(PLACE)
    assert NAME in page.text and "Vi har börjat." in page.text and "Granne ringde." not in page.text
    page = await anna.get(f"{PLACE}?del=notes&sprak=en")
    assert "Granne ringde." in page.text and "Vi har börjat." not in page.text and NAME not in page.text
    assert "Summary of case 2026-000001" in page.text and page.tree.xpath("//article[@lang='en']")


async def test_each_message_note_and_file_has_its_number(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"{PLACE}?del=messages&del=notes&del=files")
    numbers = "2026-000001-2", "2026-000001-3 · Utgående", "2026-000001-4 · Upprättad"
    for said in (*numbers, "Kvittens begärd", "plan.pdf"):
        assert said in page.text, said
    cells = page.tree.xpath("//table[contains(@class, 'case-table')]//tbody//td")
    assert cells and all(cell.get("data-label") for cell in cells), "a narrow screen shows no headings"


async def test_only_what_is_shown_is_recorded_as_read(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    before = await recorded(portal, case_id)
    await anna.get(f"{PLACE}?del=notes")
    assert (await recorded(portal, case_id))[len(before) :] == ["notes"]


async def recorded(portal: Portal, case_id: str) -> list[str]:
    found = await portal.database.read(lambda tx: readings.list_for_case(tx, case_id))
    return [part for _, _, part in found]


async def test_the_pdf_has_the_same_text_and_is_recorded_as_an_export(
    portal: Portal, case_id: str, tmp_path: Path
) -> None:
    anna, _ = await enters(portal, case_id)
    answer = await fetch(anna, await anna.get(f"{PLACE}?del=answers&del=messages"))
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    assert "Sammanst%C3%A4llning%202026-000001.pdf" in answer.headers["content-disposition"]
    require_archivable(answer.content, "sv")
    text = read_text(answer.content, tmp_path)
    for said in ("محمد", "علي", "😀", "#panic() *altan*", "070-174 06 05", "Vi har börjat.", "Anna Berg"):
        assert said in text, said
    assert "Sida 1 av" in text and "Granne" not in text
    assert (await recorded(portal, case_id))[-1] == "exported_case"


async def test_a_name_from_right_to_left_moves_no_day_in_the_summary_or_its_pdf(
    portal: Portal, case_id: str, tmp_path: Path
) -> None:
    await portal.service.perform(
        ReceiveMessage(case_id=case_id, text="Tack!"), await portal.applicant(case_id)
    )
    portal.clock.advance(minutes=1)
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"{PLACE}?del=messages")
    assert f"{isolate(NAME)}, 23 nov. 2026" in page.text
    text = read_text((await fetch(anna, page)).content, tmp_path)
    assert text.count(", 23 nov. 2026") == 2, "below the name of the officer, and of the applicant"


async def test_the_pdf_is_of_what_is_ticked_whether_it_was_shown_or_not(
    portal: Portal, case_id: str, tmp_path: Path
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"{PLACE}?del=messages")
    (form,) = page.tree.xpath("//form[.//input[@type='checkbox'][@name='del']]")
    (button,) = form.xpath(".//button[@formaction]")
    assert (button.get("formmethod"), button.get("name")) == ("post", "key"), "and the key is in no address"
    assert not form.xpath(".//input[@name='key']")
    ticked = {"del": ["notes"], "sprak": "en", "key": button.get("value")}
    same_origin = {"sec-fetch-site": "same-origin"}
    answer = await anna.client.post(button.get("formaction"), data=ticked, headers=same_origin)
    text = read_text(answer.content, tmp_path)
    assert "Granne ringde." in text and "Summary of case" in text and "Vi har börjat." not in text


async def test_where_every_tick_is_taken_away_nothing_of_the_content_is_shown(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"{PLACE}?sprak=sv")
    assert NAME not in page.text and "Vi har börjat." not in page.text
    assert not page.tree.xpath("//input[@name='del'][@checked]")


async def test_what_an_account_has_seen_counts_pages_and_exports_and_not_their_parts(
    portal: Portal, case_id: str
) -> None:
    anna, _ = await enters(portal, case_id)
    await fetch(anna, await anna.get(f"{PLACE}?del=answers&del=messages"))
    day = timedelta(days=1)
    since, before = portal.clock() - day, portal.clock() + day
    found = await portal.database.read(
        lambda tx: list(disclosures.list_disclosures(tx, "anna", since, before))
    )
    assert {one.way: one.count for one in found} == {"shown": 2, "exported": 1, "mailed": 1}
    assert {"answers", "messages"} < {part for one in found if one.way == "exported" for part in one.parts}


async def test_a_pdf_that_cannot_be_made_is_said_so_and_the_page_is_there_to_print(
    portal: Portal, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"{PLACE}?del=messages")
    monkeypatch.setattr(typesetter, "MAX_BYTES", 10)
    answer = await fetch(anna, page)
    assert answer.status_code == 503 and "PDF:en kunde inte skapas. Välj färre delar" in answer.text
    assert "Vi har börjat." in answer.text
    assert "exported_case" not in await recorded(portal, case_id)


async def test_a_pdf_is_fetched_once_for_each_page(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"{PLACE}?del=files")
    await fetch(anna, page)
    again = await fetch(anna, page)
    assert again.status_code == 409 and "redan hämtats" in again.text
    assert (await recorded(portal, case_id)).count("exported_case") == 1


async def test_what_is_chosen_otherwise_on_the_same_page_is_fetched_too(
    portal: Portal, case_id: str, tmp_path: Path
) -> None:
    anna, _ = await enters(portal, case_id)
    page = await anna.get(f"{PLACE}?del=messages")
    assert (await fetch(anna, page)).status_code == 200
    for ticked, language, seen in (("notes", "sv", "Granne ringde."), ("messages", "en", "Page 1 of")):
        (button,) = page.tree.xpath("//button[@formaction]")
        chosen = {"del": [ticked], "sprak": language, "key": button.get("value")}
        same_origin = {"sec-fetch-site": "same-origin"}
        answer = await anna.client.post(button.get("formaction"), data=chosen, headers=same_origin)
        assert answer.status_code == 200 and seen in read_text(answer.content, tmp_path)
    assert (await recorded(portal, case_id)).count("exported_case") == 3


async def test_the_pdf_says_in_universal_time_when_it_was_made(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    answer = await fetch(anna, await anna.get(f"{PLACE}?del=files"))
    made = PdfReader(io.BytesIO(answer.content)).metadata
    assert made is not None and made.creation_date == portal.clock().replace(second=0, microsecond=0)


async def test_a_secret_case_is_taken_along_by_its_coordinators_only(portal: Portal, eva: Browser) -> None:
    await eva.submit(await filled(eva, "oro"))
    (case,) = await portal.list_cases("oro")
    anna, page = await enters(portal, case.id)
    page = await anna.get(PLACE)
    assert "Bara dess samordnare kan exportera" in page.text and "Hämta som PDF" not in page.text


async def test_a_protected_case_is_read_with_a_reason_and_taken_along_by_nobody(
    portal: Portal, case_id: str
) -> None:
    anna, page = await enters(portal, case_id)
    kept = await anna.get(PLACE)
    mark = SetProtection(case_id=case_id, protected=True, reason="Hotbild")
    await portal.service.perform(mark, portal.officer("anna"))
    page = await anna.get(PLACE)
    assert "Varför öppnar du ärendet?" in page.text and NAME not in page.text
    answer = await fetch(anna, kept)
    assert answer.headers["content-type"].startswith("text/html") and NAME not in answer.text
    await anna.send(page.form("/anledning").fill(reason="Ringde"))
    answer = await fetch(anna, kept)
    assert answer.status_code == 403 and "exporteras inte" in answer.text
    assert "exported_case" not in await recorded(portal, case_id)


async def test_a_note_that_is_disposed_of_keeps_its_number_and_its_place(
    portal: Portal, case_id: str
) -> None:
    anna = portal.officer("anna")
    await portal.service.perform(AddNote(case_id=case_id, text="Ring i morgon", kind="working"), anna)
    close = SetStatus(case_id=case_id, status="closed", expected="submitted", note="Klart")
    await portal.service.perform(close, anna)
    browser, _ = await enters(portal, case_id)
    page = await browser.get(f"{PLACE}?del=notes")
    assert (
        "2026-000001-5" in page.text
        and "Texten är gallrad." in page.text
        and "Ring i morgon" not in page.text
    )


async def test_a_link_from_slack_leads_to_the_summary_and_to_no_other_page(
    portal: Portal, case_id: str
) -> None:
    _, page = await enters(portal, f"{case_id}/sammanstallning")
    assert page.url.endswith(PLACE) and "Vi har börjat." in page.text
    _, page = await enters(portal, f"{case_id}/ta-bort")
    assert page.url.endswith("/2026-000001")


async def test_the_summary_says_whom_the_case_is_linked_to_and_who_has_represented_whom(
    portal: Portal, case_id: str, eva: Browser
) -> None:
    await eva.submit(await filled(eva))
    (other,) = [one for one in await portal.list_cases() if one.id != case_id]
    anna = portal.officer("anna")
    await portal.service.perform_both(link_both(case_id, other.id, "duplicate_of"), anna)
    contact = Contact(name="Lo Lind", email="lo@byra.example")
    added = AddRepresentative(case_id=case_id, contact=contact, language="sv", reason="Fullmakt")
    await portal.service.perform(added, anna)
    browser, _ = await enters(portal, case_id)
    page = await browser.get(PLACE)
    assert "Kopplade ärendenDubblett av 2026-000002" in page.text
    assert "OmbudLo Lind" in page.text
    lo = (await portal.people(case_id))[-1]
    ended = EndRepresentative(case_id=case_id, person=lo, expected=0, reason="Återkallad")
    await portal.service.perform(ended, anna)
    page = await browser.get(PLACE)
    assert "Tidigare ombudLo Lind" in page.text and "OmbudLo Lind" not in page.text


async def test_the_case_page_has_the_number_of_each_message_note_and_file(
    portal: Portal, case_id: str
) -> None:
    _, page = await enters(portal, case_id)
    rows = page.tree.xpath("//section[@id='handlingar']//tbody/tr")
    numbers = [row.xpath("./th")[0].text_content() for row in rows]
    assert numbers == [f"2026-000001-{n}" for n in range(1, 5)]
    assert [row.xpath("./td")[1].text_content() for row in rows][:4] == [
        *("Inkommen", "Inkommen", "Utgående", "Upprättad")
    ]
    for place, number in (("meddelanden", 3), ("noteringar", 4), ("filer", 2)):
        (section,) = page.tree.xpath(f"//section[@id='{place}']")
        assert f"2026-000001-{number}" in section.text_content(), place
