"""Ändra ärende and Ta bort ärende in Chromium."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.accessibility import click_and_navigate, find_problems, find_small_targets
from tests.browser.conftest import BrowserHarness
from tests.browser.test_officers_page import open_case_page

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium]


def _let_anna_delete(harness: BrowserHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = harness.service.catalog
    service = catalog.services["bygglov"]
    officers = (
        *service.officers,
        service.officers[0].model_copy(
            update={"officer": "anna-berg", "group": None, "coordinator": True, "access": "full"}
        ),
    )
    statuses = tuple(one.model_copy(update={"may_delete": True}) for one in service.statuses)
    changed = service.model_copy(update={"officers": officers, "statuses": statuses})
    services = catalog.services | {"bygglov": changed}
    monkeypatch.setattr(
        harness.service, "_catalog", lambda: catalog.model_copy(update={"services": services})
    )


@pytest.mark.long
async def test_axe_finds_nothing_where_a_case_is_edited_deleted_and_restored(
    page: Page, harness: BrowserHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _let_anna_delete(harness, monkeypatch)
    shots = Path(os.environ.get("SHOTS", tmp_path))
    number = await open_case_page(page, harness, tmp_path)
    await page.get_by_text("Fler åtgärder").click()
    await click_and_navigate(page, page.get_by_role("link", name="Ändra ärende"))
    assert await find_problems(page) == [] and await find_small_targets(page) == []
    await page.screenshot(path=shots / "edit.png", full_page=True)
    await page.get_by_label("Fastighetsbeteckning").fill("")
    await click_and_navigate(page, page.get_by_role("button", name="Granska ändringarna"))
    assert await find_problems(page) == [], "with errors"
    await page.get_by_label("Fastighetsbeteckning").fill("Björken 9:99")
    await click_and_navigate(page, page.get_by_role("button", name="Granska ändringarna"))
    await expect(page.get_by_text("Björken 9:99")).to_be_visible()
    assert await find_problems(page) == [] and await find_small_targets(page) == []
    await page.screenshot(path=shots / "review.png", full_page=True)
    await click_and_navigate(page, page.get_by_role("button", name="Spara ändringarna"))
    assert await find_problems(page) == [], "without a reason"
    await page.get_by_label("Anledning").fill("Sökanden ringde")
    await click_and_navigate(page, page.get_by_role("button", name="Spara ändringarna"))
    await expect(page.get_by_text("Ändringarna är sparade.")).to_be_visible()
    assert await find_problems(page) == []
    await page.screenshot(path=shots / "case.png", full_page=True)
    await page.get_by_text("Fler åtgärder").click()
    await click_and_navigate(page, page.get_by_role("link", name="Ta bort ärende"))
    assert await find_problems(page) == [] and await find_small_targets(page) == []
    await click_and_navigate(page, page.get_by_role("button", name="Ta bort ärendet"))
    assert await find_problems(page) == [], "with errors"
    await page.get_by_label("Skriv ärendenumret").fill(number)
    await page.get_by_label("Grund för borttagning").select_option("test")
    await page.screenshot(path=shots / "delete.png", full_page=True)
    await click_and_navigate(page, page.get_by_role("button", name="Ta bort ärendet"))
    await expect(page.get_by_text("togs bort")).to_be_visible()
    assert await find_problems(page) == []
    await page.screenshot(path=shots / "deleted.png", full_page=True)
    await click_and_navigate(page, page.get_by_role("link", name="Borttagna ärenden").last)
    assert await find_problems(page) == []
    await page.screenshot(path=shots / "list.png", full_page=True)
    await click_and_navigate(page, page.get_by_role("link", name=number))
    await click_and_navigate(page, page.get_by_role("button", name="Återställ"))
    await expect(page.get_by_text("Ärendet är återställt.")).to_be_visible()
