"""Files on the pages while the virus scanner has not found them clean, and when it finds them harmful."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.submission import ScanState
from bot.store import Database, Tx
from bot.store.files import scans
from bot.store.files.file_store import FileStore
from tests.conftest import Clock
from tests.portal.applicant.test_applying import PDF
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal, create_portal
from tests.portal.officer.test_officers_page import enters
from tests.portal.portal_catalog import portal_catalog

MESSAGE = "/handlaggare/2026-000001/meddelande"


@pytest.fixture
def portal(impatient_database: Database, clock: Clock, tmp_path: Path) -> Portal:
    """The pages of a municipality that scans files; nothing scans them here but the test."""
    files = FileStore(tmp_path / "files", are_scanned=True)
    return create_portal(impatient_database, portal_catalog(), clock, tmp_path, files=files)


async def set_state(portal: Portal, file_id: str, state: ScanState) -> None:
    def save(tx: Tx) -> None:
        file = scans.find_file(tx, file_id)
        assert file is not None
        scans.save_state(tx, file, state)

    await portal.database.write(save)


async def submitted(portal: Portal, eva: Browser) -> tuple[str, str]:
    """Eva's case with a drawing: (case id, file id). She is signed in."""
    await eva.submit((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    await signs_in(portal, eva)
    (case,) = await portal.list_cases()
    (file,) = (await portal.view_case(case.id)).files
    return str(case.id), file.id


@pytest.mark.parametrize(
    ("state", "wording"),
    [
        ("waiting", "granskas"),
        ("infected", "stoppad: innehåller skadlig kod"),
        ("unscannable", "stoppad: kunde inte granskas"),
    ],
)
async def test_a_file_that_is_not_found_clean_is_named_with_its_state_and_given_to_nobody(
    portal: Portal, eva: Browser, state: ScanState, wording: str
) -> None:
    case_id, file_id = await submitted(portal, eva)
    await set_state(portal, file_id, state)
    anna, _ = await enters(portal, case_id)
    for browser, path in ((eva, f"/mina-sidor/arende/{case_id}"), (anna, "/handlaggare/2026-000001")):
        page = await browser.get(path)
        assert "plan.pdf" in page.text and wording in page.text
        assert not [one for one in page.links() if "/fil/" in one]
        asked = await browser.get(f"{path}/fil/{file_id}")
        assert asked.status == 404 and PDF not in asked.answer.content


async def test_a_file_found_clean_is_given(portal: Portal, eva: Browser) -> None:
    case_id, file_id = await submitted(portal, eva)
    await set_state(portal, file_id, "clean")
    anna, _ = await enters(portal, case_id)
    for browser, path in ((eva, f"/mina-sidor/arende/{case_id}"), (anna, "/handlaggare/2026-000001")):
        assert "granskas" not in (await browser.get(path)).text
        given = await browser.get(f"{path}/fil/{file_id}")
        assert given.answer.content == PDF
        assert given.answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in given.answer.headers["content-security-policy"]


@pytest.mark.parametrize("state", ["infected", "unscannable"])
async def test_an_applicant_reads_that_their_file_was_stopped_until_they_have_sent_another(
    portal: Portal, eva: Browser, state: ScanState
) -> None:
    case_id, file_id = await submitted(portal, eva)
    path = f"/mina-sidor/arende/{case_id}"
    assert "Skicka en annan fil" not in (await eva.get(path)).text
    await set_state(portal, file_id, state)
    page = await eva.get(path)
    assert "plan.pdf. Filen kan inte öppnas av oss." in page.text and "Skicka en annan fil" in page.text
    letter = page.form(path).fill(text="Här är den igen").attach("files", "plan2.pdf", PDF)
    page = await eva.send(letter)
    assert "Skicka en annan fil" not in page.text


async def reviewed(portal: Portal, eva: Browser) -> tuple[Page, str]:
    """The page where Eva looks through her answers, and the id of its drawing."""
    page = await eva.send((await filled(eva)).attach("svar_ritning", "plan.pdf", PDF))
    (token,) = [value for name, value in page.form().values if name == "kept_svar-ritning"]
    found = portal.deps.files.root.rglob("*")
    (file_id,) = [one.name for one in found if one.is_file()]
    assert token
    return page, file_id


async def test_a_drawing_found_harmful_before_it_was_sent_in_is_told_of_at_its_question(
    portal: Portal, eva: Browser
) -> None:
    page, file_id = await reviewed(portal, eva)
    await set_state(portal, file_id, "infected")
    page = await eva.send(page.form(), "send")
    assert page.status == 422 and "skadlig kod i plan.pdf" in page.text
    assert await portal.list_cases() == []
    page = await eva.send(page.form(), f"remove_file:{file_id}")
    await eva.submit(page.form())
    assert len(await portal.list_cases()) == 1


async def test_an_officers_message_waits_for_its_file_and_loses_nothing(portal: Portal, eva: Browser) -> None:
    case_id, _ = await submitted(portal, eva)
    anna, _ = await enters(portal, case_id)
    letter = (await anna.get(MESSAGE)).form().fill(text="Se planen").attach("files", "svar.pdf", PDF)
    page = await anna.send((await anna.send(letter, "preview")).form(), "send")
    assert page.status == 409 and "inte färdiggranskad" in page.text
    assert page.form().value("text").strip() == "Se planen" and "svar.pdf" in page.text
    assert (await portal.view_case(case_id)).messages == ()
    (held,) = [
        one for one in portal.deps.files.root.rglob("*") if one.is_file() and await is_unattached(portal, one)
    ]
    await set_state(portal, held.name, "clean")
    await anna.send((await anna.send(page.form(), "preview")).form(), "send")
    (message,) = (await portal.view_case(case_id)).messages
    assert [file.name for file in message.files] == ["svar.pdf"]


async def is_unattached(portal: Portal, stored: Path) -> bool:
    return await portal.database.read(lambda tx: scans.find_case_id(tx, stored.name)) is None
