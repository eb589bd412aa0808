"""Deciding who has a case, from the card, the case's modal and by words."""

from __future__ import annotations

import pytest

from bot.blocks.forms.cases import assign
from bot.blocks.values import MenuChoice, encode
from bot.catalog.people import Grant, Officer
from bot.domain.absence import Absence
from bot.domain.assignment import ChangeAssignees, ReleaseCase, TakeCase
from bot.domain.status import SetStatus
from bot.service import CommandResult
from bot.store.officers import absences
from bot.text.working_days import local_day
from sandbox.person import Person as Colleague
from tests.handlers.commands.test_commands import run_command
from tests.handlers.slack_harness import (
    ANNA,
    BJORN,
    BYGGLOV_CHANNEL,
    DAVID,
    ELIN,
    GUEST,
    JOSE,
    PER_OLOV,
    SOCIAL_CHANNEL,
    SlackHarness,
)

NOT_AN_OFFICER = "Ett av kontona som du nämnde hör inte till någon handläggare. Nämn någon annan."
BOTH = ["officer:anna-berg", "officer:bjorn-ek"]


async def open_form(harness: SlackHarness, who: str, case: CommandResult) -> Colleague:
    """The dialog is opened from an older card's menu; where somebody has the case, from its *Verktyg*."""
    await _press_officers(harness, who, case)
    person = harness.person(who)
    await person.wait_until(lambda: person.view and person.view["callback_id"] == assign.ID)
    return person


async def _press_officers(harness: SlackHarness, who: str, case: CommandResult) -> None:
    person, now = harness.person(who), await harness.load_case(case)
    if not now.officers:
        await person.press(*await harness.post_menu(case, "officers"))
        return
    choice = MenuChoice("tools", case.case_id, now.seq)
    await person.press(*await harness.post_card(case), "case:more", encode(choice))
    await person.wait_until(lambda: "case:officers" in str(person.view))
    await person.press_in_view("case:officers")


async def choose_assignees(person: Colleague, *refs: str, reason: str = "") -> None:
    await person.suggest("holders", "")
    await person.fill_and_submit({"holders": list(refs), "reason": reason})


async def test_several_are_chosen_at_once(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    anna = await open_form(any_harness, ANNA, case)
    await choose_assignees(anna, *BOTH, "group:bygglovsgruppen", reason="Stor ansökan")
    assert anna.view is None and not anna.errors
    held = await any_harness.load_case(case)
    assert (held.officers, held.groups) == (("anna-berg", "bjorn-ek"), ("bygglovsgruppen",))
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_those_who_have_the_case_stand_in_the_dialog(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("bjorn-ek", TakeCase(case_id=case.case_id))
    anna = await open_form(harness, ANNA, case)
    chosen = next(one for one in anna.view["blocks"] if one["type"] == "input")["element"]["initial_options"]  # type: ignore[index]
    assert [one["value"] for one in chosen] == ["officer:bjorn-ek"]


async def test_people_and_groups_are_found_by_a_part_of_their_names_without_accents(
    harness: SlackHarness,
) -> None:
    anna = await open_form(harness, ANNA, await harness.submit())

    async def offered(query: str) -> list[str]:
        return [one["value"] for one in await anna.suggest("holders", query)]

    assert await offered("marta l") == ["officer:marta-lindqvist"]
    assert await offered("BJÖRN e") == ["officer:bjorn-ek"]
    assert await offered("permits") == await offered("bygglovsgr") == ["group:bygglovsgruppen"]
    assert await offered("åsa") == []
    assert set(await offered("")) == {
        "officer:anna-berg",
        "officer:bjorn-ek",
        "officer:marta-lindqvist",
        "group:bygglovsgruppen",
    }


async def test_what_has_changed_meanwhile_comes_back_with_what_was_chosen(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    anna = await open_form(harness, ANNA, case)
    await harness.perform(
        "bjorn-ek",
        ChangeAssignees(
            case_id=case.case_id, assignees=("officer:marta-lindqvist",), expected=("officer:anna-berg",)
        ),
    )
    await choose_assignees(anna, "officer:anna-berg", "officer:bjorn-ek", reason="Ritningarna")
    shown = str(anna.view)
    assert "Björn Ek ändrade ärendet 23 nov. 2026 10:00. Nu gäller: Märta Lindqvist." in shown
    assert "Läggs till: Björn Ek" in shown and "Ritningarna" in shown
    assert (await harness.load_case(case)).officers == ("marta-lindqvist",)
    await anna.submit({})
    assert (await harness.load_case(case)).officers == ("marta-lindqvist", "bjorn-ek")


async def test_in_the_cases_modal_the_change_is_seen_at_once(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await anna.press(*await harness.post_card(case), "case:show")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    seq = (await harness.load_case(case)).seq
    await anna.press_in_view("case:more", encode(MenuChoice("tools", case.case_id, seq)))
    await anna.wait_until(lambda: "Lämna över" in str(anna.view))
    await anna.press_in_view("case:officers")
    await anna.wait_until(lambda: len(anna.views) == 2)
    await choose_assignees(anna, "officer:bjorn-ek")
    await anna.wait_until(lambda: len(anna.views) == 1 and "Björn Ek" in str(anna.view))
    assert harness.warnings() == []


async def test_a_strict_case_asks_for_no_reason_in_slack(harness: SlackHarness) -> None:
    await harness.submit("orosanmalan-barn")
    elin = harness.person(ELIN)
    await elin.slash(SOCIAL_CHANNEL, "/arende", "tilldela 1")
    view = await elin.wait_until(lambda: elin.view)
    assert [one["block_id"].partition("#")[0] for one in view["blocks"] if one["type"] == "input"] == [
        "holders"
    ]
    assert "Oros" not in str(view)


@pytest.mark.parametrize(
    ("wording", "officers", "groups"),
    [
        (f"tilldela 1 <@{BJORN}>", ("bjorn-ek",), ()),
        (f"assign 1 <@{BJORN}|bjorn.ek> <@{ANNA}>", ("bjorn-ek", "anna-berg"), ()),
        ("tilldela 1 @bygglovsgruppen", (), ("bygglovsgruppen",)),
        ("tilldela 1 Building permits team, Märta Lindqvist", ("marta-lindqvist",), ("bygglovsgruppen",)),
        ("tilldela 1 <!subteam^S012345|@bygglovsgruppen> @anna-berg", ("anna-berg",), ("bygglovsgruppen",)),
        ("tilldela 1 marta lindqvist", ("marta-lindqvist",), ()),
    ],
)
async def test_those_named_after_the_word_have_the_case(
    harness: SlackHarness, wording: str, officers: tuple[str, ...], groups: tuple[str, ...]
) -> None:
    case = await harness.submit()
    answer = await run_raw_command(harness, ANNA, wording)
    held = await harness.load_case(case)
    assert (set(held.officers), held.groups) == (set(officers), groups), answer
    assert answer.startswith(f"Handläggare i {case.number} · Ansökan om bygglov är nu ")


async def test_who_is_named_after_the_word_has_the_case_besides_those_who_have_it(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    await run_raw_command(harness, ANNA, "ta 1")
    answer = await run_raw_command(harness, ANNA, "tilldela 1 Björn")
    assert answer.endswith(" är nu Anna Berg och Björn Ek.")
    assert (await harness.load_case(case)).officers == ("anna-berg", "bjorn-ek")


async def test_the_answer_says_that_who_was_named_is_absent_and_who_acts_for_them(
    harness: SlackHarness,
) -> None:
    await harness.submit()
    today = local_day(harness.clock())
    away = Absence("bjorn-ek", today, today, "anna-berg")
    await harness.service.database.write(
        lambda tx: absences.save(tx, away, "officer:bjorn-ek", harness.clock())
    )
    answer = await run_raw_command(harness, ANNA, "tilldela 1 Björn och mig")
    assert "Björn Ek (frånvarande, Anna Berg är ersättare)" in answer and "Anna Berg (" not in answer


@pytest.mark.parametrize(
    "typed", ["Björn och mig", "@björn.ek and me", "mig, Björn Ek", "Björn & Anna", "björn samt @anna"]
)
async def test_people_are_named_as_one_names_them(harness: SlackHarness, typed: str) -> None:
    case = await harness.submit()
    await run_raw_command(harness, ANNA, f"tilldela 1 {typed}")
    assert set((await harness.load_case(case)).officers) == {"anna-berg", "bjorn-ek"}


async def test_a_first_name_of_several_is_asked_about(harness: SlackHarness) -> None:
    case = await harness.submit()
    municipality = harness.catalog.municipality
    twin = Officer.model_validate(
        {"key": "anna-lund", "name": "Anna Lund", "email": "anna.lund@exempelstad.se", "unit": "Bygg"}
    )
    people = municipality.model_copy(update={"officers": (*municipality.officers, twin)})
    service = harness.catalog.services["bygglov"]
    grants = (*service.officers, Grant(officer="anna-lund", access="full"))
    catalog = harness.catalog.model_copy(
        update={
            "municipality": people,
            "services": {
                **harness.catalog.services,
                "bygglov": service.model_copy(update={"officers": grants}),
            },
        }
    )
    harness.service._catalog = lambda: catalog
    assert await run_raw_command(harness, BJORN, "tilldela 1 Anna") == (
        "”Anna” kan vara Anna Berg eller Anna Lund. Skriv hela namnet."
    )
    assert (await harness.load_case(case)).assignees == ()


async def run_raw_command(harness: SlackHarness, who: str, text: str) -> str:
    """As Slack sends it, with people by their ids."""
    result = await harness.person(who).slash(BYGGLOV_CHANNEL, "/arende", text)
    assert result["ok"], result["error"]
    await harness.wait_until_idle()
    return harness.last_ephemeral(who)


@pytest.mark.parametrize(
    ("wording", "answer"),
    [
        (
            "tilldela 1 Kalle Anka",
            "Jag hittar ingen som heter ”Kalle” och ”Anka” bland dem som kan få ärendet. Kontrollera namnet.",
        ),
        (f"tilldela 1 <@{DAVID}>", NOT_AN_OFFICER),
        (f"tilldela 1 <@{GUEST}> @anna-berg", NOT_AN_OFFICER),
        (
            f"tilldela 1 <@{JOSE}>",
            "José Fernández Alarcón har inte behörighet till ärendet i dag. Välj någon annan.",
        ),
    ],
)
async def test_a_name_that_is_nobodys_is_told_plainly_and_changes_nothing(
    harness: SlackHarness, wording: str, answer: str
) -> None:
    case = await harness.submit()
    assert await run_raw_command(harness, ANNA, wording) == answer
    assert (await harness.load_case(case)).assignees == ()


async def test_slack_is_asked_about_nobody_where_more_are_named_than_may_have_a_case(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    await run_raw_command(harness, ANNA, "visa 1")
    before = _count_user_lookups(harness)
    many = " ".join(f"<@U0NAMED{n:03}>" for n in range(51))
    assert "50" in await run_raw_command(harness, ANNA, f"tilldela 1 {many}")
    assert (_count_user_lookups(harness), (await harness.load_case(case)).assignees) == (before, ())


async def test_slack_is_not_asked_about_an_account_that_is_known(harness: SlackHarness) -> None:
    await harness.submit()
    await run_raw_command(harness, BJORN, "visa 1")
    await run_raw_command(harness, ANNA, f"tilldela 1 <@{BJORN}>")
    before = _count_user_lookups(harness)
    await run_raw_command(harness, ANNA, f"tilldela 1 <@{BJORN}> <@{ELIN}>")
    assert _count_user_lookups(harness) == before + 1


def _count_user_lookups(harness: SlackHarness) -> int:
    return sum(1 for call in harness.sandbox.state()["calls"] if call["method"] == "users.info")


async def test_without_a_number_the_dialog_asks_with_those_named_in_it(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await run_command(harness, ANNA, "visa 1")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await anna.close(all=True)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", f"tilldela <@{BJORN}>")
    view = await anna.wait_until(lambda: anna.view)
    assert "Läggs till: Björn Ek" in str(view) and case.number in str(view)
    assert (await harness.load_case(case)).assignees == ()
    await anna.submit({})
    assert (await harness.load_case(case)).officers == ("bjorn-ek",)


async def test_who_may_not_decide_is_told_before_the_dialog_opens(harness: SlackHarness) -> None:
    hourly = Grant(officer="per-olov-angstrom", access="restricted", may_reassign=False)
    _grant(harness, *harness.catalog.services["bygglov"].officers, hourly)
    case = await harness.submit()
    given = ChangeAssignees(case_id=case.case_id, assignees=("officer:per-olov-angstrom",), expected=())
    await harness.perform("anna-berg", given)
    per_olov, choice = harness.person(PER_OLOV), MenuChoice("tools", case.case_id, 2)
    await per_olov.press(*await harness.post_card(case), "case:more", encode(choice))
    refused = "Du får inte ändra handläggare i det här ärendet. Be en kollega."
    await per_olov.wait_until(lambda: refused in str(per_olov.view))
    assert await run_raw_command(harness, PER_OLOV, "tilldela 1 @anna-berg") == refused


@pytest.mark.parametrize("who", [GUEST, DAVID, ELIN])
async def test_who_has_no_part_in_the_case_opens_nothing(harness: SlackHarness, who: str) -> None:
    case, person = await harness.submit(), harness.person(who)
    await person.press(*await harness.post_menu(case, "officers"))
    await harness.wait_until_idle()
    assert person.view is None and harness.last_ephemeral(who) != ""


async def test_who_loses_access_while_choosing_is_offered_nobody(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_form(harness, ANNA, case)
    _grant(harness)
    assert await anna.suggest("holders", "") == []
    assert "Ändra handläggare" in str(anna.view)


def _grant(harness: SlackHarness, *grants: Grant) -> None:
    """From now on the e-service is open to those."""
    service = harness.catalog.services["bygglov"].model_copy(update={"officers": grants})
    services = {**harness.catalog.services, "bygglov": service}
    catalog = harness.catalog.model_copy(update={"services": services})
    harness.service._catalog = lambda: catalog


async def test_a_closed_case_is_nobodys_to_give(harness: SlackHarness) -> None:
    case = await harness.submit()
    closing = SetStatus(
        case_id=case.case_id, status="aterkallat", expected="inskickat", note="Återkallad per telefon"
    )
    await harness.perform("anna-berg", closing)
    assert await run_raw_command(harness, ANNA, "tilldela 1 @bjorn-ek") == (
        "Ärendet är avslutat. Återöppna det först."
    )


async def test_giving_back_and_deciding_meet_without_loss(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    bjorn = await open_form(harness, BJORN, case)
    await harness.perform("anna-berg", ReleaseCase(case_id=case.case_id))
    await choose_assignees(bjorn, *BOTH)
    assert "Läggs till: Björn Ek" in str(bjorn.view)
    assert (await harness.load_case(case)).officers == ()
