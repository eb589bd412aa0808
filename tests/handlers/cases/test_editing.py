"""Ändra ärende in Slack: in steps, by the form's rules, and only what may pass through Slack."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.catalog.services import EService
from bot.domain.editing import AnswerChange, EditCase
from bot.domain.stepwise_editing import MAX_CHOICES, MAX_TYPED, StepwiseEdit
from bot.service import CommandResult
from tests.handlers.slack_harness import ANNA, BYGGLOV_CHANNEL, SlackHarness

FIELDS: list[dict[str, Any]] = [
    {"key": "vad", "kind": "text", "label": "Vad?", "required": True, "in_slack": True},
    {
        "key": "typ",
        "kind": "choice",
        "label": "Typ",
        "in_slack": True,
        "choices": [{"key": "ny", "label": "Nybyggnad"}, {"key": "till", "label": "Tillbyggnad"}],
    },
    {"key": "agare", "kind": "yes_no", "label": "Äger du huset?", "in_slack": True},
    {
        "key": "arrende",
        "kind": "text",
        "label": "Vilket arrende?",
        "required": True,
        "in_slack": True,
        "shown_if": {"field": "agare", "is": False},
    },
    *(
        {"key": f"matt{n}", "kind": "number", "label": f"Mått {n}", "in_slack": True, "min": 0}
        for n in range(8)
    ),
    {"key": "start", "kind": "date", "label": "Start", "in_slack": True},
    {"key": "pnr", "kind": "personnummer", "label": "Personnummer"},
    {"key": "dold", "kind": "text", "label": "Dold uppgift"},
]
VALUES = {
    "vad": "En altan",
    "typ": "ny",
    "agare": True,
    "matt0": "1.234",
    "pnr": "198112289874",
    "dold": "Hemligt",
}


@pytest.fixture
async def case(harness: SlackHarness, monkeypatch: pytest.MonkeyPatch) -> CommandResult:
    services = harness.catalog.services | {"bygglov": _with_fields(harness.catalog.services["bygglov"])}
    changed = harness.catalog.model_copy(update={"services": services})
    monkeypatch.setattr(harness.service, "_catalog", lambda: changed)
    return await harness.submit(values=VALUES)


def _with_fields(service: EService) -> EService:
    fields = tuple(Field.model_validate(one) for one in FIELDS)
    return service.model_copy(update={"fields": fields, "assign": ()})


async def open_form(harness: SlackHarness, case: CommandResult) -> Any:
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", f"ändra {case.number}")
    await harness.wait_until_idle()
    return anna


def labels(view: Any) -> list[str]:
    return [block["label"]["text"] for block in view["blocks"] if block["type"] == "input"]


async def submit(harness: SlackHarness, anna: Any, **values: Any) -> Any:
    result = await anna.fill_and_submit(values)
    await harness.wait_until_idle()
    return result


async def load_answers(harness: SlackHarness, case: CommandResult) -> dict[str, Any]:
    return dict((await harness.load_full_case(case)).answers)


async def test_at_most_eight_fields_are_asked_for_in_a_step_and_none_that_may_not_pass_slack(
    harness: SlackHarness, case: CommandResult
) -> None:
    anna = await open_form(harness, case)
    assert "Steg 1 av 2" in str(anna.view) and anna.view["submit"]["text"] == "Nästa"
    assert "Övriga svar, uppgifter om personer och filer ändras på ärendesidan." in str(anna.view)
    first = labels(anna.view)
    assert len(first) == 8 and first[:3] == ["Vad?", "Typ", "Äger du huset?"]
    await submit(harness, anna, answer_vad="Ett uterum")
    assert "Steg 2 av 2" in str(anna.view) and anna.view["submit"]["text"] == "Granska ändringarna"
    assert labels(anna.view) == ["Mått 5", "Mått 6", "Mått 7", "Start"]
    await submit(harness, anna)
    shown = str(anna.view)
    assert "Från: En altan" in shown and "Till: Ett uterum" in shown and "Hemligt" not in shown
    assert "Sökanden ser den inte." in shown
    result = await submit(harness, anna, reason="Sökanden ringde")
    assert result["ok"], result
    assert await load_answers(harness, case) == VALUES | {"vad": "Ett uterum"}
    assert ("officer:anna-berg", "answers") in await harness.readings(case)


def test_what_slacks_inputs_have_no_room_for_is_edited_on_the_page_only() -> None:
    def offered(current: dict[str, Any], count: int = 2) -> list[str]:
        choices = [{"key": f"k{n}", "label": f"Val {n}"} for n in range(count)]
        fields = (
            Field.model_validate({"key": "text", "kind": "long_text", "label": "Text", "in_slack": True}),
            Field.model_validate(
                {"key": "val", "kind": "choice", "label": "Val", "in_slack": True, "choices": choices}
            ),
        )
        definition = Definition(service="bygglov", name=Text(sv="Bygglov", en="Permit"), fields=fields)
        edit = StepwiseEdit(definition, current, {}, (), date(2026, 11, 23), is_anonymous=False)
        return [one.key for one in edit.editable_fields()]

    assert offered({"text": "x" * MAX_TYPED}, MAX_CHOICES) == ["text", "val"]
    assert offered({"text": "x" * (MAX_TYPED + 1)}) == ["val"]
    assert offered({}, MAX_CHOICES + 1) == ["text"]


async def test_a_question_that_an_answer_brings_up_is_asked_next(
    harness: SlackHarness, case: CommandResult
) -> None:
    anna = await open_form(harness, case)
    await submit(harness, anna, answer_agare="false")
    assert labels(anna.view)[0] == "Vilket arrende?"
    await submit(harness, anna, answer_arrende="Udden 2")
    await submit(harness, anna, reason="Fel ifyllt")
    answers = await load_answers(harness, case)
    assert (answers["agare"], answers["arrende"]) == (False, "Udden 2")


async def test_the_forms_rules_hold_at_their_fields(harness: SlackHarness, case: CommandResult) -> None:
    anna = await open_form(harness, case)
    result = await submit(harness, anna, answer_matt0="-5", answer_vad="Eva 811228-9874")
    assert set(result["errors"]) == {"answer_matt0", "answer_vad"}, result
    assert "personuppgift" in result["errors"]["answer_vad"]
    result = await submit(harness, anna, answer_matt0="5", answer_vad=" ")
    assert result["errors"] == {"answer_vad": "Svara på ”Vad?”."}
    assert await load_answers(harness, case) == VALUES


async def test_nothing_changed_is_said_and_an_answer_is_taken_away(
    harness: SlackHarness, case: CommandResult
) -> None:
    anna = await open_form(harness, case)
    await submit(harness, anna)
    await submit(harness, anna)
    assert "Inget är ändrat." in str(anna.view)
    harness.sandbox.shared.workspace.close_all(ANNA)
    anna = await open_form(harness, case)
    await submit(harness, anna, answer_typ="-")
    await submit(harness, anna)
    await submit(harness, anna, reason="Fel")
    assert "typ" not in await load_answers(harness, case)


async def test_a_colleagues_newer_change_is_shown_and_ones_own_kept(
    harness: SlackHarness, case: CommandResult
) -> None:
    anna = await open_form(harness, case)
    await submit(harness, anna, answer_vad="Ett uterum")
    await submit(harness, anna)
    change = AnswerChange(field="vad", before="En altan", after="En carport")
    answers = VALUES | {"vad": "En carport", "typ": "till"}
    command = EditCase(case_id=case.case_id, expected=1, answers=answers, changes=(change,), reason="x")
    await harness.perform("bjorn-ek", command)
    await submit(harness, anna, reason="Ringde")
    shown = str(anna.view)
    assert "Björn Ek ändrade uppgifter i ärendet" in shown and "Från: En carport" in shown
    assert "Ringde" in shown and (await load_answers(harness, case))["vad"] == "En carport"
    await submit(harness, anna, reason="Ringde")
    assert await load_answers(harness, case) == answers | {"vad": "Ett uterum"}


async def test_in_a_closed_case_and_where_nothing_may_pass_slack_there_is_no_form(
    harness: SlackHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = harness.catalog.services["bygglov"]
    hidden = tuple(one.model_copy(update={"in_slack": False}) for one in service.fields)
    services = harness.catalog.services | {"bygglov": service.model_copy(update={"fields": hidden})}
    changed = harness.catalog.model_copy(update={"services": services})
    monkeypatch.setattr(harness.service, "_catalog", lambda: changed)
    anna = await open_form(harness, await harness.submit())
    assert "inga uppgifter som kan ändras i Slack" in f"{anna.view} {anna.ephemerals()}"
