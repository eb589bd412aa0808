"""The Web API's refusals, met with Slack's own client."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.default_workspace import default_workspace
from sandbox.server import Sandbox
from tests.sandbox.transport.tiny_bot import ANNA, BJORN, CHANNEL, actions, button, client_of, modal, section

SECRET, ARCHIVED, FOREIGN, EVERYONE = "C0SOCIALT1", "C0GAMMALT1", "U0GRANNGRE", "C0ALLMANT1"


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.running(smtp_port=None) as running:
        yield running


@pytest_asyncio.fixture
async def client(sandbox: Sandbox) -> AsyncWebClient:
    return client_of(sandbox)


async def refusal(call: Any) -> Any:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


async def error(call: Any) -> str:
    return str((await refusal(call))["error"])


async def test_a_token_is_needed_and_must_be_right(sandbox: Sandbox) -> None:
    assert await error(AsyncWebClient("xoxb-wrong", base_url=sandbox.api_url).auth_test()) == "invalid_auth"
    assert await error(AsyncWebClient(base_url=sandbox.api_url).auth_test()) == "not_authed"
    app_level = AsyncWebClient(sandbox.app.app_token, base_url=sandbox.api_url)
    assert await error(app_level.auth_test()) == "not_allowed_token_type"


@pytest.mark.long
async def test_a_client_that_keeps_its_connection_is_answered_at_once(sandbox: Sandbox) -> None:
    """Whole runs of tests go through it, call after call."""
    token, took = {"Authorization": f"Bearer {sandbox.app.bot_token}"}, []
    async with aiohttp.ClientSession(headers=token) as session:
        for _ in range(10):
            started = time.perf_counter()
            async with session.post(f"{sandbox.api_url}auth.test") as result:
                await result.read()
            took.append(time.perf_counter() - started)
    assert sorted(took)[5] < 0.03


async def test_an_unknown_method_or_argument_is_refused(client: AsyncWebClient) -> None:
    assert await error(client.api_call("chat.shout")) == "unknown_method"
    result = await refusal(
        client.api_call("chat.postMessage", json={"channel": CHANNEL, "text": "x", "colour": "red"})
    )
    assert result["error"] == "invalid_arguments"
    assert "colour" in result["response_metadata"]["messages"][0]
    assert await error(client.api_call("chat.postMessage", json={"text": "x"})) == "invalid_arguments"


async def test_forms_and_json_say_the_same(client: AsyncWebClient) -> None:
    sent = {"channel": CHANNEL, "text": "x", "blocks": '[{"type": "divider"}]', "unfurl_links": "0"}
    assert (await client.api_call("chat.postMessage", data=sent))["message"]["blocks"][0]["type"] == "divider"
    assert await error(client.api_call("chat.postMessage", data={**sent, "blocks": "[{"})) == "invalid_json"


async def test_a_scope_that_is_missing_is_named() -> None:
    workspace = default_workspace()
    workspace["app"]["scopes"] = ["chat:write"]
    async with Sandbox.running(workspace=workspace, smtp_port=None) as sandbox:
        client = client_of(sandbox)
        result = await refusal(client.users_info(user=ANNA))
        assert (result["error"], result["needed"], result["provided"]) == (
            "missing_scope",
            "users:read",
            "chat:write",
        )
        assert (
            await error(client.chat_postMessage(channel=CHANNEL, text="x", username="Y")) == "missing_scope"
        )


async def test_posting_needs_a_channel_one_is_in(client: AsyncWebClient) -> None:
    assert await error(client.chat_postMessage(channel="C0NOWHERE1", text="x")) == "channel_not_found"
    assert await error(client.chat_postMessage(channel=EVERYONE, text="x")) == "not_in_channel"
    assert await error(client.chat_postMessage(channel=ARCHIVED, text="x")) == "is_archived"
    await client.conversations_join(channel=EVERYONE)
    await client.chat_postMessage(channel=EVERYONE, text="x")


async def test_a_private_channel_is_unknown_to_those_outside() -> None:
    workspace = default_workspace()
    next(c for c in workspace["channels"] if c["id"] == SECRET)["members"] = [ANNA]
    async with Sandbox.running(workspace=workspace, smtp_port=None) as sandbox:
        client = client_of(sandbox)
        assert await error(client.chat_postMessage(channel=SECRET, text="x")) == "channel_not_found"
        assert await error(client.conversations_info(channel=SECRET)) == "channel_not_found"
        assert sandbox.person(BJORN).sees(SECRET) == []


async def test_invalid_blocks_are_pointed_at(client: AsyncWebClient) -> None:
    wrong = [section("x"), actions({**button("a"), "text": {"type": "plain_text", "text": "x" * 76}})]
    result = await refusal(client.chat_postMessage(channel=CHANNEL, text="x", blocks=wrong))
    assert result["error"] == "invalid_blocks"
    assert result["errors"] == [
        "must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]"
    ]
    assert result["response_metadata"]["messages"] == [f"[ERROR] {result['errors'][0]}"]


async def test_blocks_can_be_validated_without_a_token(sandbox: Sandbox) -> None:
    stranger = AsyncWebClient(base_url=sandbox.api_url)
    await stranger.api_call("blocks.validate", json={"blocks": [section("x")]})
    result = await refusal(stranger.api_call("blocks.validate", json={"blocks": [{"type": "nope"}]}))
    assert result["error"] == "invalid_blocks"
    assert result["errors"] == [
        {"code": "failed_constraint", "message": "unsupported type: nope", "pointer": "/0/type"}
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_type": "x"},
        {"event_type": "", "event_payload": {}},
        {"event_type": "x", "event_payload": {"a": None}},
        {"event_type": "x", "event_payload": {"a": {"b": {"c": 1}}}},
        {"event_type": "x", "event_payload": {"a": [1]}},
        {"event_type": "x", "event_payload": {}, "more": 1},
    ],
)
async def test_metadata_has_a_form(client: AsyncWebClient, wrong: Any) -> None:
    assert (
        await error(client.chat_postMessage(channel=CHANNEL, text="x", metadata=wrong))
        == "invalid_metadata_format"
    )


async def test_replies_stand_in_the_thread_and_not_in_the_history(client: AsyncWebClient) -> None:
    parent = (await client.chat_postMessage(channel=CHANNEL, text="a"))["ts"]
    reply = (await client.chat_postMessage(channel=CHANNEL, text="b", thread_ts=parent))["ts"]
    history = (await client.conversations_history(channel=CHANNEL))["messages"]
    assert [(message["text"], message["reply_count"]) for message in history] == [("a", 1)]
    thread = (await client.conversations_replies(channel=CHANNEL, ts=parent))["messages"]
    assert [message["ts"] for message in thread] == [parent, reply]
    assert (
        await error(client.chat_postMessage(channel=CHANNEL, text="c", thread_ts="1.1")) == "thread_not_found"
    )
    await client.chat_delete(channel=CHANNEL, ts=parent)
    thread = (await client.conversations_replies(channel=CHANNEL, ts=parent))["messages"]
    assert [message.get("subtype") for message in thread] == ["tombstone", None]


async def test_an_ephemeral_needs_its_reader_in_the_channel(sandbox: Sandbox, client: AsyncWebClient) -> None:
    assert (
        await error(client.chat_postEphemeral(channel=CHANNEL, user="U0DAVIDLUN", text="x"))
        == "user_not_in_channel"
    )
    result = await client.chat_postEphemeral(channel=CHANNEL, user=ANNA, text="x")
    assert [message["ts"] for message in sandbox.person(ANNA).ephemerals()] == [result["message_ts"]]
    assert sandbox.person(BJORN).sees(CHANNEL) == []
    assert (
        await error(client.chat_update(channel=CHANNEL, ts=result["message_ts"], text="y"))
        == "message_not_found"
    )
    assert (
        await error(client.chat_postEphemeral(channel=CHANNEL, user=ANNA, text="å" * 2_001)) == "msg_too_long"
    )


async def test_pages_follow_one_another(client: AsyncWebClient) -> None:
    first = await client.users_list(limit=3)
    second = await client.users_list(limit=3, cursor=first["response_metadata"]["next_cursor"])
    assert {user["id"] for user in first["members"]}.isdisjoint(user["id"] for user in second["members"])
    assert await error(client.users_list(limit=3, cursor="nonsense")) == "invalid_cursor"


async def test_people_are_what_they_are(client: AsyncWebClient) -> None:
    assert (await client.users_lookupByEmail(email="Anna.Berg@sandkoping.example"))["user"]["id"] == ANNA
    assert await error(client.users_lookupByEmail(email="greta@grannkommun.example")) == "users_not_found"
    assert await error(client.users_info(user="U0NOBODY")) == "user_not_found"
    foreign = (await client.users_info(user=FOREIGN))["user"]
    assert foreign["team_id"] != (await client.auth_test())["team_id"]
    assert foreign["is_stranger"] is False
    assert "email" not in foreign["profile"]


async def test_a_direct_conversation_is_opened_once(sandbox: Sandbox, client: AsyncWebClient) -> None:
    one = (await client.conversations_open(users=ANNA))["channel"]["id"]
    assert (await client.conversations_open(users=[ANNA]))["channel"]["id"] == one
    await client.chat_postMessage(channel=ANNA, text="Hej")
    assert [message["text"] for message in sandbox.person(ANNA).dm()] == ["Hej"]
    assert await error(client.conversations_open(users="U0SLUTAT01")) == "user_disabled"


# --- pace ---


async def test_posts_to_one_channel_are_paced_and_the_wait_is_named(
    sandbox: Sandbox, client: AsyncWebClient
) -> None:
    results = []
    for _ in range(6):
        try:
            await client.chat_postMessage(channel=CHANNEL, text="x")
            results.append("ok")
        except SlackApiError as refused:
            assert refused.response.status_code == 429
            assert int(refused.response.headers["Retry-After"]) >= 1
            results.append(refused.response["error"])
    assert results == ["ok"] * 4 + ["ratelimited"] * 2
    await client.chat_postMessage(channel="C0FORSKOLA", text="another channel")
    assert sandbox.state()["rate_limited"] == {"chat.postMessage": 2}
    sandbox.advance(2)
    await client.chat_postMessage(channel=CHANNEL, text="x")


async def test_a_method_has_its_number_a_minute(sandbox: Sandbox, client: AsyncWebClient) -> None:
    for _ in range(20):
        await client.users_list()
    assert await error(client.users_list()) == "ratelimited"
    await client.users_info(user=ANNA)
    sandbox.advance(61)
    await client.users_list()


async def test_pace_can_be_turned_off() -> None:
    async with Sandbox.running(pace=None, smtp_port=None) as sandbox:
        for _ in range(30):
            await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        assert sandbox.state()["rate_limited"] == {}


# --- views ---


async def test_a_refused_view_does_not_use_up_its_trigger(sandbox: Sandbox, client: AsyncWebClient) -> None:
    trigger = sandbox.shared.new_trigger(ANNA).id
    result = await refusal(client.views_open(trigger_id=trigger, view=modal(section("x" * 3001))))
    assert result["error"] == "invalid_blocks"
    assert result["errors"] == ["must be less than 3001 characters [json-pointer:/view/blocks/0/text/text]"]
    frame = await refusal(client.views_open(trigger_id=trigger, view=modal(section("x"), title="x" * 25)))
    assert frame["error"] == "invalid_arguments"
    assert "/view/title/text" in frame["response_metadata"]["messages"][0]
    await client.views_open(trigger_id=trigger, view=modal(section("x")))
