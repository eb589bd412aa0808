"""Pictures and PDFs are looked at on the case page, and nothing that could run there is."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot.store.log import readings
from bot.store.tables import FileRow
from tests.portal.applicant.test_applying import PDF
from tests.portal.browser import Browser, Page, filled
from tests.portal.conftest import Portal
from tests.portal.filled_once import filled_once
from tests.portal.officer.test_officers_page import enters

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d"
    "49444154789c63b86aa1f71f00055c023bb274e10b0000000049454e44ae426082"
)
"""A picture of one dot."""

PATH = "/handlaggare/2026-000001"


@pytest.fixture
@filled_once
async def case_id(portal: Portal, eva: Browser) -> str:
    form = (await filled(eva)).attach("svar_ritning", "altan.png", PNG)
    await eva.submit(form.attach("svar_ritning", "plan.pdf", PDF).attach("svar_ritning", "brev.txt", b"Hej"))
    (case,) = await portal.list_cases()
    return str(case.id)


def shown_links(page: Page) -> dict[str, str]:
    """The address of each file that can be shown, by the name of its link."""
    return {
        one.get("aria-label"): one.get("href") for one in page.tree.xpath("//a[starts-with(@class, 'shown')]")
    }


async def test_a_picture_is_previewed_and_a_pdf_opened_and_other_files_only_fetched(
    portal: Portal, case_id: str
) -> None:
    browser, page = await enters(portal, case_id)
    links = shown_links(page)
    assert set(links) == {"Visa altan.png", "Visa plan.pdf"} and "brev.txt" in page.text
    assert page.tree.xpath("//a[@class='shown picture']/img/@src") == [links["Visa altan.png"]]
    picture, pdf = [(await browser.get(links[name])).answer for name in ("Visa altan.png", "Visa plan.pdf")]
    assert (picture.content, pdf.content) == (PNG, PDF)
    assert [one.headers["content-type"] for one in (picture, pdf)] == ["image/png", "application/pdf"]
    for one in (picture, pdf):
        assert one.headers["content-disposition"].startswith("inline;")
        assert (
            one.headers["x-content-type-options"] == "nosniff" and one.headers["cache-control"] == "no-store"
        )
        assert one.headers["cross-origin-resource-policy"] == "same-origin"
        assert "default-src 'none'" in one.headers["content-security-policy"]
        assert "script-src" not in one.headers["content-security-policy"]
    assert picture.headers["content-security-policy"].endswith("sandbox")


@pytest.mark.parametrize(
    "kind", ["image/svg+xml", "text/html", "text/plain", "image/heic", "application/xml"]
)
async def test_what_could_run_or_is_not_shown_by_browsers_is_only_fetched(
    portal: Portal, case_id: str, kind: str
) -> None:
    browser, page = await enters(portal, case_id)
    link = shown_links(page)["Visa altan.png"]
    await portal.database.write(
        lambda tx: tx.conn.execute(update(FileRow).where(FileRow.name == "altan.png").values(kind=kind))
    )
    assert "Visa altan.png" not in shown_links(await browser.get(PATH))
    assert (await browser.get(link)).status == 404
    fetched = (await browser.get(link.removesuffix("/visa"))).answer
    assert fetched.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize("state", ["waiting", "infected"])
async def test_a_file_that_is_not_found_clean_is_not_shown(portal: Portal, case_id: str, state: str) -> None:
    browser, page = await enters(portal, case_id)
    link = shown_links(page)["Visa altan.png"]
    await portal.database.write(
        lambda tx: tx.conn.execute(update(FileRow).where(FileRow.name == "altan.png").values(scan=state))
    )
    assert "Visa altan.png" not in shown_links(await browser.get(PATH))
    assert (await browser.get(link)).status == 404


async def test_looking_at_files_again_in_a_session_is_one_reading(portal: Portal, case_id: str) -> None:
    browser, page = await enters(portal, case_id)
    before = await count_readings(portal, case_id)
    for link in [*shown_links(page).values()] * 2:
        await browser.get(link)
    assert await count_readings(portal, case_id) == before + 1


async def count_readings(portal: Portal, case_id: str) -> int:
    return len(await portal.database.read(lambda tx: readings.list_for_case(tx, case_id)))
