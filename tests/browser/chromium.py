"""Chromium, and pages in it that wait for what they look at, however slow the machine is."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.conftest import PATIENCE, skip_or_fail

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

expect.set_options(timeout=PATIENCE * 1000)


KEEPS_NO_PAGES = "--disable-back-forward-cache"
"""Playwright's own flag, without which Chromium shows a page that was left as it was kept."""


@asynccontextmanager
async def launch(*, keeps_pages: bool = False) -> AsyncIterator[Browser]:
    """Chromium; where it `keeps_pages`, it shows those again at Back as people's browsers do."""
    if not CHROMIUM:
        skip_or_fail("there is no Chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=FLAGS,
            ignore_default_args=[KEEPS_NO_PAGES] if keeps_pages else None,
        )
        yield browser
        await browser.close()


async def open_page(browser: Browser, **options: Any) -> Page:
    """A page in a browser of one person's own; `options` are Playwright's of that browser."""
    return patient(await (await browser.new_context(**options)).new_page())


def patient(page: Page) -> Page:
    page.set_default_timeout(PATIENCE * 1000)
    return page


def record_faults(page: Page) -> list[str]:
    """What goes wrong in the page from now on."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    return faults
