"""A photographer of the demo's pages: windows of a browser, and pictures of them."""

from __future__ import annotations

import base64
import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, FloatRect, Locator, Page, Route, ViewportSize, async_playwright

from sandbox.demo.plan import ROOT, Stopped

FONT = ROOT / "sandbox" / "pages" / "fonts" / "inter-latin.woff2"
WIDE: ViewportSize = {"width": 1280, "height": 1010}
PHONE: ViewportSize = {"width": 390, "height": 844}
MARGIN = 28
"""Pixels of what lies behind a dialog that its picture shows on each side."""
MOST_SECONDS = 45.0
"""A message to an applicant waits twenty seconds, in which it can be undone."""
TO_WEBP = """async ([png, quality]) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
    canvas.getContext("2d").drawImage(picture, 0, 0);
    return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""
"""A third of a PNG; the browser is what is at hand to write it."""


@dataclass(frozen=True)
class Film:
    """Where pictures go, how many pixels they have for each of the page's, and the quality of WebP, from 0 to 1."""

    folder: Path
    sharpness: float
    quality: float


class Photographer:
    """A browser, and windows of it in which the letters are the same on every machine."""

    def __init__(self, browser: Browser, film: Film) -> None:
        self.browser = browser
        self.film = film

    def with_film(self, film: Film) -> Photographer:
        """The same browser, with other pictures."""
        return Photographer(self.browser, film)

    @classmethod
    @contextlib.asynccontextmanager
    async def at_work(cls, film: Film) -> AsyncIterator[Photographer]:
        """Raises Stopped when there is no browser."""
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if path is None:
            raise Stopped("Det finns ingen Chromium att ta bilderna med.")
        flags = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none", "--lang=sv-SE"]
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=flags)
            yield cls(browser, film)
            await browser.close()

    async def window(self, size: ViewportSize, *, phone: bool = False) -> Page:
        context = await self.browser.new_context(
            viewport=size,
            device_scale_factor=self.film.sharpness,
            locale="sv-SE",
            timezone_id="Europe/Stockholm",
            reduced_motion="reduce",
            color_scheme="light",
            is_mobile=phone,
            has_touch=phone,
            bypass_csp=True,
        )
        await context.route(re.compile(r"/portal\.css|/_mails/\d+/html"), _with_letters)
        page = await context.new_page()
        page.set_default_timeout(MOST_SECONDS * 1000)
        return page

    async def take(self, name: str, page: Page, of: Locator | None = None, *, margin: float = MARGIN) -> None:
        """The whole window, or a part of it with a little of what is around: `margin` pixels on each side."""
        await page.evaluate("document.fonts.ready")
        if of is not None:  # a dialog arrives from below
            await (await of.element_handle()).wait_for_element_state("stable")
        box = await of.bounding_box() if of else None
        clip: FloatRect | None = None
        if box:
            left, top = max(0.0, box["x"] - margin), max(0.0, box["y"] - margin)
            width, height = box["width"] + 2 * margin, box["height"] + 2 * margin
            clip = {"x": left, "y": top, "width": width, "height": height}
        png = base64.b64encode(await page.screenshot(clip=clip)).decode()
        webp = await page.evaluate(TO_WEBP, [png, self.film.quality])
        (self.film.folder / f"{name}.webp").write_bytes(base64.b64decode(webp))


async def _with_letters(route: Route) -> None:
    """The page's own letters where a page asks for whatever the machine has."""
    answer = await route.fetch()
    data = base64.b64encode(FONT.read_bytes()).decode()
    style = (
        f"@font-face {{ font-family: Inter; font-weight: 100 900; src: url(data:font/woff2;base64,{data}) }}"
        " :root { --font: Inter } body * { font-family: Inter }"
    )
    is_sheet = "css" in answer.headers.get("content-type", "")
    more = style if is_sheet else f"<style>{style.replace('Inter }', 'Inter !important }')}</style>"
    await route.fulfill(response=answer, body=await answer.text() + more)
