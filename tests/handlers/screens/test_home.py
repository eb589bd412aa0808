"""App Home: what an officer sees there, when it is drawn, and what their settings do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.flags import Flag
from bot.domain.lists.case_lists import CASE_LISTS, CaseList, stored_name
from bot.domain.lists.saved_views import DEFAULT_PAGE_SIZE as PAGE_SIZE
from bot.domain.messages.correspondence import ReceiveMessage
from bot.domain.preferences import ListLayout, Preferences
from bot.domain.status import SetStatus
from bot.handlers.request.dependencies import HomeRenderQueue
from bot.service import CommandResult
from bot.store.officers import drafts, flags, preferences
from bot.store.officers.drafts import Draft
from bot.store.outbox import claims
from sandbox.person import Person as Colleague
from tests.blocks.sample_catalog import SV
from tests.handlers.commands.test_commands import run_command
from tests.handlers.slack_harness import (
    ANNA,
    BJORN,
    BYGGLOV_CHANNEL,
    DAVID,
    GUEST,
    SINGLE_CHANNEL_GUEST,
    SlackHarness,
)

GUESTS = "Gäster och andra organisationer kan inte handlägga ärenden. Be en handläggare i kommunen om hjälp."


async def open_app_home(harness: SlackHarness, who: str, wording: str = "Uppdaterat") -> Colleague:
    """The person opens the app's Home, and sees that said in it."""
    person = harness.person(who)
    await person.open_home()
    await person.wait_until(lambda: person.home and wording in str(person.home))
    return person


def shown_numbers(person: Colleague) -> list[str]:
    """The numbers of the cases in the person's Home, in order."""
    return re.findall(r"\*(2026-\d+)\*", str(person.home))


async def wait_for_home_text(person: Colleague, wording: str) -> bool:
    return await person.wait_until(lambda: wording in str(person.home))


async def open_from_home(person: Colleague, case: CommandResult) -> None:
    """The person presses the case's [Visa], and it opens."""
    assert person.home is not None
    row = next(block for block in person.home["blocks"] if case.number in str(block))
    await person.press_at_home("case:show", block_id=row["block_id"])
    await person.wait_until(lambda: "Uppgifter i ärendet" in str(person.view))


async def submit_with_message(harness: SlackHarness) -> CommandResult:
    """A case of Anna's in which the applicant has written."""
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    applicant = await harness.applicant(case)
    await harness.service.perform(ReceiveMessage(case_id=case.case_id, text="Karl undrar"), applicant)
    return case


async def test_home_shows_what_waits_and_why(any_harness: SlackHarness) -> None:
    case = await submit_with_message(any_harness)
    anna = await open_app_home(any_harness, ANNA)
    result = str(anna.home)
    assert f"*{case.number}* · Ansökan om bygglov" in result and "*Nytt meddelande från sökanden*" in result
    assert [f"{tab} ({n})" in result for tab, n in (("Att göra", 1), ("Mina", 1), ("Obehandlade", 0))] == [
        True
    ] * 3
    assert "Karl" not in result and any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_a_case_opens_from_home_with_the_way_through_the_list(harness: SlackHarness) -> None:
    first, second = await harness.submit(), await harness.submit()
    anna = await open_app_home(harness, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await wait_for_home_text(anna, "Obehandlade · 2 ärenden")
    await open_from_home(anna, second)
    await anna.press_in_view("case:step:next")
    await anna.wait_until(lambda: first.number in str(anna.view))
    assert harness.warnings() == [] and harness.failed_calls() == []


async def test_what_is_done_in_a_case_opened_from_home_is_seen_there(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_app_home(harness, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await wait_for_home_text(anna, "Obehandlade · 1 ärende")
    await open_from_home(anna, case)
    await anna.press_in_view("case:take")
    assert await wait_for_home_text(anna, "Obehandlade · 0 ärenden")


async def test_a_case_that_nobody_has_is_taken_in_home(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    anna = await open_app_home(any_harness, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await wait_for_home_text(anna, "Obehandlade · 1 ärende")
    await anna.press_at_home("case:take")
    await wait_for_home_text(anna, "Obehandlade · 0 ärenden")
    assert (await any_harness.load_case(case)).officers == ("anna-berg",)
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_what_is_typed_on_top_of_home_is_found_by_one_press(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    anna = await open_app_home(any_harness, ANNA)
    await anna.press_at_home("home:find", value="bygglov")
    await wait_for_home_text(anna, "Alla · 1 av 1 ärende")
    assert shown_numbers(anna) == [case.number] and "Här är träffarna bland alla ärenden." in str(anna.home)
    await anna.press_at_home("home:find", value="finnsinte")
    await wait_for_home_text(anna, "Sökningen gav inga träffar.")
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_what_a_dialog_above_such_a_case_changes_is_seen_at_home(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_app_home(harness, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await wait_for_home_text(anna, "Inskickat · Ingen handläggare")
    await open_from_home(anna, case)
    await anna.press_in_view("case:status")
    await anna.wait_until(lambda: "Ny status" in str(anna.view))
    await anna.fill_and_submit({"status": "granskning"})
    assert await wait_for_home_text(anna, "Första granskning · Ingen handläggare")


async def test_what_is_read_from_home_waits_there_no_longer(harness: SlackHarness) -> None:
    await submit_with_message(harness)
    anna = await open_app_home(harness, ANNA, "Nytt meddelande från sökanden")
    await anna.press_at_home("case:read")
    await wait_for_home_text(anna, "Inget väntar på dig just nu.")
    assert "Karl undrar" in str(anna.view)


async def test_what_is_read_stays_open_where_home_beneath_cannot_be_drawn_anew(harness: SlackHarness) -> None:
    await submit_with_message(harness)
    anna = await open_app_home(harness, ANNA, "Nytt meddelande från sökanden")
    harness.sandbox.inject("views.publish", "ratelimited", seconds=1, times=1)
    await anna.press_at_home("case:read")
    await anna.wait_until(lambda: "Karl undrar" in str(anna.view))
    await harness.wait_until_idle()
    assert "Karl undrar" in str(anna.view) and len(harness.failed_calls()) == 1


async def test_days_of_this_year_are_told_without_it(harness: SlackHarness) -> None:
    case = await harness.submit()
    reviewed = SetStatus(case_id=case.case_id, status="granskning", expected="inskickat")
    await harness.perform("anna-berg", reviewed)
    anna = await open_app_home(harness, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await wait_for_home_text(anna, "Klart senast")
    assert "2026" not in str(anna.home).replace(case.number, "")


async def test_all_cases_are_opened_on_the_web_from_home(any_harness: SlackHarness) -> None:
    anna = await open_app_home(any_harness, ANNA)
    await anna.press_at_home("home:overview")
    view = await anna.wait_until(lambda: anna.view and "link:open" in str(anna.view) and anna.view)
    assert view["title"]["text"] == "Öppna alla ärenden" and "Länken är personlig." in str(view)
    assert "/oppna/anna-berg-" in str(view)
    await anna.press_in_view("link:open")
    await anna.close(all=True)
    await anna.shortcut("shortcut:mine")
    await anna.wait_until(lambda: "home:overview" in str(anna.view))
    await anna.press_in_view("home:overview")
    await anna.wait_until(lambda: "link:open" in str(anna.view))
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_the_page_to_register_a_case_is_reached_from_home_by_the_shortcut_and_by_the_command(
    any_harness: SlackHarness,
) -> None:
    anna = await open_app_home(any_harness, ANNA)
    await anna.press_at_home("home:register")
    view = await anna.wait_until(lambda: anna.view and "link:open" in str(anna.view) and anna.view)
    assert view["title"]["text"] == "Registrera ärende" and "/oppna/anna-berg-registrera" in str(view)
    await anna.close(all=True)
    await anna.shortcut("shortcut:register")
    await anna.wait_until(lambda: "/oppna/anna-berg-registrera" in str(anna.view))
    await run_command(any_harness, ANNA, "nytt")
    assert "/oppna/anna-berg-registrera" in str(anna.ephemerals()[-1])
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_who_is_no_officer_gets_no_link_to_all_cases(harness: SlackHarness) -> None:
    anna = await open_app_home(harness, ANNA)
    harness.sandbox.shared.workspace.users[ANNA].is_restricted = True
    harness.clock.advance(minutes=11)
    await anna.press_at_home("home:overview")
    await anna.wait_until(lambda: GUESTS in str(anna.view))
    assert "link:open" not in str(anna.view)


async def test_enter_on_an_empty_line_shows_the_list_without_a_search(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = await open_app_home(harness, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await wait_for_home_text(anna, "Obehandlade · 1 ärende")
    await anna.press_at_home("home:find", value="finnsinte")
    await wait_for_home_text(anna, "Obehandlade · 0 av 1 ärende")
    await anna.press_at_home("home:find", value=" ")
    await wait_for_home_text(anna, "Obehandlade · 1 ärende")
    assert shown_numbers(anna) == [case.number] and harness.failed_calls() == []


async def test_home_is_left_alone_until_its_owner_opens_it_or_presses(harness: SlackHarness) -> None:
    anna = await open_app_home(harness, ANNA, "Inget väntar på dig just nu.")
    before = anna.home
    await submit_with_message(harness)
    await open_app_home(harness, BJORN)
    await harness.wait_until_idle()
    assert anna.home == before
    harness.clock.advance(minutes=4)
    await anna.press_at_home("home:refresh")
    await wait_for_home_text(anna, "Nytt meddelande från sökanden")
    assert "Uppdaterat 10:04" in str(anna.home)


async def test_tab_and_page_are_remembered_for_each_officer(harness: SlackHarness) -> None:
    for _ in range(PAGE_SIZE + 3):
        await harness.submit()
    anna = await open_app_home(harness, ANNA)
    await anna.press_at_home("home:look:unhandled")
    await wait_for_home_text(anna, f"Visar 1–{PAGE_SIZE} av {PAGE_SIZE + 3}")
    await anna.press_at_home("home:turn:next")
    await wait_for_home_text(anna, f"Visar {PAGE_SIZE + 1}–{PAGE_SIZE + 3} av {PAGE_SIZE + 3}")
    await open_app_home(harness, BJORN, "Att göra · 0 ärenden")
    assert await open_app_home(harness, ANNA, f"Visar {PAGE_SIZE + 1}–{PAGE_SIZE + 3} av {PAGE_SIZE + 3}")


@pytest.mark.parametrize("tab", CASE_LISTS)
async def test_each_tab_shows_its_cases_and_how_many(any_harness: SlackHarness, tab: CaseList) -> None:
    mine, closed, other = [await any_harness.submit() for _ in range(3)]
    for case in (mine, closed):
        await any_harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    ended = SetStatus(case_id=closed.case_id, status="aterkallat", expected="inskickat", note="Återtog")
    await any_harness.perform("anna-berg", ended)
    anna_berg, flag = any_harness.officer("anna-berg"), Flag(mine.case_id)
    await any_harness.service.database.write(lambda tx: flags.save(tx, anna_berg, flag, any_harness.clock()))
    shown = {
        "todo": [],
        "mine": [mine],
        "unassigned": [other],
        "overdue": [],
        "flagged": [mine],
        "all": [other, closed, mine],
        "closed": [closed],
    }[tab]
    anna = await open_app_home(any_harness, ANNA)
    await anna.press_at_home(f"home:tab:{stored_name(tab)}")
    n = len(shown)
    await wait_for_home_text(anna, f"{SV(f'tab.{tab}')} · {n} ärende{'' if n == 1 else 'n'}")
    assert shown_numbers(anna) == [case.number for case in shown]
    assert f"{SV(f'tab.{tab}')} ({n})" in str(anna.home)
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_pages_go_on_from_the_cases_that_were_shown(any_harness: SlackHarness) -> None:
    """Those that come in meanwhile neither push cases past the reader nor show them twice."""
    cases = [(await any_harness.submit()).number for _ in range(2 * PAGE_SIZE + 3)][::-1]
    anna = await open_app_home(any_harness, ANNA)
    await anna.press_at_home("home:tab:all")
    await wait_for_home_text(anna, f"Visar 1–{PAGE_SIZE} av")
    new = [(await any_harness.submit()).number for _ in range(2)][::-1]
    await anna.press_at_home("home:turn:next")
    await wait_for_home_text(anna, f"Visar {PAGE_SIZE + 1}–{2 * PAGE_SIZE} av")
    assert shown_numbers(anna) == cases[PAGE_SIZE : 2 * PAGE_SIZE]
    any_harness.clock.advance(minutes=4)
    await anna.press_at_home("home:refresh")
    await wait_for_home_text(anna, "Uppdaterat 10:04")
    assert shown_numbers(anna) == cases[PAGE_SIZE : 2 * PAGE_SIZE]
    await anna.press_at_home("home:turn:next")
    await wait_for_home_text(anna, cases[-1])
    assert shown_numbers(anna) == cases[2 * PAGE_SIZE :]
    await anna.press_at_home("home:turn:back")
    await wait_for_home_text(anna, cases[PAGE_SIZE])
    assert shown_numbers(anna) == cases[PAGE_SIZE : 2 * PAGE_SIZE]
    await anna.press_at_home("home:turn:back")
    await wait_for_home_text(anna, new[0])
    assert shown_numbers(anna) == [*new, *cases][:PAGE_SIZE]
    assert any_harness.warnings() == [] and any_harness.failed_calls() == []


async def test_pages_of_a_view_from_before_there_were_keys_are_turned_by_number(
    harness: SlackHarness,
) -> None:
    for _ in range(PAGE_SIZE + 1):
        await harness.submit()
    anna = await open_app_home(harness, ANNA)
    await anna.press_at_home("home:tab:unhandled")
    await wait_for_home_text(anna, f"Visar 1–{PAGE_SIZE} av")
    assert anna.home is not None
    old = {**anna.home, "private_metadata": '{"tab":"unhandled","page":0}'}
    published = {name: old[name] for name in ("type", "callback_id", "blocks", "private_metadata")}
    await harness.deps.slack.publish_home(ANNA, published)
    await anna.press_at_home("home:turn:next")
    assert await wait_for_home_text(anna, f"Visar {PAGE_SIZE + 1}–{PAGE_SIZE + 1} av {PAGE_SIZE + 1}")


async def test_a_page_that_is_no_more_is_the_last_one(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.service.database.write(
        lambda tx: preferences.save_home_position(tx, "anna-berg", preferences.HomePosition("unassigned", 7))
    )
    anna = await open_app_home(harness, ANNA, case.number)
    assert "Obehandlade · 1 ärende" in str(anna.home)


async def test_a_delay_is_told_while_slack_takes_nothing(harness: SlackHarness) -> None:
    await harness.submit()
    anna = await open_app_home(harness, ANNA)
    assert "fördröjt" not in str(anna.home)
    until = harness.clock() + timedelta(minutes=1)
    await harness.service.database.write(lambda tx: claims.hold_destination(tx, "slack/bygglov", until))
    await anna.press_at_home("home:refresh")
    await wait_for_home_text(anna, "Slack eller e-post är fördröjt. 1 leverans väntar.")
    harness.clock.advance(minutes=2)
    await anna.press_at_home("home:refresh")
    await anna.wait_until(lambda: "fördröjt" not in str(anna.home))


async def test_of_two_quick_presses_the_later_one_counts(harness: SlackHarness) -> None:
    """Also where the earlier one takes longer."""
    anna = await open_app_home(harness, ANNA)
    harness.sandbox.inject("views.publish", "slow", seconds=0.1, times=1)
    await anna.press_at_home("home:tab:mine")
    await anna.press_at_home("home:tab:unhandled")
    await harness.wait_until_idle()
    assert "Obehandlade · 0 ärenden" in str(anna.home)
    assert (
        await harness.read(lambda tx: preferences.find_home_position(tx, "anna-berg"))
    ).tab == "unassigned"


async def test_a_press_that_was_overtaken_draws_nothing() -> None:
    homes, rendered = HomeRenderQueue(), []

    async def draws(what: str) -> None:
        rendered.append(what)

    earlier, later, other = homes.next_number("anna"), homes.next_number("anna"), homes.next_number("bo")
    await homes.render_if_latest("anna", later, lambda: draws("later"))
    await homes.render_if_latest("anna", earlier, lambda: draws("earlier"))
    await homes.render_if_latest("bo", other, lambda: draws("Bo's"))
    assert rendered == ["later", "Bo's"]


@pytest.mark.parametrize(
    ("who", "wording", "rule"),
    [
        (GUEST, GUESTS, "NotAMember"),
        (SINGLE_CHANNEL_GUEST, GUESTS, "NotAMember"),
        (DAVID, "Ditt Slackkonto är inte kopplat till någon handläggare.", "NotAnOfficer"),
    ],
)
async def test_who_is_no_officer_is_told_so_in_home(
    harness: SlackHarness, who: str, wording: str, rule: str
) -> None:
    case = await harness.submit()
    with capture_logs() as logs:
        person = await open_app_home(harness, who, wording)
    shown = str(person.home)
    # An employee has the internal e-services there.
    has_internal = "Interna e-tjänster" in shown
    assert ("Ärendebot är handläggarnas arbetsplats" in shown, has_internal) == (who != DAVID, who == DAVID)
    assert case.number not in shown
    refused = [line for line in logs if line["event"] == "refused"]
    assert [(line["rule"], line["user"]) for line in refused] == [(rule, who)]


async def test_who_is_no_officer_any_more_is_shown_nothing_more(harness: SlackHarness) -> None:
    anna = await open_app_home(harness, ANNA)
    case = await harness.submit()
    harness.sandbox.shared.workspace.users[ANNA].is_restricted = True
    harness.clock.advance(minutes=11)
    await anna.press_at_home("home:tab:unhandled")
    await anna.wait_until(lambda: GUESTS in str(anna.view))
    assert case.number not in str(anna.home)


async def test_the_apps_other_tab_draws_nothing(harness: SlackHarness) -> None:
    await harness.person(ANNA).open_dm()
    await harness.wait_for_events()
    assert harness.person(ANNA).home is None


async def test_settings_change_the_language_at_once_and_everywhere(any_harness: SlackHarness) -> None:
    anna = await open_app_home(any_harness, ANNA)
    await anna.press_at_home("home:settings")
    view = await anna.wait_until(lambda: anna.view)
    assert view["title"]["text"] == "Inställningar"
    places = {"place_added": "nowhere", "place_overdue": "mail"}
    await anna.fill_and_submit({"language": "en", **places, "day": ["on"], "start": "mine"})
    await wait_for_home_text(anna, "To do (0)")
    assert anna.view is None
    stored = await any_harness.read(lambda tx: preferences.load(tx, "anna-berg"))
    assert stored == Preferences("en", {"added": "nowhere", "overdue": "mail"}, "mine", wants_day=True)
    assert await run_command(any_harness, ANNA, "ta 99") == "There is no case 2026-000099. Check the number."
    await open_app_home(any_harness, ANNA, "Mine · 0 cases")
    assert any_harness.warnings() == []


@pytest.mark.parametrize(("command", "word"), [("/arende", "inställningar"), ("/case", "settings")])
async def test_settings_open_by_words_too(harness: SlackHarness, command: str, word: str) -> None:
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, command, word)
    await anna.wait_until(lambda: anna.view and "settings:submit" in str(anna.view))
    await anna.fill_and_submit({"place_message": "nowhere"})
    assert "Inställningarna är sparade." in str(anna.view) and anna.home is None
    stored = await harness.read(lambda tx: preferences.load(tx, "anna-berg"))
    assert stored.language == "sv" and not stored.wants("message")


async def test_a_language_that_another_process_was_told_of_is_soon_spoken_here(harness: SlackHarness) -> None:
    assert (
        await run_command(harness, ANNA, "ta 99") == "Det finns inget ärende 2026-000099. Kontrollera numret."
    )
    english = Preferences(language="en")
    await harness.service.database.write(lambda tx: preferences.save(tx, "anna-berg", english))
    harness.clock.advance(seconds=10)
    assert await run_command(harness, ANNA, "ta 99") == "There is no case 2026-000099. Check the number."


async def test_nobody_changes_anothers_settings(harness: SlackHarness) -> None:
    anna = await open_app_home(harness, ANNA)
    await anna.press_at_home("home:settings")
    await anna.wait_until(lambda: anna.view)
    await anna.fill_and_submit({"language": "en"})
    assert await harness.read(lambda tx: preferences.load(tx, "bjorn-ek")) == Preferences()


async def test_a_case_given_to_one_waits_until_it_is_opened(harness: SlackHarness) -> None:
    case = await harness.submit()
    given = ChangeAssignees(case_id=case.case_id, assignees=("officer:anna-berg",), expected=())
    await harness.perform("bjorn-ek", given)
    anna = await open_app_home(harness, ANNA, "*Tilldelat dig, inte öppnat*")
    harness.clock.advance(minutes=1)
    await open_from_home(anna, case)
    await anna.press_at_home("home:refresh")
    assert await wait_for_home_text(anna, "Inget väntar på dig just nu.")


@pytest.mark.parametrize("layout", ["list", "table"])
async def test_who_applied_is_never_in_slack_though_the_web_has_a_column_of_them(
    harness: SlackHarness, layout: ListLayout
) -> None:
    case = await harness.submit()
    chosen = Preferences(start="unassigned", columns=("applicants", "number", "status"), layout=layout)
    await harness.service.database.write(lambda tx: preferences.save(tx, "anna-berg", chosen))
    anna = await open_app_home(harness, ANNA, case.number)
    assert "Sökande" not in str(anna.home) and "Eva Ek" not in str(anna.home)
    await anna.press_at_home("home:columns")
    view = await anna.wait_until(lambda: anna.view)
    assert "applicants" not in str(view)
    await anna.fill_and_submit({"column2": "origin"})
    stored = await harness.read(lambda tx: preferences.load(tx, "anna-berg"))
    assert stored.columns == ("applicants", "number", "origin")


async def test_home_leads_to_a_message_that_is_not_sent(harness: SlackHarness) -> None:
    case = await harness.submit()
    draft = Draft("d" * 32, case.case_id, drafts.MESSAGE_FORM, {"text": "Hej Karl!"}, harness.clock())
    await harness.service.database.write(lambda tx: drafts.save(tx, "anna-berg", draft))
    anna = await open_app_home(harness, ANNA, f"Ej skickat: {case.number}")
    await anna.press_at_home("case:read#0")
    assert await anna.wait_until(lambda: "Du har ett utkast från 23 nov. 2026 10:00." in str(anna.view))
