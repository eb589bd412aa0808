"""The page, in a real browser."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright
from slack_bolt.async_app import AsyncApp

from sandbox.server import Sandbox
from tests.sandbox.tiny_bot import (
    ANNA,
    BJORN,
    CHANNEL,
    actions,
    button,
    client_of,
    modal,
    section,
    text_input,
    town,
)

CHROMIUM = shutil.which("chromium") or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("REQUIRE_ALL"), reason="there is no Chromium"),
]


def bot(app: AsyncApp) -> None:
    @app.action("open")
    async def on_open(ack: Any, body: Any, client: Any) -> None:
        await client.views_open(
            trigger_id=body["trigger_id"], view=modal(text_input("note"), callback_id="form")
        )
        await ack()

    @app.view("form")
    async def on_form(ack: Any, body: Any, client: Any) -> None:
        note = body["view"]["state"]["values"]["note"]["note"]["value"]
        if note == "fel":
            await ack(response_action="errors", errors={"note": "Skriv något annat."})
            return
        await client.chat_postMessage(channel=CHANNEL, text=note)
        await ack()

    @app.command("/arende")
    async def on_command(ack: Any) -> None:
        await ack("Du har tre ärenden")

    @app.event("message")
    async def on_message() -> None:
        pass


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with town("http", bot, smtp_port=None) as running:
        yield running


@pytest_asyncio.fixture
async def page(sandbox: Sandbox) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        page.set_default_timeout(5_000)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(sandbox.url)
        yield page
        assert faults == []
        await browser.close()


async def test_a_person_presses_fills_in_and_reads(sandbox: Sandbox, page: Page) -> None:
    evil = "<img src=x onerror=alert(1)> &lt;b&gt;"
    await client_of(sandbox).chat_postMessage(
        channel=CHANNEL, text="x", blocks=[section(evil), actions(button("open", style="primary"))]
    )
    await page.wait_for_selector(".message")
    assert await page.locator(".message img").count() == 0
    assert "<b>" in await page.inner_text(".message")
    await page.click("button:text-is('open')")
    await page.click("#modal .submit")
    await page.wait_for_selector("text=Fyll i det här fältet.")
    await page.fill("#modal input", "fel")
    await page.click("#modal .submit")
    await page.wait_for_selector("text=Skriv något annat.")
    await page.fill("#modal input", "Klart & sparat")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".message >> text=Klart & sparat")
    await page.wait_for_selector("#modal", state="hidden")


async def test_commands_are_completed_and_answered_to_one_person(sandbox: Sandbox, page: Page) -> None:
    await page.wait_for_selector(".channel.on")
    await page.fill("#text", "/ar")
    await page.wait_for_selector("#complete button")
    await page.press("#text", "Tab")
    await page.keyboard.type("lista")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".message.private >> text=Du har tre ärenden")
    await page.select_option("#who", BJORN)
    await page.wait_for_selector(".message.private", state="detached")


async def test_typed_text_survives_an_update_from_behind(sandbox: Sandbox, page: Page) -> None:
    trigger = sandbox.stage.new_trigger(ANNA).id
    client = client_of(sandbox)
    opened = await client.views_open(trigger_id=trigger, view=modal(text_input("note")))
    await page.fill("#modal input", "halvvägs")
    await asyncio.sleep(0.4)
    await client.views_update(view_id=opened["view"]["id"], view=modal(section("Nytt"), text_input("note")))
    await page.wait_for_selector("#modal >> text=Nytt")
    assert await page.input_value("#modal input") == "halvvägs"


async def test_clocks_show_the_towns_time_wherever_the_browser_is(sandbox: Sandbox, page: Page) -> None:
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Emulation.setTimezoneOverride", {"timezoneId": "America/New_York"})
    shown = await page.evaluate("import('/pages/dom.js').then((dom) => dom.clock(1795386000))")
    assert shown == "23:20"
