"""When something fails: a clear sentence, and nothing half done."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.blocks.block_kit.elements import button
from bot.blocks.private import case_button, private_message
from bot.catalog import Catalog
from bot.clients.errors import PermanentFailure
from bot.domain.assignment import TakeCase
from bot.handlers.request.context import SlackContext
from bot.handlers.request.listeners import Listeners
from bot.handlers.request.payload import parse_payload
from bot.handlers.request.responder import Responder
from bot.handlers.request.slack_request import SlackRequest, request_of
from bot.handlers.transport.payload_validation import parse_request
from bot.store import Database, DatabaseBusy
from bot.store.tables import DeliveryRow, DestinationRow
from bot.text import words
from tests.conftest import Clock
from tests.handlers.slack_harness import ANNA, BYGGLOV_CHANNEL, SlackHarness, open_harness


class DatabaseLock:
    """Another process that holds the database."""

    def __init__(self, database: Database) -> None:
        assert database.url.database is not None
        self._connection = sqlite3.connect(database.url.database, isolation_level=None, timeout=0.1)

    def __enter__(self) -> DatabaseLock:
        self._connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


async def test_a_locked_database_is_told_and_nothing_is_changed(
    impatient_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_harness(impatient_database, catalog, clock) as harness:
        case = await harness.submit()
        card = await harness.post_card(case)
        anna = harness.person(ANNA)
        await anna.slash(BYGGLOV_CHANNEL, "/arende", "hjälp")
        await harness.wait_until_idle()
        with DatabaseLock(impatient_database):
            result = await anna.press(*card, "case:take")
            assert result["ok"], result["error"]
            await harness.wait_until_idle()
        assert harness.last_ephemeral(ANNA).startswith("Just nu är det många som arbetar samtidigt.")
        assert (await harness.load_case(case)).officers == ()


async def test_a_form_met_by_a_locked_database_comes_back_filled_in(
    impatient_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_harness(impatient_database, catalog, clock) as harness:
        case = await harness.submit()
        anna = harness.person(ANNA)
        await anna.slash(BYGGLOV_CHANNEL, "/arende", "notera 1")
        await anna.wait_until(lambda: anna.view)
        await harness.wait_until_idle()
        with DatabaseLock(impatient_database):
            await anna.fill_and_submit({"text": "Ringde grannen"})
        assert "Inget har ändrats. Försök igen" in str(anna.view)
        assert "Ringde grannen" in str(anna.view)
        await anna.submit()
        assert [note.text for note in (await harness.load_full_case(case)).notes] == ["Ringde grannen"]


async def test_a_slow_press_is_answered_honestly_in_time(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_harness(sqlite_database, catalog, clock, ack_timeout=0.1) as harness:
        case = await harness.submit()
        card = await harness.post_card(case)
        anna = harness.person(ANNA)
        await anna.slash(BYGGLOV_CHANNEL, "/arende", "hjälp")
        await harness.wait_until_idle()
        lock = DatabaseLock(sqlite_database)
        with lock:
            pressing = asyncio.create_task(anna.press(*card, "case:take"))
            result = await pressing
            assert result["ok"]  # though the database is still locked
            await anna.wait_until(
                lambda: "Det tar lite längre tid än vanligt." in harness.last_ephemeral(ANNA)
            )
        await anna.wait_until(lambda: harness.last_ephemeral(ANNA) == "Klart. Ändringen är sparad.")
        assert (await harness.load_case(case)).officers == ("anna-berg",)


async def test_whoever_has_changed_something_is_not_told_that_nothing_was_where_the_store_is_busy_after_it(
    harness: SlackHarness,
) -> None:
    url = harness.sandbox.shared.new_hook("actions", ANNA, BYGGLOV_CHANNEL)
    request, listeners = SlackRequest(ANNA, "", response_url=url), Listeners(harness.deps)
    responder = Responder(harness.deps, request, AsyncAck())
    context = SlackContext(harness.deps, request, responder, listeners.run_and_report)

    async def changing() -> None:
        context.performer.has_committed = True
        raise DatabaseBusy

    await listeners.run_and_report(context, changing())
    assert await harness.person(ANNA).wait_until(
        lambda: harness.last_ephemeral(ANNA) == "Klart. Ändringen är sparad."
    )


async def test_a_slow_form_says_so_and_then_what_came_of_it(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_harness(sqlite_database, catalog, clock, ack_timeout=0.1) as harness:
        await harness.submit()
        anna = harness.person(ANNA)
        await anna.slash(BYGGLOV_CHANNEL, "/arende", "notera 1")
        await anna.wait_until(lambda: anna.view)
        await harness.wait_until_idle()
        with DatabaseLock(sqlite_database):
            await anna.fill_and_submit({"text": "Ringde grannen"})
            assert "Det tar lite längre tid än vanligt." in str(anna.view)
        await anna.wait_until(lambda: "Noteringen är sparad." in str(anna.view))


async def test_a_bug_is_told_with_a_reference_and_written_down_without_values(
    harness: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await harness.submit()
    card = await harness.post_card(case)
    anna = harness.person(ANNA)

    async def broken(*_: Any, **__: Any) -> None:
        raise ValueError("Eva Ek, 19811218-9876")

    monkeypatch.setattr(harness.service, "perform", broken)
    with capture_logs() as logs:
        await anna.press(*card, "case:take")
        await harness.wait_until_idle()
    (bug,) = [line for line in logs if line["event"] == "bug"]
    assert f"och uppge {bug['ref']}." in harness.last_ephemeral(ANNA)
    assert "Inget har ändrats." in harness.last_ephemeral(ANNA)
    assert any("take.py" in place for place in bug["where"])
    assert "Eva" not in str(logs)


async def test_a_button_without_a_case_any_more_is_answered(harness: SlackHarness) -> None:
    old = private_message("Gammalt kort", case_button("btn.take", "finns-inte", words("sv")))
    client = AsyncWebClient(harness.sandbox.app.bot_token, base_url=harness.sandbox.api_url)
    posted = await client.chat_postMessage(channel=BYGGLOV_CHANNEL, text=old.text, blocks=old.blocks)
    await harness.person(ANNA).press(BYGGLOV_CHANNEL, posted["ts"], "case:take")
    await harness.wait_until_idle()
    assert (
        harness.last_ephemeral(ANNA)
        == "Det finns inget sådant ärende. Sök på ärendets nummer om du är osäker."
    )


async def test_that_slack_or_mail_is_delayed_is_told_after_a_change(harness: SlackHarness) -> None:
    case = await harness.submit()
    card = await harness.post_card(case)
    held = harness.clock() + timedelta(minutes=5)
    await harness.service.database.write(
        lambda tx: tx.conn.execute(DestinationRow.__table__.update().values(next_at=held))
    )
    await harness.person(ANNA).press(*card, "case:take")
    await harness.wait_until_idle()
    assert (await harness.load_case(case)).officers == ("anna-berg",)
    assert harness.last_ephemeral(ANNA) == "Sparat. Slack svarar inte just nu, kortet uppdateras senare."


async def test_another_cases_delay_is_not_told_after_a_change(harness: SlackHarness) -> None:
    case = await harness.submit()
    card = await harness.post_card(case)
    other = await harness.submit()
    await harness.service.database.write(
        lambda tx: tx.conn.execute(
            DeliveryRow.__table__.update()
            .where(DeliveryRow.case_id == other.case_id)
            .values(trouble="unreachable")
        )
    )
    await harness.person(ANNA).press(*card, "case:take")
    await harness.wait_until_idle()
    assert (await harness.load_case(case)).officers == ("anna-berg",)
    assert harness.last_ephemeral(ANNA) == ""


def test_each_press_has_a_key_of_its_own_and_a_form_one_for_what_was_shown() -> None:
    person = {"user": {"id": ANNA, "team_id": "T1"}, "trigger_id": "t1"}
    press = {"type": "block_actions", **person, "actions": [{"action_id": "case:take"}]}
    form = {"type": "view_submission", **person, "view": {"id": "V1", "type": "modal", "hash": "h"}}
    command = {"command": "/arende", "user_id": ANNA, "team_id": "T1", "trigger_id": "t2"}
    keys = [request_of(parse_payload(body)).idempotency_key for body in (press, form, command)]
    assert keys == ["slack:t1", "slack:V1:h", "slack:t2"]


async def test_a_button_of_an_old_kind_is_answered(harness: SlackHarness) -> None:
    old = private_message("Gammalt kort", button("Något gammalt", "case:gone", "x"))
    client = AsyncWebClient(harness.sandbox.app.bot_token, base_url=harness.sandbox.api_url)
    posted = await client.chat_postMessage(channel=BYGGLOV_CHANNEL, text=old.text, blocks=old.blocks)
    result = await harness.person(ANNA).press(BYGGLOV_CHANNEL, posted["ts"], "case:gone")
    assert result["ok"], result["error"]
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == "Det här går inte att använda längre. Öppna ärendet på nytt."


@pytest.mark.parametrize("value", ["{id}:" + "9" * 30, "{id}:nyss", "v2/case/{id}", "v2/page/1", "a\x7fb"])
async def test_a_button_whose_value_nobody_wrote_is_answered_as_an_old_one(
    harness: SlackHarness, value: str
) -> None:
    case = await harness.submit()
    await harness.perform("bjorn-ek", TakeCase(case_id=case.case_id))
    odd = private_message("Kort", button("Ta ärendet", "case:take", value.format(id=case.case_id)))
    client = AsyncWebClient(harness.sandbox.app.bot_token, base_url=harness.sandbox.api_url)
    posted = await client.chat_postMessage(channel=BYGGLOV_CHANNEL, text=odd.text, blocks=odd.blocks)
    with capture_logs() as log_entries:
        await harness.person(ANNA).press(BYGGLOV_CHANNEL, posted["ts"], "case:take")
        await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == "Det här går inte att använda längre. Öppna ärendet på nytt."
    assert [entry for entry in log_entries if entry["event"] == "bug"] == []


@pytest.mark.parametrize("ids", ["{}", '{"case":5}', '{"case":"a b"}'])
async def test_a_form_that_does_not_say_its_case_is_to_be_opened_again(
    harness: SlackHarness, ids: str
) -> None:
    form = {
        "id": "V1",
        "type": "modal",
        "hash": "h",
        "callback_id": "case:note:submit",
        "title": {"type": "plain_text", "text": "Ny intern notering"},
        "private_metadata": ids,
        "blocks": [],
        "state": {"values": {"text": {"text": {"type": "plain_text_input", "value": "Ringde"}}}},
    }
    person = {"id": ANNA, "team_id": harness.sandbox.shared.workspace.team["id"]}
    body = {"type": "view_submission", "user": person, "trigger_id": "1.1", "view": form}
    with capture_logs() as log_entries:
        answer = await harness.app.async_dispatch(parse_request(body, {}))
        await harness.wait_until_idle()
    assert (
        "Det här går inte att använda längre." in json.loads(answer.body)["view"]["blocks"][0]["text"]["text"]
    )
    assert [entry for entry in log_entries if entry["event"] == "bug"] == []


async def test_an_answer_to_a_press_in_a_thread_stands_in_the_thread(harness: SlackHarness) -> None:
    channel, ts = await harness.post_card(await harness.submit())
    old = private_message("Rad", case_button("btn.take", "finns-inte", words("sv")))
    client = AsyncWebClient(harness.sandbox.app.bot_token, base_url=harness.sandbox.api_url)
    posted = await client.chat_postMessage(channel=channel, text=old.text, blocks=old.blocks, thread_ts=ts)
    anna = harness.person(ANNA)
    await anna.press(channel, posted["ts"], "case:take")
    await harness.wait_until_idle()
    assert anna.ephemerals()[-1]["thread_ts"] == ts


async def test_when_slack_takes_no_view_the_person_is_told(harness: SlackHarness) -> None:
    case = await harness.submit()
    card = await harness.post_card(case)
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "hjälp")

    async def late(*_: Any) -> str:
        raise PermanentFailure("expired_trigger_id")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(harness.deps.slack, "open_view", late)
        await anna.press(*card, "case:show")
        await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == "Det gick inte att visa. Inget har ändrats. Försök igen."
