"""What is wrong, too large, too late or forged: a clear sentence, and nothing half done."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bot.domain.assignment import TakeCase
from bot.handlers.transport.http_endpoint import MAX_BODY_BYTES
from tests.conftest import SAMPLE
from tests.scenarios.running_program import BUILDING, Installation, RunningProgram, run_program


@pytest.fixture
async def number(program: RunningProgram) -> str:
    number = await program.applicant().apply()
    await program.wait_for_card(number)
    return number


# --- requests that are not Slack's ---


def press_body(program: RunningProgram, number: str) -> bytes:
    """A take of the case as Slack would send it."""
    card = program.card(number)
    take = next(one for block in card["blocks"] for one in block.get("elements", []) if "take" in str(one))
    anna = program.officer("anna-berg")
    payload = {
        "type": "block_actions",
        "team": program.sandbox.shared.workspace.team,
        "user": {"id": anna.id, "team_id": program.sandbox.shared.workspace.team["id"]},
        "api_app_id": program.sandbox.app.id,
        "trigger_id": "1.2.forged",
        "container": {"type": "message", "message_ts": card["ts"], "channel_id": card["channel"]},
        "channel": {"id": card["channel"]},
        "message": {"ts": card["ts"]},
        "actions": [{**take, "action_ts": "1.0"}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


async def send_signed(program: RunningProgram, body: bytes, secret: str, at: float) -> int:
    stamp = str(int(at))
    signature = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={signature}",
    }
    return (await program.browser().client.post("/slack/events", content=body, headers=headers)).status_code


async def test_a_press_signed_by_slack_now_is_heard(program: RunningProgram, number: str) -> None:
    """The three below are refused for what is wrong with them, and for nothing else."""
    body = press_body(program, number)
    assert await send_signed(program, body, program.sandbox.app.signing_secret, time.time()) == 200
    assert (await program.load_case(number)).case.officers == ("anna-berg",)


async def test_a_forged_press_is_not_heard(program: RunningProgram, number: str) -> None:
    assert await send_signed(program, press_body(program, number), "another secret", time.time()) == 401
    assert (await program.load_case(number)).case.officers == ()


async def test_a_press_signed_long_ago_is_not_heard(program: RunningProgram, number: str) -> None:
    old = time.time() - 600
    assert (
        await send_signed(program, press_body(program, number), program.sandbox.app.signing_secret, old)
        == 401
    )
    assert (await program.load_case(number)).case.officers == ()


async def test_what_is_far_too_large_is_turned_away_before_it_is_read(program: RunningProgram) -> None:
    assert await send_signed(program, b"x" * (MAX_BODY_BYTES + 1), "another secret", time.time()) == 413


async def test_a_press_played_again_is_done_once(program: RunningProgram, number: str) -> None:
    body, secret, now = press_body(program, number), program.sandbox.app.signing_secret, time.time()
    assert await send_signed(program, body, secret, now) == 200
    anna = program.officer("anna-berg")
    await program.wait_for_card(number, "Anna Berg")
    await anna.run_command(f"lämna {number}")
    await program.wait_for_card(number, "Ingen")
    assert await send_signed(program, body, secret, now) == 200
    assert (await program.load_case(number)).case.officers == ()


async def test_a_button_of_a_card_that_is_long_gone_is_met_with_words(
    program: RunningProgram, number: str
) -> None:
    card = program.card(number)
    message = program.sandbox.shared.workspace.channels[card["channel"]].messages[card["ts"]]
    buttons = next(block for block in message.blocks if block["type"] == "actions")
    buttons["elements"][0] |= {"action_id": "case:gone", "value": "f" * 32}
    anna = program.officer("anna-berg")
    await anna.press_on_card(number, "case:gone")
    assert await anna.wait_for_private_line("Det här går inte att använda längre.")


# --- texts and files ---


async def test_an_empty_message_is_not_sent(program: RunningProgram, number: str) -> None:
    anna = program.officer("anna-berg")
    await anna.open_dialog(number, "case:message", "case:message:preview")
    result = await anna.fill_and_submit({"text": "  \n "})
    assert list(result["errors"].values()) == ["Skriv något först."]
    assert (await program.load_case(number)).messages == ()


async def test_a_message_too_long_for_slack_is_pointed_to_the_page(
    program: RunningProgram, number: str
) -> None:
    anna = program.officer("anna-berg")
    await anna.run_command(f"meddela {number} " + "å" * 3_100)
    assert await anna.wait_for_private_line("Texten är 100 tecken för lång. Skriv den på ärendesidan.")
    assert (await program.load_case(number)).messages == ()


async def test_an_answer_too_long_comes_back_filled_in(program: RunningProgram, number: str) -> None:
    eva = program.applicant()
    page = await eva.follow_mail(await eva.wait_for_mail("Vi har tagit emot"))
    page = await eva.reply(page, "x" * 20_001)
    assert page.status == 422 and "tecken för lång" in page.text and "x" * 20_001 in page.text
    assert (await program.load_case(number)).messages == ()


async def test_a_file_of_a_refused_kind_is_told_and_the_rest_of_the_form_is_kept(
    program: RunningProgram,
) -> None:
    eva = program.applicant()
    form = (await eva.open_form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    page = await eva.browser.submit(form.attach("svar_ritningar", "program.exe", b"MZ\x90\x00"))
    assert page.status == 422 and "program.exe kan inte tas emot" in page.text
    assert page.form().value("svar_beskrivning").strip() == BUILDING["svar_beskrivning"]
    assert await program.count_cases() == 0


async def test_a_file_that_is_too_large_is_told(program: RunningProgram) -> None:
    eva = program.applicant()
    form = (await eva.open_form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    large = b"%PDF-1.7\n" + b"0" * (26 * 1024 * 1024)
    page = await eva.browser.submit(form.attach("svar_ritningar", "stor.pdf", large))
    assert page.status == 422 and "stor.pdf kan inte tas emot" in page.text and "25 MB" in page.text
    assert await program.count_cases() == 0 and not [*(program.app.settings.files_dir).rglob("*.part")]


# --- codes ---


async def test_a_code_that_is_too_old_opens_nothing(program: RunningProgram, number: str) -> None:
    eva = program.applicant()
    mail = await eva.wait_for_mail("Vi har tagit emot")
    page = await eva.browser.get(mail.links()[0])
    page = await eva.browser.send(page.form())
    code = await eva.wait_for_code()
    program.advance(601)
    page = await eva.enter_code(page, code)
    assert page.status == 422 and "Koden gäller inte längre" in page.text and "Björken" not in page.text


async def test_a_code_opens_once(program: RunningProgram, number: str) -> None:
    eva = program.applicant()
    page = await eva.browser.get((await eva.wait_for_mail("Vi har tagit emot")).links()[0])
    page = await eva.browser.send(page.form())
    thief = program.applicant()
    thief.browser.client.cookies = dict(eva.browser.client.cookies)  # type: ignore[assignment]
    code = await eva.wait_for_code()
    assert (await eva.enter_code(page, code)).status == 200
    again = await thief.browser.send(page.form("/kod").fill(code=code))
    assert again.status == 422 and "/arende/" not in again.url


# --- the catalog ---


@pytest.fixture
async def own_catalog(sqlite_url: str, tmp_path: Path) -> AsyncIterator[RunningProgram]:
    """A town hall with a catalog of its own to change."""
    folder = tmp_path / "catalog"
    shutil.copytree(SAMPLE, folder)
    async with run_program(Installation(tmp_path, sqlite_url, folder)) as program:
        yield program


async def test_a_changed_catalog_is_taken_up_at_once(own_catalog: RunningProgram) -> None:
    place = own_catalog.catalog / "services" / "bygglov.yaml"
    eva = own_catalog.applicant()
    number = await eva.apply()
    await own_catalog.wait_for_card(number)
    place.write_text(place.read_text("utf-8").replace("Första granskning", "Kontroll av ansökan"), "utf-8")
    service = own_catalog.app.service
    await own_catalog.wait_for(lambda: "Kontroll av ansökan" in str(service.catalog.service("bygglov")))
    anna = own_catalog.officer("anna-berg")
    await anna.run_command(f"status {number} kontroll av ansökan")
    await anna.wait_for_private_line("Vill du ändra status på")
    await anna.press(own_catalog.channel(), anna.ephemerals()[-1]["ts"], "status:chosen")
    assert await own_catalog.wait_for_card(number, "Kontroll av ansökan")


async def test_a_catalog_with_ten_errors_is_refused_and_the_old_one_kept(own_catalog: RunningProgram) -> None:
    place = own_catalog.catalog / "services" / "bygglov.yaml"
    result = place.read_text("utf-8")
    for right, wrong in (
        ("kind: number", "kind: nummer"),
        ("kind: date", "kind: datum"),
        ("privacy: standard", "privacy: hemlig"),
        ("kind: property", "kind: fastighet"),
        ("kind: submitted", "kind: inskickad"),
        ("requires: note", "requires: notering"),
        ("channel:", "kanal:"),
        ("group: bygglovsgruppen", "group: bygglovarna"),
        ("due_soon_days: 5", "due_soon_days: snart"),
        ("working_days: 50\nretention", "working_days: många\nretention"),
    ):
        assert right in result
        result = result.replace(right, wrong, 1)
    place.write_text(result, "utf-8")
    live = own_catalog.app.stores.catalog
    await own_catalog.wait_for(lambda: live.error and len(live.error.problems) >= 10)
    number = await own_catalog.applicant().apply()
    await own_catalog.wait_for_card(number, "Inskickat")
    assert (await own_catalog.load_case(number)).case.officers == ()
    await own_catalog.app.service.perform(
        TakeCase(case_id=(await own_catalog.load_case(number)).case.id), own_catalog.load_officer("anna-berg")
    )
    assert (await own_catalog.load_case(number)).case.officers == ("anna-berg",)
