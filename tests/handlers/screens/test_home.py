"""App Home: what an officer sees there, when it is drawn, and what their settings do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.blocks.lists.home import ROWS
from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.correspondence import ReceiveMessage
from bot.domain.preferences import Preferences
from bot.domain.status import SetStatus
from bot.handlers.request.dependencies import Homes
from bot.service import Done
from bot.store.officers import preferences
from bot.store.outbox import claims
from sandbox.person import Person as Colleague
from tests.handlers.commands.test_commands import typed
from tests.handlers.office import ANNA, BJORN, BYGGLOV, DAVID, GUEST, SINGLE, Office

GUESTS = "Gäster och andra organisationer kan inte handlägga ärenden."


async def at_home(office: Office, who: str, said: str = "Hämtat") -> Colleague:
    """The person opens the app's Home, and sees that said in it."""
    person = office.person(who)
    await person.open_home()
    await person.wait_until(lambda: person.home and said in str(person.home))
    return person


async def sees(person: Colleague, said: str) -> bool:
    return await person.wait_until(lambda: said in str(person.home))


async def shows(person: Colleague, case: Done) -> None:
    """The person presses the case's [Visa], and it opens."""
    assert person.home is not None
    row = next(block for block in person.home["blocks"] if case.number in str(block))
    await person.press_at_home("case:show", block_id=row["block_id"])
    await person.wait_until(lambda: "Uppgifter i ärendet" in str(person.view))


async def written_in(office: Office) -> Done:
    """A case of Anna's in which the applicant has written."""
    case = await office.submits()
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    applicant = await office.applicant(case)
    await office.service.perform(ReceiveMessage(case_id=case.case_id, text="Karl undrar"), applicant)
    return case


async def test_home_shows_what_waits_and_why(any_office: Office) -> None:
    case = await written_in(any_office)
    anna = await at_home(any_office, ANNA)
    told = str(anna.home)
    assert f"*{case.number}* · Ansökan om bygglov" in told and "*Nytt meddelande från sökanden*" in told
    assert [f"{tab} ({n})" in told for tab, n in (("Att göra", 1), ("Mina", 1), ("Obehandlade", 0))] == [
        True
    ] * 3
    assert "Karl" not in told and any_office.warnings() == [] and any_office.refused_calls() == []


async def test_a_case_opens_from_home_with_the_way_through_the_list(office: Office) -> None:
    first, second = await office.submits(), await office.submits()
    anna = await at_home(office, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await sees(anna, "Obehandlade · 2 ärenden")
    await shows(anna, second)
    await anna.press_in_view("case:step:next")
    await anna.wait_until(lambda: first.number in str(anna.view))
    assert office.warnings() == [] and office.refused_calls() == []


async def test_what_is_done_in_a_case_opened_from_home_is_seen_there(office: Office) -> None:
    case = await office.submits()
    anna = await at_home(office, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await sees(anna, "Obehandlade · 1 ärende")
    await shows(anna, case)
    await anna.press_in_view("case:take")
    assert await sees(anna, "Obehandlade · 0 ärenden")


async def test_what_a_dialog_above_such_a_case_changes_is_seen_at_home(office: Office) -> None:
    case = await office.submits()
    anna = await at_home(office, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await sees(anna, "Inskickat · Obehandlat")
    await shows(anna, case)
    await anna.press_in_view("case:status")
    await anna.wait_until(lambda: "Ny status" in str(anna.view))
    await anna.fill_and_submit({"status": "granskning"})
    assert await sees(anna, "Första granskning · Obehandlat")


async def test_what_is_read_from_home_waits_there_no_longer(office: Office) -> None:
    await written_in(office)
    anna = await at_home(office, ANNA, "Nytt meddelande från sökanden")
    await anna.press_at_home("case:read")
    await sees(anna, "Inget väntar på dig just nu.")
    assert "Karl undrar" in str(anna.view)


async def test_what_is_read_stays_open_where_home_beneath_cannot_be_drawn_anew(office: Office) -> None:
    await written_in(office)
    anna = await at_home(office, ANNA, "Nytt meddelande från sökanden")
    office.sandbox.inject("views.publish", "ratelimited", seconds=1, times=1)
    await anna.press_at_home("case:read")
    await anna.wait_until(lambda: "Karl undrar" in str(anna.view))
    await office.settled()
    assert "Karl undrar" in str(anna.view) and len(office.refused_calls()) == 1


async def test_days_of_this_year_are_told_without_it(office: Office) -> None:
    case = await office.submits()
    reviewed = SetStatus(case_id=case.case_id, status="granskning", was="inskickat")
    await office.does("anna-berg", reviewed)
    anna = await at_home(office, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await sees(anna, "Klart senast")
    assert "2026" not in str(anna.home).replace(case.number, "")


async def test_one_searches_from_home(office: Office) -> None:
    anna = await at_home(office, ANNA)
    await anna.press_at_home("home:search")
    await anna.wait_until(lambda: anna.view and "search:submit" in str(anna.view))
    assert office.refused_calls() == []


async def test_home_is_left_alone_until_its_owner_opens_it_or_presses(office: Office) -> None:
    anna = await at_home(office, ANNA, "Inget väntar på dig just nu.")
    before = anna.home
    await written_in(office)
    await at_home(office, BJORN)
    await office.settled()
    assert anna.home == before
    office.clock.pass_(minutes=4)
    await anna.press_at_home("home:refresh")
    await sees(anna, "Nytt meddelande från sökanden")
    assert "Hämtat 10:04" in str(anna.home)


async def test_tab_and_page_are_remembered_for_each_officer(office: Office) -> None:
    for _ in range(ROWS + 3):
        await office.submits()
    anna = await at_home(office, ANNA)
    await anna.press_at_home("home:look:unhandled")
    await sees(anna, f"Visar 1–{ROWS} av {ROWS + 3}")
    await anna.press_at_home("home:turn:next")
    await sees(anna, f"Visar {ROWS + 1}–{ROWS + 3} av {ROWS + 3}")
    await at_home(office, BJORN, "Att göra · 0 ärenden")
    assert await at_home(office, ANNA, f"Visar {ROWS + 1}–{ROWS + 3} av {ROWS + 3}")


async def test_a_page_that_is_no_more_is_the_last_one(office: Office) -> None:
    case = await office.submits()
    await office.service.database.write(
        lambda tx: preferences.keep_spot(tx, "anna-berg", preferences.Spot("unhandled", 7))
    )
    anna = await at_home(office, ANNA, case.number)
    assert "Obehandlade · 1 ärende" in str(anna.home)


async def test_a_delay_is_told_while_slack_takes_nothing(office: Office) -> None:
    await office.submits()
    anna = await at_home(office, ANNA)
    assert "fördröjt" not in str(anna.home)
    until = office.clock() + timedelta(minutes=1)
    await office.service.database.write(lambda tx: claims.hold(tx, "slack/bygglov", until))
    await anna.press_at_home("home:refresh")
    await sees(anna, "Slack eller e-post är fördröjt. 1 leverans väntar.")
    office.clock.pass_(minutes=2)
    await anna.press_at_home("home:refresh")
    await anna.wait_until(lambda: "fördröjt" not in str(anna.home))


async def test_of_two_quick_presses_the_later_one_counts(office: Office) -> None:
    """Also where the earlier one takes longer."""
    anna = await at_home(office, ANNA)
    office.sandbox.inject("views.publish", "slow", seconds=0.1, times=1)
    await anna.press_at_home("home:tab:mine")
    await anna.press_at_home("home:tab:unhandled")
    await office.settled()
    assert "Obehandlade · 0 ärenden" in str(anna.home)
    assert (await office.read(lambda tx: preferences.spot_of(tx, "anna-berg"))).tab == "unhandled"


async def test_a_press_that_was_overtaken_draws_nothing() -> None:
    homes, drawn = Homes(), []

    async def draws(what: str) -> None:
        drawn.append(what)

    earlier, later, other = homes.turn("anna"), homes.turn("anna"), homes.turn("bo")
    await homes.draw("anna", later, lambda: draws("later"))
    await homes.draw("anna", earlier, lambda: draws("earlier"))
    await homes.draw("bo", other, lambda: draws("Bo's"))
    assert drawn == ["later", "Bo's"]


@pytest.mark.parametrize(
    ("who", "said", "rule"),
    [
        (GUEST, GUESTS, "Outsider"),
        (SINGLE, GUESTS, "Outsider"),
        (DAVID, "Ditt Slackkonto är inte kopplat till någon handläggare.", "UnknownPerson"),
    ],
)
async def test_who_is_no_officer_is_told_so_in_home(office: Office, who: str, said: str, rule: str) -> None:
    case = await office.submits()
    with capture_logs() as logs:
        person = await at_home(office, who, said)
    assert "Ärendebot är handläggarnas arbetsplats" in str(person.home) and case.number not in str(
        person.home
    )
    refused = [line for line in logs if line["event"] == "refused"]
    assert [(line["rule"], line["user"]) for line in refused] == [(rule, who)]


async def test_who_is_no_officer_any_more_is_shown_nothing_more(office: Office) -> None:
    anna = await at_home(office, ANNA)
    case = await office.submits()
    office.sandbox.stage.workspace.users[ANNA].is_restricted = True
    office.clock.pass_(minutes=11)
    await anna.press_at_home("home:tab:unhandled")
    await anna.wait_until(lambda: GUESTS in str(anna.view))
    assert case.number not in str(anna.home)


async def test_the_apps_other_tab_draws_nothing(office: Office) -> None:
    await office.person(ANNA).open_dm()
    await office.heard()
    assert office.person(ANNA).home is None


async def test_settings_change_the_language_at_once_and_everywhere(any_office: Office) -> None:
    anna = await at_home(any_office, ANNA)
    await anna.press_at_home("home:settings")
    view = await anna.wait_until(lambda: anna.view)
    assert view["title"]["text"] == "Inställningar"
    await anna.fill_and_submit({"language": "en", "told": ["assigned", "message"], "start": "mine"})
    await sees(anna, "To do (0)")
    assert anna.view is None
    kept = await any_office.read(lambda tx: preferences.of(tx, "anna-berg"))
    assert kept == Preferences("en", frozenset({"added", "mentioned", "reminder"}), "mine")
    assert await typed(any_office, ANNA, "ta 99") == "There is no case 2026-000099."
    await at_home(any_office, ANNA, "Mine · 0 cases")
    assert any_office.warnings() == []


@pytest.mark.parametrize(("command", "word"), [("/arende", "inställningar"), ("/case", "settings")])
async def test_settings_open_by_words_too(office: Office, command: str, word: str) -> None:
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, command, word)
    await anna.wait_until(lambda: anna.view and "settings:submit" in str(anna.view))
    await anna.fill_and_submit({"told": []})
    assert "Inställningarna är sparade." in str(anna.view) and anna.home is None
    kept = await office.read(lambda tx: preferences.of(tx, "anna-berg"))
    assert kept.language == "sv" and not kept.wants("message")


async def test_a_language_that_another_process_was_told_of_is_soon_spoken_here(office: Office) -> None:
    assert await typed(office, ANNA, "ta 99") == "Det finns inget ärende 2026-000099."
    english = Preferences(language="en")
    await office.service.database.write(lambda tx: preferences.keep(tx, "anna-berg", english))
    office.clock.pass_(seconds=10)
    assert await typed(office, ANNA, "ta 99") == "There is no case 2026-000099."


async def test_nobody_changes_anothers_settings(office: Office) -> None:
    anna = await at_home(office, ANNA)
    await anna.press_at_home("home:settings")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"language": "en"})
    assert await office.read(lambda tx: preferences.of(tx, "bjorn-ek")) == Preferences()


async def test_a_case_given_to_one_waits_until_it_is_opened(office: Office) -> None:
    case = await office.submits()
    given = ChangeAssignees(case_id=case.case_id, holders=("officer:anna-berg",), was=())
    await office.does("bjorn-ek", given)
    anna = await at_home(office, ANNA, "*Tilldelat dig, inte öppnat*")
    office.clock.pass_(minutes=1)
    await shows(anna, case)
    await anna.press_at_home("home:refresh")
    assert await sees(anna, "Inget väntar på dig just nu.")
