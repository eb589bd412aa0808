"""/arende and /case."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.domain.assignment import TakeCase
from bot.handlers.commands.parser import Said, understood
from sandbox.person import Person as Colleague
from tests.handlers.office import ANNA, BYGGLOV, ELIN, JOSE, PER_OLOV, SOCIAL, Office

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", Said("list")),
        ("123", Said("show", "2026-000123")),
        ("2025-123", Said("show", "2025-000123")),
        ("2026-000123", Said("show", "2026-000123")),
        ("visa 123", Said("show", "2026-000123")),
        ("SHOW 123", Said("show", "2026-000123")),
        ("ta 7", Said("take", "2026-000007")),
        ("take", Said("take")),
        ("lämna 7", Said("release", "2026-000007")),
        ("lamna tillbaka 7", Said("release", "2026-000007")),
        ("status 7 Under behandling", Said("status", "2026-000007", "Under behandling")),
        ("notera 7 Ringde\nigen  sen", Said("note", "2026-000007", "Ringde\nigen  sen")),
        ("note Ringde", Said("note", rest="Ringde")),
        ("meddela 2026-7 Hej", Said("message", "2026-000007", "Hej")),
        ("lista obehandlade", Said("list", rest="obehandlade")),
        ("hjalp", Said("help")),
        ("help", Said("help")),
        ("#7", Said("show", "2026-000007")),
        ("ta #2025-7", Said("take", "2025-000007")),
        ("ta 2025 \u2013 7", Said("take", "2025-000007")),
        ("ta 2025\u22127", Said("take", "2025-000007")),
        ("ta 2025\u00a0\u2011\u00a07", Said("take", "2025-000007")),
        ("ta 2025\u20117", Said("take", "2025-000007")),
        ("historik 7", Said("history", "2026-000007")),
        ("ta bort 7", Said("help", rest="ta bort")),
        ("flagga 7", Said("flag", "2026-000007")),
        ("farg 7 rod", Said("colour", "2026-000007", "rod")),
        ("tilldela 7 <@U1> @grupp", Said("assign", "2026-000007", "<@U1> @grupp")),
        ("sammanställning 7", Said("help", rest="sammanställning")),
        ("vissa 7", Said("help", unknown="vissa", guess="visa")),
        ("xyzzy", Said("help", unknown="xyzzy")),
        ("mina", Said("help", unknown="mina", guess="lista mina")),
        ("unasigned", Said("help", unknown="unasigned", guess="list unassigned")),
    ],
)
def test_words_are_understood_in_both_languages(text: str, meant: Said) -> None:
    assert understood(text, TODAY) == meant


async def typed(
    office: Office, user: str, text: str, command: str = "/arende", channel: str = BYGGLOV
) -> str:
    """What the person is told."""
    told = await office.person(user).slash(channel, command, text)
    assert told["ok"], told["error"]
    assert told["warnings"] == []
    await office.settled()
    return office.ephemeral(user)


def button(person: Colleague, text: str) -> dict[str, Any]:
    blocks = person.ephemerals()[-1]["blocks"]
    return next(
        element
        for block in blocks
        for element in [*block.get("elements", []), block.get("accessory", {})]
        if element.get("text", {}).get("text") == text  # type: ignore[union-attr]
    )


async def test_a_number_opens_the_case(any_office: Office) -> None:
    case = await any_office.submits()
    anna = any_office.person(ANNA)
    told = await anna.slash(BYGGLOV, "/arende", "1")
    assert told["ok"]
    view = await anna.wait_until(lambda: (v := anna.view) and "Uppgifter i ärendet" in str(v) and v)
    assert view["title"]["text"] == case.number


async def test_a_case_is_taken_and_given_back_by_words(any_office: Office) -> None:
    case = await any_office.submits()
    said = await typed(any_office, ANNA, "ta 1")
    assert said == f"Du har tagit {case.number} · Ansökan om bygglov."
    assert (await any_office.case(case)).officers == ("anna-berg",)
    assert await typed(any_office, ANNA, "release 1", "/case") == (
        f"Du har lämnat tillbaka {case.number} · Ansökan om bygglov."
    )
    assert (await any_office.case(case)).officers == ()


async def test_by_words_too_one_is_asked_how_on_a_case_that_someone_has(office: Office) -> None:
    case = await office.submits()
    await office.does("bjorn-ek", TakeCase(case_id=case.case_id))
    assert await typed(office, ANNA, "ta 1") == ""
    anna = office.person(ANNA)
    assert anna.view is not None and "Björn Ek är handläggare sedan" in str(anna.view["blocks"])
    await anna.fill_and_submit({"mode": "over"})
    assert (await office.case(case)).officers == ("anna-berg",)


async def test_an_unknown_number_and_one_that_may_not_be_seen_get_the_same_answer(office: Office) -> None:
    case = await office.submits("orosanmalan-barn")
    assert await typed(office, ANNA, "1") == f"Det finns inget ärende {case.number}."
    assert await typed(office, ANNA, "2") == "Det finns inget ärende 2026-000002."
    assert await typed(office, ANNA, "ta 1") == f"Det finns inget ärende {case.number}."
    assert await typed(office, ANNA, "notera 1 Hej") == f"Det finns inget ärende {case.number}."


async def test_who_sees_only_their_own_cases_gets_it_too(office: Office) -> None:
    await office.submits()
    assert await typed(office, PER_OLOV, "visa 1") == "Det finns inget ärende 2026-000001."


async def test_without_a_number_one_is_asked_before_anything_changes(office: Office) -> None:
    case = await office.submits()
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "1")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    assert await typed(office, ANNA, "ta") == f"Gäller det {case.number} · Ansökan om bygglov?"
    assert (await office.case(case)).officers == ()
    await anna.press(BYGGLOV, anna.ephemerals()[-1]["ts"], "case:take")
    assert (await office.case(case)).officers == ("anna-berg",)


async def test_no_changes_nothing(office: Office) -> None:
    case = await office.submits()
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "1")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await typed(office, ANNA, "ta")
    await anna.press(BYGGLOV, anna.ephemerals()[-1]["ts"], "ask:no")
    await office.settled()
    assert office.ephemeral(ANNA) == "Inget har ändrats."
    assert (await office.case(case)).officers == ()


async def test_who_has_opened_nothing_is_told_how_to_name_a_case(office: Office) -> None:
    assert await typed(office, ANNA, "lämna") == (
        "Skriv ärendets nummer efter ordet, till exempel /arende lämna 123."
    )
    assert "/case take 123" in await typed(office, JOSE, "take", "/case")


async def test_a_status_that_asks_for_nothing_more_is_set_at_once(office: Office) -> None:
    case = await office.submits()
    said = await typed(office, ANNA, "status 1 första granskning")
    assert said == f"{case.number} · Ansökan om bygglov har nu status Första granskning."
    assert (await office.case(case)).status == "granskning"


async def test_a_status_that_asks_for_a_message_opens_the_dialog_with_the_choice_made(office: Office) -> None:
    await office.submits()
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "status 1 väntar på komplettering")
    view = await anna.wait_until(lambda: anna.view)
    assert "Sökanden får veta: Något saknas" in str(view)


async def test_a_status_that_may_not_follow_is_told_with_those_that_may(office: Office) -> None:
    case = await office.submits()
    said = await typed(office, ANNA, "status 1 kompletterat")
    assert said.startswith("Från Inskickat går det inte att välja Kompletterat. Du kan välja ")
    assert "Första granskning" in said
    assert office.person(ANNA).view is None
    assert (await office.case(case)).status == "inskickat"


@pytest.mark.parametrize("typed_after", ["status 1 rosa", "status 1 inskickat"])
async def test_a_status_that_there_is_none_of_or_that_the_case_has_opens_no_dialog(
    office: Office, typed_after: str
) -> None:
    case = await office.submits()
    told = {
        "status 1 rosa": 'E-tjänsten har ingen status som heter "rosa". Du kan välja ',
        "status 1 inskickat": f"{case.number} · Ansökan om bygglov har redan status Inskickat.",
    }
    assert (await typed(office, ANNA, typed_after)).startswith(told[typed_after])
    assert office.person(ANNA).view is None


async def test_a_status_without_a_number_opens_the_dialog_of_the_case_last_opened(office: Office) -> None:
    case, anna = await office.submits(), office.person(ANNA)
    await typed(office, ANNA, "1")
    await anna.close(all=True)
    await anna.slash(BYGGLOV, "/arende", "status första granskning")
    view = await anna.wait_until(lambda: anna.view)
    assert case.number in str(view)
    assert "'initial_option': {'text': {'type': 'plain_text', 'text': 'Första granskning'" in str(view)
    assert (await office.case(case)).status == "inskickat"


async def test_a_colour_that_there_is_none_of_is_told_with_those_that_there_are(office: Office) -> None:
    await office.submits()
    assert await typed(office, ANNA, "färg 1 randig") == (
        'Det finns ingen färg som heter "randig". Du kan välja Ingen, Röd, Orange, Gul, Grön, Blå och Lila.'
    )


async def test_the_history_is_opened_by_words(office: Office) -> None:
    await office.submits()
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, "/case", "history 1")
    assert await anna.wait_until(lambda: "Ärendet kom in." in str(anna.view))


async def test_a_note_with_its_text_opens_the_dialog(office: Office) -> None:
    await office.submits()
    anna = office.person(ANNA)
    await anna.slash(BYGGLOV, "/arende", "notera 1 Ringde & <frågade> igen")
    view = await anna.wait_until(lambda: anna.view)
    assert "Ringde & <frågade> igen" in str(view)


async def test_lists_are_private_and_lead_to_the_cases(office: Office) -> None:
    for _ in range(12):
        await office.submits()
    assert await typed(office, ANNA, "lista obehandlade") == "Obehandlade ärenden: 12"
    anna = office.person(ANNA)
    blocks = anna.ephemerals()[-1]["blocks"]
    assert sum("accessory" in block for block in blocks) == 10
    assert "De 10 senaste visas." in str(blocks)
    assert await typed(office, ANNA, "") == "Du har inga ärenden."
    assert await typed(office, ANNA, "list closed", "/case") == "Inga ärenden är avslutade."


async def test_a_short_list_leads_to_all_of_it(office: Office) -> None:
    for _ in range(12):
        await office.submits()
    await typed(office, ANNA, "lista obehandlade")
    anna = office.person(ANNA)
    await anna.press(BYGGLOV, anna.ephemerals()[-1]["ts"], "home:list:unhandled")
    await anna.wait_until(lambda: "Obehandlade · 12 ärenden" in str(anna.view))
    assert office.warnings() == [] and office.refused_calls() == []


async def test_a_list_is_known_by_its_nearest_name_and_others_are_told(office: Office) -> None:
    assert await typed(office, ANNA, "lista flagade") == "Du har inte flaggat några ärenden."
    assert (await typed(office, ANNA, "lista xyzzy")).startswith('Jag känner inte till listan "xyzzy".')


async def test_a_list_is_worked_through_without_closing(office: Office) -> None:
    first, second, third = [await office.submits() for _ in range(3)]
    await typed(office, ANNA, "lista obehandlade")
    anna = office.person(ANNA)
    told = anna.ephemerals()[-1]
    row = next(block["block_id"] for block in told["blocks"] if "accessory" in block)
    await anna.press(BYGGLOV, told["ts"], "case:show", block_id=row)
    await anna.wait_until(lambda: "Nästa ärende" in str(anna.view))
    assert "Föregående ärende" not in str(anna.view)
    await anna.press_in_view("case:step:next")
    await anna.wait_until(lambda: second.number in str(anna.view))
    # A form that is laid on top leads back into the list.
    await anna.press_in_view("case:note")
    await anna.wait_until(lambda: len(anna.views) == 2)
    await anna.fill_and_submit({"text": "Ringde"})
    await anna.wait_until(lambda: len(anna.views) == 1 and "Noteringar (1)" in str(anna.view))
    # Taken, it leaves the list; one goes on from where one was.
    await anna.press_in_view("case:take")
    await anna.wait_until(lambda: "Lämna tillbaka" in str(anna.view))
    await anna.press_in_view("case:step:next")
    await anna.wait_until(lambda: first.number in str(anna.view))
    assert "Nästa ärende" not in str(anna.view)
    await anna.press_in_view("case:step:back")
    await anna.wait_until(lambda: third.number in str(anna.view))
    assert len(anna.views) == 1


async def test_a_list_shows_one_nothing_of_others(office: Office) -> None:
    await office.submits("orosanmalan-barn")
    assert await typed(office, ANNA, "lista alla") == "Det finns inga ärenden."
    await typed(office, ELIN, "lista alla", channel=SOCIAL)
    listed = str(office.person(ELIN).ephemerals()[-1]["blocks"])
    assert "2026-000001" in listed
    assert "Oros" not in listed


async def test_ones_own_cases_are_listed_when_nothing_is_typed(office: Office) -> None:
    case = await office.submits()
    await office.does("anna-berg", TakeCase(case_id=case.case_id))
    assert await typed(office, ANNA, "") == "Dina ärenden: 1"


async def test_a_mistyped_word_is_answered_with_the_nearest(office: Office) -> None:
    assert await typed(office, ANNA, "lsita") == 'Jag förstod inte "lsita". Menade du /arende lista?'


async def test_help_lists_what_there_is_and_is_honest_about_the_rest(office: Office) -> None:
    assert await typed(office, ANNA, "hjälp") == "Så här arbetar du med /arende"
    assert "sammanställning" not in str(office.person(ANNA).ephemerals()[-1]["blocks"])
    said = await typed(office, ANNA, "ta bort 1")
    assert said == 'Kommandot "ta bort" finns inte. Skriv /arende hjälp för att se vad du kan göra.'
    assert await typed(office, JOSE, "help", "/case") == "How to work with /case"


async def test_what_is_typed_pings_nobody(office: Office) -> None:
    said = await typed(office, ANNA, "<!channel>")
    assert "<!channel>" not in said
    assert "<" not in said
