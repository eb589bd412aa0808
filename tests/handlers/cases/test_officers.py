"""Deciding who has a case, from the card, the case's modal and by words."""

from __future__ import annotations

import pytest

from bot.catalog.people import Grant
from bot.domain.assignment import ChangeAssignees, ReleaseCase, TakeCase
from bot.domain.status import SetStatus
from bot.service import Done
from sandbox.person import Person as Colleague
from tests.handlers.commands.test_commands import typed
from tests.handlers.office import ANNA, BJORN, BYGGLOV, DAVID, ELIN, GUEST, JOSE, PER_OLOV, SOCIAL, Office

BOTH = ["officer:anna-berg", "officer:bjorn-ek"]


async def opens(office: Office, who: str, case: Done) -> Colleague:
    """The dialog is opened from the card's menu."""
    person, seq = office.person(who), (await office.case(case)).seq
    await person.press(*await office.card(case), "case:more", f"officers:{case.case_id}:{seq}")
    await person.wait_until(lambda: person.view)
    return person


async def chooses(person: Colleague, *refs: str, reason: str = "") -> None:
    await person.suggest("holders", "")
    await person.fill_and_submit({"holders": list(refs), "reason": reason})


async def test_several_are_chosen_from_the_cards_menu(any_office: Office) -> None:
    case = await any_office.submits()
    anna = await opens(any_office, ANNA, case)
    await chooses(anna, *BOTH, "group:bygglovsgruppen", reason="Stor ansökan")
    assert anna.view is None and not anna.errors
    held = await any_office.case(case)
    assert (held.officers, held.groups) == (("anna-berg", "bjorn-ek"), ("bygglovsgruppen",))
    assert any_office.warnings() == [] and any_office.refused_calls() == []


async def test_those_who_have_the_case_stand_in_the_dialog(office: Office) -> None:
    case = await office.submits()
    await office.does("bjorn-ek", TakeCase(case_id=case.case_id))
    anna = await opens(office, ANNA, case)
    chosen = next(one for one in anna.view["blocks"] if one["type"] == "input")["element"]["initial_options"]  # type: ignore[index]
    assert [one["value"] for one in chosen] == ["officer:bjorn-ek"]


async def test_people_and_groups_are_found_by_a_part_of_their_names_without_accents(office: Office) -> None:
    anna = await opens(office, ANNA, await office.submits())

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


async def test_what_has_changed_meanwhile_comes_back_with_what_was_chosen(office: Office) -> None:
    case = await office.submits()
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    anna = await opens(office, ANNA, case)
    await office.does(
        "bjorn-ek",
        ChangeAssignees(
            case_id=case.case_id, holders=("officer:marta-lindqvist",), was=("officer:anna-berg",)
        ),
    )
    await chooses(anna, "officer:anna-berg", "officer:bjorn-ek", reason="Ritningarna")
    shown = str(anna.view)
    assert "Björn Ek ändrade ärendet 23 nov. 2026 10:00. Nu gäller: Märta Lindqvist." in shown
    assert "Läggs till: Björn Ek" in shown and "Ritningarna" in shown
    assert (await office.case(case)).officers == ("marta-lindqvist",)
    await anna.submit({})
    assert (await office.case(case)).officers == ("marta-lindqvist", "bjorn-ek")


async def test_in_the_cases_modal_the_change_is_seen_at_once(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    await anna.press(*await office.card(case), "case:show")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    seq = (await office.case(case)).seq
    await anna.press_in_view("case:more", f"officers:{case.case_id}:{seq}")
    await anna.wait_until(lambda: len(anna.views) == 2)
    await chooses(anna, "officer:bjorn-ek")
    await anna.wait_until(lambda: len(anna.views) == 1 and "Björn Ek" in str(anna.view))
    assert office.warnings() == []


async def test_a_strict_case_asks_for_no_reason_in_slack(office: Office) -> None:
    await office.submits("orosanmalan-barn")
    elin = office.person(ELIN)
    await elin.slash(SOCIAL, "/arende", "tilldela 1")
    view = await elin.wait_until(lambda: elin.view)
    assert [one["block_id"].partition("#")[0] for one in view["blocks"] if one["type"] == "input"] == [
        "holders"
    ]
    assert "Oros" not in str(view)


@pytest.mark.parametrize(
    ("said", "officers", "groups"),
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
    office: Office, said: str, officers: tuple[str, ...], groups: tuple[str, ...]
) -> None:
    case = await office.submits()
    answer = await slashed(office, ANNA, said)
    held = await office.case(case)
    assert (set(held.officers), held.groups) == (set(officers), groups), answer
    assert answer.startswith(f"{case.number} · Ansökan om bygglov har nu handläggare ")


async def slashed(office: Office, who: str, text: str) -> str:
    """As Slack sends it, with people by their ids."""
    told = await office.person(who).slash(BYGGLOV, "/arende", text)
    assert told["ok"], told["error"]
    await office.settled()
    return office.ephemeral(who)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (
            "tilldela 1 Kalle Anka",
            'Jag hittar ingen som heter "Kalle" och "Anka" bland dem som kan få ärendet.',
        ),
        (f"tilldela 1 <@{DAVID}>", "Ett av kontona du nämnde hör inte till någon handläggare."),
        (f"tilldela 1 <@{GUEST}> @anna-berg", "Ett av kontona du nämnde hör inte till någon handläggare."),
        (f"tilldela 1 <@{JOSE}>", "José Fernández Alarcón har inte behörighet till ärendet i dag."),
    ],
)
async def test_a_name_that_is_nobodys_is_told_plainly_and_changes_nothing(
    office: Office, said: str, answer: str
) -> None:
    case = await office.submits()
    assert await slashed(office, ANNA, said) == answer
    assert (await office.case(case)).assignees == ()


async def test_slack_is_asked_about_nobody_where_more_are_named_than_may_have_a_case(office: Office) -> None:
    case = await office.submits()
    await slashed(office, ANNA, "visa 1")
    before = _asked_about(office)
    many = " ".join(f"<@U0NAMED{n:03}>" for n in range(51))
    assert "50" in await slashed(office, ANNA, f"tilldela 1 {many}")
    assert (_asked_about(office), (await office.case(case)).assignees) == (before, ())


async def test_slack_is_not_asked_about_an_account_that_is_known(office: Office) -> None:
    await office.submits()
    await slashed(office, BJORN, "visa 1")
    await slashed(office, ANNA, f"tilldela 1 <@{BJORN}>")
    before = _asked_about(office)
    await slashed(office, ANNA, f"tilldela 1 <@{BJORN}> <@{ELIN}>")
    assert _asked_about(office) == before + 1


def _asked_about(office: Office) -> int:
    return sum(1 for call in office.sandbox.state()["calls"] if call["method"] == "users.info")


async def test_without_a_number_the_dialog_asks_with_those_named_in_it(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    await typed(office, ANNA, "visa 1")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await anna.close(all=True)
    await anna.slash(BYGGLOV, "/arende", f"tilldela <@{BJORN}>")
    view = await anna.wait_until(lambda: anna.view)
    assert "Läggs till: Björn Ek" in str(view) and case.number in str(view)
    assert (await office.case(case)).assignees == ()
    await anna.submit({})
    assert (await office.case(case)).officers == ("bjorn-ek",)


async def test_who_may_not_decide_is_told_before_the_dialog_opens(office: Office) -> None:
    hourly = Grant(officer="per-olov-angstrom", access="restricted", may_reassign=False)
    _granted(office, *office.catalog.services["bygglov"].officers, hourly)
    case = await office.submits()
    given = ChangeAssignees(case_id=case.case_id, holders=("officer:per-olov-angstrom",), was=())
    await office.does("anna-berg", given)
    per_olov, seq = office.person(PER_OLOV), (await office.case(case)).seq
    await per_olov.press(*await office.card(case), "case:more", f"officers:{case.case_id}:{seq}")
    await office.settled()
    refused = "Du får inte ändra handläggare i det här ärendet. Be en kollega."
    assert office.ephemeral(PER_OLOV) == refused and per_olov.view is None
    assert await slashed(office, PER_OLOV, "tilldela 1 @anna-berg") == refused


@pytest.mark.parametrize("who", [GUEST, DAVID, ELIN])
async def test_who_has_no_part_in_the_case_opens_nothing(office: Office, who: str) -> None:
    case, person = await office.submits(), office.person(who)
    seq = (await office.case(case)).seq
    await person.press(*await office.card(case), "case:more", f"officers:{case.case_id}:{seq}")
    await office.settled()
    assert person.view is None and office.ephemeral(who) != ""


async def test_who_loses_access_while_choosing_is_offered_nobody(office: Office) -> None:
    case = await office.submits()
    anna = await opens(office, ANNA, case)
    _granted(office)
    assert await anna.suggest("holders", "") == []
    assert "Ändra handläggare" in str(anna.view)


def _granted(office: Office, *grants: Grant) -> None:
    """From now on the e-service is open to those."""
    service = office.catalog.services["bygglov"].model_copy(update={"officers": grants})
    services = {**office.catalog.services, "bygglov": service}
    catalog = office.catalog.model_copy(update={"services": services})
    office.service._catalog = lambda: catalog


async def test_a_closed_case_is_nobodys_to_give(office: Office) -> None:
    case = await office.submits()
    closing = SetStatus(
        case_id=case.case_id, status="aterkallat", was="inskickat", note="Återkallad per telefon"
    )
    await office.does("anna-berg", closing)
    assert await slashed(office, ANNA, "tilldela 1 @bjorn-ek") == (
        "Ärendet är avslutat. Återöppna det först."
    )


async def test_giving_back_and_deciding_meet_without_loss(office: Office) -> None:
    case = await office.submits()
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    bjorn = await opens(office, BJORN, case)
    await office.does("anna-berg", ReleaseCase(case_id=case.case_id))
    await chooses(bjorn, *BOTH)
    assert "Läggs till: Björn Ek" in str(bjorn.view)
    assert (await office.case(case)).officers == ()
