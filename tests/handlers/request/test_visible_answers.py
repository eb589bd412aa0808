"""Who presses in a message sees what came of it, wherever the message stands."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from bot.domain.assignment import TakeCase
from tests.handlers.recorded_requests import RecordedRequest, Recording, ReplayResult, registered_listeners
from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, SlackHarness
from tests.people import BY_KEY

in_recording = pytest.mark.asyncio(loop_scope="module")

ADDRESS_BUTTONS = {"action link:open", "action internal:open:service:0"}
"""A press on one opens an address in the browser, and that is its answer."""

PRESSED_BY_OTHERS = {"case:restore": "samordnare", "note:draft": "parkare"}
"""Who does it, where that is not Anna."""

Json = dict[str, Any]


def _in_private_message(body: Json) -> Json:
    return _moved(body, {"is_ephemeral": True})


def _in_thread(body: Json) -> Json:
    return _moved(body, {"is_ephemeral": False, "thread_ts": "1700000000.000100"})


def _in_direct_message(body: Json) -> Json:
    return _moved(body, {"is_ephemeral": False}) | {"channel": {"id": "D0ANNABERG", "name": "directmessage"}}


def _moved(body: Json, container: Json) -> Json:
    """The same press in a message that stands elsewhere; Slack does not send an ephemeral message itself."""
    moved = copy.deepcopy(body)
    moved["container"] |= container
    if container["is_ephemeral"]:
        moved.pop("message", None)
    return moved


PLACES = {"private": _in_private_message, "thread": _in_thread, "direct": _in_direct_message}


def _pressed_in_messages(recording: Recording) -> list[RecordedRequest]:
    return [
        request
        for request in recording.unique_requests
        if request.kind == "action" and "view" not in request.body and request.name not in ADDRESS_BUTTONS
    ]


async def _replay(recording: Recording, request: RecordedRequest, place: str) -> ReplayResult:
    role = BY_KEY[PRESSED_BY_OTHERS.get(request.identifier, "anna")]
    return await recording.replay(request, role, PLACES[place](request.body))


@in_recording
async def test_each_press_in_a_message_that_is_not_redrawn_is_answered_where_one_looks(
    recording: Recording,
) -> None:
    unanswered = []
    for place in PLACES:
        for request in _pressed_in_messages(recording):
            if not (await _replay(recording, request, place)).payloads:
                unanswered.append(f"{request.name} in a {place} message")
    assert not unanswered, "say what was done, for whom presses there: " + ", ".join(unanswered)


@in_recording
async def test_what_changes_something_takes_the_place_of_the_private_question(recording: Recording) -> None:
    """Otherwise it stands there to be pressed again."""
    left = []
    for request in _pressed_in_messages(recording):
        result = await _replay(recording, request, "private")
        answers = [json.loads(one) for one in result.payloads]
        is_changed = bool(result.changed_tables & {"case", "event", "flag"})
        if is_changed and not any(isinstance(one, dict) and one.get("replaced") for one in answers):
            left.append(request.name)
    assert not left, f"still to be pressed: {left}"


@in_recording
async def test_every_button_of_a_message_is_among_those_that_were_pressed(recording: Recording) -> None:
    """What is listened for and was pressed neither in a message nor in a view has no picture of its answer."""
    pressed = [request.identifier for request in recording.unique_requests if request.kind == "action"]
    registered = [one for kind, one in registered_listeners(recording.harness.deps) if kind == "action"]
    assert len(registered) > 60
    missing = [one for one in registered if not any(_fits(one, action_id) for action_id in pressed)]
    assert not missing, f"wants a step in recording_steps.py: {missing}"


def _fits(identifier: str | re.Pattern[str], action_id: str) -> bool:
    return action_id == identifier if isinstance(identifier, str) else bool(identifier.search(action_id))


async def _question(harness: SlackHarness, user: str, text: str) -> Json:
    await harness.person(user).slash(BYGGLOV_CHANNEL, "/arende", text)
    await harness.wait_for_events()
    return harness.person(user).ephemerals()[-1]


async def _press(harness: SlackHarness, user: str, question: Json, action_id: str) -> list[Json]:
    """The person's private messages afterwards."""
    await harness.person(user).press(BYGGLOV_CHANNEL, question["ts"], action_id)
    await harness.wait_for_events()
    return harness.person(user).ephemerals()


def _action_ids(message: Json) -> list[str]:
    return re.findall(r"'action_id': '([^']+)'", str(message["blocks"]))


async def test_a_question_whether_to_give_a_case_back_is_replaced_by_what_was_done(
    any_harness: SlackHarness,
) -> None:
    case = await any_harness.submit()
    await any_harness.person(ANNA).press(*(await any_harness.post_card(case)), "case:take")
    await any_harness.wait_for_events()
    question = await _question(any_harness, ANNA, f"lämna {case.number} nu")
    assert "case:release" in _action_ids(question)
    seen = await _press(any_harness, ANNA, question, "case:release")
    assert [one["ts"] for one in seen] == [question["ts"]]
    assert f"Du har lämnat tillbaka {case.number}" in seen[0]["text"]
    assert "case:release" not in _action_ids(seen[0])
    assert not (await any_harness.load_case(case)).officers


async def test_a_question_that_cannot_be_done_any_more_is_replaced_by_why(harness: SlackHarness) -> None:
    case = await harness.submit()
    question = await _question(harness, ANNA, f"avflagga {case.number} nu")
    seen = await _press(harness, ANNA, question, "case:unflag")
    assert [one["ts"] for one in seen] == [question["ts"]]
    assert "case:unflag" not in _action_ids(seen[0])


async def test_no_takes_the_questions_place_too(harness: SlackHarness) -> None:
    case = await harness.submit()
    question = await _question(harness, ANNA, f"ta {case.number} nu")
    seen = await _press(harness, ANNA, question, "ask:no")
    assert [(one["ts"], one["text"]) for one in seen] == [(question["ts"], "Inget har ändrats.")]


async def test_a_question_gives_place_to_who_has_the_case_where_a_dialog_asks_further(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    await harness.perform("bjorn-ek", TakeCase(case_id=case.case_id))
    question = await _question(harness, ANNA, f"ta {case.number} nu")
    seen = await _press(harness, ANNA, question, "case:take")
    assert [one["ts"] for one in seen] == [question["ts"]]
    assert "Björn Ek" in seen[0]["text"] and "case:take" not in _action_ids(seen[0])
    view = harness.person(ANNA).view
    assert view is not None and view["callback_id"] == "case:take:submit"


async def test_a_list_remains_when_one_of_its_cases_is_opened(harness: SlackHarness) -> None:
    await harness.submit()
    shown = await _question(harness, BJORN, "lista obehandlade")
    seen = await _press(harness, BJORN, shown, "case:show")
    assert [one["ts"] for one in seen] == [shown["ts"]]
    assert "case:show" in _action_ids(seen[0])
