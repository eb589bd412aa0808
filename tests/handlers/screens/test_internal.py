"""Interna e-tjänster in Slack: for every employee, with what they have sent in themselves."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from bot.blocks.lists.internal import InternalServices, internal_services
from bot.catalog import load
from bot.catalog.services import EService
from bot.domain.case import AddressState
from bot.domain.submission import Person
from bot.store.cases import officer_queries
from bot.text import words
from sandbox.person import Person as Colleague
from tests.blocks.rendered import assert_within_limits
from tests.case_lists import list_cases
from tests.conftest import SAMPLE
from tests.handlers.slack_harness import ANNA, BYGGLOV_CHANNEL, DAVID, SlackHarness

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
    return str(harness.sandbox.shared.workspace.users[user].email)


async def test_an_employee_who_is_no_officer_finds_the_forms_and_follows_the_own_orders(
    any_harness: SlackHarness,
) -> None:
    harness = any_harness
    mine = await orders(harness, address_of(harness, DAVID).upper())
    others = await orders(harness, address_of(harness, ANNA))
    person = await open_list(harness, DAVID)
    shown = str(person.view)
    assert "Beställning av IT-utrustning" in shown and "internal:fill:bestallning-it" in shown
    assert mine in shown and "Inskickat" in shown and "https://arenden.example/mina-sidor/arende/" in shown
    assert others not in shown and "Ansökan om bygglov" not in shown
    await person.press_in_view("internal:open:case:0")
    assert harness.warnings() == [] and harness.failed_calls() == []


async def test_what_nobody_has_confirmed_is_not_shown_as_ones_own(harness: SlackHarness) -> None:
    number = await orders(harness, address_of(harness, ANNA), "unconfirmed")
    anna = await open_list(harness, ANNA)
    assert number not in str(anna.view) and "Du har inte skickat in något." in str(anna.view)


async def test_who_has_become_a_guest_is_refused(harness: SlackHarness) -> None:
    david = await open_list(harness, DAVID)
    harness.sandbox.shared.workspace.users[DAVID].is_restricted = True
    await david.press_in_view("internal:fill:bestallning-it")
    await david.wait_until(lambda: GUESTS in str(david.view))
    assert "e-tjanster" not in str(david.view)


async def filed(harness: SlackHarness) -> list[Any]:
    handler = harness.officer("nguyen-thi-hanh")
    return list(await harness.read(lambda tx: list_cases(tx, handler, "all", limit=50)))


async def opened(harness: SlackHarness, case: Any) -> Any:
    handler = harness.officer("nguyen-thi-hanh")
    return await harness.read(lambda tx: officer_queries.load_case_view(tx, handler, case.id))


async def fills(harness: SlackHarness, who: str = DAVID, **answers: Any) -> Colleague:
    """The form of the order, opened from the list and sent in with these answers and the others it wants."""
    person = await open_list(harness, who)
    await person.press_in_view("internal:fill:bestallning-it")
    await harness.wait_until_idle()
    await sends(harness, person, **answers)
    return person


async def sends(harness: SlackHarness, person: Colleague, **answers: Any) -> None:
    wanted = {"utrustning": "skarm", "antal": "2", "kostnadsstalle": "12345", "godkand": "true"} | answers
    await person.submit({f"answer_{key}": value for key, value in wanted.items()})
    await harness.wait_until_idle()


async def test_a_small_form_is_filled_in_in_slack_and_the_case_is_the_employees_own(
    any_harness: SlackHarness,
) -> None:
    harness = any_harness
    david = await fills(harness)
    (case,) = await filed(harness)
    view = await opened(harness, case)
    assert f"Tack! Ditt ärende har nummer {view.case.number}." in str(david.view)
    assert view.case.origin == "slack"
    assert view.answers == {"utrustning": "skarm", "antal": "2", "kostnadsstalle": "12345", "godkand": True}
    (person,) = view.people
    assert (person.email, person.address_state) == (address_of(harness, DAVID), "source")
    assert person.name
    david = await open_list(harness, DAVID)
    assert case.number in str(david.view)


async def test_a_choice_asks_for_what_it_leads_to_and_keeps_what_was_typed(harness: SlackHarness) -> None:
    david = await open_list(harness, DAVID)
    await david.press_in_view("internal:fill:bestallning-it")
    await harness.wait_until_idle()
    assert "answer_vad" not in str(david.view)
    await david.fill({"answer_kostnadsstalle": "54321"})
    await david.press_in_view("answer_utrustning", "hjalpmedel")
    await david.wait_until(lambda: "answer_vad" in str(david.view))
    assert "54321" in str(david.view)
    await sends(harness, david, utrustning="hjalpmedel", vad="En ergonomisk mus")
    (case,) = await filed(harness)
    assert (await opened(harness, case)).answers["vad"] == "En ergonomisk mus"


async def test_what_tells_of_a_person_is_not_taken_in_slack_and_nothing_is_opened(
    harness: SlackHarness,
) -> None:
    david = await open_list(harness, DAVID)
    await david.press_in_view("internal:fill:bestallning-it")
    await harness.wait_until_idle()
    await david.press_in_view("answer_utrustning", "tillbehor")
    await david.wait_until(lambda: "answer_vad" in str(david.view))
    await sends(harness, david, utrustning="tillbehor", vad="Till 811218-9876")
    assert "personuppgifter" in str(david.errors) and await filed(harness) == []


async def test_the_same_form_sent_twice_opens_one_case(harness: SlackHarness) -> None:
    david = await open_list(harness, DAVID)
    await david.press_in_view("internal:fill:bestallning-it")
    await harness.wait_until_idle()
    values = {"utrustning": "skarm", "antal": "2", "kostnadsstalle": "12345", "godkand": "true"}
    filled = {f"answer_{key}": value for key, value in values.items()}
    await asyncio.gather(david.submit(filled), david.submit(filled))
    await harness.wait_until_idle()
    assert len(await filed(harness)) == 1


async def test_who_is_no_officer_follows_the_own_cases_by_command_and_at_home(harness: SlackHarness) -> None:
    number = await orders(harness, address_of(harness, DAVID))
    david = harness.person(DAVID)
    for typed in ("mina", "", "lista mina", "interna"):
        await david.slash(BYGGLOV_CHANNEL, "/arende", typed)
        await david.wait_until(lambda: number in str(david.view))
        await david.close(all=True)
    await david.open_home()
    await david.wait_until(lambda: number in str(david.home))
    assert "internal:fill:bestallning-it" in str(david.home)
    await david.slash(BYGGLOV_CHANNEL, "/arende", f"ta {number}")
    await david.wait_until(lambda: "inte kopplat till någon handläggare" in str(david.ephemerals()))


async def test_whose_address_slack_has_not_confirmed_uses_the_page(harness: SlackHarness) -> None:
    david = await open_list(harness, DAVID)
    await david.press_in_view("internal:fill:bestallning-it")
    await harness.wait_until_idle()
    harness.sandbox.shared.workspace.users[DAVID].is_email_confirmed = False
    await sends(harness, david)
    assert "Slack har ingen bekräftad e-postadress för dig." in str(david.view)
    assert await filed(harness) == []


CATALOG = load(SAMPLE)


def order_with(**changed: Any) -> EService:
    return CATALOG.services[ORDER].model_copy(update=changed)


def with_question(**changed: Any) -> EService:
    """The form of the order with one question changed."""
    first, *others = CATALOG.services[ORDER].fields
    return order_with(fields=(first.model_copy(update=changed), *others))


def with_questions(count: int) -> EService:
    quantity = CATALOG.services[ORDER].fields[1]
    return order_with(fields=tuple(quantity.model_copy(update={"key": f"antal{n}"}) for n in range(count)))


@pytest.mark.parametrize(
    ("service", "in_slack"),
    [
        (order_with(), True),
        (with_questions(10), True),
        (with_questions(11), False),
        (with_question(in_slack=False), False),
        (with_question(kind="file"), False),
        (order_with(privacy="strict"), False),
    ],
    ids=["small", "ten questions", "eleven", "not for Slack", "a file", "strict"],
)
def test_a_form_that_is_large_or_not_for_slack_is_filled_in_on_the_page(
    service: EService, in_slack: bool
) -> None:
    shown = InternalServices([service], [], "https://arenden.example", has_address=True)
    view = internal_services(shown, CATALOG, words("sv"))
    opened = next(block["accessory"] for block in view["blocks"] if "accessory" in block)
    page = f"https://arenden.example/e-tjanster/{service.slug}"
    action, url = (f"internal:fill:{ORDER}", None) if in_slack else ("internal:open:service:0", page)
    assert (opened["action_id"], opened.get("url")) == (action, url)
    assert_within_limits(view)
