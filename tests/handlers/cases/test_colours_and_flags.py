"""Colours and flags in Slack."""

from __future__ import annotations

import pytest

from bot.blocks.values import MenuChoice, encode
from bot.domain.colour import ColourCase
from bot.domain.flags import Flag
from bot.service import CommandResult
from bot.store.officers import flags
from sandbox.person import Person as Colleague
from tests.handlers.commands.test_commands import run_command
from tests.handlers.slack_harness import (
    ANNA,
    BJORN,
    BYGGLOV_CHANNEL,
    DAVID,
    ELIN,
    GUEST,
    SOCIAL_CHANNEL,
    SlackHarness,
)


async def open_form(harness: SlackHarness, who: str, case: CommandResult, what: str) -> Colleague:
    person = harness.person(who)
    await person.press(*await harness.post_menu(case, what))
    await person.wait_until(lambda: person.view)
    return person


async def load_flag(harness: SlackHarness, officer: str, case: CommandResult) -> Flag | None:
    found: Flag | None = await harness.read(lambda tx: flags.find_for_case(tx, officer, case.case_id))
    return found


async def test_a_colour_is_chosen(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    anna = await open_form(any_harness, ANNA, case, "colour")
    await anna.fill_and_submit({"colour": "red"})
    assert anna.view is None and (await any_harness.load_case(case)).colour == "red"
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_a_colour_that_was_changed_meanwhile_comes_back(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_form(harness, ANNA, case, "colour")
    await harness.perform("bjorn-ek", ColourCase(case_id=case.case_id, colour="blue", expected=""))
    await anna.fill_and_submit({"colour": "red"})
    assert "En kollega har ändrat färgen. Nu gäller: Blå. Gör om det om du ändå vill byta." in str(anna.view)
    assert (await harness.load_case(case)).colour == "blue"
    await anna.submit({})
    assert (await harness.load_case(case)).colour == "red"


@pytest.mark.parametrize("wording", ["färg 1 röd", "farg 1 rod", "colour 1 red", "färgmarkera 1 red"])
async def test_a_colour_is_set_by_words_in_both_languages(harness: SlackHarness, wording: str) -> None:
    case = await harness.submit()
    assert (
        await run_command(harness, ANNA, wording)
        == f"{case.number} · Ansökan om bygglov har nu färgen 🔴 Röd."
    )
    assert (await harness.load_case(case)).colour == "red"
    told = await run_command(harness, ANNA, "färg 1 ingen")
    assert told == f"{case.number} · Ansökan om bygglov har ingen färg längre."


async def test_without_a_colour_the_dialog_opens(harness: SlackHarness) -> None:
    await harness.submit()
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "färg 1")
    view = await anna.wait_until(lambda: anna.view)
    assert view["title"]["text"] == "Färgmarkera" and "🟣 Lila" in str(view)


async def test_a_flag_with_note_and_day_is_seen_in_ones_own_modal_and_nowhere_else(
    harness: SlackHarness,
) -> None:
    case = await harness.submit()
    anna = await open_form(harness, ANNA, case, "flag")
    await anna.fill_and_submit({"note": "Ring <!channel> Karl", "remind_on": "2026-12-01"})
    assert "Ärendet är flaggat. Bara du ser det." in str(anna.view)
    await anna.close(all=True)
    stored = await load_flag(harness, "anna-berg", case)
    assert stored is not None and (stored.note, str(stored.remind_at)) == (
        "Ring <!channel> Karl",
        "2026-12-01 07:00:00+00:00",
    )
    for who, seen in ((ANNA, True), (BJORN, False)):
        person = harness.person(who)
        await person.press(*await harness.post_card(case), "case:show")
        await person.wait_until(lambda person=person: "Uppgifter i ärendet" in str(person.view))  # type: ignore[misc]
        assert ("★ Flaggat av dig" in str(person.view), "Karl" in str(person.view)) == (seen, seen)
    assert "Karl" not in str(harness.person(ANNA).sees(BYGGLOV_CHANNEL)) and harness.warnings() == []


async def test_a_flag_is_taken_away_in_the_cases_modal(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await run_command(harness, ANNA, "flagga 1")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({})
    await anna.close(all=True)
    assert await load_flag(harness, "anna-berg", case) == Flag(case.case_id)
    await anna.press(*await harness.post_card(case), "case:show")
    await anna.wait_until(lambda: "★ Flaggat av dig" in str(anna.view))
    await anna.press_in_view("case:more", encode(MenuChoice("unflag", case.case_id, 1)))
    await anna.wait_until(lambda: "★" not in str(anna.view))
    assert await load_flag(harness, "anna-berg", case) is None


async def test_the_flags_own_dialog_has_a_way_to_take_it_away(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_form(harness, ANNA, case, "flag")
    await anna.fill_and_submit({"note": "Ring"})
    await anna.close(all=True)
    anna = await open_form(harness, ANNA, case, "flag")
    assert "Ring" in str(anna.view)
    await anna.press_in_view("case:unflag")
    await anna.wait_until(lambda: "Flaggan är borttagen." in str(anna.view))
    assert await load_flag(harness, "anna-berg", case) is None


async def test_a_flag_comes_and_goes_by_words(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "flagga 1 Ring på måndag")
    await anna.wait_until(lambda: "Ring på måndag" in str(anna.view))
    assert await load_flag(harness, "anna-berg", case) is None
    await anna.submit({})
    await anna.close(all=True)
    assert await run_command(harness, ANNA, "lista flaggade") == "Flaggade ärenden: 1"
    assert "★ Flaggat" in str(anna.ephemerals()[-1]["blocks"])
    assert (
        await run_command(harness, ANNA, "avflagga 1")
        == f"Flaggan på {case.number} · Ansökan om bygglov är borttagen."
    )
    assert (
        await run_command(harness, ANNA, "unflag 1", "/case")
        == f"Du har inte flaggat {case.number} · Ansökan om bygglov."
    )
    assert await run_command(harness, ANNA, "lista flaggade") == "Du har inte flaggat några ärenden."


async def test_a_day_that_has_passed_comes_back_with_what_was_written(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_form(harness, ANNA, case, "flag")
    await anna.fill_and_submit({"note": "Ring", "remind_on": "2026-11-22"})
    assert "Dagen har redan passerat." in str(anna.view) and "Ring" in str(anna.view)
    assert await load_flag(harness, "anna-berg", case) is None


async def test_a_note_that_is_too_long_comes_whole_and_is_told_by_how_much(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    note = "Ring " * 31 + "i morgon"
    await anna.slash(BYGGLOV_CHANNEL, "/arende", f"flagga 1 {note}")
    await anna.wait_until(lambda: note in str(anna.view))
    await anna.submit({})
    assert "Anteckningen är 13 tecken för lång. Korta den." in str(anna.view) and note in str(anna.view)
    assert await load_flag(harness, "anna-berg", case) is None


async def test_a_strict_case_is_flagged_without_a_note_in_slack(harness: SlackHarness) -> None:
    await harness.submit("orosanmalan-barn")
    elin = harness.person(ELIN)
    await elin.slash(SOCIAL_CHANNEL, "/arende", "flagga 1 Ring mamman")
    view = await elin.wait_until(lambda: elin.view)
    assert "mamman" not in str(view) and "Oros" not in str(view)
    assert "Anteckningen som du skrev är inte med" in str(view)
    assert [one["block_id"] for one in view["blocks"] if one["type"] == "input"] == ["remind_on"]


@pytest.mark.parametrize("what", ["flag", "colour"])
@pytest.mark.parametrize("who", [GUEST, DAVID, ELIN])
async def test_who_has_no_part_in_the_case_opens_nothing(harness: SlackHarness, who: str, what: str) -> None:
    case, person = await harness.submit(), harness.person(who)
    await person.press(*await harness.post_menu(case, what))
    await harness.wait_until_idle()
    assert person.view is None and harness.last_ephemeral(who) != ""


async def test_a_reminder_is_put_off(harness: SlackHarness) -> None:
    case = await harness.submit()
    stored = Flag(case.case_id, "Ring")
    anna = harness.officer("anna-berg")
    await harness.service.database.write(lambda tx: flags.save(tx, anna, stored, harness.clock()))
    place = await harness.post_notice(ANNA, case, "reminder")
    await harness.person(ANNA).press(*place, "flag:snooze", encode(MenuChoice("tomorrow", case.case_id)))
    await harness.wait_until_idle()
    shown = harness.sandbox.shared.workspace.channels[place[0]].messages[place[1]]
    name = f"{case.number} · Ansökan om bygglov"
    assert f"Du får en ny påminnelse om {name} 24 nov. 2026 08:00." in str(shown.blocks)
    assert "flag:snooze" not in str(shown.blocks) and "flag:done" not in str(shown.blocks)
    again = await load_flag(harness, "anna-berg", case)
    assert again is not None and (again.note, str(again.remind_at)) == ("Ring", "2026-11-24 07:00:00+00:00")


async def test_what_one_was_reminded_of_is_done_and_its_flag_stays(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = harness.officer("anna-berg")
    stored = Flag(case.case_id, "Ring", harness.clock())
    await harness.service.database.write(lambda tx: flags.save(tx, anna, stored, harness.clock()))
    place = await harness.post_notice(ANNA, case, "reminder")
    await harness.person(ANNA).press(*place, "flag:done")
    await harness.wait_until_idle()
    shown = harness.sandbox.shared.workspace.channels[place[0]].messages[place[1]]
    assert f"Påminnelsen om {case.number} · Ansökan om bygglov är klar." in str(shown.blocks)
    assert "flag:done" not in str(shown.blocks)
    flag = await load_flag(harness, "anna-berg", case)
    assert flag is not None and (flag.note, flag.remind_at) == ("Ring", None)
    await harness.person(ANNA).press(*place, "case:unflag")
    await harness.wait_until_idle()
    assert await load_flag(harness, "anna-berg", case) is None


async def test_a_reminder_of_a_flag_that_is_gone_says_so(harness: SlackHarness) -> None:
    case = await harness.submit()
    place = await harness.post_notice(ANNA, case, "reminder")
    await harness.person(ANNA).press(*place, "flag:snooze", encode(MenuChoice("hour", case.case_id)))
    await harness.wait_until_idle()
    assert (
        harness.last_ephemeral(ANNA) == "Du har inte flaggat ärendet, så det finns ingen flagga att ta bort."
    )
