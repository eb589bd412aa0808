"""What may be said after an act by its response_url."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.server import Sandbox
from tests.sandbox.transport.tiny_bot import ANNA, BJORN, CHANNEL, client_of


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.running(smtp_port=None) as running:
        yield running


@pytest_asyncio.fixture
async def client(sandbox: Sandbox) -> AsyncWebClient:
    return client_of(sandbox)


async def test_a_response_url_works_five_times_within_thirty_minutes(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        url = sandbox.shared.new_hook("commands", ANNA, CHANNEL)
        statuses = [(await http.post(url, json={"text": "x"})).status for _ in range(6)]
        assert statuses == [200] * 5 + [404]
        late = sandbox.shared.new_hook("commands", ANNA, CHANNEL)
        sandbox.advance(30 * 60 + 1)
        answer = await http.post(late, json={"text": "x"})
        assert (answer.status, (await answer.json())["error"]) == (404, "expired_url")


async def test_a_response_url_takes_no_more_than_slack_does(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:

        async def send(**body: Any) -> int:
            return (await http.post(sandbox.shared.new_hook("commands", ANNA, CHANNEL), json=body)).status

        assert await send(text="x", metadata={}) == 400
        assert await send(blocks=[{"type": "nope"}]) == 400
        assert await send(replace_original=True, text="x") == 400
        assert await send() == 400
        assert await send(text="x", response_type="in_channel") == 200
        assert [message["text"] for message in sandbox.person(BJORN).sees(CHANNEL)] == ["x"]


async def test_what_was_said_of_a_press_stands_with_it_even_where_it_was_lost(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    button = {"type": "button", "action_id": "x", "text": {"type": "plain_text", "text": "Ta"}}
    blocks = [{"type": "actions", "elements": [button]}]
    posted = await client.chat_postMessage(channel=CHANNEL, text="Kort", blocks=blocks)
    await sandbox.person(ANNA).press(CHANNEL, posted["ts"], "x")
    (hook,) = sandbox.shared.hooks.values()
    url = f"{sandbox.url}/actions/T1/1/{hook.secret}"
    sandbox.inject("response_url", "status")
    async with aiohttp.ClientSession() as http:
        for text in ("Nej", "Jo"):
            await http.post(url, json={"text": text})
    assert [result["text"] for result in sandbox.person(ANNA).ephemerals()] == ["Jo"]
    assert sandbox.state()["acks"][-1]["said"] == ["Nej", "Jo"]


async def test_an_ephemeral_can_be_replaced_but_not_made_public(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    await client.chat_postEphemeral(channel=CHANNEL, user=ANNA, text="x")
    message = sandbox.shared.workspace.channels[CHANNEL].ephemerals[0]
    url = sandbox.shared.new_hook("actions", ANNA, CHANNEL, message)
    async with aiohttp.ClientSession() as http:
        await http.post(url, json={"text": "y", "replace_original": True, "response_type": "in_channel"})
        assert [seen["text"] for seen in sandbox.person(ANNA).ephemerals()] == ["y"]
        assert sandbox.person(BJORN).sees(CHANNEL) == []
        await http.post(url, json={"delete_original": True})
    assert sandbox.person(ANNA).sees(CHANNEL) == []


async def test_from_a_shortcut_on_a_reply_nothing_can_be_said_in_its_thread(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    parent = (await client.chat_postMessage(channel=CHANNEL, text="Kort"))["ts"]
    reply = (await client.chat_postMessage(channel=CHANNEL, text="Svar", thread_ts=parent))["ts"]
    workspace = sandbox.shared.workspace
    async with aiohttp.ClientSession() as http:
        for kind in ("app", "actions"):
            url = sandbox.shared.new_hook(kind, ANNA, CHANNEL, workspace.find(CHANNEL, reply))
            await http.post(url, json={"text": kind, "thread_ts": parent, "replace_original": False})
    result = {message["text"]: message.get("thread_ts") for message in sandbox.person(ANNA).ephemerals()}
    assert result == {"app": None, "actions": parent}


async def test_what_is_said_to_one_person_in_a_thread_is_shown_where_somebody_has_answered(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    parent = (await client.chat_postMessage(channel=CHANNEL, text="Kort"))["ts"]
    url = sandbox.shared.new_hook("actions", ANNA, CHANNEL)
    async with aiohttp.ClientSession() as http:
        wording = {"text": "x", "thread_ts": parent, "replace_original": False}
        await http.post(url, json=wording)
        assert sandbox.person(ANNA).ephemerals() == []
        await client.chat_postMessage(channel=CHANNEL, text="Svar", thread_ts=parent)
        await http.post(url, json=wording)
    assert len(sandbox.person(ANNA).ephemerals()) == 1
