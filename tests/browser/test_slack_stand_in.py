"""The page, in a real browser: one browser and one workspace for all, so that it is quick."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from slack_bolt.async_app import AsyncApp

from sandbox.faults import TO_APP, TO_FILES, TO_MAIL, TO_SLACK
from sandbox.server import Sandbox
from tests.browser.accessibility import find_problems
from tests.browser.chromium import launch, open_page, record_faults
from tests.sandbox.transport.tiny_bot import (
    ANNA,
    BJORN,
    CHANNEL,
    actions,
    button,
    client_of,
    modal,
    option,
    plain,
    section,
    text_input,
    town,
)

EVIL = "<img src=x onerror=alert(1)> &lt;b&gt;"
NAMES = ["Anna Berg", "Björn Ek", "Bygglovsgruppen"]
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.chromium, pytest.mark.long]


def chooser(block_id: str) -> dict[str, Any]:
    element = {"type": "multi_external_select", "action_id": block_id, "min_query_length": 1}
    return {"type": "input", "block_id": block_id, "label": plain("Handläggare"), "element": element}


def bot(app: AsyncApp) -> None:
    @app.action("open")
    async def on_open(ack: Any, body: Any, client: Any) -> None:
        view = modal(text_input("note"), chooser("who"), actions(button("push")), callback_id="form")
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await ack()

    @app.action("push")
    async def on_push(ack: Any, body: Any, client: Any) -> None:
        view = modal(section("Så här blir det"), title="Förhandsgranska", callback_id="preview")
        await client.views_push(trigger_id=body["trigger_id"], view=view)
        await ack()

    @app.options("who")
    async def on_options(ack: Any, payload: Any) -> None:
        await ack(options=[option(name) for name in NAMES if payload["value"].lower() in name.lower()])

    @app.view("form")
    async def on_form(ack: Any, body: Any, client: Any) -> None:
        values = body["view"]["state"]["values"]
        note = values["note"]["note"]["value"]
        if note == "fel":
            await ack(response_action="errors", errors={"note": "Skriv något annat."})
            return
        chosen = [one["value"] for one in values["who"]["who"]["selected_options"]]
        await client.chat_postMessage(channel=CHANNEL, text=f"{note}: {', '.join(chosen)}")
        await ack()

    @app.command("/arende")
    async def on_command(ack: Any) -> None:
        await ack("Du har tre ärenden")

    @app.event("app_home_opened")
    async def on_home(event: Any, client: Any) -> None:
        view = {"type": "home", "blocks": [section("Inget väntar på dig.")]}
        await client.views_publish(user_id=event["user"], view=view)

    @app.event("message")
    async def on_message() -> None:
        pass


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with town("http", bot, smtp_port=None, pace=None) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with launch() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def page(sandbox: Sandbox, chromium: Browser) -> AsyncIterator[Page]:
    page = await open_page(chromium, reduced_motion="reduce")
    faults = record_faults(page)
    await page.goto(sandbox.url)
    yield page
    for user in (ANNA, BJORN):
        sandbox.shared.workspace.close_all(user)
    await page.context.close()
    assert faults == []


async def post(sandbox: Sandbox, *blocks: dict[str, Any], text: str = "x") -> str:
    result = await client_of(sandbox).chat_postMessage(
        channel=CHANNEL, text=text, blocks=list(blocks) or None
    )
    return str(result["ts"])


async def test_a_person_presses_fills_in_and_reads(sandbox: Sandbox, page: Page) -> None:
    ts = await post(sandbox, section(EVIL), actions(button("open", style="primary")))
    card = page.locator(f"[data-ts='{ts}']")
    await expect(card).to_contain_text("<b>")
    assert await card.locator("img").count() == 0
    await card.get_by_role("button", name="open").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Spara").click()
    await expect(dialog.locator(".error").first).to_contain_text("Fyll i det här fältet.")
    who = dialog.get_by_role("combobox", name="Handläggare")
    await who.fill("zz")
    await expect(page.get_by_text("Inga träffar")).to_be_visible()
    await who.fill("b")
    await expect(page.get_by_role("option", name="Bygglovsgruppen")).to_be_visible()
    await who.press("ArrowDown")
    await who.press("Enter")
    note = dialog.get_by_role("textbox", name="note")
    await note.fill("fel")
    await note.press("Enter")
    await expect(dialog.get_by_text("Skriv något annat.")).to_be_visible()
    await note.fill("Klart & sparat")
    await note.press("Enter")
    await expect(page.locator("#messages")).to_contain_text("Klart & sparat: Björn Ek")
    await expect(dialog).to_be_hidden()


async def test_views_are_stacked_and_left_one_at_a_time_or_all_at_once(sandbox: Sandbox, page: Page) -> None:
    ts = await post(sandbox, actions(button("open")))
    await page.locator(f"[data-ts='{ts}']").get_by_role("button", name="open").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="push").click()
    await expect(dialog).to_contain_text("Så här blir det")
    await page.keyboard.press("Escape")
    await expect(dialog.get_by_role("textbox", name="note")).to_be_visible()
    await dialog.get_by_role("button", name="push").click()
    await dialog.get_by_role("button", name="Stäng alla").click()
    await expect(dialog).to_be_hidden()


async def test_a_press_is_heard_though_its_card_changes_while_the_button_is_held(
    sandbox: Sandbox, page: Page
) -> None:
    ts = await post(sandbox, section("Obehandlat"), actions(button("open")))
    card = page.locator(f"[data-ts='{ts}']")
    await card.get_by_role("button", name="open").hover()
    await page.mouse.down()
    async with page.expect_response(re.compile("/_see")) as seen:
        await client_of(sandbox).chat_update(
            channel=CHANNEL, ts=ts, text="x", blocks=[section("Inskickat"), actions(button("open"))]
        )
    await (await seen.value).finished()
    await page.evaluate("new Promise(requestAnimationFrame)")
    await page.mouse.up()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(card).to_contain_text("Inskickat")


async def test_commands_are_completed_and_answered_to_one_person(sandbox: Sandbox, page: Page) -> None:
    await page.wait_for_selector(".channel.on")
    await page.fill("#text", "/ar")
    await expect(page.get_by_role("option", name="/arende")).to_be_visible()
    await page.press("#text", "Tab")
    await page.keyboard.type("lista")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".message.private >> text=Du har tre ärenden")
    await page.select_option("#who", BJORN)
    await page.wait_for_selector(".message.private", state="detached")


async def test_typed_text_survives_an_update_from_behind(sandbox: Sandbox, page: Page) -> None:
    trigger = sandbox.shared.new_trigger(ANNA).id
    client = client_of(sandbox)
    opened = await client.views_open(trigger_id=trigger, view=modal(text_input("note")))
    view = opened["view"]["id"]
    async with page.expect_response(re.compile("/_do/fill")):
        await page.fill("#modal input", "halvvägs")
    await client.views_update(view_id=view, view=modal(section("Nytt"), text_input("note")))
    await page.wait_for_selector("#modal >> text=Nytt")
    assert await page.input_value("#modal input") == "halvvägs"


async def test_what_comes_elsewhere_is_told_and_counted(sandbox: Sandbox, page: Page) -> None:
    await page.locator("#channels button", has_text="forskola").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("forskola")
    words = "Ett nytt ärende"
    await post(sandbox, text=words)
    await expect(page.locator("#channels button.unread", has_text="bygglov")).to_be_visible()
    await page.locator(".toast", has_text=words).locator("button.words").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("bygglov")
    await expect(page.locator("#channels .unread", has_text="bygglov")).to_have_count(0)


async def test_the_apps_home_is_drawn_when_it_is_opened(sandbox: Sandbox, page: Page) -> None:
    await page.locator("#channels button", has_text="Ärendebot").click()
    await page.get_by_role("button", name="Hem", exact=True).click()
    await expect(page.locator(".home")).to_contain_text("Inget väntar på dig.")
    await page.get_by_role("button", name="Meddelanden", exact=True).click()
    await expect(page.locator("#messages")).to_contain_text("Här kommer appens meddelanden till dig.")


async def test_the_keyboard_leads_everywhere(sandbox: Sandbox, page: Page) -> None:
    ts = await post(sandbox, section("Svara här"))
    await page.locator(f"[data-ts='{ts}']").get_by_role("button", name="Svara i tråd").press("Enter")
    await page.keyboard.type("Ringde grannen")
    await page.keyboard.press("Enter")
    await expect(page.locator("#replies")).to_contain_text("Ringde grannen")
    await page.keyboard.press("Escape")
    await expect(page.locator("#thread")).to_be_hidden()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("social")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("social-oro")
    await page.keyboard.type("/ar")
    await page.keyboard.press("Escape")
    await expect(page.locator("#complete")).to_be_hidden()


async def test_axe_finds_nothing_wide_or_narrow_light_or_dark(sandbox: Sandbox, page: Page) -> None:
    ts = await post(sandbox, section("Text"), actions(button("open", style="danger")))
    await page.locator(f"[data-ts='{ts}']").get_by_role("button", name="open").click()
    await page.get_by_role("dialog").get_by_role("button", name="Spara").click()
    await expect(page.get_by_role("dialog").locator(".error").first).to_be_visible()
    assert await find_problems(page) == []
    await page.get_by_role("button", name="Avbryt").click()
    await page.locator("#tofaults").click()
    await expect(page.locator("#faults").get_by_role("button").last).to_be_visible()
    assert await find_problems(page) == []
    await page.goto(f"{sandbox.url}/mail")
    await expect(page.get_by_role("heading").first).to_be_visible()
    assert await find_problems(page) == []


async def test_every_fault_that_can_be_ordered_is_named_in_swedish(sandbox: Sandbox, page: Page) -> None:
    await page.locator("#tofaults").click()
    panel = page.locator("#faults")
    await expect(panel.locator('[data-fault="to_slack:error"]')).to_be_visible()
    shown = await panel.inner_text()
    kinds = TO_SLACK | TO_FILES | TO_APP, TO_MAIL
    assert [about for side in kinds for about in side.values() if about in shown] == []


async def test_the_mail_server_is_taken_down_from_the_panel(sandbox: Sandbox, page: Page) -> None:
    await page.locator("#tofaults").click()
    await page.get_by_role("button", name="Varje gång").click()
    await page.get_by_role("switch", name="Mejlservern är nere").click()
    await expect(page.locator("#faultcount")).to_have_text("1")
    assert [(one["what"], one["kinds"]) for one in sandbox.state()["faults"]["on"]] == [("mail", ["status"])]
    await page.get_by_role("button", name="Stäng av alla").click()
    await expect(page.locator("#faultcount")).to_have_text("")


async def test_faults_are_switched_on_and_off_and_counted(sandbox: Sandbox, page: Page) -> None:
    await page.locator("#tofaults").click()
    await page.get_by_role("button", name="Nästa gång").click()
    await page.get_by_role("switch", name="Appen hör ingenting").click()
    await page.keyboard.press("Escape")
    await expect(page.locator("#faultcount")).to_have_text("1")
    await page.fill("#text", "/arende lista")
    await page.press("#text", "Enter")
    await expect(page.locator(".toast")).to_contain_text("Appen svarade inte inom tre sekunder.")
    await expect(page.locator("#faultcount")).to_have_text("")


async def test_files_are_put_in_messages_and_opened(sandbox: Sandbox, page: Page) -> None:
    plan = {"name": "ritning.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    await page.wait_for_selector(".channel.on")
    await page.set_input_files("#composer input[type=file]", plan)
    await page.get_by_role("button", name="Skicka", exact=True).click()
    link = page.locator("#messages a.filechip", has_text="ritning.pdf")
    answer = await page.request.get(f"{sandbox.url}{await link.get_attribute('href')}")
    assert await answer.body() == b"%PDF-1.7"


async def test_an_app_is_made_of_its_manifest_installed_and_invited(chromium: Browser) -> None:
    manifest = (Path(__file__).parents[2] / "manifest.yml").read_text("utf-8")
    async with Sandbox.running(mode="http", smtp_port=None) as sandbox:
        page = await open_page(chromium, reduced_motion="reduce")
        await page.goto(f"{sandbox.url}/apps")
        await page.get_by_role("button", name="Create New App").click()
        await page.get_by_role("textbox", name="Manifest").fill(
            manifest.replace("name: Ärendebot", "name: " + "Ä" * 36, 1)
        )
        await page.get_by_role("button", name="Next").click()
        await expect(page.get_by_role("alert")).to_contain_text(
            "display_information.name must be less than 36"
        )
        await page.get_by_role("textbox", name="Manifest").fill(manifest)
        await page.get_by_role("button", name="Next").click()
        await page.get_by_role("button", name="Create", exact=True).click()
        await page.get_by_role("button", name="Generate Token").click()
        await page.get_by_role("button", name="Install to").click()
        await expect(page.locator("#settings pre")).to_contain_text("SLACK_APP_TOKEN=xapp-1-")
        await expect(page.locator("#settings pre")).to_contain_text("SLACK_BOT_TOKEN=xoxb-")
        assert await find_problems(page) == []
        await page.goto(sandbox.url)
        await page.wait_for_selector(".channel.on")
        await page.fill("#text", "/invite @Ärendebot")
        await page.get_by_role("button", name="Skicka", exact=True).click()
        await expect(page.locator(".toast")).to_contain_text("Ärendebot är med i kanalen.")
        assert sandbox.app.bot_user in sandbox.shared.workspace.channels[CHANNEL].members
        await page.context.close()


async def test_clocks_show_the_towns_time_wherever_the_browser_is(sandbox: Sandbox, page: Page) -> None:
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Emulation.setTimezoneOverride", {"timezoneId": "America/New_York"})
    shown = await page.evaluate("import('/pages/js/time.js').then((time) => time.clock(1795386000))")
    assert shown == "23:20"
