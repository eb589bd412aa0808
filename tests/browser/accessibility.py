"""What every page is held to: nothing for axe to find, and room on the smallest phone."""

from __future__ import annotations

from typing import Any, Literal, cast

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page

WIDE, NARROW = 1280, 320
APPEARANCES: tuple[tuple[int, Literal["light", "dark"]], ...] = ((WIDE, "light"), (NARROW, "dark"))


async def find_problems(page: Page) -> list[str]:
    """What axe finds in the page, wide and light or narrow and dark, and whether it scrolls sideways."""
    found: list[str] = []
    for width, scheme in APPEARANCES:
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width}, {scheme}: {one}" for one in await _run_axe(page)]
        if await page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{width}: scrolls sideways")
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size({"width": WIDE, "height": 800})
    return found


async def find_small_targets(page: Page) -> list[str]:
    """Buttons and fields lower than a finger needs (44 px), but for those inside a line of text."""
    script = """() => [...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, nav a')]
        .filter(one => one.offsetParent && !one.closest('[aria-hidden=true]') && !/radio|checkbox/.test(one.type))
        .filter(one => one.getBoundingClientRect().height < 44)
        .map(one => one.outerHTML.slice(0, 90))"""
    return cast(list[str], await page.evaluate(script))


async def _run_axe(page: Page) -> list[str]:
    await page.wait_for_load_state("load")
    if not await page.evaluate("'axe' in window"):  # half a megabyte, read once for each page
        await page.evaluate(Axe().axe_script)
    script = "axe.run({resultTypes: ['violations']}).then(results => results.violations)"
    violations: list[dict[str, Any]] = await page.evaluate(script)
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in violations]


async def click_and_navigate(page: Page, button: Locator) -> None:
    """Presses what leads to another page, and waits for that page: until then the old one would be looked at."""
    async with page.expect_navigation():
        await button.click()
