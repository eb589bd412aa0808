"""When something fails: a clear sentence, and nothing half done."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.blocks.block_kit.elements import button
from bot.blocks.private import case_button, private
from bot.catalog import Catalog
from bot.clients.errors import Permanent
from bot.handlers.request.idempotency import once_key
from bot.handlers.request.listeners import Listening
from bot.handlers.request.press import Press
from bot.store import Busy, Database
from bot.store.tables import DestinationRow
from bot.text import words
from tests.conftest import Clock
from tests.handlers.office import ANNA, BYGGLOV, Office, open_office


class Locked:
    """Another process that holds the database."""

    def __init__(self, database: Database) -> None:
        assert database.url.database is not None
        self._connection = sqlite3.connect(database.url.database, isolation_level=None, timeout=0.1)

    def __enter__(self) -> Locked:
        self._connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


async def test_a_locked_database_is_told_and_nothing_is_changed(
    impatient_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_office(impatient_database, catalog, clock) as office:
        case = await office.submits()
        card = await office.card(case)
        anna = office.person(ANNA)
        await anna.slash(BYGGLOV, "/arende", "hjälp")
        await office.settled()
        with Locked(impatient_database):
            told = await anna.press(*card, "case:take")
            assert told["ok"], told["error"]
            await office.settled()
        assert office.ephemeral(ANNA).startswith("Just nu är det många som arbetar samtidigt.")
        assert (await office.case(case)).officers == ()


async def test_a_form_met_by_a_locked_database_comes_back_filled_in(
    impatient_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_office(impatient_database, catalog, clock) as office:
        case = await office.submits()
        anna = office.person(ANNA)
        await anna.slash(BYGGLOV, "/arende", "notera 1")
        await anna.wait_until(lambda: anna.view)
        await office.settled()
        with Locked(impatient_database):
            await anna.fill_and_submit({"text": "Ringde grannen"})
        assert "Inget har ändrats. Försök igen" in str(anna.view)
        assert "Ringde grannen" in str(anna.view)
        await anna.submit()
        assert [note.text for note in (await office.all_of(case)).notes] == ["Ringde grannen"]


async def test_a_slow_press_is_answered_honestly_in_time(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_office(sqlite_database, catalog, clock, limit=0.1) as office:
        case = await office.submits()
        card = await office.card(case)
        anna = office.person(ANNA)
        await anna.slash(BYGGLOV, "/arende", "hjälp")
        await office.settled()
        lock = Locked(sqlite_database)
        with lock:
            pressing = asyncio.create_task(anna.press(*card, "case:take"))
            told = await pressing
            assert told["ok"]
            assert told["ack_ms"] < 1_000
            await anna.wait_until(lambda: "Det tar lite längre tid än vanligt." in office.ephemeral(ANNA))
        await anna.wait_until(lambda: office.ephemeral(ANNA) == "Klart. Ändringen är sparad.")
        assert (await office.case(case)).officers == ("anna-berg",)


async def test_whoever_has_changed_something_is_not_told_that_nothing_was_where_the_store_is_busy_after_it(
    office: Office,
) -> None:
    url = office.sandbox.stage.new_hook("actions", ANNA, BYGGLOV)
    press = Press(
        office.kit, {"type": "block_actions", "user": {"id": ANNA}, "response_url": url}, AsyncAck()
    )

    async def changing() -> None:
        press.changed = True
        raise Busy

    await Listening(office.kit).guarded(press, changing())
    assert await office.person(ANNA).wait_until(
        lambda: office.ephemeral(ANNA) == "Klart. Ändringen är sparad."
    )


async def test_a_slow_form_says_so_and_then_what_came_of_it(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_office(sqlite_database, catalog, clock, limit=0.1) as office:
        await office.submits()
        anna = office.person(ANNA)
        await anna.slash(BYGGLOV, "/arende", "notera 1")
        await anna.wait_until(lambda: anna.view)
        await office.settled()
        with Locked(sqlite_database):
            await anna.fill_and_submit({"text": "Ringde grannen"})
            assert "Det tar lite längre tid än vanligt." in str(anna.view)
        await anna.wait_until(lambda: "Noteringen är sparad." in str(anna.view))


async def test_a_bug_is_told_with_a_reference_and_written_down_without_values(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await office.submits()
    card = await office.card(case)
    anna = office.person(ANNA)

    async def broken(*_: Any, **__: Any) -> None:
        raise ValueError("Eva Ek, 19811218-9876")

    monkeypatch.setattr(office.service, "perform", broken)
    with capture_logs() as logs:
        await anna.press(*card, "case:take")
        await office.settled()
    (bug,) = [line for line in logs if line["event"] == "bug"]
    assert f"Uppge {bug['ref']} till Digitaliseringsenheten" in office.ephemeral(ANNA)
    assert "Inget har ändrats." in office.ephemeral(ANNA)
    assert any("assignment.py" in place for place in bug["where"])
    assert "Eva" not in str(logs)


async def test_a_button_without_a_case_any_more_is_answered(office: Office) -> None:
    old = private("Gammalt kort", case_button("btn.take", "finns-inte", words("sv")))
    client = AsyncWebClient(office.sandbox.app.bot_token, base_url=office.sandbox.api_url)
    posted = await client.chat_postMessage(channel=BYGGLOV, text=old.text, blocks=old.blocks)
    await office.person(ANNA).press(BYGGLOV, posted["ts"], "case:take")
    await office.settled()
    assert office.ephemeral(ANNA) == "Det finns inget sådant ärende."


async def test_that_slack_or_mail_is_delayed_is_told_after_a_change(office: Office) -> None:
    case = await office.submits()
    card = await office.card(case)
    held = office.clock() + timedelta(minutes=5)
    await office.service.database.write(
        lambda tx: tx.conn.execute(DestinationRow.__table__.update().values(next_at=held))
    )
    await office.person(ANNA).press(*card, "case:take")
    await office.settled()
    assert (await office.case(case)).officers == ("anna-berg",)
    assert office.ephemeral(ANNA) == "Sparat. Slack svarar inte just nu, kortet uppdateras senare."


def test_each_press_has_a_key_of_its_own_and_a_form_one_for_what_was_shown() -> None:
    assert once_key({"trigger_id": "t1"}) == "slack:t1"
    form = {"type": "view_submission", "trigger_id": "t2", "view": {"id": "V1", "hash": "h"}}
    assert once_key(form) == "slack:V1:h"
    bare = {"container": {"message_ts": "1.2"}, "actions": [{"action_ts": "3.4"}]}
    assert once_key(bare) == "slack:1.2:3.4"


async def test_a_button_of_an_old_kind_is_answered(office: Office) -> None:
    old = private("Gammalt kort", button("Något gammalt", "case:gone", "x"))
    client = AsyncWebClient(office.sandbox.app.bot_token, base_url=office.sandbox.api_url)
    posted = await client.chat_postMessage(channel=BYGGLOV, text=old.text, blocks=old.blocks)
    told = await office.person(ANNA).press(BYGGLOV, posted["ts"], "case:gone")
    assert told["ok"], told["error"]
    await office.settled()
    assert office.ephemeral(ANNA) == "Det här går inte att använda längre. Öppna ärendet på nytt."


async def test_an_answer_to_a_press_in_a_thread_stands_in_the_thread(office: Office) -> None:
    channel, ts = await office.card(await office.submits())
    old = private("Rad", case_button("btn.take", "finns-inte", words("sv")))
    client = AsyncWebClient(office.sandbox.app.bot_token, base_url=office.sandbox.api_url)
    posted = await client.chat_postMessage(channel=channel, text=old.text, blocks=old.blocks, thread_ts=ts)
    anna = office.person(ANNA)
    await anna.press(channel, posted["ts"], "case:take")
    await office.settled()
    assert anna.ephemerals()[-1]["thread_ts"] == ts


async def test_when_slack_takes_no_view_the_person_is_told(office: Office) -> None:
    case = await office.submits()
    card = await office.card(case)
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "hjälp")

    async def late(*_: Any) -> str:
        raise Permanent("expired_trigger_id")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office.kit.slack, "open_view", late)
        await anna.press(*card, "case:show")
        await office.settled()
    assert office.ephemeral(ANNA) == "Det gick inte att visa. Inget har ändrats. Försök igen."
