"""Who may work here, and what everyone else is told."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from structlog.testing import capture_logs

from bot.catalog import Catalog
from bot.catalog.people import Grant
from bot.store import Database
from bot.store.officers import slack_accounts
from tests.conftest import Clock
from tests.handlers.slack_harness import (
    ANNA,
    BYGGLOV_CHANNEL,
    DAVID,
    GUEST,
    OTHER_ORG_USER,
    SINGLE_CHANNEL_GUEST,
    SlackHarness,
    open_harness,
)

GUESTS = "Gäster och andra organisationer kan inte handlägga ärenden. Be en handläggare i kommunen om hjälp."


@pytest.mark.parametrize("who", [GUEST, SINGLE_CHANNEL_GUEST, OTHER_ORG_USER])
async def test_guests_and_other_organisations_are_refused_privately(harness: SlackHarness, who: str) -> None:
    case = await harness.submit()
    with capture_logs() as logs:
        result = await harness.person(who).press(*await harness.post_card(case), "case:take")
    await harness.wait_until_idle()
    assert result["ok"]
    assert harness.last_ephemeral(who) == GUESTS
    assert (await harness.load_case(case)).officers == ()
    refused = [line for line in logs if line["event"] == "refused"]
    assert [(line["rule"], line["user"]) for line in refused] == [("NotAMember", who)]


async def test_a_colleague_whom_the_catalog_does_not_have_is_told_whom_to_ask(
    any_harness: SlackHarness,
) -> None:
    case = await any_harness.submit()
    await any_harness.person(DAVID).press(*await any_harness.post_card(case), "case:show")
    await any_harness.wait_until_idle()
    assert any_harness.last_ephemeral(DAVID) == (
        "Ditt Slackkonto är inte kopplat till någon handläggare. "
        "Kontakta Digitaliseringsenheten (digitalisering@lindsjo.example)."
    )
    assert any_harness.person(DAVID).view is None


async def test_a_refusal_is_recorded_without_name_or_address(harness: SlackHarness) -> None:
    case = await harness.submit()
    with capture_logs() as logs:
        await harness.person(DAVID).press(*await harness.post_card(case), "case:take")
        await harness.wait_until_idle()
    assert "lund" not in str(logs)
    assert "@" not in str(logs)


async def test_an_account_is_bound_once_and_then_known_without_its_address(harness: SlackHarness) -> None:
    case = await harness.submit()
    card = await harness.post_card(case)
    await harness.person(ANNA).press(*card, "case:take")
    team = harness.sandbox.shared.workspace.team["id"]
    assert await harness.read(lambda tx: slack_accounts.find_officer(tx, team, ANNA)) == "anna-berg"
    harness.sandbox.shared.workspace.users[ANNA].email = "nytt.namn@lindsjo.example"
    harness.clock.advance(minutes=11)
    await harness.person(ANNA).press(*card, "case:take")
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == "Du är redan handläggare i ärendet."


async def test_an_account_whose_address_only_looks_like_an_officers_is_nobodys(harness: SlackHarness) -> None:
    case = await harness.submit()
    harness.sandbox.shared.workspace.users[DAVID].email = "larſ.erikſſon@lindsjo.example"
    await harness.person(DAVID).press(*await harness.post_card(case), "case:take")
    await harness.wait_until_idle()
    assert "inte kopplat till någon handläggare" in harness.last_ephemeral(DAVID)


async def test_an_address_that_slack_has_not_confirmed_makes_nobody_an_officer(harness: SlackHarness) -> None:
    case = await harness.submit()
    harness.sandbox.shared.workspace.users[ANNA].is_email_confirmed = False
    await harness.person(ANNA).press(*await harness.post_card(case), "case:take")
    await harness.wait_until_idle()
    assert "inte kopplat till någon handläggare" in harness.last_ephemeral(ANNA)
    assert (await harness.load_case(case)).officers == ()


async def test_access_that_ends_today_is_gone_after_midnight(
    sqlite_database: Database, catalog: Catalog
) -> None:
    late = Clock(datetime(2026, 11, 23, 22, 57, tzinfo=UTC))  # three minutes to midnight in Sweden
    granted = (Grant(officer="anna-berg", until=date(2026, 11, 23)),)
    bygglov = catalog.services["bygglov"].model_copy(update={"officers": granted})
    ending = catalog.model_copy(update={"services": {**catalog.services, "bygglov": bygglov}})
    async with open_harness(sqlite_database, ending, late) as harness:
        before, after = await harness.submit(), await harness.submit()
        await harness.person(ANNA).press(*await harness.post_card(before), "case:take")
        late.advance(minutes=4)
        await harness.person(ANNA).press(*await harness.post_card(after), "case:take")
        await harness.wait_until_idle()
        assert (await harness.load_case(before)).officers == ("anna-berg",)
        assert (await harness.load_case(after)).officers == ()


async def test_slack_is_asked_once_in_ten_minutes(harness: SlackHarness) -> None:
    def asked() -> int:
        calls = harness.sandbox.state()["calls"]
        return sum(call["method"] == "users.info" for call in calls)

    anna = harness.person(ANNA)
    for _ in range(3):
        await anna.slash(BYGGLOV_CHANNEL, "/arende", "hjälp")
    assert asked() == 1
    harness.clock.advance(minutes=11)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "hjälp")
    assert asked() == 2


async def test_one_who_becomes_a_guest_loses_access_within_ten_minutes(harness: SlackHarness) -> None:
    case = await harness.submit()
    card = await harness.post_card(case)
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "hjälp")
    harness.sandbox.shared.workspace.users[ANNA].is_restricted = True
    harness.clock.advance(minutes=11)
    await anna.press(*card, "case:take")
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == GUESTS


async def test_one_who_leaves_the_catalog_is_refused_at_once(
    sqlite_database: Database, catalog: Catalog, clock: Clock
) -> None:
    async with open_harness(sqlite_database, catalog, clock) as harness:
        case = await harness.submit()
        card = await harness.post_card(case)
        await harness.person(ANNA).slash(BYGGLOV_CHANNEL, "/arende", "hjälp")
        await harness.wait_until_idle()
        left = catalog.municipality.model_copy(
            update={"officers": tuple(one for one in catalog.municipality.officers if one.key != "anna-berg")}
        )
        harness.service._catalog = lambda: catalog.model_copy(update={"municipality": left})
        await harness.person(ANNA).press(*card, "case:take")
        await harness.wait_until_idle()
        assert harness.last_ephemeral(ANNA).startswith("Ditt Slackkonto är inte kopplat")
