"""What Slack sends is parsed once, at the door; the listener is given that, and a request says what was asked."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks.values import CaseRef, MenuChoice, encode
from bot.handlers.request import payload as payloads
from bot.handlers.request.payload import Payload, parse_message, parse_payload
from bot.handlers.request.slack_request import SlackRequest, request_of
from bot.handlers.transport.bolt import create_bolt_app
from bot.handlers.transport.payload_validation import parse_request

Json = dict[str, Any]

ID = "0f8fad5bd9cb469fa16570867728950e"
PERSON: Json = {"user": {"id": "U1", "team_id": "T1"}, "trigger_id": "1.1"}
MODAL: Json = {
    "id": "V1",
    "type": "modal",
    "callback_id": "case:note:submit",
    "hash": "h",
    "private_metadata": f'{{"case":"{ID}","home":true}}',
    "state": {"values": {"text": {"text": {"type": "plain_text_input", "value": "Ringde"}}}},
}
MESSAGE: Json = {"ts": "2.2", "thread_ts": "1.1", "user": "U2", "text": "Hej"}
PRESS: Json = {
    "type": "block_actions",
    **PERSON,
    "response_url": "https://hooks.example/1",
    "container": {"message_ts": "2.2", "thread_ts": "1.1"},
    "actions": [{"action_id": "case:take", "value": encode(CaseRef(ID, 7))}],
}
CHOICE: Json = {
    **PRESS,
    "actions": [
        {"action_id": "case:more", "selected_option": {"value": encode(MenuChoice("flag", ID, 7))}},
        {"action_id": "case:take", "value": "x"},
    ],
}
COMMAND: Json = {"command": "/arende", "user_id": "U1", "team_id": "T1", "trigger_id": "1.1", "text": "ta 1"}
SUGGESTION: Json = {
    "type": "block_suggestion",
    **PERSON,
    "action_id": "holders",
    "value": "an",
    "view": MODAL,
}


def event(**event: Any) -> Json:
    return {"type": "event_callback", "team_id": "T1", "event": event}


KINDS: list[tuple[Json, type[Any]]] = [
    (PRESS, payloads.BlockActions),
    (SUGGESTION, payloads.BlockSuggestion),
    ({"type": "view_submission", **PERSON, "view": MODAL}, payloads.ViewSubmission),
    ({"type": "view_closed", **PERSON, "view": MODAL}, payloads.OtherInteraction),
    ({"type": "shortcut", **PERSON, "callback_id": "shortcut:mine"}, payloads.GlobalShortcut),
    (
        {
            "type": "message_action",
            **PERSON,
            "callback_id": "x",
            "message": MESSAGE,
            "channel": {"id": "C1"},
        },
        payloads.MessageShortcut,
    ),
    (COMMAND, payloads.SlashCommand),
    (event(type="team_join"), payloads.EventCallback),
    ({"type": "url_verification", "challenge": "c"}, payloads.Handshake),
]


@pytest.mark.parametrize(("body", "kind"), KINDS, ids=lambda one: getattr(one, "__name__", ""))
def test_each_kind_of_request_is_read_as_what_it_is(body: Json, kind: type[Any]) -> None:
    assert type(parse_payload(body)) is kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (event(type="message", channel="C1", **MESSAGE), payloads.MessageEvent),
        (event(type="app_home_opened", user="U1", tab="home"), payloads.HomeOpenedEvent),
        (event(type="member_joined_channel", user="U1", channel="C1"), payloads.MemberJoinedEvent),
        (event(type="team_join"), payloads.OtherEvent),
    ],
)
def test_each_kind_of_event_is_read_as_what_it_is(body: Json, kind: type[Any]) -> None:
    callback = parse_payload(body)
    assert isinstance(callback, payloads.EventCallback) and type(callback.event) is kind


async def test_a_listener_is_given_what_was_parsed_at_the_door() -> None:
    given: list[Payload] = []

    app = create_bolt_app("xoxb-x", "http://127.0.0.1:1/", None)

    async def listener(ack: AsyncAck, payload_model: Payload) -> None:
        given.append(payload_model)
        await ack()

    app.action("case:take")(listener)
    request = parse_request(PRESS, {})
    assert (await app.async_dispatch(request)).status == 200
    assert given == [request.context["payload_model"]] and given[0] is request.context["payload_model"]


def test_a_press_says_who_pressed_what_and_where() -> None:
    request = request_of(parse_payload(PRESS))
    assert (request.user_id, request.team_id, request.action_id) == ("U1", "T1", "case:take")
    assert (request.target, request.case_id, request.action_argument) == (CaseRef(ID, 7), ID, "take")
    assert (request.response_url, request.thread_ts) == ("https://hooks.example/1", "1.1")
    assert not request.is_in_view and not request.is_submission


def test_a_choice_in_a_menu_carries_its_option() -> None:
    assert request_of(parse_payload(CHOICE)).target == MenuChoice("flag", ID, 7)


def test_a_form_says_which_case_it_is_about_and_where_it_was_opened_from() -> None:
    request = request_of(parse_payload({"type": "view_submission", **PERSON, "view": MODAL}))
    assert request.is_submission and request.is_in_view and request.is_from_app_home
    assert (request.case_id, request.form, request.view.callback_id) == (ID, MODAL, "case:note:submit")


@pytest.mark.parametrize(("body", "text"), [(COMMAND, "ta 1"), (SUGGESTION, "an")])
def test_what_was_typed_is_known(body: Json, text: str) -> None:
    assert request_of(parse_payload(body)).text == text


def test_a_workspace_is_the_persons_own_also_where_the_program_is_another_ones() -> None:
    body = {**PRESS, "team": {"id": "T9"}}
    assert request_of(parse_payload(body)).team_id == "T1"
    assert request_of(parse_payload({**body, "user": {"id": "U1"}})).team_id == "T9"


def test_what_was_asked_cannot_be_changed_while_it_is_handled() -> None:
    request = request_of(parse_payload(PRESS))
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.value = "x"  # type: ignore[misc]
    assert request == SlackRequest(
        **{one.name: getattr(request, one.name) for one in dataclasses.fields(request)}
    )


@pytest.mark.parametrize("message", [{}, {"ts": 5}, {"ts": "1.1", "user": ["U1"]}, {"ts": "1.1", "text": 5}])
def test_a_message_that_cannot_be_read_back_is_nobodys(message: Json) -> None:
    assert parse_message(message) is None
