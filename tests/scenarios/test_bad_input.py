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
from bot.handlers.transport.http_endpoint import MOST
from tests.conftest import SAMPLE
from tests.scenarios.town_hall import BUILDING, TownHall, Where, open_for_business


@pytest.fixture
async def number(hall: TownHall) -> str:
    number = await hall.applicant().applies()
    await hall.posted(number)
    return number


# --- requests that are not Slack's ---


def pressed(hall: TownHall, number: str) -> bytes:
    """A take of the case as Slack would send it."""
    card = hall.card(number)
    take = next(one for block in card["blocks"] for one in block.get("elements", []) if "take" in str(one))
    anna = hall.officer("anna-berg")
    payload = {
        "type": "block_actions",
        "team": hall.sandbox.stage.workspace.team,
        "user": {"id": anna.id, "team_id": hall.sandbox.stage.workspace.team["id"]},
        "api_app_id": hall.sandbox.app.id,
        "trigger_id": "1.2.forged",
        "container": {"type": "message", "message_ts": card["ts"], "channel_id": card["channel"]},
        "channel": {"id": card["channel"]},
        "message": {"ts": card["ts"]},
        "actions": [{**take, "action_ts": "1.0"}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


async def sends(hall: TownHall, body: bytes, secret: str, at: float) -> int:
    stamp = str(int(at))
    signature = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={signature}",
    }
    return (await hall.browser().client.post("/slack/events", content=body, headers=headers)).status_code


async def test_a_press_signed_by_slack_now_is_heard(hall: TownHall, number: str) -> None:
    """The three below are refused for what is wrong with them, and for nothing else."""
    body = pressed(hall, number)
    assert await sends(hall, body, hall.sandbox.app.signing_secret, time.time()) == 200
    assert (await hall.case(number)).case.officers == ("anna-berg",)


async def test_a_forged_press_is_not_heard(hall: TownHall, number: str) -> None:
    assert await sends(hall, pressed(hall, number), "another secret", time.time()) == 401
    assert (await hall.case(number)).case.officers == ()


async def test_a_press_signed_long_ago_is_not_heard(hall: TownHall, number: str) -> None:
    old = time.time() - 600
    assert await sends(hall, pressed(hall, number), hall.sandbox.app.signing_secret, old) == 401
    assert (await hall.case(number)).case.officers == ()


async def test_what_is_far_too_large_is_turned_away_before_it_is_read(hall: TownHall) -> None:
    assert await sends(hall, b"x" * (MOST + 1), "another secret", time.time()) == 413


async def test_a_press_played_again_is_done_once(hall: TownHall, number: str) -> None:
    body, secret, now = pressed(hall, number), hall.sandbox.app.signing_secret, time.time()
    assert await sends(hall, body, secret, now) == 200
    anna = hall.officer("anna-berg")
    await hall.posted(number, "Anna Berg")
    await anna.types(f"lämna {number}")
    await hall.posted(number, "Obehandlat")
    assert await sends(hall, body, secret, now) == 200
    assert (await hall.case(number)).case.officers == ()


async def test_a_button_of_a_card_that_is_long_gone_is_met_with_words(hall: TownHall, number: str) -> None:
    card = hall.card(number)
    message = hall.sandbox.stage.workspace.channels[card["channel"]].messages[card["ts"]]
    buttons = next(block for block in message.blocks if block["type"] == "actions")
    buttons["elements"][0] |= {"action_id": "case:gone", "value": "f" * 32}
    anna = hall.officer("anna-berg")
    await anna.presses(number, "case:gone")
    assert await anna.hears("Det här går inte att använda längre.")


# --- texts and files ---


async def test_an_empty_message_is_not_sent(hall: TownHall, number: str) -> None:
    anna = hall.officer("anna-berg")
    await anna.opens(number, "case:message", "case:message:preview")
    told = await anna.fill_and_submit({"text": "  \n "})
    assert list(told["errors"].values()) == ["Skriv något först."]
    assert (await hall.case(number)).messages == ()


async def test_a_message_too_long_for_slack_is_pointed_to_the_page(hall: TownHall, number: str) -> None:
    anna = hall.officer("anna-berg")
    await anna.types(f"meddela {number} " + "å" * 3_100)
    assert await anna.hears("Texten är 100 tecken för lång. Skriv den på ärendesidan.")


async def test_an_answer_too_long_comes_back_filled_in(hall: TownHall, number: str) -> None:
    eva = hall.applicant()
    page = await eva.follows(await eva.mail("Vi har tagit emot"))
    page = await eva.says(page, "x" * 20_001)
    assert page.status == 422 and "tecken för lång" in page.text and "x" * 20_001 in page.text
    assert (await hall.case(number)).messages == ()


async def test_a_file_of_a_refused_kind_is_told_and_the_rest_of_the_form_is_kept(hall: TownHall) -> None:
    eva = hall.applicant()
    form = (await eva.form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    page = await eva.browser.send(form.attach("svar_ritningar", "program.exe", b"MZ\x90\x00"))
    assert page.status == 422 and "program.exe kan inte tas emot" in page.text
    assert page.form().value("svar_beskrivning").strip() == BUILDING["svar_beskrivning"]
    assert await hall.count() == 0


async def test_a_file_that_is_too_large_is_told(hall: TownHall) -> None:
    eva = hall.applicant()
    form = (await eva.form()).fill(om_p0_name="Eva Ek", om_p0_email=eva.email, **BUILDING)
    large = b"%PDF-1.7\n" + b"0" * (26 * 1024 * 1024)
    page = await eva.browser.send(form.attach("svar_ritningar", "stor.pdf", large))
    assert page.status == 422 and "stor.pdf kan inte tas emot" in page.text and "25 MB" in page.text
    assert await hall.count() == 0 and not [*(hall.program.settings.files_dir).rglob("*.part")]


# --- codes ---


async def test_a_code_that_is_too_old_opens_nothing(hall: TownHall, number: str) -> None:
    eva = hall.applicant()
    mail = await eva.mail("Vi har tagit emot")
    page = await eva.browser.get(mail.links()[0])
    page = await eva.browser.send(page.form())
    code = await eva.code()
    hall.passes(601)
    page = await eva.gives(page, code)
    assert page.status == 422 and "/kod" in page.url and "Björken" not in page.text


async def test_a_code_opens_once(hall: TownHall, number: str) -> None:
    eva = hall.applicant()
    page = await eva.browser.get((await eva.mail("Vi har tagit emot")).links()[0])
    page = await eva.browser.send(page.form())
    thief = hall.applicant()
    thief.browser.client.cookies = dict(eva.browser.client.cookies)  # type: ignore[assignment]
    code = await eva.code()
    assert (await eva.gives(page, code)).status == 200
    again = await thief.browser.send(page.form("/kod").fill(code=code))
    assert again.status == 422 and "/arende/" not in again.url


# --- the catalog ---


@pytest.fixture
async def own(sqlite_url: str, tmp_path: Path) -> AsyncIterator[TownHall]:
    """A town hall with a catalog of its own to change."""
    folder = tmp_path / "catalog"
    shutil.copytree(SAMPLE, folder)
    async with open_for_business(Where(tmp_path, sqlite_url, folder)) as hall:
        yield hall


async def test_a_changed_catalog_is_taken_up_at_once(own: TownHall) -> None:
    place = own.catalog / "services" / "bygglov.yaml"
    eva = own.applicant()
    number = await eva.applies()
    await own.posted(number)
    place.write_text(place.read_text("utf-8").replace("Första granskning", "Kontroll av ansökan"), "utf-8")
    service = own.program.service
    await own.until(lambda: "Kontroll av ansökan" in str(service.catalog.service("bygglov")))
    anna = own.officer("anna-berg")
    await anna.types(f"status {number} kontroll av ansökan")
    assert await own.posted(number, "Kontroll av ansökan")


async def test_a_catalog_with_ten_errors_is_refused_and_the_old_one_kept(own: TownHall) -> None:
    place = own.catalog / "services" / "bygglov.yaml"
    told = place.read_text("utf-8")
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
        assert right in told
        told = told.replace(right, wrong, 1)
    place.write_text(told, "utf-8")
    live = own.program.stores.catalog
    await own.until(lambda: live.refused and len(live.refused.problems) >= 10)
    number = await own.applicant().applies()
    await own.posted(number, "Inskickat")
    assert (await own.case(number)).case.officers == ()
    await own.program.service.perform(
        TakeCase(case_id=(await own.case(number)).case.id), own.as_officer("anna-berg")
    )
