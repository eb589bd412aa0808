"""Files that officers put in a case on its page: in messages for the applicant, in notes for colleagues alone."""

from __future__ import annotations

import re

import pytest

from bot.store.log import readings
from tests.portal.applicant.test_applying import PDF
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_officers_page import enters

NOTE = "/handlaggare/2026-000001/notering"


@pytest.fixture
@filled_once
async def case_id(portal: Portal, eva: Browser) -> str:
    """Eva's case; she is signed in."""
    await eva.submit(await filled(eva))
    await signs_in(portal, eva)
    (case,) = await portal.list_cases()
    return str(case.id)


async def notes(portal: Portal, case_id: str) -> list[tuple[str | None, list[str]]]:
    view = await portal.view_case(case_id)
    return [(note.text, [file.name for file in note.files]) for note in view.notes]


async def form_of(anna: Browser) -> Page:
    return await anna.get(NOTE)


async def test_a_note_has_its_files_on_the_case_page(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await form_of(anna)).form().fill(text="Från grannen")
    page = await anna.send(form.attach("files", "foto.pdf", PDF), "save")
    assert await notes(portal, case_id) == [("Från grannen", ["foto.pdf"])]
    (link,) = {one for one in page.links() if "/fil/" in one and not one.endswith("/visa")}
    assert (await anna.get(link)).answer.content == PDF
    parts = [
        part for _, _, part in await portal.database.read(lambda tx: readings.list_for_case(tx, case_id))
    ]
    assert parts[-1] == "notes"


async def test_a_note_may_be_a_file_alone(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    await anna.send((await form_of(anna)).form().attach("files", "foto.pdf", PDF), "save")
    assert await notes(portal, case_id) == [("", ["foto.pdf"])]


async def test_no_applicant_is_given_a_notes_file(portal: Portal, eva: Browser, case_id: str) -> None:
    """Neither shown it nor given it by its address, while a message's is both."""
    anna, _ = await enters(portal, case_id)
    await anna.send((await form_of(anna)).form().attach("files", "hemlig.pdf", PDF), "save")
    letter = (await anna.get("/handlaggare/2026-000001/meddelande")).form().fill(text="Se planen")
    page = await anna.send(letter.attach("files", "plan.pdf", PDF), "preview")
    await anna.send(page.form(), "send")
    portal.clock.advance(seconds=30)
    page = await eva.get(f"/mina-sidor/arende/{case_id}")
    (link,) = {one for one in page.links() if "/fil/" in one}
    assert "plan.pdf" in page.text and "hemlig" not in page.text
    assert (await eva.get(link)).answer.content == PDF
    (secret,) = (await portal.view_case(case_id)).notes[0].files
    asked = await eva.get(re.sub(r"/fil/.*", f"/fil/{secret.id}", link))
    assert asked.status == 404 and PDF not in asked.answer.content


async def test_a_file_that_is_refused_leaves_the_note_as_it_was(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await form_of(anna)).form().fill(text="Från grannen").attach("files", "foto.pdf", PDF)
    page = await anna.send(form.attach("files", "plan.pdf", b"MZ" + bytes(300)), "save")
    assert page.status == 422 and "plan.pdf kan inte tas emot" in page.text and "foto.pdf" in page.text
    await anna.send(page.form(), "save")
    assert await notes(portal, case_id) == [("Från grannen", ["foto.pdf"])]


async def test_a_file_is_taken_away_again_before_the_note_is_saved(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await form_of(anna)).form().fill(text="Utan foto").attach("files", "foto.pdf", PDF)
    page = await anna.send(form.attach("files", "plan.pdf", b"MZ" + bytes(300)), "save")
    remove = page.tree.xpath("//button[starts-with(@value, 'remove_file:')]/@value")[0]
    page = await anna.send(page.form(), remove)
    assert "foto.pdf" not in page.text and await notes(portal, case_id) == []
    await anna.send(page.form(), "save")
    assert await notes(portal, case_id) == [("Utan foto", [])]


async def test_what_was_attached_outlives_a_refusal(portal: Portal, case_id: str) -> None:
    anna, _ = await enters(portal, case_id)
    form = (await form_of(anna)).form().fill(text="x" * 20_001).attach("files", "foto.pdf", PDF)
    page = await anna.send(form, "save")
    assert page.status == 422 and "foto.pdf" in page.text
    await anna.send(page.form().fill(text="Kortare"), "save")
    assert await notes(portal, case_id) == [("Kortare", ["foto.pdf"])]
