"""An applicant fetches what they sent as a PDF."""

from __future__ import annotations

from pathlib import Path

import httpx

from bot.domain.messages.correspondence import SendMessage
from bot.domain.notes import AddNote
from tests.clients.pdf_reading import read_text, require_archivable
from tests.municipality import send_until_left
from tests.portal.applicant.test_following import case_id, place, says
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


async def test_one_who_fetches_again_and_again_waits(portal: Portal, eva: Browser, case_id: str) -> None:
    mailbox = portal.deps.keys.hash_mailbox("eva@ek.example")
    for _ in range(5):
        portal.deps.pdf_limiter.acquire(mailbox, portal.clock())
    answer = await fetch(eva, case_id)
    assert answer.status_code == 429 and answer.headers["content-type"].startswith("text/html")
