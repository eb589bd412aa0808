"""An officer says in Slack that they are away, and who stands in for them."""

from __future__ import annotations

import json
from datetime import date

import pytest

from bot.domain.absence import Absence
from bot.handlers.transport.payload_validation import parse_request
from bot.store.officers import absences
from sandbox.person import Person as Colleague
from tests.handlers.commands.test_commands import run_command
from tests.handlers.screens.test_home import open_app_home, wait_for_home_text
from tests.handlers.slack_harness import ANNA, BJORN, BYGGLOV_CHANNEL, SlackHarness

TODAY = date(2026, 11, 23)


async def list_absences(harness: SlackHarness, officer: str) -> list[Absence]:
    found: list[Absence] = await harness.read(lambda tx: absences.list_absences(tx, officer, TODAY))
    return found


async def open_form(harness: SlackHarness, user: str, text: str = "frånvaro") -> Colleague:
    person = harness.person(user)
    await person.slash(BYGGLOV_CHANNEL, "/arende", text)
    await person.wait_until(lambda: person.view and "Ersättare" in str(person.view))
    return person


async def test_absence_is_set_from_home_and_ended_there(any_harness: SlackHarness) -> None:
    anna = await open_app_home(any_harness, ANNA)
    await anna.press_at_home("home:absence")
    await anna.wait_until(lambda: anna.view and "Ersättare" in str(anna.view))
    offered = [one["value"] for one in await anna.suggest("substitute", "ek")]
    assert offered == ["bjorn-ek"]
    await anna.fill_and_submit({"last": "2026-11-27", "substitute": "bjorn-ek"})
    await anna.wait_until(lambda: "Björn Ek är din ersättare och har fått veta det" in str(anna.view))
    await wait_for_home_text(anna, "Från 23 nov. till och med 27 nov. är du frånvarande.")
    assert await list_absences(any_harness, "anna-berg") == [
        Absence("anna-berg", TODAY, date(2026, 11, 27), "bjorn-ek")
    ]
    bjorn = await open_app_home(any_harness, BJORN, "Du är ersättare för Anna Berg.")
    await anna.close()
    await anna.press_at_home("home:absence")
    await anna.wait_until(lambda: anna.view and "absence:end" in str(anna.view))
    await anna.press_in_view("absence:end")
    await anna.wait_until(lambda: "Din frånvaro är avslutad" in str(anna.view))
    assert await list_absences(any_harness, "anna-berg") == []
    await bjorn.open_home()
    await bjorn.wait_until(lambda: "ersättare" not in str(bjorn.home))
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_the_next_time_one_press_is_enough_but_for_the_last_day(harness: SlackHarness) -> None:
    earlier = Absence("anna-berg", date(2026, 11, 2), date(2026, 11, 6), "bjorn-ek")
    await harness.service.database.write(
        lambda tx: absences.save(tx, earlier, "officer:anna-berg", harness.clock())
    )
    anna = await open_form(harness, ANNA)
    await anna.fill_and_submit({"last": "2026-11-23"})
    await anna.wait_until(lambda: "Björn Ek är din ersättare" in str(anna.view))
    assert await list_absences(harness, "anna-berg") == [Absence("anna-berg", TODAY, TODAY, "bjorn-ek")]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"last": "2026-11-20"}, "Frånvaron slutar innan den börjar"),
        ({"first": "2026-11-02", "last": "2026-11-20"}, "Dagen har passerat"),
        ({"last": "2028-11-20"}, "högst 400 dagar"),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(
    harness: SlackHarness, values: dict[str, str], problem: str
) -> None:
    anna = await open_form(harness, ANNA)
    await anna.fill_and_submit(values)
    assert problem in str(anna.errors)
    assert await list_absences(harness, "anna-berg") == []


async def test_days_and_substitute_that_cannot_be_are_said_at_once(harness: SlackHarness) -> None:
    bjorns = Absence("bjorn-ek", date(2026, 11, 25), date(2026, 11, 30))
    await harness.service.database.write(
        lambda tx: absences.save(tx, bjorns, "officer:bjorn-ek", harness.clock())
    )
    anna = await open_form(harness, ANNA)
    await anna.suggest("substitute", "björn")
    await anna.fill_and_submit({"last": "2028-11-25", "substitute": "bjorn-ek"})
    assert list(anna.errors) == ["last", "substitute"]
    assert await list_absences(harness, "anna-berg") == []


async def test_each_day_that_is_missing_is_said_at_once(harness: SlackHarness) -> None:
    anna = await open_form(harness, ANNA)
    empty = {name: {name: {"type": "datepicker", "selected_date": None}} for name in ("first", "last")}
    person = {"id": ANNA, "team_id": harness.sandbox.shared.workspace.team["id"]}
    form = {**(anna.view or {}), "state": {"values": empty}}
    body = {"type": "view_submission", "user": person, "trigger_id": "1.1", "view": form}
    answer = await harness.app.async_dispatch(parse_request(body, {}))
    assert json.loads(answer.body)["errors"] == dict.fromkeys(("first", "last"), "Välj en dag.")


async def test_a_substitute_who_is_away_cannot_stand_in(harness: SlackHarness) -> None:
    bjorns = Absence("bjorn-ek", date(2026, 11, 25), date(2026, 11, 30))
    await harness.service.database.write(
        lambda tx: absences.save(tx, bjorns, "officer:bjorn-ek", harness.clock())
    )
    anna = await open_form(harness, ANNA)
    await anna.suggest("substitute", "björn")
    await anna.fill_and_submit({"last": "2026-11-25", "substitute": "bjorn-ek"})
    assert "Björn Ek är själv frånvarande" in anna.errors["substitute"]
    assert await list_absences(harness, "anna-berg") == []


async def test_only_a_coordinator_opens_a_colleagues_absence(harness: SlackHarness) -> None:
    told = await run_command(harness, BJORN, "frånvaro Anna Berg")
    assert "Bara handläggaren själv och samordnarna" in told
    assert "Ingen handläggare heter" in await run_command(harness, BJORN, "frånvaro Nils Holgersson")


async def test_who_is_away_is_marked_in_the_list_of_those_who_may_get_a_case(harness: SlackHarness) -> None:
    case = await harness.submit()
    away = Absence("bjorn-ek", TODAY, date(2026, 11, 27), "anna-berg")
    await harness.service.database.write(
        lambda tx: absences.save(tx, away, "officer:bjorn-ek", harness.clock())
    )
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", f"tilldela {case.number}")
    await anna.wait_until(lambda: anna.view and "holders" in str(anna.view))
    (bjorn,) = await anna.suggest("holders", "björn")
    assert bjorn["description"]["text"] == "frånvarande, Anna Berg är ersättare"
