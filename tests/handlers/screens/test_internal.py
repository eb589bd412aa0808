"""Interna e-tjänster in Slack: for every employee, with what they have sent in themselves."""

from __future__ import annotations

import uuid
from typing import Any

from bot.domain.case import AddressState
from bot.domain.submission import Person
from sandbox.person import Person as Colleague
from tests.handlers.slack_harness import ANNA, DAVID, SlackHarness

GUESTS = "Gäster och andra organisationer kan inte handlägga ärenden."
ORDER = "bestallning-it"


async def open_list(harness: SlackHarness, who: str) -> Colleague:
    person = harness.person(who)
    await person.shortcut("shortcut:internal")
    await harness.wait_until_idle()
    return person


async def orders(harness: SlackHarness, address: str, state: AddressState = "code", **given: Any) -> str:
    person = Person(id=uuid.uuid4().hex, name="Den som beställer", email=address, address_state=state)
    values = {"utrustning": "skarm", "antal": 1, "kostnadsstalle": "12345"}
    return (await harness.submit(ORDER, people=(person,), values=values, **given)).number


def address_of(harness: SlackHarness, user: str) -> str:
    return str(harness.sandbox.stage.workspace.users[user].email)


async def test_an_employee_who_is_no_officer_finds_the_forms_and_follows_the_own_orders(
    any_harness: SlackHarness,
) -> None:
    harness = any_harness
    mine = await orders(harness, address_of(harness, DAVID).upper())
    others = await orders(harness, address_of(harness, ANNA))
    person = await open_list(harness, DAVID)
    shown = str(person.view)
    assert (
        "Beställning av IT-utrustning" in shown
        and "https://arenden.example/e-tjanster/bestallning-it" in shown
    )
    assert mine in shown and "Inskickat" in shown and "https://arenden.example/mina-sidor/arende/" in shown
    assert others not in shown and "Ansökan om bygglov" not in shown
    await person.press_in_view("internal:open:service:0")
    assert harness.warnings() == [] and harness.failed_calls() == []


async def test_what_nobody_has_confirmed_is_not_shown_as_ones_own(harness: SlackHarness) -> None:
    number = await orders(harness, address_of(harness, ANNA), "unconfirmed")
    anna = await open_list(harness, ANNA)
    assert number not in str(anna.view) and "Du har inte skickat in något." in str(anna.view)


async def test_who_has_become_a_guest_is_refused(harness: SlackHarness) -> None:
    david = await open_list(harness, DAVID)
    harness.sandbox.stage.workspace.users[DAVID].is_restricted = True
    await david.press_in_view("internal:open:service:0")
    await david.wait_until(lambda: GUESTS in str(david.view))
    assert "e-tjanster" not in str(david.view)
