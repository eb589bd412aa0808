"""/arende and /case."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from bot.domain.assignment import TakeCase
from bot.domain.status import SetStatus
from bot.handlers.commands.parser import CommandWord, ParsedCommand, parse
from bot.service import CommandResult
from bot.text import LANGUAGES, words
from sandbox.person import Person as Colleague
from tests.handlers.slack_harness import (
    ANNA,
    BYGGLOV_CHANNEL,
    ELIN,
    JOSE,
    PER_OLOV,
    SOCIAL_CHANNEL,
    SlackHarness,
)

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "intended"),
    [
        ("", ParsedCommand("list")),
        ("123", ParsedCommand("show", "2026-000123")),
        ("2025-123", ParsedCommand("show", "2025-000123")),
        ("2026-000123", ParsedCommand("show", "2026-000123")),
        ("visa 123", ParsedCommand("show", "2026-000123")),
        ("SHOW 123", ParsedCommand("show", "2026-000123")),
        ("ta 7", ParsedCommand("take", "2026-000007")),
        ("take", ParsedCommand("take")),
        ("lämna 7", ParsedCommand("release", "2026-000007")),
        ("lamna tillbaka 7", ParsedCommand("release", "2026-000007")),
        ("status 7 Under behandling", ParsedCommand("status", "2026-000007", "Under behandling")),
        ("notera 7 Ringde\nigen  sen", ParsedCommand("note", "2026-000007", "Ringde\nigen  sen")),
        ("note Ringde", ParsedCommand("note", rest="Ringde")),
        ("meddela 2026-7 Hej", ParsedCommand("message", "2026-000007", "Hej")),
        ("lista obehandlade", ParsedCommand("list", rest="obehandlade")),
        ("hjalp", ParsedCommand("help")),
        ("help", ParsedCommand("help")),
        ("#7", ParsedCommand("show", "2026-000007")),
        ("ta #2025-7", ParsedCommand("take", "2025-000007")),
        ("ta 2025 \u2013 7", ParsedCommand("take", "2025-000007")),
        ("ta 2025\u22127", ParsedCommand("take", "2025-000007")),
        ("ta 2025\u00a0\u2011\u00a07", ParsedCommand("take", "2025-000007")),
        ("ta 2025\u20117", ParsedCommand("take", "2025-000007")),
        ("historik 7", ParsedCommand("history", "2026-000007")),
        ("ta bort 7", ParsedCommand("delete", "2026-000007")),
        ("återställ 7", ParsedCommand("restore", "2026-000007")),
        ("flagga 7", ParsedCommand("flag", "2026-000007")),
        ("farg 7 rod", ParsedCommand("colour", "2026-000007", "rod")),
        ("tilldela 7 <@U1> @grupp", ParsedCommand("assign", "2026-000007", "<@U1> @grupp")),
        ("sammanställning 7", ParsedCommand("summary", "2026-000007")),
        ("frånvaro Bo Ek", ParsedCommand("away", rest="Bo Ek")),
        ("ändra status 7 granskning", ParsedCommand("status", "2026-000007", "granskning")),
        ("ändra handläggare 7", ParsedCommand("assign", "2026-000007")),
        ("change colour 7 red", ParsedCommand("colour", "2026-000007", "red")),
        ("ändra 7", ParsedCommand("edit", "2026-000007")),
        ("släpp 7", ParsedCommand("release", "2026-000007")),
        ("ge 7 till Björn", ParsedCommand("assign", "2026-000007", "till Björn")),
        ("avsluta 7", ParsedCommand("status", "2026-000007")),
        ("stäng 7 med beslut", ParsedCommand("status", "2026-000007", "med beslut")),
        ("svara 7 Hej", ParsedCommand("message", "2026-000007", "Hej")),
        ("skriv 7 Hej", ParsedCommand("message", "2026-000007", "Hej")),
        ("skriv notering 7 Ringde", ParsedCommand("note", "2026-000007", "Ringde")),
        ("vissa 7", ParsedCommand("help", unknown_word="vissa", suggestions=("visa 7",))),
        ("xyzzy", ParsedCommand("help", unknown_word="xyzzy")),
        ("mina", ParsedCommand("list", rest="mina")),
        ("översikt", ParsedCommand("list")),
        ("Ärendeöversikten mina", ParsedCommand("list", rest="mina")),
        ("ärendeöversikt 7", ParsedCommand("summary", "2026-000007")),
        ("overview.", ParsedCommand("list")),
        ("Att  göra", ParsedCommand("list", rest="Att  göra")),
        ("mina idag", ParsedCommand("help", unknown_word="mina", suggestions=("lista mina",))),
        ("unasigned", ParsedCommand("help", unknown_word="unasigned", suggestions=("list unassigned",))),
        ("ta ärende 16", ParsedCommand("take", "2026-000016")),
        ("ta case #16", ParsedCommand("take", "2026-000016")),
        ("ärende 16", ParsedCommand("show", "2026-000016")),
        ("16 ta", ParsedCommand("take", "2026-000016")),
        ("ta 16:an", ParsedCommand("take", "2026-000016")),
        ("16an", ParsedCommand("show", "2026-000016")),
        ("16 annat", ParsedCommand("show", "2026-000016", "annat", "annat")),
        ("färg röd 16", ParsedCommand("colour", "2026-000016", "röd")),
        (
            "status under behandling ärende 2025-16",
            ParsedCommand("status", "2025-000016", "under behandling"),
        ),
        ("tilldela <@U1> 16", ParsedCommand("assign", "2026-000016", "<@U1>")),
        (
            "ta 16 17",
            ParsedCommand("take", numbers=(("2026-000016", ""), ("2026-000017", "")), all_cases=True),
        ),
        (
            "färg röd 16 17",
            ParsedCommand(
                "colour",
                rest="röd",
                numbers=(("2026-000016", "röd"), ("2026-000017", "röd")),
                all_cases=True,
            ),
        ),
        ("notera 16 Ringde 3 gånger", ParsedCommand("note", "2026-000016", "Ringde 3 gånger")),
        ("notera hej 16", ParsedCommand("note", rest="hej 16", numbers=(("2026-000016", "hej"),))),
        ("lista 16", ParsedCommand("list", rest="16")),
        ("Ta 16.", ParsedCommand("take", "2026-000016")),
        ("16.", ParsedCommand("show", "2026-000016")),
        ("Notera 16: Ringde 3 gånger.", ParsedCommand("note", "2026-000016", "Ringde 3 gånger.")),
        ("Status 16, avslutat.", ParsedCommand("status", "2026-000016", "avslutat.")),
        ("Färg röd 16.", ParsedCommand("colour", "2026-000016", "röd")),
        ("ta nr16", ParsedCommand("take", "2026-000016")),
        ("Ta ärende # 16", ParsedCommand("take", "2026-000016")),
        ("Hjälp?", ParsedCommand("help")),
        ("Mina.", ParsedCommand("list", rest="Mina.")),
        ("Sök: altan", ParsedCommand("search", rest="altan")),
        ("Öppna 16", ParsedCommand("show", "2026-000016")),
        ("ta\u200b 16", ParsedCommand("take", "2026-000016")),
        ("notera 16,5 meter", ParsedCommand("note", rest="16,5 meter")),
        (
            "notera hej. 16. Sen",
            ParsedCommand("note", rest="hej. 16. Sen", numbers=(("2026-000016", "hej. . Sen"),)),
        ),
    ],
)
def test_words_are_understood_in_both_languages(text: str, intended: ParsedCommand) -> None:
    assert parse(text, TODAY) == intended


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("button", "word"),
    [
        ("btn.show", "show"),
        ("btn.take", "take"),
        ("btn.release", "release"),
        ("btn.handover", "handover"),
        ("btn.status", "status"),
        ("btn.reopen", "status"),
        ("btn.write", "message"),
        ("btn.newnote", "note"),
        ("btn.note", "note"),
        ("btn.completion", "completion"),
        ("btn.decision", "decision"),
        ("btn.officers", "assign"),
        ("btn.colour", "colour"),
        ("btn.flag", "flag"),
        ("btn.edit", "edit"),
        ("btn.link", "link"),
        ("btn.summary", "summary"),
        ("btn.delay", "delay"),
        ("btn.refusal", "refusal"),
        ("btn.tools", "tools"),
        ("btn.unread", "tools"),
        ("hold.title", "tools"),
        ("label.protected", "tools"),
        ("btn.mark", "tools"),
        ("btn.hold", "tools"),
        ("btn.unhold", "tools"),
    ],
)
def test_what_a_button_of_the_case_says_may_be_typed_before_its_number(
    language: str, button: str, word: CommandWord
) -> None:
    label = words(language)(button, the_applicant={"sv": "sökanden", "en": "the applicant"}[language])
    assert parse(f"{label} 16", TODAY) == ParsedCommand(word, "2026-000016")


async def run_command(
    harness: SlackHarness, user: str, text: str, command: str = "/arende", channel: str = BYGGLOV_CHANNEL
) -> str:
    """What the person is told."""
    result = await harness.person(user).slash(channel, command, text)
    assert result["ok"], result["error"]
    assert result["warnings"] == []
    await harness.wait_until_idle()
    return harness.last_ephemeral(user)


def find_button(person: Colleague, text: str) -> dict[str, Any]:
    blocks = person.ephemerals()[-1]["blocks"]
    return next(
        element
        for block in blocks
        for element in [*block.get("elements", []), block.get("accessory", {})]
        if element.get("text", {}).get("text") == text  # type: ignore[union-attr]
    )


async def test_a_number_opens_the_case(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    anna = any_harness.person(ANNA)
    result = await anna.slash(BYGGLOV_CHANNEL, "/arende", "1")
    assert result["ok"]
    view = await anna.wait_until(lambda: (v := anna.view) and "Uppgifter i ärendet" in str(v) and v)
    assert view["title"]["text"] == case.number


async def test_a_case_is_taken_and_given_back_by_words(any_harness: SlackHarness) -> None:
    case = await any_harness.submit()
    wording = await run_command(any_harness, ANNA, "ta 1")
    assert wording == f"Du har tagit {case.number} · Ansökan om bygglov."
    assert (await any_harness.load_case(case)).officers == ("anna-berg",)
    assert await run_command(any_harness, ANNA, "release 1", "/case") == (
        f"Du har lämnat tillbaka {case.number} · Ansökan om bygglov."
    )
    assert (await any_harness.load_case(case)).officers == ()


async def test_by_words_too_one_is_asked_how_on_a_case_that_someone_has(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("bjorn-ek", TakeCase(case_id=case.case_id))
    assert await run_command(harness, ANNA, "ta 1") == ""
    anna = harness.person(ANNA)
    assert anna.view is not None and "Björn Ek är handläggare sedan" in str(anna.view["blocks"])
    await anna.fill_and_submit({"mode": "over"})
    assert (await harness.load_case(case)).officers == ("anna-berg",)


async def test_an_unknown_number_and_one_that_may_not_be_seen_get_the_same_answer(
    harness: SlackHarness,
) -> None:
    case = await harness.submit("orosanmalan-barn")
    unknown = f"Det finns inget ärende {case.number}. Kontrollera numret."
    assert await run_command(harness, ANNA, "1") == unknown
    assert await run_command(harness, ANNA, "2") == "Det finns inget ärende 2026-000002. Kontrollera numret."
    assert await run_command(harness, ANNA, "ta 1") == unknown
    assert await run_command(harness, ANNA, "notera 1 Hej") == unknown


async def test_who_sees_only_their_own_cases_gets_it_too(harness: SlackHarness) -> None:
    await harness.submit()
    assert (
        await run_command(harness, PER_OLOV, "visa 1")
        == "Det finns inget ärende 2026-000001. Kontrollera numret."
    )


async def test_without_a_number_one_is_asked_before_anything_changes(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "1")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    assert await run_command(harness, ANNA, "ta") == f"Gäller det {case.number} · Ansökan om bygglov?"
    assert (await harness.load_case(case)).officers == ()
    await anna.press(BYGGLOV_CHANNEL, anna.ephemerals()[-1]["ts"], "case:take")
    assert (await harness.load_case(case)).officers == ("anna-berg",)


async def test_no_changes_nothing(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "1")
    await anna.wait_until(lambda: "Uppgifter i ärendet" in str(anna.view))
    await run_command(harness, ANNA, "ta")
    await anna.press(BYGGLOV_CHANNEL, anna.ephemerals()[-1]["ts"], "ask:no")
    await harness.wait_until_idle()
    assert harness.last_ephemeral(ANNA) == "Inget har ändrats."
    assert (await harness.load_case(case)).officers == ()


async def test_who_has_opened_nothing_is_told_how_to_name_a_case(harness: SlackHarness) -> None:
    assert await run_command(harness, ANNA, "lämna") == (
        "Skriv ärendets nummer efter ordet, till exempel /arende lämna 123."
    )
    assert "/case take 123" in await run_command(harness, JOSE, "take", "/case")


REVIEW = "Sökanden får läsa: ”En handläggare går igenom din ansökan och ser om något saknas.”"


async def choose(harness: SlackHarness, name: str) -> str:
    """Press the button of what is called so in the latest question. What Anna then is told."""
    anna = harness.person(ANNA)
    question = anna.ephemerals()[-1]
    row = next(one for one in question["blocks"] if one["text"]["text"].startswith(name))
    await anna.press(BYGGLOV_CHANNEL, question["ts"], row["accessory"]["action_id"], block_id=row["block_id"])
    await harness.wait_until_idle()
    return harness.last_ephemeral(ANNA)


@pytest.mark.parametrize("typed", ["första granskning", "granskning"])
async def test_what_a_status_tells_the_applicant_is_said_before_it_is_set_and_after(
    harness: SlackHarness, typed: str
) -> None:
    case = await harness.submit()
    question = await run_command(harness, ANNA, f"status 1 {typed}")
    assert question == f"Vill du ändra status på {case.number} · Ansökan om bygglov?"
    assert f"Första granskning\n{REVIEW}" in str(
        [one["text"] for one in harness.person(ANNA).ephemerals()[-1]["blocks"]]
    ).replace("\\n", "\n")
    assert (await harness.load_case(case)).status == "inskickat"
    assert await choose(harness, "Första granskning") == (
        f"{case.number} · Ansökan om bygglov har nu status Första granskning. {REVIEW}"
    )
    assert (await harness.load_case(case)).status == "granskning"


async def test_a_status_that_tells_the_applicant_nothing_is_set_at_once(harness: SlackHarness) -> None:
    case = await harness.submit("orosanmalan-barn")
    silent = next(
        one for one in harness.catalog.services["orosanmalan-barn"].statuses if one.kind == "in_progress"
    )
    answer = await run_command(harness, ELIN, f"status 1 {silent.name.sv}", channel=SOCIAL_CHANNEL)
    assert answer == f"{case.number} har nu status {silent.name.sv}. Anmälaren får inget besked."
    assert (await harness.load_case(case)).status == silent.key


async def set_statuses(harness: SlackHarness, case: CommandResult, *statuses: str) -> None:
    """One after the other, by a colleague."""
    for previous, status in pairwise(("inskickat", *statuses)):
        await harness.perform("bjorn-ek", SetStatus(case_id=case.case_id, status=status, expected=previous))


async def test_a_closing_status_is_found_by_part_of_its_name(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await set_statuses(harness, case, "granskning", "komplett", "beslut")
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "status 1 avslutat")
    assert "Beslutet är klart." in str(await anna.wait_until(lambda: anna.view))


async def test_where_several_statuses_may_be_meant_one_is_asked_which(harness: SlackHarness) -> None:
    case = await harness.submit()
    await set_statuses(harness, case, "granskning", "komplett")
    assert await run_command(harness, ANNA, "status 1 pågående") == "Vilken status menar du med ”pågående”?"
    blocks = harness.person(ANNA).ephemerals()[-1]["blocks"][1:]
    rows = [one["text"]["text"] for one in blocks if one["type"] == "section"]
    assert [row.partition("\nSökanden får läsa: ”")[0] for row in rows] == [
        "Första granskning",
        "Kommunicering pågår",
        "Beslut skrivs",
    ]
    assert (await harness.load_case(case)).status == "komplett"
    assert (await choose(harness, "Beslut skrivs")).startswith(
        f"{case.number} · Ansökan om bygglov har nu status Beslut skrivs. Sökanden får läsa: ”"
    )


async def test_a_status_chosen_after_a_colleague_changed_it_is_refused(harness: SlackHarness) -> None:
    case = await harness.submit()
    await set_statuses(harness, case, "granskning", "komplett")
    await run_command(harness, ANNA, "status 1 beslut")
    await harness.perform(
        "bjorn-ek", SetStatus(case_id=case.case_id, status="kommunicering", expected="komplett")
    )
    assert "Björn Ek" in await choose(harness, "Beslut skrivs")
    assert (await harness.load_case(case)).status == "kommunicering"


async def test_a_mistyped_colour_is_asked_about(harness: SlackHarness) -> None:
    case = await harness.submit()
    assert await run_command(harness, ANNA, "färg oragne 1") == (
        f"Vilken färg menar du med ”oragne” för {case.number} · Ansökan om bygglov?"
    )
    assert (await harness.load_case(case)).colour == ""
    await choose(harness, "Orange")
    assert (await harness.load_case(case)).colour == "orange"


async def test_a_colour_named_before_the_number_is_that_cases(harness: SlackHarness) -> None:
    case, last = await harness.submit(), await harness.submit()
    await run_command(harness, ANNA, "2")
    await harness.person(ANNA).close(all=True)
    await run_command(harness, ANNA, "färg röd ärende 1")
    assert [(await harness.load_case(one)).colour for one in (case, last)] == ["red", ""]


async def test_a_number_within_a_note_is_asked_about_and_the_text_is_not_lost(harness: SlackHarness) -> None:
    case, last = await harness.submit(), await harness.submit()
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, "2")
    await anna.close(all=True)
    assert await run_command(harness, ANNA, "notera Grannen ringde 1") == "Vilket ärende gäller det?"
    assert anna.view is None
    blocks = anna.ephemerals()[-1]["blocks"][1:]
    rows = [one["text"]["text"][:11] for one in blocks if one["type"] == "section"]
    assert rows == [case.number, last.number]
    await choose(harness, case.number)
    view = await anna.wait_until(lambda: anna.view)
    assert case.number in str(view) and "'Grannen ringde'" in str(view)


async def test_a_case_named_in_a_text_and_not_to_be_seen_is_no_reason_to_take_another_unasked(
    harness: SlackHarness,
) -> None:
    last, hidden = await harness.submit(), await harness.submit("orosanmalan-barn")
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, "1")
    await anna.close(all=True)
    for typed in ("skriv hej i ärende 2", "notera hej. Ärende nr 2", f"notera hej i ärende {hidden.number}"):
        assert await run_command(harness, ANNA, typed) == "Vilket ärende gäller det?", typed
        assert anna.view is None
    await choose(harness, last.number)
    assert last.number in str(await anna.wait_until(lambda: anna.view))
    await anna.close(all=True)
    await run_command(harness, ANNA, "notera Ringde 2 gånger")
    assert last.number in str(await anna.wait_until(lambda: anna.view))


async def test_a_message_to_the_applicant_of_a_case_that_is_not_there_is_written_to_no_other(
    harness: SlackHarness,
) -> None:
    await harness.submit()
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, "1")
    await anna.close(all=True)
    unknown = "Det finns inget ärende 2026-000003. Kontrollera numret."
    for typed in ("skriv till sökanden 3", "begär komplettering 3", "avsluta med beslut 3"):
        assert await run_command(harness, ANNA, typed) == unknown and anna.view is None


async def test_a_preset_is_opened_by_what_its_button_says(harness: SlackHarness) -> None:
    case = await harness.submit()
    anna = harness.person(ANNA)
    assert await run_command(harness, ANNA, "begär komplettering 1") == ""
    view = await anna.wait_until(lambda: (v := anna.view) and "Det som saknas" in str(v) and v)
    assert case.number in str(view) and "Väntar på komplettering" in str(view)


async def test_a_delay_may_be_told_of_at_any_time_and_a_request_refused_only_where_one_waits(
    harness: SlackHarness,
) -> None:
    await harness.submit()
    anna = harness.person(ANNA)
    assert "Ingen väntar på svar" in await run_command(harness, ANNA, "avslå begäran 1")
    assert anna.view is None
    await run_command(harness, ANNA, "underrätta om försening 1")
    await anna.wait_until(lambda: "Underrättelse om försening" in str(anna.view))


@pytest.mark.parametrize("typed", ["verktyg 1", "gallringsstopp 1", "markera som oläst 1", "skydda 1"])
async def test_what_is_among_the_tools_is_found_there(harness: SlackHarness, typed: str) -> None:
    await harness.submit()
    anna = harness.person(ANNA)
    assert await run_command(harness, ANNA, typed) == ""
    await anna.wait_until(lambda: "case:unread" in str(anna.view) and "case:hold" in str(anna.view))


async def test_who_asks_to_be_shown_a_list_is_told_how(harness: SlackHarness) -> None:
    told = await run_command(harness, ANNA, "visa försenade ärenden")
    assert told == "Jag förstod inte ”försenade ärenden”. Menade du /arende lista försenade ärenden?"


async def test_of_several_numbers_one_is_asked_which_is_meant(harness: SlackHarness) -> None:
    cases = [await harness.submit() for _ in range(2)]
    assert (await run_command(harness, ANNA, "ta 1 2")).endswith("välj Markera flera i en lista.")
    assert [(await harness.load_case(one)).officers for one in cases] == [(), ()]
    await choose(harness, cases[1].number)
    assert [(await harness.load_case(one)).officers for one in cases] == [(), ("anna-berg",)]
    for word in ("lämna", "visa", "färg röd"):
        told = await run_command(harness, ANNA, f"{word} 8 9")
        assert told == "Det finns inget ärende 2026-000008. Kontrollera numret."


@pytest.mark.parametrize(("typed", "assignees"), [("ta inte 1", ()), ("lämna kvar 1", ("anna-berg",))])
async def test_words_that_are_not_understood_beside_the_number_are_asked_about(
    harness: SlackHarness, typed: str, assignees: tuple[str, ...]
) -> None:
    case = await harness.submit()
    if assignees:
        await run_command(harness, ANNA, "ta 1")
    leftover = typed.split()[1]
    told = await run_command(harness, ANNA, typed)
    assert told == f"Jag förstod inte ”{leftover}”. Gäller det {case.number} · Ansökan om bygglov?"
    assert (await harness.load_case(case)).officers == assignees


@pytest.mark.parametrize("typed", ["ta bort bilagan på 1", "ta bort björn från 1", "delete 1 now"])
async def test_where_something_else_may_be_to_be_removed_no_deletion_is_opened(
    harness: SlackHarness, typed: str
) -> None:
    await harness.submit()
    assert "Det här kan du skriva" in await run_command(harness, ANNA, typed)
    assert harness.person(ANNA).view is None


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("visa mina", "Jag förstod inte ”mina”. Menade du /arende lista mina?"),
        ("historik bygglov", "Skriv ärendets nummer efter ordet, till exempel /arende historik 123."),
        ("ändra telefonnummer", "Skriv ärendets nummer efter ordet, till exempel /arende ändra 123."),
    ],
)
async def test_a_word_in_the_numbers_place_opens_no_case(
    harness: SlackHarness, typed: str, answer: str
) -> None:
    await harness.submit()
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, "1")
    await anna.close(all=True)
    assert await run_command(harness, ANNA, typed) == answer
    assert not anna.view


async def test_a_number_within_a_note_that_is_no_case_is_part_of_the_text(harness: SlackHarness) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await run_command(harness, ANNA, "1")
    await anna.close(all=True)
    await run_command(harness, ANNA, "notera Ringde 3 gånger")
    view = await anna.wait_until(lambda: anna.view)
    assert case.number in str(view) and "'Ringde 3 gånger'" in str(view)


async def test_a_status_that_asks_for_a_message_opens_the_dialog_with_the_choice_made(
    harness: SlackHarness,
) -> None:
    await harness.submit()
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "status 1 väntar på komplettering")
    view = await anna.wait_until(lambda: anna.view)
    assert "Sökanden får läsa: ”Något saknas" in str(view)


async def test_a_status_that_may_not_follow_is_told_with_those_that_may(harness: SlackHarness) -> None:
    case = await harness.submit()
    wording = await run_command(harness, ANNA, "status 1 kompletterat")
    assert wording.startswith("Från Inskickat går det inte att välja Kompletterat. Du kan välja ")
    assert "Första granskning" in wording
    assert harness.person(ANNA).view is None
    assert (await harness.load_case(case)).status == "inskickat"


@pytest.mark.parametrize("typed_after", ["status 1 rosa", "status 1 inskickat"])
async def test_a_status_that_there_is_none_of_or_that_the_case_has_opens_no_dialog(
    harness: SlackHarness, typed_after: str
) -> None:
    case = await harness.submit()
    result = {
        "status 1 rosa": "E-tjänsten har ingen status som heter ”rosa”. Du kan välja ",
        "status 1 inskickat": f"{case.number} · Ansökan om bygglov har redan status Inskickat.",
    }
    assert (await run_command(harness, ANNA, typed_after)).startswith(result[typed_after])
    assert harness.person(ANNA).view is None


async def test_a_status_without_a_number_opens_the_dialog_of_the_case_last_opened(
    harness: SlackHarness,
) -> None:
    case, anna = await harness.submit(), harness.person(ANNA)
    await run_command(harness, ANNA, "1")
    await anna.close(all=True)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "status första granskning")
    view = await anna.wait_until(lambda: anna.view)
    assert case.number in str(view)
    assert "'initial_option': {'text': {'type': 'plain_text', 'text': 'Första granskning'" in str(view)
    assert (await harness.load_case(case)).status == "inskickat"


async def test_a_colour_that_there_is_none_of_is_told_with_those_that_there_are(
    harness: SlackHarness,
) -> None:
    await harness.submit()
    assert await run_command(harness, ANNA, "färg 1 randig") == (
        "Det finns ingen färg som heter ”randig”. Du kan välja Ingen, Röd, Orange, Gul, Grön, Blå och Lila."
    )


async def test_the_history_is_opened_by_words(harness: SlackHarness) -> None:
    await harness.submit()
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/case", "history 1")
    assert await anna.wait_until(lambda: "Ärendet kom in." in str(anna.view))


async def test_a_note_with_its_text_opens_the_dialog(harness: SlackHarness) -> None:
    await harness.submit()
    anna = harness.person(ANNA)
    await anna.slash(BYGGLOV_CHANNEL, "/arende", "notera 1 Ringde & <frågade> igen")
    view = await anna.wait_until(lambda: anna.view)
    assert "Ringde & <frågade> igen" in str(view)


async def test_lists_are_private_and_lead_to_the_cases(harness: SlackHarness) -> None:
    for _ in range(12):
        await harness.submit()
    assert await run_command(harness, ANNA, "lista obehandlade") == "Obehandlade ärenden: 12"
    anna = harness.person(ANNA)
    blocks = anna.ephemerals()[-1]["blocks"]
    assert sum("accessory" in block for block in blocks) == 10
    assert "De 10 senaste visas." in str(blocks)
    assert await run_command(harness, ANNA, "") == "Du har inga ärenden."
    assert await run_command(harness, ANNA, "list closed", "/case") == "Inga ärenden är avslutade."


async def test_a_short_list_leads_to_all_of_it(harness: SlackHarness) -> None:
    for _ in range(12):
        await harness.submit()
    await run_command(harness, ANNA, "lista obehandlade")
    anna = harness.person(ANNA)
    await anna.press(BYGGLOV_CHANNEL, anna.ephemerals()[-1]["ts"], "home:list:unhandled")
    await anna.wait_until(lambda: "Obehandlade · 12 ärenden" in str(anna.view))
    assert harness.warnings() == [] and harness.failed_calls() == []


async def test_the_overdue_cases_are_listed_the_earliest_day_first_and_gone_through(
    harness: SlackHarness,
) -> None:
    assert await run_command(harness, ANNA, "lista försenade") == "Inga ärenden är försenade."
    first = await harness.submit()
    harness.clock.advance(days=14)
    second = await harness.submit()
    harness.clock.advance(days=120)
    await harness.submit()
    assert await run_command(harness, ANNA, "list overdue", "/case") == "Försenade ärenden: 2"
    anna = harness.person(ANNA)
    rows = [block for block in anna.ephemerals()[-1]["blocks"] if "accessory" in block]
    assert [row["text"]["text"][1:12] for row in rows] == [first.number, second.number]
    await anna.press(BYGGLOV_CHANNEL, anna.ephemerals()[-1]["ts"], "case:show", block_id=rows[0]["block_id"])
    await anna.wait_until(lambda: "Nästa ärende" in str(anna.view))
    await anna.press_in_view("case:step:next")
    await anna.wait_until(lambda: second.number in str(anna.view))
    assert "Nästa ärende" not in str(anna.view)


async def test_what_is_to_be_done_is_listed_as_in_home(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    assert await run_command(harness, ANNA, "lista att göra") == "Inget väntar på dig just nu."
    harness.clock.advance(days=120)
    assert await run_command(harness, ANNA, "lista att göra") == "Att göra: 1"


async def test_a_mistyped_list_is_asked_about_and_one_that_there_is_not_is_told(
    harness: SlackHarness,
) -> None:
    assert await run_command(harness, ANNA, "lista flagade") == (
        "Jag förstod inte ”flagade”. Menade du /arende lista flaggade?"
    )
    assert (await run_command(harness, ANNA, "lista xyzzy")).startswith("Jag förstår inte ”xyzzy”.")


async def test_a_list_is_limited_in_words_and_worked_through(harness: SlackHarness) -> None:
    first, second, _ = [await harness.submit() for _ in range(3)]
    for case in (first, second):
        await run_command(harness, ANNA, f"ta {case.number}")
    assert await run_command(harness, ANNA, "lista anna bygglov sedan 1 januari") == (
        "Ansökan om bygglov, Anna Berg, Inkom från och med 1 jan. 2026: 2"
    )
    anna = harness.person(ANNA)
    result = anna.ephemerals()[-1]
    row = next(block["block_id"] for block in result["blocks"] if "accessory" in block)
    await anna.press(BYGGLOV_CHANNEL, result["ts"], "case:show", block_id=row)
    await anna.wait_until(lambda: "Nästa ärende" in str(anna.view))
    await anna.press_in_view("case:step:next")
    await anna.wait_until(lambda: first.number in str(anna.view))
    assert await run_command(harness, ANNA, "lista röda bygglov") == (
        "Inga ärenden motsvarar urvalet Ansökan om bygglov, Röd."
    )
    assert await run_command(harness, ANNA, "lista försenade bygglv") == (
        "Jag förstod inte ”bygglv”. Menade du /arende lista försenade bygglov?"
    )


async def test_a_list_is_worked_through_without_closing(harness: SlackHarness) -> None:
    first, second, third = [await harness.submit() for _ in range(3)]
    await run_command(harness, ANNA, "lista obehandlade")
    anna = harness.person(ANNA)
    result = anna.ephemerals()[-1]
    row = next(block["block_id"] for block in result["blocks"] if "accessory" in block)
    await anna.press(BYGGLOV_CHANNEL, result["ts"], "case:show", block_id=row)
    await anna.wait_until(lambda: "Nästa ärende" in str(anna.view))
    assert "Föregående ärende" not in str(anna.view)
    await anna.press_in_view("case:step:next")
    await anna.wait_until(lambda: second.number in str(anna.view))
    # A form that is laid on top leads back into the list.
    await anna.press_in_view("case:tab:notes")
    await anna.wait_until(lambda: "Inga noteringar än." in str(anna.view))
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


async def test_an_empty_list_leads_to_the_overview_which_counts_the_others(harness: SlackHarness) -> None:
    await harness.submit()
    assert await run_command(harness, ANNA, "översikt") == "Du har inga ärenden."
    anna = harness.person(ANNA)
    await anna.press(BYGGLOV_CHANNEL, anna.ephemerals()[-1]["ts"], "home:list:mine")
    await anna.wait_until(lambda: "Obehandlade (1)" in str(anna.view))
    assert "Mina · 0 ärenden" in str(anna.view)


async def test_a_list_shows_one_nothing_of_others(harness: SlackHarness) -> None:
    await harness.submit("orosanmalan-barn")
    assert await run_command(harness, ANNA, "lista alla") == "Det finns inga ärenden."
    await run_command(harness, ELIN, "lista alla", channel=SOCIAL_CHANNEL)
    listed = str(harness.person(ELIN).ephemerals()[-1]["blocks"])
    assert "2026-000001" in listed
    assert "Oros" not in listed


async def test_ones_own_cases_are_listed_when_nothing_is_typed(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    assert await run_command(harness, ANNA, "") == "Dina ärenden: 1"


async def test_a_mistyped_word_is_answered_with_the_nearest(harness: SlackHarness) -> None:
    assert await run_command(harness, ANNA, "lsita") == "Jag förstod inte ”lsita”. Menade du /arende lista?"


async def test_a_word_that_is_like_none_is_named_above_what_there_is(harness: SlackHarness) -> None:
    assert (
        await run_command(harness, ANNA, "xyzzy <b>7") == "Jag förstod inte ”xyzzy”. Det här kan du skriva:"
    )
    assert "frånvaro" in str(harness.person(ANNA).ephemerals()[-1]["blocks"])


async def test_people_are_named_after_till(harness: SlackHarness) -> None:
    case = await harness.submit()
    told = await run_command(harness, ANNA, f"ge {case.number} till Björn")
    assert told == f"Handläggare i {case.number} · Ansökan om bygglov är nu Björn Ek."


async def test_help_lists_what_there_is(harness: SlackHarness) -> None:
    assert await run_command(harness, ANNA, "hjälp") == "Så här arbetar du med /arende"
    assert "frånvaro" in str(harness.person(ANNA).ephemerals()[-1]["blocks"])
    assert await run_command(harness, JOSE, "help", "/case") == "How to work with /case"


async def test_what_is_typed_pings_nobody(harness: SlackHarness) -> None:
    wording = await run_command(harness, ANNA, "<!channel>")
    assert "<!channel>" not in wording
    assert "<" not in wording


@pytest.mark.parametrize(
    "typed", ["ta ärende nr. １", "visa １", "ta １", "visa {year}-０００００１", "visa ١"]
)
async def test_a_number_in_other_digits_is_the_same_number(harness: SlackHarness, typed: str) -> None:
    """As where a number is searched for: a keyboard for Japanese types full-width digits."""
    case, anna = await harness.submit(), harness.person(ANNA)
    year = "".join(chr(ord(digit) + 0xFEE0) for digit in case.number[:4])
    await anna.slash(BYGGLOV_CHANNEL, "/arende", typed.format(year=year))
    await harness.wait_until_idle()
    if typed.startswith("ta"):
        assert (await harness.load_case(case)).officers == ("anna-berg",)
    else:
        assert case.number in str(anna.view)
