"""What a person can do, what the app hears of it, and what its acknowledgement does."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from sandbox.inputs import Unfit
from sandbox.server import Sandbox
from tests.sandbox.transport.listening import FOREIGN, Payloads, card, register_listeners
from tests.sandbox.transport.tiny_bot import (
    ANNA,
    BJORN,
    CHANNEL,
    actions,
    button,
    client_of,
    modal,
    option,
    plain,
    section,
    text_input,
    town,
)

GUEST = "U0ULLAENKA"


def select(kind: str, action_id: str = "choice", **more: Any) -> dict[str, Any]:
    return {"type": kind, "action_id": action_id, **more}


async def form(sandbox: Sandbox, *blocks: dict[str, Any], user: str = ANNA, **more: Any) -> None:
    trigger = sandbox.shared.new_trigger(user).id
    await client_of(sandbox).views_open(trigger_id=trigger, view=modal(*blocks, **more))


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_an_app_that_is_too_slow_leaves_an_operation_timeout(mode: str) -> None:
    async with town(mode, register_listeners([], seconds=1.5), ack_seconds=0.2, smtp_port=None) as sandbox:
        ts = await card(sandbox, actions(button("take")))
        result = await sandbox.person(ANNA).press(CHANNEL, ts, "take")
        assert result["error"] == "operation_timeout"
        assert 200 <= result["ack_ms"] < 1_400
        assert sandbox.state()["acks"][-1]["error"] == "http_timeout"


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_an_app_that_is_not_there_leaves_a_dispatch_failed(mode: str) -> None:
    async with Sandbox.running(mode=mode, request_url="http://127.0.0.1:9/", smtp_port=None) as sandbox:
        result = await sandbox.person(ANNA).slash(CHANNEL, "/arende")
        assert result["error"] == "dispatch_failed"


async def test_a_press_tells_what_slack_tells() -> None:
    received: Payloads = []
    async with town("http", register_listeners(received), smtp_port=None) as sandbox:
        note = {"event_type": "case", "event_payload": {"id": 7}}
        ts = await card(sandbox, actions(button("take", value="7:1", style="primary")), metadata=note)
        await sandbox.person(ANNA).press(CHANNEL, ts, "take")
        body = received[-1]
        assert body["user"] == {
            "id": ANNA,
            "username": "anna.berg",
            "name": "anna.berg",
            "team_id": "T0SANDKOP1",
        }
        assert body["container"] == {
            "type": "message",
            "message_ts": ts,
            "channel_id": CHANNEL,
            "is_ephemeral": False,
        }
        assert body["channel"] == {"id": CHANNEL, "name": "bygglov"}
        assert body["message"]["metadata"] == note
        (action,) = body["actions"]
        assert (action["action_id"], action["block_id"], action["value"]) == ("take", "buttons", "7:1")
        assert body["response_url"].startswith(sandbox.url)


async def test_choices_in_a_message_are_told_and_remembered() -> None:
    received: Payloads = []
    async with town("http", register_listeners(received), smtp_port=None) as sandbox:
        menu = select("overflow", "more", options=[option("flag"), option("tools")])
        choice = select("static_select", options=[option("a"), option("b")])
        ts = await card(sandbox, actions(menu, choice))
        anna = sandbox.person(ANNA)
        await anna.press(CHANNEL, ts, "more", "tools")
        assert received[-1]["actions"][0]["selected_option"]["value"] == "tools"
        await anna.press(CHANNEL, ts, "choice", "b")
        assert received[-1]["state"]["values"]["buttons"]["choice"]["selected_option"]["value"] == "b"
        with pytest.raises(Unfit):
            await anna.press(CHANNEL, ts, "choice", "c")


async def test_nobody_presses_what_they_cannot_see() -> None:
    async with town("http", register_listeners([]), smtp_port=None) as sandbox:
        ts = await card(sandbox, actions(button("take")))
        await client_of(sandbox).chat_postEphemeral(
            channel=CHANNEL, user=ANNA, text="x", blocks=[actions(button("own"))]
        )
        own = sandbox.person(ANNA).ephemerals()[0]["ts"]
        for person, at, action in (("U0DAVIDLUN", ts, "take"), (BJORN, own, "own"), (ANNA, ts, "steal")):
            with pytest.raises(Unfit):
                await sandbox.person(person).press(CHANNEL, at, action)
        await sandbox.person(ANNA).press(CHANNEL, own, "own")
        with pytest.raises(Unfit):
            await sandbox.person(FOREIGN).slash("C0SAMVERKA", "/arende")
        with pytest.raises(Unfit):
            await sandbox.person(GUEST).shortcut("my_cases")


async def test_a_form_is_checked_before_it_is_sent() -> None:
    received: Payloads = []
    blocks = [
        text_input("note", element={"min_length": 3, "max_length": 5}),
        {
            "type": "input",
            "block_id": "mail",
            "label": plain("Mejl"),
            "element": select("email_text_input", "mail"),
        },
        {
            "type": "input",
            "block_id": "count",
            "optional": True,
            "label": plain("Antal"),
            "element": select("number_input", "count", is_decimal_allowed=False, max_value="10"),
        },
    ]
    async with town("http", register_listeners(received), smtp_port=None) as sandbox:
        await form(sandbox, *blocks)
        anna = sandbox.person(ANNA)
        await anna.fill_and_submit({"note": "ab", "mail": "ingen", "count": "11"})
        assert set(anna.errors) == {"note", "mail", "count"}
        await anna.fill_and_submit({"note": "", "mail": "a@b.se", "count": "1.5"})
        assert anna.errors == {"note": "Fyll i det här fältet.", "count": "Skriv ett heltal."}
        assert received == []
        await anna.fill_and_submit({"note": "abc", "count": "7"})
        assert received[-1]["view"]["state"]["values"]["count"]["count"] == {
            "type": "number_input",
            "value": "7",
        }
        assert anna.view is None


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"words": "Det är ingen ruta."}},
        {"response_action": "close"},
        {"response_action": "update", "view": modal(section("x" * 3001))},
        {"response_action": "push", "view": {"type": "home", "blocks": [section("x")]}},
    ],
)
async def test_a_wrong_answer_to_a_form_is_an_error_and_the_form_stays(answer: dict[str, Any]) -> None:
    def build(app: AsyncApp) -> None:
        @app.view("form")
        async def on_form(ack: Any) -> None:
            await ack(**answer)

    async with town("http", build, smtp_port=None) as sandbox:
        await form(sandbox, text_input("note"), section("x", block_id="words"), callback_id="form")
        anna = sandbox.person(ANNA)
        result = await anna.fill_and_submit({"note": "x"})
        assert result["error"] in ("invalid_response", "invalid_blocks", "invalid_arguments")
        assert anna.view is not None


async def test_clear_closes_every_view() -> None:
    def build(app: AsyncApp) -> None:
        @app.view("form")
        async def on_form(ack: Any) -> None:
            await ack(response_action="clear")

    async with town("http", build, smtp_port=None) as sandbox:
        await form(sandbox, section("x"), callback_id="form")
        top = sandbox.person(ANNA).views[-1]["id"]
        trigger = sandbox.shared.new_trigger(ANNA, top).id
        await client_of(sandbox).views_push(trigger_id=trigger, view=modal(section("y"), callback_id="form"))
        await sandbox.person(ANNA).submit()
        assert sandbox.person(ANNA).views == []


async def test_typed_text_stays_while_ids_stay() -> None:
    async with town("http", register_listeners([]), smtp_port=None) as sandbox:
        await form(sandbox, text_input("note"), text_input("more"))
        anna = sandbox.person(ANNA)
        await anna.fill({"note": "kvar", "more": "borta"})
        new = modal(text_input("note"), text_input("more#2", element={"action_id": "more"}))
        await client_of(sandbox).views_update(view_id=anna.views[-1]["id"], view=new)
        values = anna.views[-1]["state"]["values"]
        assert values["note"]["note"]["value"] == "kvar"
        assert values["more#2"]["more"]["value"] is None
        await anna.fill({"more": "ny"})
        assert anna.views[-1]["state"]["values"]["more#2"]["more"]["value"] == "ny"


async def test_closing_is_told_only_to_those_who_ask() -> None:
    received: Payloads = []
    async with town("http", register_listeners(received), smtp_port=None) as sandbox:
        anna = sandbox.person(ANNA)
        await form(sandbox, section("x"))
        await anna.close()
        assert received == []
        await form(sandbox, section("x"), notify_on_close=True)
        root = anna.views[0]["id"]
        await client_of(sandbox).views_push(
            trigger_id=sandbox.shared.new_trigger(ANNA, root).id, view=modal(section("y"))
        )
        await anna.close(all=True)
        assert (received[-1]["type"], received[-1]["view"]["id"], received[-1]["is_cleared"]) == (
            "view_closed",
            root,
            True,
        )
        assert anna.view is None


async def test_a_view_that_was_closed_cannot_be_updated() -> None:
    async with town("http", register_listeners([]), smtp_port=None) as sandbox:
        await form(sandbox, section("x"))
        anna = sandbox.person(ANNA)
        gone = anna.views[-1]["id"]
        await anna.close()
        with pytest.raises(Exception, match="not_found"):
            await client_of(sandbox).views_update(view_id=gone, view=modal(section("y")))


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_an_external_select_offers_what_the_app_answers(mode: str) -> None:
    def build(app: AsyncApp) -> None:
        @app.options("officer")
        async def on_options(ack: Any, payload: Any) -> None:
            await ack(options=[option(f"{payload['value']}{n}") for n in range(3)])

        @app.action("officer")
        async def on_officer(ack: Any) -> None:
            await ack()

    async with town(mode, build, smtp_port=None) as sandbox:
        ts = await card(sandbox, actions(select("external_select", "officer", min_query_length=2)))
        anna = sandbox.person(ANNA)
        assert await anna.suggest("officer", "a", channel=CHANNEL, ts=ts) == []
        offered = await anna.suggest("officer", "an", channel=CHANNEL, ts=ts)
        assert [entry["value"] for entry in offered] == ["an0", "an1", "an2"]
        assert (await anna.press(CHANNEL, ts, "officer", "an1"))["ok"]
        with pytest.raises(Unfit):
            await anna.press(CHANNEL, ts, "officer", "bo1")


async def test_suggestions_that_come_too_late_are_none() -> None:
    async with town("http", register_listeners([], seconds=0.5), ack_seconds=0.1, smtp_port=None) as sandbox:
        ts = await card(sandbox, actions(select("external_select", "who", min_query_length=0)))
        anna = sandbox.person(ANNA)
        assert await anna.suggest("who", "an", channel=CHANNEL, ts=ts) == []
        assert anna.last["error"] == "operation_timeout"


async def test_a_command_carries_people_and_channels_by_their_ids() -> None:
    received: Payloads = []
    async with town("http", register_listeners(received, {"text": "Ok"}), smtp_port=None) as sandbox:
        anna = sandbox.person(ANNA)
        await anna.slash(CHANNEL, "/arende", "tilldela @bjorn.ek #forskola #social-oro <!channel> & mer")
        assert (
            received[-1]["text"]
            == f"tilldela <@{BJORN}> <#C0FORSKOLA|forskola> <#C0SOCIALT1|> &lt;!channel&gt; &amp; mer"
        )
        assert received[-1]["channel_name"] == "bygglov"
        await anna.slash("C0SOCIALT1", "/arende", "hjälp")
        assert received[-1]["channel_name"] == "privategroup"
        await anna.slash("C0ALLMANT1", "/arende", "hjälp")
        assert anna.ephemerals("C0ALLMANT1")[-1]["text"] == "Ok"
        with pytest.raises(Unfit):
            await anna.slash(CHANNEL, "/okand")


async def test_an_answer_in_the_channel_shows_what_was_typed() -> None:
    answer = {"text": "Alla ser", "response_type": "in_channel"}
    async with town("http", register_listeners([], answer), smtp_port=None) as sandbox:
        await sandbox.person(ANNA).slash(CHANNEL, "/arende", "lista")
        assert [message["text"] for message in sandbox.person(BJORN).sees(CHANNEL)] == [
            "/arende lista",
            "Alla ser",
        ]


async def test_guests_and_other_organisations_press_buttons_but_have_fewer_ways_in() -> None:
    async with town("http", register_listeners([]), smtp_port=None) as sandbox:
        shared, result = "C0SAMVERKA", {"text": "x", "blocks": [actions(button("take"))]}
        ts = (await client_of(sandbox).chat_postMessage(channel=shared, **result))["ts"]
        foreign, guest = sandbox.person(FOREIGN), sandbox.person("U0GUSTAVGA")
        assert (await foreign.press(shared, ts, "take"))["ok"]
        for act in (foreign.slash(shared, "/arende"), foreign.shortcut("show_case", shared, ts)):
            with pytest.raises(Unfit, match="other organisations"):
                await act
        with pytest.raises(Unfit, match="guests"):
            await guest.shortcut("my_cases")
        assert (await guest.slash("C0FORSKOLA", "/arende"))["ok"]


async def test_what_only_one_person_sees_has_no_shortcuts() -> None:
    async with town("http", register_listeners([]), smtp_port=None) as sandbox:
        await client_of(sandbox).chat_postEphemeral(channel=CHANNEL, user=ANNA, text="x")
        anna = sandbox.person(ANNA)
        with pytest.raises(Unfit, match="no shortcuts"):
            await anna.shortcut("show_case", CHANNEL, anna.ephemerals()[0]["ts"])


async def test_home_and_shortcuts_reach_the_app() -> None:
    def build(app: AsyncApp) -> None:
        @app.event("app_home_opened")
        async def on_home(event: Any, client: Any) -> None:
            await client.views_publish(
                user_id=event["user"], view={"type": "home", "blocks": [actions(button("mine"))]}
            )

        @app.shortcut("my_cases")
        async def on_shortcut(ack: Any, body: Any, client: Any) -> None:
            assert "channel" not in body
            await client.views_open(trigger_id=body["trigger_id"], view=modal(section("Mina")))
            await ack()

        @app.shortcut("show_case")
        async def on_message_shortcut(ack: Any, body: Any, client: Any) -> None:
            await client.views_open(
                trigger_id=body["trigger_id"], view=modal(section(body["message"]["text"]))
            )
            await ack()

        @app.action("mine")
        async def on_mine(ack: Any, body: Any, client: Any) -> None:
            assert body["container"] == {"type": "view", "view_id": body["view"]["id"]}
            await ack()

    async with town("http", build, smtp_port=None) as sandbox:
        anna = sandbox.person(ANNA)
        await anna.open_home()
        await anna.wait_until(lambda: anna.home)
        assert (await anna.press_at_home("mine"))["ok"]
        await anna.shortcut("my_cases")
        assert anna.views[-1]["blocks"][0]["text"]["text"] == "Mina"
        ts = await card(sandbox, section("x"))
        await anna.shortcut("show_case", CHANNEL, ts)
        assert anna.views[-1]["blocks"][0]["text"]["text"] == "Kort"
        assert len(anna.views) == 1
