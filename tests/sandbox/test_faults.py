"""Bad days, ordered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from functools import partial
from typing import Any

import aiohttp
import aiosmtplib
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from sandbox.faults import TO_APP, TO_SLACK, Faults, NoSuchFault
from sandbox.server import Sandbox
from tests.sandbox.transport.tiny_bot import ANNA, CHANNEL, actions, button, client_of, town


async def texts(sandbox: Sandbox) -> list[str]:
    return [message["text"] for message in sandbox.person(ANNA).sees(CHANNEL)]


@pytest.mark.parametrize(("kind", "arrived"), [("cut_before", []), ("cut_after", ["x"])])
async def test_a_cut_leaves_the_caller_in_doubt(kind: Any, arrived: list[str]) -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        sandbox.inject("chat.postMessage", kind)
        with pytest.raises(aiohttp.ClientConnectionError):
            await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        assert await texts(sandbox) == arrived
        await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="y")
        assert await texts(sandbox) == [*arrived, "y"]


async def test_an_internal_error_may_have_done_its_work() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        sandbox.inject("chat.*", "error", code="fatal_error", skip=1)
        await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        with pytest.raises(SlackApiError, match="fatal_error"):
            await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="y")
        assert await texts(sandbox) == ["x", "y"]


@pytest.mark.parametrize(
    ("kind", "more", "status"), [("ratelimited", {"seconds": 7}, 429), ("status", {"status": 500}, 500)]
)
async def test_a_refusal_does_nothing(kind: Any, more: dict[str, Any], status: int) -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        fault = sandbox.inject("chat.postMessage", kind, **more)
        with pytest.raises(SlackApiError) as refused:
            await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        assert refused.value.response.status_code == status
        assert refused.value.response.headers.get("Retry-After") == ("7" if status == 429 else None)
        assert (await texts(sandbox), fault.struck) == ([], 1)
        assert sandbox.state()["rate_limited"] == {}


async def test_a_broken_server_may_have_done_its_work() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        sandbox.inject("chat.postMessage", "status_after", status=502)
        with pytest.raises(SlackApiError):
            await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        assert await texts(sandbox) == ["x"]


async def test_an_ephemeral_may_reach_nobody_though_slack_says_that_it_was_sent() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox, aiohttp.ClientSession() as http:
        sandbox.inject("*", "lost_ephemeral", times=2)
        await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="till alla")
        await client_of(sandbox).chat_postEphemeral(channel=CHANNEL, user=ANNA, text="bara du")
        url = sandbox.shared.new_hook("commands", ANNA, CHANNEL)
        assert (await http.post(url, json={"text": "till alla", "response_type": "in_channel"})).status == 200
        assert (await http.post(url, json={"text": "bara du"})).status == 200
        assert await texts(sandbox) == ["till alla", "till alla"]
        await client_of(sandbox).chat_postEphemeral(channel=CHANNEL, user=ANNA, text="nu")
        assert (await texts(sandbox))[-1] == "nu"


async def test_a_response_url_fails_as_any_call_does() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox, aiohttp.ClientSession() as http:
        url = sandbox.shared.new_hook("commands", ANNA, CHANNEL)
        sandbox.inject("response_url", "status", status=500)
        assert [(await http.post(url, json={"text": "x"})).status for _ in range(2)] == [500, 200]


async def test_slack_may_refuse_in_its_own_words() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox:
        sandbox.inject("chat.postMessage", "refused", code="team_access_not_granted")
        with pytest.raises(SlackApiError, match="team_access_not_granted"):
            await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        assert await texts(sandbox) == []


@pytest.mark.parametrize(
    ("kind", "arrived"), [("status", 0), ("status_after", 1), ("cut_before", 0), ("cut_after", 1)]
)
async def test_the_mail_server_has_its_bad_days_too_where_they_are_ordered(kind: str, arrived: int) -> None:
    async with Sandbox.running() as sandbox:
        sandbox.inject("*", kind, times=None)
        mail = EmailMessage()
        mail["From"], mail["To"] = "a@example.org", "b@example.org"
        send = partial(aiosmtplib.send, mail, hostname="127.0.0.1", port=sandbox.smtp_port)
        await send()
        fault = sandbox.inject("mail", kind)
        with pytest.raises(aiosmtplib.SMTPException):
            await send()
        assert (len(sandbox.mails()), fault.struck) == (1 + arrived, 1)


def record_presses(pressed: list[str]) -> Callable[[AsyncApp], None]:
    """An app that acknowledges presses and notes which they were."""

    def build(app: AsyncApp) -> None:
        @app.action("take")
        async def on_take(ack: Any, body: Any) -> None:
            pressed.append(body["trigger_id"])
            await ack()

    return build


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_a_press_may_come_twice_or_be_lost(mode: str) -> None:
    pressed: list[str] = []
    async with town(mode, record_presses(pressed), smtp_port=None) as sandbox:
        ts = (
            await client_of(sandbox).chat_postMessage(
                channel=CHANNEL, text="x", blocks=[actions(button("take"))]
            )
        )["ts"]
        anna = sandbox.person(ANNA)
        sandbox.inject("interactive", "duplicate")
        await anna.press(CHANNEL, ts, "take")
        await anna.wait_until(lambda: len(pressed) == 2)
        assert len(set(pressed)) == 1
        sandbox.inject("interactive", "lost")
        assert (await anna.press(CHANNEL, ts, "take"))["error"] == "operation_timeout"
        assert len(pressed) == 2


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_an_acknowledgement_may_be_lost_though_the_app_has_heard(mode: str) -> None:
    pressed: list[str] = []
    async with town(mode, record_presses(pressed), smtp_port=None) as sandbox:
        blocks = [actions(button("take"))]
        card = await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)
        anna = sandbox.person(ANNA)
        kind = "ack_lost" if mode == "http" else "dropped_socket"
        sandbox.inject("interactive", kind)
        result = await anna.press(CHANNEL, card["ts"], "take")
        assert result["error"] == ("operation_timeout" if mode == "http" else "dispatch_failed")
        await anna.wait_until(lambda: pressed)


async def test_an_event_may_come_after_those_that_followed_it() -> None:
    received: list[str] = []

    def build(app: AsyncApp) -> None:
        @app.event("message")
        async def on_message(event: Any) -> None:
            received.append(event["text"])

    async with town("http", build, smtp_port=None) as sandbox:
        sandbox.inject("events_api", "late", seconds=0.1)
        anna = sandbox.person(ANNA)
        await anna.say(CHANNEL, "ett")
        await anna.say(CHANNEL, "två")
        await anna.wait_until(lambda: len(received) == 2)
        assert received == ["två", "ett"]


# --- the lot ---


def struck(seed: int) -> list[str]:
    faults = Faults()
    faults.add("* !auth.test", [*TO_SLACK, *TO_APP], share=0.3, times=None, seed=seed)
    found = [faults.next("chat.update", TO_SLACK) for _ in range(1_000)]
    assert faults.next("auth.test", TO_SLACK) is None
    return [one.kind if one else "" for one in found]


def test_a_share_of_all_calls_is_struck_in_every_way_and_by_the_same_lot_each_time() -> None:
    kinds = Counter(struck(seed=6))
    assert 250 < 1_000 - kinds.pop("") < 350
    assert set(kinds) == set(TO_SLACK)
    assert struck(seed=6) == struck(seed=6) != struck(seed=8)


def test_a_fault_strikes_only_what_can_suffer_it() -> None:
    faults = Faults()
    faults.add("*", "duplicate", times=None)
    assert faults.next("chat.update", TO_SLACK) is None
    assert faults.next("interactive", TO_APP)


async def test_faults_are_switched_on_counted_and_off_from_outside() -> None:
    async with Sandbox.running(smtp_port=None) as sandbox, aiohttp.ClientSession() as http:

        async def order(**result: Any) -> tuple[int, Any]:
            answer = await http.post(f"{sandbox.url}/_set", json=result)
            return answer.status, await answer.json()

        everything = {"what": "chat.*", "kinds": ["status", "error"], "share": 1.0, "times": None}
        status, result = await order(faults=[everything, {"what": "views.*", "kind": "slow", "seconds": 0}])
        assert (status, [fault["number"] for fault in result["faults"]["on"]]) == (200, [1, 2])
        with pytest.raises(SlackApiError):
            await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        counted = await (await http.get(f"{sandbox.url}/_faults")).json()
        assert counted["on"][0]["struck"] == sum(counted["struck"].values()) == 1
        await order(faults_off=[1])
        await client_of(sandbox).chat_postMessage(channel=CHANNEL, text="x")
        assert [fault["number"] for fault in (await order(faults_off="all"))[1]["faults"]["on"]] == []


@pytest.mark.parametrize(
    "fault",
    [{"kind": "nonsense"}, {}, {"kind": "slow", "share": 2}, {"kind": "slow", "colour": "red"}, "slow"],
)
async def test_what_is_no_fault_is_not_switched_on(fault: Any) -> None:
    async with Sandbox.running(smtp_port=None) as sandbox, aiohttp.ClientSession() as http:
        good = {"kind": "slow"}
        answer = await http.post(f"{sandbox.url}/_set", json={"faults": [good, fault]})
        assert (answer.status, sandbox.shared.faults.injections) == (400, [])


def test_a_fault_is_told_by_its_own_words() -> None:
    with pytest.raises(NoSuchFault, match="nonsense"):
        Faults().add("*", "nonsense")
