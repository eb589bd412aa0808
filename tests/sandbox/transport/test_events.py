"""What the app hears of, when, and how often."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp

from sandbox.inputs import Unfit
from sandbox.server import Sandbox
from tests.conftest import PATIENCE
from tests.sandbox.transport.listening import FOREIGN, Json, Payloads, card, noting, register_listeners
from tests.sandbox.transport.tiny_bot import (
    ANNA,
    BJORN,
    CHANNEL,
    actions,
    button,
    over_socket,
    section,
    tiny_bot,
    town,
)


async def test_replies_edits_and_deletions_are_heard_in_order() -> None:
    received: Payloads = []
    async with town("http", register_listeners(received), smtp_port=None) as sandbox:
        ts = await card(sandbox, section("x"))
        await sandbox.settle()
        received.clear()
        anna = sandbox.person(ANNA)
        reply = await anna.say(CHANNEL, "Ringde <Eva>", ts)
        await anna.edit(CHANNEL, reply, "Ringde Eva")
        await anna.delete(CHANNEL, reply)
        await sandbox.settle()
        events = [body["event"] for body in received]
        assert [event.get("subtype") for event in events] == [None, "message_changed", "message_deleted"]
        assert (events[0]["text"], events[0]["thread_ts"], events[0]["channel_type"]) == (
            "Ringde &lt;Eva&gt;",
            ts,
            "channel",
        )
        assert events[1]["previous_message"]["text"] == "Ringde &lt;Eva&gt;"
        assert (events[2]["deleted_ts"], events[2]["previous_message"]["text"]) == (reply, "Ringde Eva")
        assert len({body["event_id"] for body in received}) == 3
        with pytest.raises(Unfit):
            await sandbox.person(BJORN).delete(CHANNEL, ts)


async def test_an_event_is_offered_again_until_it_is_taken() -> None:
    tries: list[tuple[str, str]] = []

    def build(app: AsyncApp) -> None:
        @app.middleware
        async def refuse(req: Any) -> BoltResponse:
            num, reason = (req.headers.get(f"x-slack-retry-{name}", [""])[0] for name in ("num", "reason"))
            tries.append((num, reason))
            return BoltResponse(status=200 if len(tries) == 3 else 500)

    async with town("http", build, retry_seconds=(0, 0.01, 0.02), smtp_port=None) as sandbox:
        await sandbox.person(ANNA).say(CHANNEL, "Hej")
        await sandbox.person(ANNA).wait_until(lambda: len(tries) == 3, PATIENCE)
        await asyncio.sleep(0.06)
        assert tries == [("", ""), ("1", "http_error"), ("2", "http_error")]


async def test_an_event_is_not_offered_again_to_an_app_that_says_so() -> None:
    tries: list[int] = []

    def build(app: AsyncApp) -> None:
        @app.middleware
        async def refuse() -> BoltResponse:
            tries.append(1)
            return BoltResponse(status=500, headers={"x-slack-no-retry": "1"})

    async with town("http", build, retry_seconds=(0, 0, 0), smtp_port=None) as sandbox:
        await sandbox.person(ANNA).say(CHANNEL, "Hej")
        await sandbox.settle()
        await asyncio.sleep(0.05)
        assert len(tries) == 1


async def test_a_reply_that_is_shown_in_the_channel_too_says_what_it_answers() -> None:
    received: Payloads = []
    async with town("http", register_listeners(received), smtp_port=None) as sandbox:
        ts = await card(sandbox, section("x"))
        await sandbox.person(ANNA).do("say", channel=CHANNEL, text="Till alla", thread_ts=ts, broadcast=True)
        await sandbox.settle()
        event = received[-1]["event"]
        assert (event["subtype"], event["thread_ts"], event["root"]["ts"]) == ("thread_broadcast", ts, ts)


async def test_of_another_organisations_people_the_app_hears_whose_they_are() -> None:
    received: Payloads = []
    async with town("http", register_listeners(received), smtp_port=None) as sandbox:
        await sandbox.person(FOREIGN).say("C0SAMVERKA", "Hej")
        await sandbox.settle()
        event = received[-1]["event"]
        assert (event["user_team"], received[-1]["is_ext_shared_channel"]) == ("T0GRANNEN1", True)


async def test_a_request_url_is_taken_when_it_answers_the_challenge() -> None:
    async with (
        town("http", register_listeners([]), smtp_port=None) as sandbox,
        aiohttp.ClientSession() as http,
    ):
        good = sandbox.request_url

        async def change_url(url: str | None) -> str | None:
            await http.post(f"{sandbox.url}/_set", json={"verify_url": url})
            return sandbox.request_url

        sandbox.shared.request_url = None
        assert await change_url("http://127.0.0.1:9/slack/events") is None
        assert await change_url(good) == good


async def test_each_payload_goes_to_one_of_several_connections() -> None:
    received: Payloads = []
    async with Sandbox.running(mode="socket", smtp_port=None) as sandbox:
        app = tiny_bot(sandbox)
        register_listeners(received)(app)
        async with over_socket(sandbox, app, connections=3):
            ts = await card(sandbox, actions(button("take")))
            await sandbox.settle()
            received.clear()
            for _ in range(6):
                assert (await sandbox.person(ANNA).press(CHANNEL, ts, "take"))["ok"]
            assert len(received) == 6


async def test_the_bot_comes_back_when_asked_to_reconnect() -> None:
    async with Sandbox.running(mode="socket", smtp_port=None) as sandbox:
        app = tiny_bot(sandbox)
        register_listeners([])(app)
        async with over_socket(sandbox, app):
            first = sandbox.shared.sockets.connections[0]
            await sandbox.shared.sockets.disconnect()
            links = sandbox.shared.sockets
            await sandbox.person(ANNA).wait_until(lambda: links.connections and links.connections != [first])
            ts = await card(sandbox, actions(button("take")))
            await sandbox.person(ANNA).wait_until(lambda: len(links.connections) == 1)
            assert (await sandbox.person(ANNA).press(CHANNEL, ts, "take"))["ok"]


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_the_sandbox_ends_while_an_event_is_on_its_way(mode: str) -> None:
    received: Payloads = []
    async with asyncio.timeout(PATIENCE):
        async with town(mode, register_listeners(received, seconds=1), smtp_port=None) as sandbox:
            await sandbox.person(ANNA).say(CHANNEL, "Hej")
            await sandbox.person(ANNA).wait_until(lambda: received)
    assert len(received) == 1


async def test_opening_the_conversation_with_the_app_is_told_as_its_messages_tab() -> None:
    received: list[Json] = []
    async with town("http", noting(received), smtp_port=None) as sandbox:
        await sandbox.person(ANNA).open_dm()
        await sandbox.settle()
        assert [(event["type"], event["tab"]) for event in received] == [("app_home_opened", "messages")]


async def test_too_many_events_an_hour_are_dropped_and_that_is_told_once_a_minute() -> None:
    received: list[Json] = []

    def build(app: AsyncApp) -> None:
        @app.middleware
        async def note(body: Any, context: Any) -> Any:
            received.append(body)
            await context.ack()
            return context.ack.response

    async with town("http", build, events_per_hour=2, smtp_port=None) as sandbox:
        anna = sandbox.person(ANNA)
        for n in range(4):
            await anna.say(CHANNEL, f"{n}")
        await sandbox.settle()
        assert [body["type"] for body in received] == ["event_callback", "event_callback", "app_rate_limited"]
        assert received[-1]["minute_rate_limited"] % 60 == 0
        sandbox.advance(3601)
        await anna.say(CHANNEL, "en timme senare")
        await asyncio.wait_for(sandbox.settle(), PATIENCE)
        assert received[-1]["event"]["text"] == "en timme senare"
