"""The coordinators' statistics in Chromium."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import insert

from bot.domain.case_figures import RULES_VERSION
from bot.portal.officer.authentication.login import create_login_link
from bot.store.authentication.login_tokens import FIGURES_TARGET
from bot.store.tables import FigureRow, FigureStateRow
from tests.browser.accessibility import find_problems
from tests.browser.conftest import BrowserHarness

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium]


async def save_figures(harness: BrowserHarness) -> None:
    """A year of Märta's e-services."""
    now, chance = harness.clock(), random.Random(3)
    rows = [
        {
            "service": service,
            "kind": kind,
            "day": now.date() - timedelta(days=days),
            "minutes": 0,
            "count": chance.randrange(9),
        }
        for service in ("bygglov", "serveringstillstand")
        for kind in ("received", "closed", "open", "sent", "overdue", "overdue_case")
        for days in range(0, 360, 9)
    ]
    rows += [row | {"kind": "to_close", "minutes": 20_000} for row in rows if row["kind"] == "closed"]
    state = {"id": 1, "version": RULES_VERSION, "event": 0, "hash": "0" * 64, "counted_case": None, "at": now}
    await harness.service.database.write(lambda tx: tx.conn.execute(insert(FigureRow), rows))
    await harness.service.database.write(lambda tx: tx.conn.execute(insert(FigureStateRow), [state]))


async def open_figures(page: Page, harness: BrowserHarness) -> None:
    """Märta comes by the link from Slack."""
    await save_figures(harness)
    await page.goto(await create_login_link(harness.deps, "marta-lindqvist", FIGURES_TARGET))
    await page.get_by_role("button", name="Öppna statistiken").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Statistik")


async def test_statistics_are_chosen_by_keyboard_and_read_without_sight(
    page: Page, harness: BrowserHarness
) -> None:
    await open_figures(page, harness)
    chart = page.get_by_role("img", name="Inkomna och avslutade: Inkomna, Avslutade")
    await expect(chart).to_be_visible()
    await page.locator("summary", has_text="Visa siffrorna i en tabell").first.press("Enter")
    await expect(page.get_by_role("rowheader", name="Hela perioden").first).to_be_visible()
    await page.get_by_label("E-tjänst eller enhet").select_option(label="Ansökan om bygglov")
    await page.get_by_label("Period").first.select_option(label="Senaste 13 veckorna")
    await page.get_by_role("button", name="Visa").press("Enter")
    await page.locator("summary", has_text="Visa siffrorna i en tabell").first.press("Enter")
    await expect(page.get_by_role("rowheader", name="v. 48 2026").first).to_be_visible()
    await expect(page.get_by_role("heading", name="E-tjänster och enheter")).to_have_count(0)


async def test_axe_finds_nothing_on_statistics_however_narrow_or_dark(
    page: Page, harness: BrowserHarness
) -> None:
    await open_figures(page, harness)
    for numbers in await page.locator(".figure-numbers:not([open]) summary").element_handles():
        await numbers.press("Enter")
    for width, scheme in ((1280, "light"), (390, "dark"), (320, "light")):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": 800})
        frames = "[...document.querySelectorAll('.table-frame')]"
        cut = await page.evaluate(f"{frames}.filter(one => one.scrollWidth > one.clientWidth).length")
        assert width > 700 or cut == 0, f"{width}: no heading or figure is outside of its table"
        assert await find_problems(page) == [], (width, scheme)
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
