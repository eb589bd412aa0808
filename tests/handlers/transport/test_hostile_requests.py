"""Requests that Slack would never send, or someone else sends: nothing breaks, nothing happens, nothing is logged."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import hmac
import json
import logging
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.response import SocketModeResponse
from starlette.applications import Starlette
from starlette.routing import Route
from structlog.testing import capture_logs
from structlog.typing import EventDict

from bench.hostile.payloads import modal
from bot.handlers.request.payload import MAX_BLOCKS, MAX_ELEMENTS, MAX_OPTIONS
from bot.handlers.transport import http_endpoint, socket_mode
from bot.handlers.transport.http_endpoint import (
    LARGE_BODY_BYTES,
    MAX_BODY_BYTES,
    MAX_FORM_FIELDS,
    MAX_VALUES,
    create_endpoint,
)
from bot.handlers.transport.payload_validation import parse_request
from tests.conftest import PATIENCE
from tests.handlers.recorded_requests import Json, RecordedRequest, Recording
from tests.people import BY_KEY
from tests.scope import sample

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "the signing secret"
FORM, JSON_ = "application/x-www-form-urlencoded", "application/json"
MARKER = "fågelskrämma"
"""Stands in whatever is put into a request, and must not be found in the log."""


def signature_headers(body: bytes, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(time.time()))
    code = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={code}"}


def encode_request(payload: Json) -> tuple[bytes, str]:
    """As Slack sends it: events as JSON, commands as a form, the rest as JSON in a form."""
    if payload.get("type") == "event_callback":
        return json.dumps(payload).encode(), JSON_
    if "command" in payload:
        return urlencode(payload).encode(), FORM
    return urlencode({"payload": json.dumps(payload)}).encode(), FORM


class HttpSender:
    """Whoever sends requests to the door."""

    def __init__(self, app: AsyncApp, secret: str = SECRET) -> None:
        self._secret = secret
        web = Starlette(routes=[Route("/slack/events", create_endpoint(app, secret), methods=["POST"])])
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://hall")

    async def send(self, body: bytes | AsyncIterator[bytes], kind: str = FORM, **headers: str) -> int:
        sure = signature_headers(body, self._secret) if isinstance(body, bytes) else {}
        payload = {"content-type": kind, **sure, **headers}
        encoded = {name: value.encode("latin-1") for name, value in payload.items()}
        return (await self._client.post("/slack/events", content=body, headers=encoded)).status_code  # type: ignore[arg-type]


class SocketClient:
    """The end of a socket that Slack's requests come by; it takes note of what is acknowledged."""

    def __init__(self) -> None:
        self.logger = logging.getLogger("slack_sdk")
        self.acknowledged: list[str] = []

    async def send_socket_mode_response(self, response: SocketModeResponse) -> None:
        self.acknowledged.append(response.envelope_id)


async def send_by_socket(app: AsyncApp, payload: Any) -> int:
    """As over HTTP: 200 where it was acknowledged."""
    client, written = SocketClient(), json.dumps({"type": "x", "envelope_id": "E1", "payload": payload})
    await socket_mode.create_message_listener(app)(client, json.loads(written), written)
    return 200 if client.acknowledged == ["E1"] else 400


# --- at the door ---


@pytest.fixture
def received() -> list[Any]:
    return []


@pytest.fixture
def app(received: list[Any]) -> AsyncApp:
    async def middleware(body: dict[str, Any], next: Callable[[], Any]) -> Any:
        received.append(body)
        return await next()

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-x", bot_user_id="U9")

    # Without a name Bolt would look for one among the modules that call it, for as long as several tests take.
    app = AsyncApp(name="hall", signing_secret=SECRET, authorize=authorize, process_before_response=True)
    app.use(middleware)
    return app


@pytest.fixture
def http_sender(app: AsyncApp) -> HttpSender:
    return HttpSender(app)


COMMAND = {"command": "/arende", "user_id": "U1", "team_id": "T1", "trigger_id": "1.1", "text": "hjälp"}
PRESS: Json = {
    "type": "block_actions",
    "user": {"id": "U1", "team_id": "T1"},
    "trigger_id": "1.1",
    "actions": [{"action_id": "x", "value": "y"}],
}


def encode_press(**given: Any) -> bytes:
    return encode_request({name: value for name, value in {**PRESS, **given}.items() if value is not ...})[0]


NOT_JSON = urlencode({"payload": "{" + MARKER}).encode()
DEEP = b'{"payload":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
TURNED: list[Any] = [
    pytest.param(b"", JSON_, 400, id="nothing"),
    pytest.param(NOT_JSON, FORM, 400, id="no JSON in the form"),
    pytest.param(b"{", JSON_, 400, id="no JSON"),
    pytest.param(b"[1]", JSON_, 400, id="a list"),
    pytest.param(b'"x"', JSON_, 400, id="a text"),
    pytest.param(b'{"type":NaN}', JSON_, 400, id="no number"),
    pytest.param(b'{"type":"x","user":{"id":"\\ud800"}}', JSON_, 400, id="half a sign"),
    pytest.param(DEEP, JSON_, 400, id="fifty thousand lists in each other"),
    pytest.param(b'{"a":' * 100 + b"1" + b"}" * 100, JSON_, 400, id="a hundred objects in each other"),
    pytest.param(
        b'{"type":[' + b"[]," * MAX_VALUES + b"1]}", JSON_, 413, id="more values than Slack ever sends"
    ),
    pytest.param(b"payload=%7B%7", FORM, 400, id="half an escape"),
    pytest.param(b"payload=%7B%7G", FORM, 400, id="an escape of other letters"),
    pytest.param(b"payload=%7B%%7D", FORM, 400, id="an escape of nothing"),
    pytest.param(b"payload=%7B%\n%7D", FORM, 400, id="an escape over two lines"),
    pytest.param(b"payload=%7B%\r", FORM, 400, id="an escape that ends in a line break"),
    pytest.param(b"payload=%7B%FF%7D", FORM, 400, id="an escape that is no letter"),
    pytest.param(b"payload=%7B%7D&payload=%7B%7D", FORM, 400, id="two payloads"),
    pytest.param(b"a=1&" * 500, FORM, 400, id="five hundred fields"),
    pytest.param(encode_press(), "text/plain", 415, id="plain text"),
    pytest.param(encode_press(), "multipart/form-data; boundary=x", 415, id="a form with files"),
    pytest.param(b"{}", FORM, 415, id="JSON that says it is a form"),
    pytest.param(encode_press(user=...), FORM, 400, id="nobody"),
    pytest.param(encode_press(user="U1"), FORM, 400, id="a person that is a text"),
    pytest.param(encode_press(user={"id": ["U1"]}), FORM, 400, id="an id that is a list"),
    pytest.param(encode_press(user={"id": "U1\n"}), FORM, 400, id="an id on two lines"),
    pytest.param(encode_press(user={"id": "U" * 300}), FORM, 400, id="an endless id"),
    pytest.param(encode_press(actions=[]), FORM, 400, id="a press of nothing"),
    pytest.param(encode_press(actions="x"), FORM, 400, id="presses that are a text"),
    pytest.param(encode_press(actions=[{"action_id": 5}]), FORM, 400, id="an action that is a number"),
    pytest.param(encode_press(trigger_id=...), FORM, 400, id="a press without a trigger"),
    pytest.param(
        encode_press(view={"id": "V1", "type": "modal", "private_metadata": "{"}), FORM, 400, id="broken ids"
    ),
    pytest.param(
        encode_press(view={"id": "V1", "type": "modal", "private_metadata": "[]"}),
        FORM,
        400,
        id="ids in a list",
    ),
    pytest.param(encode_press(type="view_submission"), FORM, 400, id="a form without its view"),
    pytest.param(encode_press(type="none", actions=...), FORM, 400, id="a kind there is not"),
    pytest.param(urlencode({**COMMAND, "user_id": ""}).encode(), FORM, 400, id="a command of nobody's"),
    pytest.param(
        b'{"type":"event_callback","team_id":"T1","event":[]}', JSON_, 400, id="an event that is a list"
    ),
]


@pytest.mark.parametrize(("body", "kind", "status"), TURNED)
async def test_what_slack_cannot_have_meant_is_turned_away_though_it_is_signed(
    http_sender: HttpSender, received: list[Any], body: bytes, kind: str, status: int
) -> None:
    with capture_logs() as log_entries:
        assert await http_sender.send(body, kind) == status
    assert received == [] and MARKER not in str(log_entries)
    assert [one["event"] for one in log_entries] == ["slack_turned_away"]


def submission(**view: Any) -> Json:
    about = {name: PRESS[name] for name in ("user", "trigger_id")}
    return {"type": "view_submission", **about, "view": {**modal(), **view}}


def state_of(blocks: int, elements: int = 1, options: int = 0) -> Json:
    element = {"type": "multi_static_select", "selected_options": [{"value": "x"}] * options}
    return {"values": {f"b{n}": dict.fromkeys(map(str, range(elements)), element) for n in range(blocks)}}


async def test_the_largest_form_that_slack_allows_is_heard(
    http_sender: HttpSender, received: list[Any]
) -> None:
    await http_sender.send(*encode_request(submission()))
    assert received == [submission()]


async def test_a_request_may_have_so_many_bytes_and_values_and_no_more(
    http_sender: HttpSender, received: list[Any]
) -> None:
    length = len(encode_press(of=""))
    assert await http_sender.send(encode_press(of="x" * (MAX_BODY_BYTES - length))) != 413
    assert await http_sender.send(encode_press(of="x" * (MAX_BODY_BYTES - length + 1))) == 413
    written = json.dumps({**PRESS, "of": [0]})
    values = sum(written.count(sign) for sign in ",:[")
    assert await http_sender.send(encode_press(of=[0] * (MAX_VALUES - values + 1))) != 413
    assert await http_sender.send(encode_press(of=[0] * (MAX_VALUES - values + 2))) == 413
    assert len(received) == 2


@pytest.mark.parametrize(
    ("limit", "having"),
    [
        pytest.param(MAX_BLOCKS, lambda n: submission(blocks=[{"type": "divider"}] * n), id="blocks"),
        pytest.param(MAX_BLOCKS, lambda n: submission(state=state_of(n)), id="blocks that are filled in"),
        pytest.param(MAX_ELEMENTS, lambda n: submission(state=state_of(1, n)), id="elements of a block"),
        pytest.param(MAX_OPTIONS, lambda n: submission(state=state_of(1, 1, n)), id="chosen options"),
        pytest.param(MAX_ELEMENTS, lambda n: {**PRESS, "actions": PRESS["actions"] * n}, id="presses"),
    ],
)
async def test_twice_what_slack_accepts_of_each_is_heard_and_one_more_is_not(
    http_sender: HttpSender, received: list[Any], limit: int, having: Callable[[int], Json]
) -> None:
    await http_sender.send(*encode_request(having(limit)))
    assert received == [having(limit)]
    assert await http_sender.send(*encode_request(having(limit + 1))) == 400
    assert received == [having(limit)]


async def test_a_form_may_have_so_many_fields_and_no_more(
    http_sender: HttpSender, received: list[Any]
) -> None:
    def form(fields: int) -> bytes:
        return urlencode({**COMMAND, **{f"f{n}": "" for n in range(fields - len(COMMAND))}}).encode()

    await http_sender.send(form(MAX_FORM_FIELDS))
    assert len(received[0]) == MAX_FORM_FIELDS
    assert await http_sender.send(form(MAX_FORM_FIELDS + 1)) == 400


async def test_large_requests_are_parsed_one_at_a_time(
    http_sender: HttpSender, received: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, begun, may_go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    parsing: list[Any] = []
    most: list[int] = []

    def parse(*given: Any) -> Any:
        parsing.append(given)
        most.append(len(parsing))
        loop.call_soon_threadsafe(begun.set)
        assert may_go_on.wait(PATIENCE)
        parsing.pop()
        return parse_request(*given)

    monkeypatch.setattr(http_endpoint, "parse_request", parse)
    large = encode_press(of="x" * LARGE_BODY_BYTES)
    sending = [asyncio.create_task(http_sender.send(large)) for _ in range(3)]
    await asyncio.wait_for(begun.wait(), PATIENCE)
    for _ in range(1_000):  # in which the others would begin as well
        await asyncio.sleep(0)
    may_go_on.set()
    await asyncio.gather(*sending)
    assert most == [1, 1, 1] and len(received) == 3


@pytest.mark.parametrize(
    "text", ["a=b", "a%41", "=3D=41", "a+b c", "å\r\n=", "100 % & mer", "👩‍👩‍👧", "==", "=\n"]
)
async def test_a_command_is_heard_letter_by_letter(
    http_sender: HttpSender, received: list[Any], text: str
) -> None:
    await http_sender.send(urlencode({**COMMAND, "text": text}).encode())
    assert [one["text"] for one in received] == [text]


@pytest.mark.parametrize("size", [10, LARGE_BODY_BYTES])
async def test_a_large_request_is_parsed_where_nobody_waits_for_it(
    http_sender: HttpSender, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    threads = set()

    def parse(*given: Any) -> Any:
        threads.add(threading.current_thread() is threading.main_thread())
        return parse_request(*given)

    monkeypatch.setattr(http_endpoint, "parse_request", parse)
    await http_sender.send(encode_press(of="x" * size))
    assert threads == {size < LARGE_BODY_BYTES}


@pytest.mark.parametrize(
    "payload",
    [
        *(None, 5, "x", [1], {}),
        *({**PRESS, "user": user} for user in (None, "U1", {"id": ["U1"]}, {"id": "U1\n"}, {"id": "\ud800"})),
        *({**PRESS, "actions": actions} for actions in (None, [], "x", [{"action_id": 5}])),
        {**PRESS, "view": {"id": "V1", "type": "modal", "private_metadata": "{"}},
        {**PRESS, "of": float("nan")},
        {**PRESS, "of": float("inf")},
        {**PRESS, "of": json.loads("[" * 100 + "]" * 100)},
        {"type": "event_callback", "team_id": "T1", "event": []},
        {**COMMAND, "user_id": ""},
    ],
    ids=lambda payload: str(payload)[:60],
)
async def test_what_slack_cannot_have_meant_is_turned_away_by_socket_too(
    app: AsyncApp, received: list[Any], payload: Any
) -> None:
    with capture_logs() as log_entries:
        assert await send_by_socket(app, payload) == 400
    assert (received, [one["event"] for one in log_entries]) == ([], ["slack_turned_away"])


async def test_what_slack_may_mean_is_heard_by_socket(app: AsyncApp, received: list[Any]) -> None:
    await send_by_socket(app, {**COMMAND, "text": "sök payload"})
    assert [one["text"] for one in received] == ["sök payload"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-slack-signature": "v0=" + "0" * 64},
        {"x-slack-signature": "v0=å"},
        {"x-slack-signature": ""},
        {"x-slack-request-timestamp": "now"},
        {"x-slack-request-timestamp": "²"},
        {"x-slack-request-timestamp": "9" * 30},
        {"x-slack-request-timestamp": "-1"},
        {"x-slack-request-timestamp": ""},
    ],
    ids=str,
)
async def test_what_is_not_signed_is_turned_away_whatever_it_says(
    http_sender: HttpSender, received: list[Any], headers: dict[str, str]
) -> None:
    assert await http_sender.send(encode_press(), FORM, **headers) == 401
    assert received == []


async def test_what_is_no_text_is_turned_away(http_sender: HttpSender, received: list[Any]) -> None:
    assert await http_sender.send(b"payload=\xff\xfe", FORM) == 401
    assert received == []


async def test_what_does_not_say_how_long_it_is_is_not_read(
    http_sender: HttpSender, received: list[Any]
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield encode_press()
        raise AssertionError("it was read")

    assert await http_sender.send(endless()) == 413
    assert await http_sender.send(encode_press(), FORM, **{"content-length": str(MAX_BODY_BYTES + 1)}) == 413
    assert await http_sender.send(encode_press(), FORM, **{"content-length": "²"}) == 413
    assert received == []


async def test_what_is_longer_than_it_says_is_not_read_to_its_end(
    http_sender: HttpSender, received: list[Any]
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (MAX_BODY_BYTES // 2 + 1)
        raise AssertionError("it was read")

    assert await http_sender.send(endless(), FORM, **{"content-length": "10"}) == 413
    assert received == []


@pytest.mark.parametrize("text", ["sök payload", "payload=5", '{"payload":1}', "ssl_check=1"])
async def test_a_command_may_say_anything(http_sender: HttpSender, received: list[Any], text: str) -> None:
    await http_sender.send(urlencode({**COMMAND, "text": text}).encode())
    assert [one["text"] for one in received] == [text]


async def test_slack_may_ask_whether_anyone_is_there(http_sender: HttpSender, received: list[Any]) -> None:
    assert await http_sender.send(b"ssl_check=1&token=x") == 200
    assert await http_sender.send(b'{"type":"url_verification","challenge":"c","token":"x"}', JSON_) == 200


# --- within ---


def paths(payload: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in it."""
    if path:
        yield path
    if isinstance(payload, dict | list):
        for key in list(payload) if isinstance(payload, dict) else range(len(payload)):
            yield from paths(payload[key], (*path, key))


def corrupt(payload: Json, rng: random.Random, others: list[str]) -> Json:
    """The request with one to three things in it gone, added, or something else than they were."""
    payload = copy.deepcopy(payload)
    for _ in range(rng.randint(1, 3)):
        *way, last = rng.choice(list(paths(payload)))
        place: Any = payload
        for step in way:
            place = place[step]
        match rng.randrange(4):
            case 0:
                del place[last]
            case 1 if isinstance(place, dict):
                place[f"{last}{MARKER}"] = place[last]
            case _:
                place[last] = _random_value(rng, others)
    return payload


def _random_value(rng: random.Random, others: list[str]) -> Any:
    deep: Any = MARKER
    for _ in range(40):
        deep = [deep]
    return rng.choice(
        [
            *(None, True, -1, 10**400, 1.5, "", [], {}, [[]], {MARKER: MARKER}, [MARKER] * 200, deep),
            *(
                MARKER,
                MARKER * 5_000,
                f"{MARKER}\x00\x1b[31m",
                "9" * 5_000,
                "²",
                "-1",
                "2026-02-30",
                "../../etc/passwd",
            ),
            *(f"{one}:{rng.randrange(-1, 99)}" for one in others),
            *others,
            json.dumps({"case": others[0], "page": MARKER}),
        ]
    )


VARIANTS = range(5)
"""Of each request; `make test` tries one of them, of half of the requests."""
ALLOWED_TABLES = {"reading", "case", "delivery", "hits", "home", "note", "note_revision", "open_list"}
"""What may change besides: of another case than the one it was about, an edit that is heard of before what it edits;
and one's own ticks."""


@pytest.mark.long
async def test_requests_that_are_spoilt_break_nothing_and_do_nothing_more_than_they_would_whole(
    recording: Recording, log_entries: list[EventDict], caplog: pytest.LogCaptureFixture
) -> None:
    """Of each that the tour made a few, always the same ones, changed in some places; the first by socket."""
    caplog.set_level(logging.WARNING)
    http_sender, wrong = HttpSender(recording.harness.app, recording.harness.sandbox.app.signing_secret), []
    others = [one.case_id for one in recording.cases.values()]
    others += [
        row[0] for one in recording.requests for row in one.store_before.execute("SELECT id FROM draft")
    ][:3]
    requests = recording.unique_requests
    for index, request in enumerate(sample(requests, len(requests) // 2)):
        user = request.body.get("user", {}).get("id") or request.body.get("user_id")
        known = (BY_KEY[key] for key in ("anna", "samordnare", "parkare"))
        who = next((role for role in known if role.user == user), BY_KEY["parkare"])
        allowed: frozenset[str] | None = None
        for n in sample(VARIANTS, 1, index):
            rng = random.Random(f"{request.name} {n}")
            payload = corrupt(request.body, rng, others)
            status, changed = await _send(recording, None if n == 0 else http_sender, request, payload)
            if changed - ALLOWED_TABLES and allowed is None:
                allowed = (await recording.replay(request, who)).changed_tables | ALLOWED_TABLES
            if status >= 500 or not changed <= (allowed or ALLOWED_TABLES):
                wrong.append(
                    f"{request.name} {n}: {status}, {set(changed)} of {set(allowed or ALLOWED_TABLES)}"
                )
    assert not wrong, "\n".join(wrong)
    assert [one for one in log_entries if MARKER in str(one)] == [] and MARKER not in caplog.text


async def _send(
    recording: Recording, http_sender: HttpSender | None, request: RecordedRequest, payload: Json
) -> tuple[int, frozenset[str]]:
    """Over HTTP, or by socket where there is no such door."""
    recording.snapshots.restore(request.store_before)
    status = await (
        http_sender.send(*encode_request(payload))
        if http_sender
        else send_by_socket(recording.harness.app, payload)
    )
    await asyncio.wait_for(recording.harness.wait_until_idle(), PATIENCE)
    return status, recording.snapshots.changed(request.store_before)


async def acknowledge(ack: AsyncAck) -> None:
    await ack()


async def test_an_envelope_that_comes_by_two_connections_is_heard_and_acknowledged_once(
    app: AsyncApp, received: list[Any]
) -> None:
    listener, clients = socket_mode.create_message_listener(app), [SocketClient(), SocketClient()]
    envelope = {"type": "interactive", "envelope_id": "E1", "payload": PRESS}
    app.action("x")(acknowledge)
    await asyncio.gather(*(listener(client, envelope) for client in clients))
    assert (len(received), [one for client in clients for one in client.acknowledged]) == (1, ["E1"])
    await listener(clients[0], {**envelope, "envelope_id": "E2"})
    assert len(received) == 2


async def test_an_envelope_that_was_not_acknowledged_is_heard_when_it_comes_again(
    app: AsyncApp, received: list[Any]
) -> None:
    listener, client = socket_mode.create_message_listener(app), SocketClient()
    envelope = {"type": "interactive", "envelope_id": "E1", "payload": PRESS}
    app.action("x")(acknowledge)
    failing = [True, False]

    async def fail_once(next: Callable[[], Any]) -> Any:
        return BoltResponse(status=503) if failing.pop(0) else await next()

    app.use(fail_once)
    await listener(client, envelope)
    await listener(client, envelope)
    assert (len(received), client.acknowledged) == (2, ["E1"])
