"""What becomes of conversations, and what the app hears of it and is refused by it."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.default_workspace import default_workspace
from sandbox.inputs import Unfit
from sandbox.server import Sandbox
from tests.sandbox.transport.listening import ADMIN, Json, all_ears, error, noting
from tests.sandbox.transport.tiny_bot import ANNA, BJORN, CHANNEL, client_of, town

PRIVATE = "C0SOCIALT1"


async def test_an_archived_channel_takes_nothing_and_is_told_of() -> None:
    received: list[Json] = []
    async with town("http", noting(received), workspace=all_ears(), smtp_port=None) as sandbox:
        client, anna = client_of(sandbox), sandbox.person(ANNA)
        ts = (await client.chat_postMessage(channel=CHANNEL, text="x"))["ts"]
        await anna.do("archive", channel=CHANNEL)
        assert await error(client.chat_postMessage(channel=CHANNEL, text="x")) == "is_archived"
        assert await error(client.chat_update(channel=CHANNEL, ts=ts, text="y")) == "is_inactive"
        assert await error(client.reactions_add(channel=CHANNEL, timestamp=ts, name="memo")) == "is_archived"
        assert (await client.conversations_info(channel=CHANNEL))["channel"]["is_archived"] is True
        with pytest.raises(Unfit, match="archived"):
            await anna.slash(CHANNEL, "/arende", "hjälp")
        await anna.do("unarchive", channel=CHANNEL)
        await client.chat_update(channel=CHANNEL, ts=ts, text="y")
        await sandbox.settle()
        result = [event for event in received if event["type"].startswith("channel_")]
        assert [event["type"] for event in result] == ["channel_archive", "channel_unarchive"]
        assert (result[0]["channel"], result[0]["user"]) == (CHANNEL, ANNA)


async def test_a_private_channel_is_told_of_by_its_own_names() -> None:
    received: list[Json] = []
    async with town("http", noting(received), workspace=all_ears(), smtp_port=None) as sandbox:
        await sandbox.person(ANNA).do("archive", channel=PRIVATE)
        await sandbox.person(ANNA).do("leave", channel=PRIVATE, who=sandbox.app.bot_user)
        await sandbox.person(ANNA).do("rename", channel=PRIVATE, name="hemligt")
        await sandbox.settle()
        assert [event["type"] for event in received] == ["group_archive", "group_left"]


async def test_a_channel_shared_with_others_goes_on_under_a_new_id() -> None:
    received: list[Json] = []
    async with town("http", noting(received), workspace=all_ears(), smtp_port=None) as sandbox:
        client = client_of(sandbox)
        ts = (await client.chat_postMessage(channel=PRIVATE, text="x"))["ts"]
        await sandbox.person(ANNA).do("share", channel=PRIVATE, new_id="C0NYTTNAMN")
        assert await error(client.chat_update(channel=PRIVATE, ts=ts, text="y")) == "channel_not_found"
        await client.chat_update(channel="C0NYTTNAMN", ts=ts, text="y")
        info = (await client.conversations_info(channel="C0NYTTNAMN"))["channel"]
        assert (info["is_ext_shared"], info["is_private"]) == (True, True)
        await sandbox.settle()
        (changed,) = [event for event in received if event["type"] == "channel_id_changed"]
        assert (changed["old_channel_id"], changed["new_channel_id"]) == (PRIVATE, "C0NYTTNAMN")


async def test_a_frozen_channel_says_why() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        client = client_of(sandbox)
        await sandbox.person(ANNA).do("freeze", channel=CHANNEL, reason="org_disconnected")
        assert await error(client.chat_postMessage(channel=CHANNEL, text="x")) == "is_archived"
        info = (await client.conversations_info(channel=CHANNEL))["channel"]
        assert info["frozen_reason"] == "org_disconnected"


@pytest.mark.parametrize(
    ("posting", "at_the_top", "in_a_thread"),
    [
        ("restricted_action", False, False),
        ("restricted_action_read_only_channel", False, False),
        ("restricted_action_thread_only_channel", False, True),
        ("restricted_action_non_threadable_channel", True, False),
    ],
)
async def test_administrators_say_what_may_be_posted(
    posting: str, at_the_top: bool, in_a_thread: bool
) -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        client = client_of(sandbox)
        parent = (await client.chat_postMessage(channel=CHANNEL, text="x"))["ts"]
        await sandbox.person(ADMIN).do("restrict", channel=CHANNEL, posting=posting)

        async def result(**more: Any) -> str:
            try:
                await client.chat_postMessage(channel=CHANNEL, text="x", **more)
            except SlackApiError as refused:
                return str(refused.response["error"])
            return ""

        assert await result() == ("" if at_the_top else posting)
        assert await result(thread_ts=parent) == ("" if in_a_thread else posting)
        with pytest.raises(Unfit, match="administrators"):
            await sandbox.person(ANNA).do("restrict", channel=CHANNEL, posting="")


async def test_a_locked_thread_takes_neither_replies_nor_reactions() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        client = client_of(sandbox)
        ts = (await client.chat_postMessage(channel=CHANNEL, text="x"))["ts"]
        await sandbox.person(ADMIN).do("lock", channel=CHANNEL, ts=ts)
        reply = client.chat_postMessage(channel=CHANNEL, text="x", thread_ts=ts)
        assert await error(reply) == "restricted_action_thread_locked"
        assert (
            await error(client.reactions_add(channel=CHANNEL, timestamp=ts, name="memo")) == "thread_locked"
        )


async def test_a_private_word_in_a_thread_is_shown_only_where_somebody_has_answered() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        client, anna = client_of(sandbox), sandbox.person(ANNA)
        ts = (await client.chat_postMessage(channel=CHANNEL, text="Kort"))["ts"]
        await client.chat_postEphemeral(channel=CHANNEL, user=ANNA, text="ett", thread_ts=ts)
        await sandbox.person(BJORN).say(CHANNEL, "Svar", ts)
        await client.chat_postEphemeral(channel=CHANNEL, user=ANNA, text="två", thread_ts=ts)
        assert [message["text"] for message in anna.ephemerals()] == ["två"]
        assert "nobody has answered" in sandbox.state()["warnings"][-1]["warning"]


async def test_members_come_in_pages() -> None:
    workspace = default_workspace()
    many = [{"id": f"U0PERSON{n:03}", "name": f"p{n}", "real_name": f"P {n}"} for n in range(130)]
    workspace["users"] += many
    workspace["channels"][0]["members"] += [person["id"] for person in many]
    async with Sandbox.running(workspace=workspace, smtp_port=None) as sandbox:
        client = client_of(sandbox)
        first = await client.conversations_members(channel=CHANNEL)
        assert len(first["members"]) == 100
        second = await client.conversations_members(
            channel=CHANNEL, cursor=first["response_metadata"]["next_cursor"]
        )
        assert len(second["members"]) == 34
        assert second["response_metadata"]["next_cursor"] == ""
        assert await error(client.conversations_members(channel=CHANNEL, limit=1001)) == "invalid_limit"
