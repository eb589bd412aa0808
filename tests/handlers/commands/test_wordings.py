"""What officers type otherwise than the help says it, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import cycle, islice
from typing import Any

import pytest

from bot.domain.assignment import TakeCase
from bot.handlers.commands import parser
from bot.handlers.commands.parser import parse
from tests.handlers.commands.test_commands import BYGGLOV_CHANNEL, run_command
from tests.handlers.slack_harness import ANNA, SlackHarness

TODAY = date(2026, 11, 23)
SEVERAL = "Kommandot gäller ett ärende i taget. Välj ärendena ett efter ett."


@pytest.mark.parametrize(
    ("typed", "word", "rest"),
    [
        ("stäng 28 och 29", "status", ""),
        ("stäng 28, 29", "status", ""),
        ("avsluta 28 & 29", "status", ""),
        ("ta 28 och 29", "take", ""),
        ("lämna 28 + 29", "release", ""),
        ("status 28 29 granskning", "status", "granskning"),
        ("färg röd 28 och 29", "colour", "röd"),
        ("tilldela 28 och 29 Björn", "assign", "Björn"),
        ("notera 28 och 29 Ringde 3 gånger", "note", "Ringde 3 gånger"),
        ("28 och 29 stäng", "status", ""),
        ("28 29", "show", ""),
        ("close 28 and 29", "status", ""),
    ],
)
def test_of_several_cases_none_is_chosen(typed: str, word: str, rest: str) -> None:
    parsed = parse(typed, TODAY)
    assert (parsed.word, parsed.number, parsed.all_cases) == (word, "", True)
    assert parsed.numbers == (("2026-000028", rest), ("2026-000029", rest))


@pytest.mark.parametrize(
    ("typed", "number", "rest"),
    [
        ("notera 28 29 platser", "2026-000028", "29 platser"),
        ("notera 28 och sedan 29", "2026-000028", "och sedan 29"),
        ("koppla 28 29", "2026-000028", "29"),
        ("status 28 och", "2026-000028", "och"),
    ],
)
def test_a_number_in_a_text_is_no_further_case(typed: str, number: str, rest: str) -> None:
    parsed = parse(typed, TODAY)
    assert (parsed.number, parsed.rest, parsed.all_cases) == (number, rest, False)


@pytest.mark.parametrize(
    ("typed", "word", "rest"),
    [
        ("lämna 29 till josé", "handover", "till josé"),
        ("29 lämna åt Björn", "handover", "åt Björn"),
        ("lämna över 29 till Björn", "handover", "till Björn"),
        ("överlåt 29 Björn", "handover", "Björn"),
        ("release 29 to Björn", "handover", "to Björn"),
        ("lämna tillbaka 29", "release", ""),
        ("lämna 29 tills vidare", "release", "tills vidare"),
        ("ta över 29", "take", ""),
        ("status 29 dubblett av 16", "link", "dubblett av 16"),
        ("stäng 29 som dubblett av 16", "link", "som dubblett av 16"),
        ("status 29 dubblett", "status", "dubblett"),
    ],
)
def test_a_word_is_read_with_what_stands_after_it(typed: str, word: str, rest: str) -> None:
    parsed = parse(typed, TODAY)
    assert (parsed.word, parsed.number, parsed.rest) == (word, "2026-000029", rest)


@pytest.mark.parametrize(
    ("typed", "language", "suggestions"),
    [
        ("mall", "sv", ()),
        ("mall", "en", ()),
        ("lst", "sv", ("lista",)),
        ("lst", "en", ("list",)),
        ("histo", "sv", ("historik",)),
        ("histo", "en", ("history",)),
        ("shw", "sv", ("show",)),  # plainly English
        ("mail", "sv", ("mailing",)),
        ("flagade", "sv", ("lista flaggade",)),
        ("histori 28", "sv", ("historik 28",)),
        ("vem har 28", "sv", ("visa 2026-000028",)),
        ("who has 28", "en", ("show 2026-000028",)),
        ("vem har 28 och 29", "sv", ()),
    ],
)
def test_a_suggestion_is_in_the_officers_language(
    typed: str, language: str, suggestions: tuple[str, ...]
) -> None:
    assert parse(typed, TODAY, language).suggestions == suggestions


async def test_several_cases_are_asked_about_one_by_one(harness: SlackHarness) -> None:
    cases = [await harness.submit() for _ in range(2)]
    assert (await run_command(harness, ANNA, "stäng 1 och 2")).startswith(SEVERAL)
    assert [(await harness.load_case(one)).status for one in cases] == ["inskickat"] * 2
    rows = str(harness.person(ANNA).ephemerals()[-1]["blocks"])
    assert all(one.number in rows for one in cases)


@pytest.mark.parametrize(
    ("typed", "missing"),
    [
        ("ta 1 och 2", ""),
        ("ta 1 och 99", "2026-000099"),
        ("ta 1, 2 och " + " ".join(str(number) for number in range(91, 99)), "2026-000091, 2026-000092"),
        ("ta 1 " + " ".join(str(number) for number in range(80, 95)), "2026-000088, …"),
    ],
)
async def test_of_several_cases_those_that_get_no_button_are_named(
    harness: SlackHarness, typed: str, missing: str
) -> None:
    for _ in range(2):
        await harness.submit()
    reply = await run_command(harness, ANNA, typed)
    assert reply.startswith(SEVERAL) and ("Utan knapp: " in reply) == bool(missing)
    assert missing in reply


async def test_a_case_is_handed_over_in_the_dialog_that_shows_what_changes(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, "lämna 1 till björn")
    assert anna.view is not None and anna.view["title"]["text"] == "Lämna över"
    assert "Läggs till: Björn Ek · Tas bort: Anna Berg" in str(anna.view)
    assert (await harness.load_case(case)).officers == ("anna-berg",)
    await anna.submit()
    assert (await harness.load_case(case)).officers == ("bjorn-ek",)


async def test_a_case_is_handed_over_to_nobody_who_may_not_have_it(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    told = await run_command(harness, ANNA, "lämna 1 till josé")
    assert told.startswith("Jag hittar ingen som heter ”josé”")
    assert "case:release" not in str(harness.person(ANNA).ephemerals()[-1])
    assert (await harness.load_case(case)).officers == ("anna-berg",)


async def test_a_status_that_is_a_link_opens_the_dialog_of_links(harness: SlackHarness) -> None:
    case, other = await harness.submit(), await harness.submit()
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, "status 2 dubblett av 1")
    assert anna.view is not None and anna.view["title"]["text"] == "Koppla ärenden"
    await anna.submit()
    now = await harness.load_case(other)
    assert (now.links[0].kind, now.links[0].other, now.status) == ("duplicate_of", case.case_id, "dubblett")


@pytest.mark.parametrize("typed", ["björns", "Björns ärenden", "Björn's", "åt Björn Eks", "BJÖRNS bygglov"])
async def test_a_name_in_the_genitive_finds_the_person_in_lists(harness: SlackHarness, typed: str) -> None:
    case = await harness.submit()
    await harness.perform("bjorn-ek", TakeCase(case_id=case.case_id))
    assert (await run_command(harness, ANNA, f"lista {typed}")).endswith("Björn Ek: 1")


async def test_a_name_in_the_genitive_is_given_the_case(harness: SlackHarness) -> None:
    case = await harness.submit()
    told = await run_command(harness, ANNA, "ge 1 till björns")
    assert told.startswith(f"Handläggare i {case.number}") and "Björn Ek" in told


async def test_a_name_in_the_genitive_is_found_by_searching(harness: SlackHarness) -> None:
    await harness.submit()
    for typed in ("evas", "Eva Eks", "Eva's"):
        assert await run_command(harness, ANNA, f"sök {typed}") == "1 träff", typed


@pytest.mark.parametrize("typed", ["rött", "röda", "Röd.", "red"])
async def test_a_colour_may_be_inflected(harness: SlackHarness, typed: str) -> None:
    case = await harness.submit()
    assert "Röd" in await run_command(harness, ANNA, f"färg 1 {typed}")
    assert (await harness.load_case(case)).colour == "red"


async def test_an_officer_is_named_by_their_address_too(harness: SlackHarness) -> None:
    case = await harness.submit()
    await run_command(harness, ANNA, "tilldela 1 bjorn.ek@lindsjo.example")
    assert (await harness.load_case(case)).officers == ("bjorn-ek",)


async def test_a_list_is_suggested_in_the_officers_language(harness: SlackHarness) -> None:
    told = await run_command(harness, ANNA, "lista allla")
    assert told == "Jag förstod inte ”allla”. Menade du /arende lista alla?"


async def test_a_mistyped_first_name_is_asked_about(harness: SlackHarness) -> None:
    told = await run_command(harness, ANNA, "lista bjrön")
    assert told == "Jag förstod inte ”bjrön”. Menade du /arende lista Björn Ek?"


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("1 röd", "/arende färg 2026-000001 röd eller /arende visa 2026-000001"),
        ("1 Björn Ek", "/arende tilldela 2026-000001 Björn Ek eller /arende visa 2026-000001"),
        ("1 blorf", "/arende visa 2026-000001"),
        ("1 klar", "/arende avsluta 2026-000001 eller /arende visa 2026-000001"),
        ("1 till Björn", "/arende tilldela 2026-000001 till Björn eller /arende visa 2026-000001"),
    ],
)
async def test_what_stands_after_the_number_alone_is_asked_about_and_not_left_out(
    harness: SlackHarness, typed: str, suggested: str
) -> None:
    case = await harness.submit()
    told = await run_command(harness, ANNA, typed)
    assert told == f"Jag förstod inte ”{typed[2:]}”. Menade du {suggested}?"
    unchanged = await harness.load_case(case)
    assert (unchanged.colour, unchanged.officers) == ("", ())


async def test_a_status_after_the_number_alone_is_asked_about(harness: SlackHarness) -> None:
    case = await harness.submit()
    before = await harness.load_case(case)
    told = await run_command(harness, ANNA, "1 pågår")
    assert told.startswith("Jag förstod inte ”pågår”. Menade du /arende status 2026-000001 pågår eller")
    assert (await harness.load_case(case)).status == before.status


@pytest.mark.parametrize(
    "typed",
    [
        "förfallna",
        "Förfallna ärenden.",
        "lediga",
        "otilldelade ärenden",
        "nya ärenden",
        "my cases",
        "unassigned cases",
        "Björn Ek",
    ],
)
async def test_a_list_in_everyday_words_is_shown_without_its_word(harness: SlackHarness, typed: str) -> None:
    told = await run_command(harness, ANNA, typed)
    assert "förstod inte" not in told and "Det här kan du skriva" not in told


async def test_a_case_is_handed_over_to_somebody(harness: SlackHarness) -> None:
    case = await harness.submit()
    await harness.perform("anna-berg", TakeCase(case_id=case.case_id))
    anna = harness.person(ANNA)
    await run_command(harness, ANNA, "lämna 1 till björn")
    assert (await anna.fill_and_submit({"holders": []}))["errors"]
    assert (await harness.load_case(case)).officers == ("anna-berg",)


async def test_a_name_from_right_to_left_keeps_to_its_place_in_a_sentence(harness: SlackHarness) -> None:
    told = await run_command(harness, ANNA, "مريم")
    assert told.startswith("Jag förstod inte ”\u2068مريم\u2069”.")


@pytest.mark.parametrize(
    ("typed", "word", "rest"),
    [
        ("give 2 back", "release", ""),
        ("ge 2 tillbaka", "release", ""),
        ("lämna 2 tillbaka.", "release", ""),
        ("hand 2 back", "release", ""),
        ("ge 2 till Tillbakasson", "assign", "till Tillbakasson"),
        ("öppna 2 igen", "status", ""),
        ("\u201dta 2\u201d", "take", ""),
        ("\u201cTa 2\u201d", "take", ""),
        ("jag tar 2", "take", ""),
        ("lämna tillbaks 2", "release", ""),
        ("ta bort flaggan 2", "unflag", ""),
        ("byt handläggare 2 Björn", "handover", "Björn"),
        ("skriv ut 2", "summary", ""),
    ],
)
def test_everyday_words_and_their_particles_are_understood(typed: str, word: str, rest: str) -> None:
    parsed = parse(typed, TODAY)
    assert (parsed.word, parsed.number, parsed.rest, parsed.unknown_word) == (word, "2026-000002", rest, "")


def test_a_quotation_in_a_text_is_kept() -> None:
    assert parse("notera 2 Hen sa \u201dnej\u201d", TODAY).rest == "Hen sa \u201dnej\u201d"


def test_numbers_with_a_comma_and_no_space_are_several_cases_and_in_a_text_one_number() -> None:
    assert [number for number, _ in parse("ta 1,2", TODAY).numbers] == ["2026-000001", "2026-000002"]
    assert parse("notera 1 yta 1,2 m", TODAY).rest == "yta 1,2 m"


async def test_each_of_several_cases_is_taken_in_the_same_question(harness: SlackHarness) -> None:
    cases = [await harness.submit() for _ in range(2)]
    anna = harness.person(ANNA)
    assert (await run_command(harness, ANNA, "ta 1 och 2")).startswith(SEVERAL)
    question = anna.ephemerals()[-1]
    rows = [block["block_id"] for block in question["blocks"] if "accessory" in block]
    for row in rows:
        result = await anna.press(BYGGLOV_CHANNEL, question["ts"], "case:take", block_id=row)
        assert result["ok"], result
        await harness.wait_until_idle()
        assert any(SEVERAL in one["text"] for one in anna.ephemerals())
    assert [(await harness.load_case(one)).officers for one in cases] == [("anna-berg",)] * 2


@pytest.mark.parametrize(
    "typed",
    [
        "visa 1 blorf",
        "historik 1 blorf",
        "sammanställning 1 blorf",
        "ändra 1 blorf",
        "ta bort 1 blorf",
        "återställ 1 blorf",
        "ta 1 blorf",
        "lämna 1 blorf",
        "avflagga 1 blorf",
        "tilldela 1 blorf",
        "färg 1 blorf",
        "status 1 blorf",
        "1 blorf",
        "blorf 1",
        "nytt blorf",
        "inställningar blorf",
        "interna blorf",
        "frånvaro blorf",
        "lista blorf",
        "utskick blorf",
        "exportera mina blorf",
        "blorf",
    ],
)
async def test_a_word_that_is_not_used_is_named(harness: SlackHarness, typed: str) -> None:
    await harness.submit()
    told = await run_command(harness, ANNA, typed)
    assert "blorf" in told
    assert harness.person(ANNA).view is None


async def test_punctuation_alone_names_no_list(harness: SlackHarness) -> None:
    await harness.submit()
    assert "Det här kan du skriva" in await run_command(harness, ANNA, "?")


async def test_open_cases_are_suggested_and_not_all_cases(harness: SlackHarness) -> None:
    told = await run_command(harness, ANNA, "öppna ärenden")
    assert told.endswith("Menade du /arende lista öppna ärenden?")


@pytest.mark.parametrize("numbers", [range(1, 10), [0]], ids=["several", "one again and again"])
def test_of_thousands_of_numbers_only_the_first_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, numbers: Sequence[int]
) -> None:
    looks: list[tuple[Any, ...]] = []

    def counted(look: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given: looks.append(given) or look(*given)

    for name in ("find_numbers", "parse_leading_number"):
        monkeypatch.setattr(parser, name, counted(getattr(parser, name)))
    text = " ".join(str(one) for one in islice(cycle(numbers), 5_000))
    assert len(parse(f"ta {text}", TODAY).numbers) <= 20
    assert len(parse(text, TODAY).numbers) <= 20
    assert len(looks) < 200
