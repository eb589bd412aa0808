"""A request reaches its listener, and costs the same however many others there are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from slack_bolt.listener.async_listener import AsyncListener

from bot.handlers.transport.bolt import IDENTIFIERS, IndexedApp, create_bolt_app
from bot.handlers.transport.payload_validation import parse_request

SHOWN = {"id": "V1", "type": "modal", "hash": "1", "callback_id": "form"}
BASE = {"user": {"id": "U1", "team_id": "T1"}, "team": {"id": "T1"}, "trigger_id": "1.1"}
COMMAND = {"command": "/arende", "user_id": "U1", "team_id": "T1", "trigger_id": "1.1"}
REQUESTS: dict[str, dict[str, Any]] = {
    "action": {**BASE, "type": "block_actions", "actions": [{"type": "button", "action_id": "case:take"}]},
    "view": {**BASE, "type": "view_submission", "view": SHOWN},
    "options": {**BASE, "type": "block_suggestion", "action_id": "who", "value": "an"},
    "command": COMMAND,
    "shortcut": {**BASE, "type": "shortcut", "callback_id": "mine"},
    "event": {
        "type": "event_callback",
        "team_id": "T1",
        "event": {"type": "member_joined_channel", "user": "U1", "channel": "C1"},
    },
}


@pytest.fixture
def app() -> IndexedApp:
    return create_bolt_app("xoxb-x", "http://127.0.0.1:1/", None)


def listen(app: IndexedApp, kind: str, identifier: str | re.Pattern[str]) -> list[str]:
    """Those requests that come to the listener: once for each, the name it listens for."""
    received: list[str] = []

    async def listener(ack: Any, payload_model: Any) -> None:
        received.append(str(identifier))
        await ack()

    getattr(app, kind)(identifier)(listener)
    return received


async def status(app: IndexedApp, kind: str) -> int:
    return (await app.async_dispatch(parse_request(REQUESTS[kind], {}))).status


@pytest.mark.parametrize("kind", REQUESTS)
async def test_each_kind_of_request_reaches_the_listener_of_its_name_and_no_other(
    app: IndexedApp, kind: str
) -> None:
    name = IDENTIFIERS[kind](REQUESTS[kind])
    others = [listen(app, other, name) for other in REQUESTS if other != kind]
    others += [listen(app, kind, f"{name}:more"), listen(app, kind, re.compile(f"^{re.escape(name)}:"))]
    received = listen(app, kind, name)
    assert (await status(app, kind), len(received)) == (200, 1)
    assert not any(others)


async def test_a_name_comes_before_a_pattern_and_patterns_in_the_order_they_were_registered(
    app: IndexedApp,
) -> None:
    first = listen(app, "action", re.compile("^case:"))
    last = listen(app, "action", re.compile(".*"))
    await status(app, "action")
    exact = listen(app, "action", "case:take")
    await status(app, "action")
    assert (len(exact), len(first), len(last)) == (1, 1, 0)


@pytest.mark.parametrize("kind", REQUESTS)
async def test_what_nobody_listens_for_is_not_found(app: IndexedApp, kind: str) -> None:
    listen(app, kind, "something else")
    assert await status(app, kind) == 404


async def test_a_request_costs_the_same_however_many_listeners_there_are(
    app: IndexedApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        listen(app, "action", f"case:{number}")
    received = listen(app, "action", "case:take")
    asked: list[AsyncListener] = []
    matches = AsyncListener.async_matches

    async def count(self: AsyncListener, **given: Any) -> bool:
        asked.append(self)
        return await matches(self, **given)

    monkeypatch.setattr(AsyncListener, "async_matches", count)
    await status(app, "action")
    assert received and len(asked) <= len(IDENTIFIERS)
