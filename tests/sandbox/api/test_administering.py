"""What administrators do with people, groups and the app."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from sandbox.default_workspace import default_workspace
from sandbox.inputs import Unfit
from sandbox.server import Sandbox
from tests.sandbox.transport.listening import ADMIN, all_ears, error, noting
from tests.sandbox.transport.tiny_bot import ANNA, BJORN, CHANNEL, client_of, section, town

Json = dict[str, Any]
GROUP = "S0BYGGLOV1"


async def test_a_group_is_listed_with_those_in_it_and_a_change_is_told() -> None:
    received: list[Json] = []
    async with town("http", noting(received), workspace=all_ears(), smtp_port=None) as sandbox:
        client, admin = client_of(sandbox), sandbox.person(ADMIN)
        await admin.do("set_group", group=GROUP, handle="bygglov", name="Bygglov", users=[ANNA])
        await admin.do("set_group", group=GROUP, users=[BJORN])
        (listed,) = (await client.usergroups_list(include_users=True, include_count=True))["usergroups"]
        assert (listed["handle"], listed["users"], listed["user_count"]) == ("bygglov", [BJORN], 1)
        assert "users" not in (await client.usergroups_list())["usergroups"][0]
        assert (await client.usergroups_users_list(usergroup=GROUP))["users"] == [BJORN]
        assert await error(client.usergroups_users_list(usergroup="S0NOBODY")) == "no_such_subteam"
        await admin.do("set_group", group=GROUP, disabled=True)
        assert (await client.usergroups_list())["usergroups"] == []
        assert len((await client.usergroups_list(include_disabled=True))["usergroups"]) == 1
        await admin.slash(CHANNEL, "/arende", "tilldela @bygglov")
        await sandbox.settle()
        assert received.pop()["text"] == f"tilldela <!subteam^{GROUP}|@bygglov>"
        changed = [event for event in received if event["type"] == "subteam_members_changed"]
        assert [(event["added_users"], event["removed_users"]) for event in changed] == [
            ([ANNA], []),
            ([BJORN], [ANNA]),
        ]


async def test_groups_are_for_those_who_pay() -> None:
    workspace = all_ears()
    workspace["team"]["plan"] = "free"
    async with Sandbox.running(workspace=workspace, smtp_port=None) as sandbox:
        assert await error(client_of(sandbox).usergroups_list()) == "plan_upgrade_required"
    async with Sandbox.running(smtp_port=None) as sandbox:
        assert await error(client_of(sandbox).usergroups_list()) == "missing_scope"


async def test_a_person_who_leaves_is_told_of_and_can_do_nothing_more() -> None:
    received: list[Json] = []
    async with town("http", noting(received), workspace=all_ears(), smtp_port=None) as sandbox:
        client, admin = client_of(sandbox), sandbox.person(ADMIN)
        await admin.do("change_person", who=ANNA, deleted=True)
        result = (await client.users_info(user=ANNA))["user"]
        assert result["deleted"] is True
        assert (
            await error(client.users_lookupByEmail(email="anna.berg@sandkoping.example")) == "users_not_found"
        )
        assert await error(client.conversations_open(users=ANNA)) == "user_disabled"
        assert (await client.chat_postMessage(channel=ANNA, text="Ser hen inte"))["ok"]
        with pytest.raises(Unfit, match="no such person"):
            await sandbox.person(ANNA).say(CHANNEL, "Hej")
        await sandbox.settle()
        assert [(event["type"], event["user"]["deleted"]) for event in received] == [("user_change", True)]


async def test_a_person_may_become_a_guest_be_invited_or_be_new() -> None:
    received: list[Json] = []
    new = {"id": "U0NYANSTAL", "name": "nils.ny", "real_name": "Nils Ny", "is_invited_user": True}
    async with town("http", noting(received), workspace=all_ears(), smtp_port=None) as sandbox:
        client, admin = client_of(sandbox), sandbox.person(ADMIN)
        await admin.do("change_person", who=BJORN, is_restricted=True, is_email_confirmed=False)
        await admin.do("hire", person=new)
        bjorn = (await client.users_info(user=BJORN))["user"]
        assert (bjorn["is_restricted"], bjorn["is_email_confirmed"]) == (True, False)
        assert (await client.users_info(user=new["id"]))["user"]["is_invited_user"] is True
        await sandbox.settle()
        assert [event["type"] for event in received] == ["user_change", "team_join"]


async def test_one_of_another_organisation_who_is_in_no_channel_is_a_stranger() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        away = {
            "id": "U0LANGTBOR",
            "name": "x",
            "real_name": "X",
            "team_id": "T0LANGTBOR",
            "email": "x@y.example",
        }
        await sandbox.person(ADMIN).do("hire", person=away)
        result = (await client_of(sandbox).users_info(user=away["id"]))["user"]
        assert (result["is_stranger"], result["team_id"]) == (True, "T0LANGTBOR")
        assert "email" not in result["profile"]


async def test_an_app_without_a_messages_tab_cannot_write_to_people() -> None:
    workspace = default_workspace()
    workspace["app"]["messages_tab"] = False
    async with Sandbox.running(workspace=workspace, smtp_port=None) as sandbox:
        written = client_of(sandbox).chat_postMessage(channel=ANNA, text="x")
        assert await error(written) == "messages_tab_disabled"


async def test_slackbot_is_somebody_and_no_bot() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        assert (await client_of(sandbox).users_info(user="USLACKBOT"))["user"]["is_bot"] is False


async def test_an_app_that_is_taken_out_hears_it_and_has_a_dead_token() -> None:
    received: list[Json] = []
    async with town("http", noting(received), workspace=all_ears(), smtp_port=None) as sandbox:
        client, admin = client_of(sandbox), sandbox.person(ADMIN)
        await admin.do("uninstall")
        await sandbox.settle()
        assert {event["type"] for event in received} == {"app_uninstalled", "tokens_revoked"}
        assert await error(client.auth_test()) == "account_inactive"
        await admin.do("install")
        await client.auth_test()


async def test_tokens_plan_and_editing_window_are_set_from_outside() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox, aiohttp.ClientSession() as http:
        client = client_of(sandbox)
        ts = (await client.chat_postMessage(channel=CHANNEL, text="x", blocks=[section("x")]))["ts"]

        async def order(**result: Any) -> None:
            assert (await http.post(f"{sandbox.url}/_set", json=result)).status == 200

        await order(token_error="token_revoked")
        assert await error(client.auth_test()) == "token_revoked"
        await order(token_error="", message_limit=True)
        assert await error(client.chat_postMessage(channel=CHANNEL, text="x")) == "message_limit_exceeded"
        assert await error(client.chat_update(channel=CHANNEL, ts=ts, text="x")) == "message_limit_exceeded"
        await order(message_limit=False, team={"edit_seconds": 60})
        await client.chat_update(channel=CHANNEL, ts=ts, text="y")
        sandbox.advance(61)
        assert await error(client.chat_update(channel=CHANNEL, ts=ts, text="z")) == "edit_window_closed"


async def test_reactions_have_an_end() -> None:
    async with Sandbox.running(smtp_port=None, pace=None) as sandbox:
        client = client_of(sandbox)
        ts = (await client.chat_postMessage(channel=CHANNEL, text="x"))["ts"]
        for n in range(23):
            await client.reactions_add(channel=CHANNEL, timestamp=ts, name=f"e{n}")
        one_more = client.reactions_add(channel=CHANNEL, timestamp=ts, name="memo")
        assert await error(one_more) == "too_many_reactions"
        assert await error(client.reactions_add(channel=CHANNEL, timestamp=ts, name="Å")) == "invalid_name"
        assert await error(client.reactions_add(channel=CHANNEL, timestamp="x", name="a")) == "bad_timestamp"


def test_the_usual_town_has_people_of_every_kind() -> None:
    users = default_workspace()["users"]
    assert {kind for user in users for kind in user if kind.startswith("is_")} >= {
        "is_restricted",
        "is_ultra_restricted",
        "is_admin",
    }
