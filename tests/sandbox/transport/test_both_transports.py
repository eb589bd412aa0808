"""The same acts over HTTP and over Socket Mode."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from tests.sandbox.transport.tiny_bot import (
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

pytestmark = pytest.mark.parametrize("mode", ["http", "socket"])


def bot(app: AsyncApp) -> None:
    @app.action("open")
    async def on_open(ack: Any, body: Any, client: Any) -> None:
        await client.views_open(
            trigger_id=body["trigger_id"], view=modal(text_input("note"), callback_id="form")
        )
        await ack()

    @app.action("whisper")
    async def on_whisper(ack: Any, respond: Any) -> None:
        await respond(text="Bara du", response_type="ephemeral", replace_original=False)
        await ack()

    @app.view("form")
    async def on_form(ack: Any, body: Any) -> None:
        note = body["view"]["state"]["values"]["note"]["note"]["value"]
        if note == "fel":
            await ack(response_action="errors", errors={"note": "Skriv något annat."})
        elif note == "mer":
            await ack(response_action="push", view=modal(section("Mer"), submit=None))
        elif note == "byt":
            await ack(response_action="update", view=modal(section("Nytt"), title="Nytt"))
        else:
            await ack()

    @app.command("/arende")
    async def on_command(ack: Any, command: Any) -> None:
        await ack(f"Du skrev {command['text']}")

    @app.event("message")
    async def on_message(event: Any, client: Any) -> None:
        if event.get("thread_ts"):
            await client.reactions_add(channel=event["channel"], timestamp=event["ts"], name="memo")


async def test_a_press_opens_a_form_and_the_form_is_sent(mode: str) -> None:
    async with town(mode, bot) as sandbox:
        posted = await client_of(sandbox).chat_postMessage(
            channel=CHANNEL, text="Hej", blocks=[actions(button("open"))]
        )
        anna = sandbox.person(ANNA)
        result = await anna.press(CHANNEL, posted["ts"], "open")
        assert result["ok"], result
        assert anna.view and anna.view["callback_id"] == "form"
        assert (await anna.fill_and_submit({"note": "fel"}))["errors"] == {"note": "Skriv något annat."}
        await anna.fill_and_submit({"note": "mer"})
        assert [view["blocks"][0]["type"] for view in anna.views] == ["input", "section"]
        await anna.close()
        await anna.fill_and_submit({"note": "byt"})
        assert anna.view["title"]["text"] == "Nytt"
        await anna.close()
        assert anna.view is None


async def test_an_ephemeral_is_seen_by_one_person(mode: str) -> None:
    async with town(mode, bot) as sandbox:
        posted = await client_of(sandbox).chat_postMessage(
            channel=CHANNEL, blocks=[actions(button("whisper"))], text="x"
        )
        anna, bjorn = sandbox.person(ANNA), sandbox.person(BJORN)
        await anna.press(CHANNEL, posted["ts"], "whisper")
        assert [message["text"] for message in anna.ephemerals(CHANNEL)] == ["Bara du"]
        assert len(bjorn.sees(CHANNEL)) == 1


async def test_a_command_is_answered_to_the_one_who_typed_it(mode: str) -> None:
    async with town(mode, bot) as sandbox:
        anna = sandbox.person(ANNA)
        await anna.slash(CHANNEL, "/arende", "lista @bjorn.ek")
        assert [message["text"] for message in anna.ephemerals()] == [f"Du skrev lista <@{BJORN}>"]


async def test_a_thread_reply_reaches_the_bot(mode: str) -> None:
    async with town(mode, bot) as sandbox:
        posted = await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="Kort")
        anna = sandbox.person(ANNA)
        reply = await anna.say(CHANNEL, "Ringde sökanden", posted["ts"])
        await sandbox.settle()
        found = next(message for message in anna.sees(CHANNEL) if message["ts"] == reply)
        assert found["reactions"] == [{"name": "memo", "users": [sandbox.app.bot_user], "count": 1}]
