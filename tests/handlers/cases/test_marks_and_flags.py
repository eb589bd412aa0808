"""Colours and flags in Slack."""

from __future__ import annotations

import pytest

from bot.domain.flags import Flag
from bot.domain.marks import ColourCase
from bot.service import Done
from bot.store.officers import flags
from sandbox.person import Person as Colleague
from tests.handlers.commands.test_commands import typed
from tests.handlers.office import ANNA, BJORN, BYGGLOV, DAVID, ELIN, GUEST, SOCIAL, Office


async def opens(office: Office, who: str, case: Done, what: str) -> Colleague:
    person, seq = office.person(who), (await office.case(case)).seq
    await person.press(*await office.card(case), "case:more", f"{what}:{case.case_id}:{seq}")
    await person.wait_until(lambda: person.view)
    return person


async def flag(office: Office, officer: str, case: Done) -> Flag | None:
    found: Flag | None = await office.read(lambda tx: flags.of_case(tx, officer, case.case_id))
    return found


async def test_a_colour_is_chosen_in_the_cards_menu(any_office: Office) -> None:
    case = await any_office.submits()
    anna = await opens(any_office, ANNA, case, "colour")
    await anna.fill_and_submit({"colour": "red"})
    assert anna.view is None and (await any_office.case(case)).colour == "red"
    assert any_office.warnings() == [] and any_office.refused_calls() == []


async def test_a_colour_that_was_changed_meanwhile_comes_back(office: Office) -> None:
    case = await office.submits()
    anna = await opens(office, ANNA, case, "colour")
    await office.does("bjorn-ek", ColourCase(case_id=case.case_id, colour="blue", was=""))
    await anna.fill_and_submit({"colour": "red"})
    assert "En kollega har ändrat färgen. Nu: 🔵 Blå." in str(anna.view)
    assert (await office.case(case)).colour == "blue"
    await anna.submit({})
    assert (await office.case(case)).colour == "red"


@pytest.mark.parametrize("said", ["färg 1 röd", "farg 1 rod", "colour 1 red", "färgmarkera 1 red"])
async def test_a_colour_is_set_by_words_in_both_languages(office: Office, said: str) -> None:
    case = await office.submits()
    assert await typed(office, ANNA, said) == f"{case.number} · Ansökan om bygglov har nu färgen 🔴 Röd."
    assert (await office.case(case)).colour == "red"


async def test_without_a_colour_the_dialog_opens(office: Office) -> None:
    await office.submits()
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "färg 1")
    view = await anna.wait_until(lambda: anna.view)
    assert view["title"]["text"] == "Färgmarkera" and "🟣 Lila" in str(view)


async def test_a_flag_with_note_and_day_is_seen_in_ones_own_modal_and_nowhere_else(office: Office) -> None:
    case = await office.submits()
    anna = await opens(office, ANNA, case, "flag")
    await anna.fill_and_submit({"note": "Ring <!channel> Karl", "remind_on": "2026-12-01"})
    assert "Ärendet är flaggat. Bara du ser det." in str(anna.view)
    await anna.close(all=True)
    kept = await flag(office, "anna-berg", case)
    assert kept is not None and (kept.note, str(kept.remind_at)) == (
        "Ring <!channel> Karl",
        "2026-12-01 07:00:00+00:00",
    )
    for who, seen in ((ANNA, True), (BJORN, False)):
        person = office.person(who)
        await person.press(*await office.card(case), "case:show")
        await person.wait_until(lambda person=person: "Uppgifter i ärendet" in str(person.view))  # type: ignore[misc]
        assert ("★ Flaggat av dig" in str(person.view), "Karl" in str(person.view)) == (seen, seen)
    assert "Karl" not in str(office.person(ANNA).sees(BYGGLOV)) and office.warnings() == []


async def test_a_flag_is_taken_away_in_the_cases_modal(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    await typed(office, ANNA, "flagga 1")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({})
    await anna.close(all=True)
    assert await flag(office, "anna-berg", case) == Flag(case.case_id)
    await anna.press(*await office.card(case), "case:show")
    await anna.wait_until(lambda: "★ Flaggat av dig" in str(anna.view))
    await anna.press_in_view("case:more", f"unflag:{case.case_id}:1")
    await anna.wait_until(lambda: "★" not in str(anna.view))
    assert await flag(office, "anna-berg", case) is None


async def test_the_flags_own_dialog_has_a_way_to_take_it_away(office: Office) -> None:
    case = await office.submits()
    anna = await opens(office, ANNA, case, "flag")
    await anna.fill_and_submit({"note": "Ring"})
    await anna.close(all=True)
    anna = await opens(office, ANNA, case, "flag")
    assert "Ring" in str(anna.view)
    await anna.press_in_view("case:unflag")
    await anna.wait_until(lambda: "Flaggan är borttagen." in str(anna.view))
    assert await flag(office, "anna-berg", case) is None


async def test_a_flag_comes_and_goes_by_words(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "flagga 1 Ring på måndag")
    await anna.wait_until(lambda: "Ring på måndag" in str(anna.view))
    assert await flag(office, "anna-berg", case) is None
    await anna.submit({})
    await anna.close(all=True)
    assert await typed(office, ANNA, "lista flaggade") == "Flaggade ärenden: 1"
    assert "★ Flaggat" in str(anna.ephemerals()[-1]["blocks"])
    assert (
        await typed(office, ANNA, "avflagga 1")
        == f"Flaggan på {case.number} · Ansökan om bygglov är borttagen."
    )
    assert (
        await typed(office, ANNA, "unflag 1", "/case")
        == f"Du har ingen flagga på {case.number} · Ansökan om bygglov."
    )
    assert await typed(office, ANNA, "lista flaggade") == "Du har inte flaggat några ärenden."


async def test_a_day_that_has_passed_comes_back_with_what_was_written(office: Office) -> None:
    case = await office.submits()
    anna = await opens(office, ANNA, case, "flag")
    await anna.fill_and_submit({"note": "Ring", "remind_on": "2026-11-22"})
    assert "Dagen har redan passerat." in str(anna.view) and "Ring" in str(anna.view)
    assert await flag(office, "anna-berg", case) is None


async def test_a_strict_case_is_flagged_without_a_note_in_slack(office: Office) -> None:
    await office.submits("orosanmalan-barn")
    elin = office.person(ELIN)
    await elin.slash(SOCIAL, "/arende", "flagga 1 Ring mamman")
    view = await elin.wait_until(lambda: elin.view)
    assert "mamman" not in str(view) and "Oros" not in str(view)
    assert [one["block_id"] for one in view["blocks"] if one["type"] == "input"] == ["remind_on"]


@pytest.mark.parametrize("what", ["flag", "colour"])
@pytest.mark.parametrize("who", [GUEST, DAVID, ELIN])
async def test_who_has_no_part_in_the_case_opens_nothing(office: Office, who: str, what: str) -> None:
    case, person = await office.submits(), office.person(who)
    seq = (await office.case(case)).seq
    await person.press(*await office.card(case), "case:more", f"{what}:{case.case_id}:{seq}")
    await office.settled()
    assert person.view is None and office.ephemeral(who) != ""


async def test_a_reminder_is_put_off(office: Office) -> None:
    case = await office.submits()
    kept = Flag(case.case_id, "Ring")
    anna = office.officer("anna-berg")
    await office.service.database.write(lambda tx: flags.keep(tx, anna, kept, office.clock()))
    place = await office.notice(ANNA, case, "reminder")
    await office.person(ANNA).press(*place, "flag:snooze", f"tomorrow:{case.case_id}:0")
    await office.settled()
    assert office.ephemeral(ANNA) == "Du får en ny påminnelse 24 nov. 2026 08:00."
    again = await flag(office, "anna-berg", case)
    assert again is not None and (again.note, str(again.remind_at)) == ("Ring", "2026-11-24 07:00:00+00:00")


async def test_what_one_was_reminded_of_is_done_and_its_flag_gone(office: Office) -> None:
    case = await office.submits()
    anna = office.officer("anna-berg")
    await office.service.database.write(lambda tx: flags.keep(tx, anna, Flag(case.case_id), office.clock()))
    place = await office.notice(ANNA, case, "reminder")
    await office.person(ANNA).press(*place, "flag:done")
    await office.settled()
    assert office.ephemeral(ANNA) == f"Flaggan på {case.number} · Ansökan om bygglov är borttagen."
    assert await flag(office, "anna-berg", case) is None
    await office.person(ANNA).press(*place, "flag:snooze", f"hour:{case.case_id}:0")
    await office.settled()
    assert office.ephemeral(ANNA) == "Du har ingen flagga på ärendet."
