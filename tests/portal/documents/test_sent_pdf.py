"""An applicant fetches what they sent as a PDF."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from bot.clients.pdf import typesetter
from bot.domain.contacts import Contact
from bot.domain.messages.correspondence import SendMessage
from bot.domain.notes import AddNote
from bot.domain.representatives import AddRepresentative
from tests.clients.pdf_reading import read_text, require_archivable
from tests.municipality import send_until_left
from tests.portal.applicant.test_following import case_id, place, says
from tests.portal.applicant.test_signing_in import signs_in
from tests.portal.browser import Browser
from tests.portal.conftest import Portal

__all__ = ["case_id"]


async def fetch(browser: Browser, case_id: str, language: str = "sv") -> httpx.Response:
    form = (await browser.get(f"{place(case_id)}?lang={language}")).form("/pdf")
    return await browser.client.post(form.action, headers={"sec-fetch-site": "same-origin"})


async def test_the_pdf_has_what_they_sent_and_nothing_of_the_officers(
    portal: Portal, eva: Browser, case_id: str, tmp_path: Path
) -> None:
    await says(eva, case_id, "Kan jag börja i maj?")
    anna = portal.officer("anna")
    await send_until_left(portal.service, SendMessage(case_id=case_id, text="Ja, i juni."), anna)
    await portal.service.perform(AddNote(case_id=case_id, text="Ring grannen."), anna)
    answer = await fetch(eva, case_id)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    require_archivable(answer.content, "sv")
    text = read_text(answer.content, tmp_path)
    for own in ("En altan", "plan.pdf", "Kan jag börja i maj?", "2026-000001-3"):
        assert own in text, own
    for others in ("Ja, i juni.", "Ring grannen.", "Anna Berg", "Information"):
        assert others not in text, others
    require_archivable((await fetch(eva, case_id, "en")).content, "en")


async def test_the_pdf_has_the_senders_own_contact_details_and_no_others(
    portal: Portal, eva: Browser, case_id: str, tmp_path: Path
) -> None:
    await says(eva, case_id, "Kan jag börja i maj?")
    olle = Contact(name="Olle Ombud", email="olle@ombud.example", phone="070-174 06 35")
    added = AddRepresentative(case_id=case_id, contact=olle, language="sv", reason="Fullmakt")
    await portal.service.perform(added, portal.officer("anna"))
    text = read_text((await fetch(eva, case_id)).content, tmp_path)
    for own in ("Dina kontaktuppgifter", "eva@ek.example", "Eva Ek, "):
        assert own in text, own
    for others in ("Olle", "olle@ombud.example", "Sökanden,"):
        assert others not in text, others
    browser = portal.browser()
    await signs_in(portal, browser, "olle@ombud.example")
    page = await browser.get("/mina-sidor/bekrafta")
    await browser.send(page.form("/bekrafta").fill(number="2026-000001"))
    text = read_text((await fetch(browser, case_id)).content, tmp_path)
    await browser.close()
    for own in ("Ombud", "Olle Ombud", "070-174 06 35", "Annan sökande i ärendet, "):
        assert own in text, own
    for others in ("Eva Ek", "eva@ek.example"):
        assert others not in text, others


async def test_one_who_fetches_again_and_again_waits(portal: Portal, eva: Browser, case_id: str) -> None:
    mailbox = portal.deps.keys.hash_mailbox("eva@ek.example")
    for _ in range(5):
        portal.deps.pdf_limiter.acquire(mailbox, portal.clock())
    answer = await fetch(eva, case_id)
    assert answer.status_code == 429 and answer.headers["content-type"].startswith("text/html")


async def test_a_pdf_that_cannot_be_made_is_said_so_and_nobody_is_asked_to_wait(
    portal: Portal, eva: Browser, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typesetter, "MAX_BYTES", 10)
    answer = await fetch(eva, case_id)
    assert (
        answer.status_code == 500
        and "PDF:en kunde inte skapas. Allt du har skickat finns kvar" in answer.text
    )
    assert "många på en gång" not in answer.text and "retry-after" not in answer.headers
    monkeypatch.setattr(typesetter, "MAX_WAITING", 0)
    answer = await fetch(eva, case_id)
    assert answer.status_code == 503 and "många på en gång" in answer.text
