"""Who may work here, and what everyone else is told."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bot.catalog import Catalog
from bot.store import Database
from bot.store.officers import accounts
from tests.conftest import Clock
from tests.handlers.office import ANNA, BYGGLOV, DAVID, GUEST, NEIGHBOUR, SINGLE, Office, open_office

GUESTS = "Gäster och andra organisationer kan inte handlägga ärenden."


@pytest.mark.parametrize("who", [GUEST, SINGLE, NEIGHBOUR])
async def test_guests_and_other_organisations_are_refused_privately(office: Office, who: str) -> None:
    case = await office.submits()
    with capture_logs() as logs:
        told = await office.person(who).press(*await office.card(case), "case:take")
    await office.settled()
    assert told["ok"]
    assert office.ephemeral(who) == GUESTS
    assert (await office.case(case)).officers == ()
    refused = [line for line in logs if line["event"] == "refused"]
    assert [(line["rule"], line["user"]) for line in refused] == [("Outsider", who)]


async def test_a_colleague_whom_the_catalog_does_not_have_is_told_whom_to_ask(any_office: Office) -> None:
    case = await any_office.submits()
    await any_office.person(DAVID).press(*await any_office.card(case), "case:show")
    await any_office.settled()
    assert any_office.ephemeral(DAVID) == (
        "Ditt Slackkonto är inte kopplat till någon handläggare. "
        "Kontakta Digitaliseringsenheten (digitalisering@lindsjo.example)."
    )
    assert any_office.person(DAVID).view is None


async def test_a_refusal_is_recorded_without_name_or_address(office: Office) -> None:
    case = await office.submits()
    with capture_logs() as logs:
        await office.person(DAVID).press(*await office.card(case), "case:take")
        await office.settled()
    assert "lund" not in str(logs)
    assert "@" not in str(logs)


async def test_an_account_is_bound_once_and_then_known_without_its_address(office: Office) -> None:
    case = await office.submits()
    card = await office.card(case)
    await office.person(ANNA).press(*card, "case:take")
    team = office.sandbox.stage.workspace.team["id"]
    assert await office.read(lambda tx: accounts.officer_of(tx, team, ANNA)) == "anna-berg"
    office.sandbox.stage.workspace.users[ANNA].email = "nytt.namn@lindsjo.example"
    office.clock.pass_(minutes=11)
    await office.person(ANNA).press(*card, "case:take")
    await office.settled()
    assert office.ephemeral(ANNA) == "Du är redan handläggare."


async def test_an_account_whose_address_only_looks_like_an_officers_is_nobodys(office: Office) -> None:
    case = await office.submits()
    office.sandbox.stage.workspace.users[DAVID].email = "larſ.erikſſon@lindsjo.example"
    await office.person(DAVID).press(*await office.card(case), "case:take")
    await office.settled()
    assert "inte kopplat till någon handläggare" in office.ephemeral(DAVID)


async def test_slack_is_asked_once_in_ten_minutes(office: Office) -> None:
    def asked() -> int:
        calls = office.sandbox.state()["calls"]
        return sum(call["method"] == "users.info" for call in calls)

    anna = office.person(ANNA)
    for _ in range(3):
        await anna.slash(BYGGLOV, "/arende", "hjälp")
    assert asked() == 1
    office.clock.pass_(minutes=11)
    await anna.slash(BYGGLOV, "/arende", "hjälp")
    assert asked() == 2


async def test_one_who_becomes_a_guest_loses_access_within_ten_minutes(office: Office) -> None:
    case = await office.submits()
    card = await office.card(case)
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "hjälp")
    office.sandbox.stage.workspace.users[ANNA].is_restricted = True
    office.clock.pass_(minutes=11)
    await anna.press(*card, "case:take")
    await office.settled()
    assert office.ephemeral(ANNA) == GUESTS


async def test_one_who_leaves_the_catalog_is_refused_at_once(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_office(sqlite_database, catalog, clock) as office:
        case = await office.submits()
        card = await office.card(case)
        await office.person(ANNA).slash(BYGGLOV, "/arende", "hjälp")
        await office.settled()
        left = catalog.municipality.model_copy(
            update={"officers": tuple(one for one in catalog.municipality.officers if one.key != "anna-berg")}
        )
        office.service._catalog = lambda: catalog.model_copy(update={"municipality": left})
        await office.person(ANNA).press(*card, "case:take")
        await office.settled()
        assert office.ephemeral(ANNA).startswith("Ditt Slackkonto är inte kopplat")
