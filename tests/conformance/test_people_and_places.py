"""Who is there, where, and how lists come in pages."""

from __future__ import annotations

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.conformance.place import Place, error

pytestmark = pytest.mark.asyncio(loop_scope="session")
NOBODY, NOWHERE = "U0NOBODY000", "C0NOWHERE00"


def as_one_with(place: Place, token: str | None) -> AsyncWebClient:
    return AsyncWebClient(token, base_url=place.client.base_url, retry_handlers=[])


async def test_the_token_says_whose_it_is(place: Place) -> None:
    result = await place.client.auth_test()
    assert all(result[name] for name in ("team_id", "user_id", "bot_id", "team", "url"))
    assert "chat:write" in result.headers["x-oauth-scopes"]


async def test_a_token_is_needed_and_must_be_right(place: Place) -> None:
    assert await error(as_one_with(place, "xoxb-wrong").auth_test()) == "invalid_auth"
    assert await error(as_one_with(place, None).auth_test()) == "not_authed"
    assert await error(place.client.api_call("chat.shout")) == "unknown_method"


async def test_each_token_has_its_own_methods(place: Place, app_token: str) -> None:
    bot_token = str(place.client.token)
    opening = as_one_with(place, None).apps_connections_open(app_token=bot_token)
    assert await error(opening) == "not_allowed_token_type"
    if place.sandbox is None:
        result = await as_one_with(place, None).apps_connections_open(app_token=app_token)
        assert result["url"].startswith("ws")


async def test_people_are_found_by_id(place: Place) -> None:
    bot = str((await place.client.auth_test())["user_id"])
    result = (await place.client.users_info(user=bot))["user"]
    assert (result["id"], result["is_bot"], result["deleted"]) == (bot, True, False)
    assert {"team_id", "is_restricted", "is_ultra_restricted", "profile"} <= set(result)
    assert await error(place.client.users_info(user=NOBODY)) == "user_not_found"
    assert (await place.client.users_info(user="USLACKBOT"))["user"]["is_bot"] is False


async def test_an_address_is_somebodys_or_nobodys(place: Place) -> None:
    unknown = place.client.users_lookupByEmail(email="ingen.alls@example.invalid")
    assert await error(unknown) == "users_not_found"


async def test_a_person_is_found_by_address(place: Place, reader: str) -> None:
    profile = (await place.client.users_info(user=reader))["user"]["profile"]
    found = await place.client.users_lookupByEmail(email=profile["email"].upper())
    assert found["user"]["id"] == reader


async def test_a_channel_says_who_may_read_it(place: Place) -> None:
    result = (await place.client.conversations_info(channel=place.channel))["channel"]
    assert result["id"] == place.channel and result["is_member"] is True and result["is_archived"] is False
    assert {"name", "is_private", "is_ext_shared"} <= set(result)


async def test_members_come_in_pages(place: Place) -> None:
    found: list[str] = []
    cursor = None
    while cursor != "":
        page = await place.client.conversations_members(channel=place.channel, limit=1, cursor=cursor)
        assert len(page["members"]) <= 1
        found += page["members"]
        cursor = page["response_metadata"]["next_cursor"]
    whole = await place.client.conversations_members(channel=place.channel, limit=999)
    assert sorted(found) == sorted(set(found)) == sorted(whole["members"])
    wrong = place.client.conversations_members(channel=place.channel, cursor="nonsense")
    assert await error(wrong) == "invalid_cursor"
    assert await error(place.client.conversations_members(channel=NOWHERE)) == "channel_not_found"


async def test_a_history_comes_in_pages_newest_first(place: Place) -> None:
    posted = [await place.post(f"{n}") for n in range(3)]
    first = await place.client.conversations_history(channel=place.channel, oldest=posted[0], limit=1)
    assert [message["ts"] for message in first["messages"]] == [posted[2]]
    assert first["has_more"] is True
    cursor = first["response_metadata"]["next_cursor"]
    second = await place.client.conversations_history(
        channel=place.channel, oldest=posted[0], limit=1, cursor=cursor
    )
    assert [message["ts"] for message in second["messages"]] == [posted[1]]
    bounds = {"oldest": posted[0], "latest": posted[2]}
    within = await place.client.conversations_history(channel=place.channel, inclusive=True, **bounds)
    assert [message["ts"] for message in within["messages"]] == posted[::-1]


async def test_a_thread_comes_in_order_with_what_it_answers_first(place: Place) -> None:
    parent = await place.post()
    replies = [await place.post(f"{n}", thread_ts=parent) for n in range(2)]
    result = await place.thread(parent)
    assert [message["ts"] for message in result] == [parent, *replies]
    assert [message["ts"] for message in await place.thread(parent, oldest=replies[0])] == [
        parent,
        replies[1],
    ]
    assert (result[0]["reply_count"], result[0]["latest_reply"]) == (2, replies[1])


async def test_a_direct_conversation_is_opened_once(place: Place, reader: str) -> None:
    one = (await place.client.conversations_open(users=reader))["channel"]["id"]
    again = await place.client.conversations_open(users=reader)
    assert (again["channel"]["id"], again["already_open"]) == (one, True)
    assert await error(place.client.conversations_open(users=NOBODY)) == "user_not_found"
