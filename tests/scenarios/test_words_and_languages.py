"""Commands in words, in both languages, and each officer's own language."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.running_program import (
    BUILDING,
    Installation,
    RunningProgram,
    folder_of,
    message_text,
    number_in,
    run_program,
)

FAULT = {
    "svar_typ": "belysning",
    "svar_bradskande": "false",
    "svar_omrade": "norra",
    "svar_plats": "Lyktstolpe 4417",
}
PARK = "felanmalan-gata-park"


@pytest.fixture
async def number(program: RunningProgram) -> str:
    number = await program.applicant().apply()
    await program.wait_for_card(number)
    return number


async def test_a_case_is_taken_given_back_and_moved_on_in_words(program: RunningProgram, number: str) -> None:
    anna = program.officer("anna-berg")
    await anna.run_command(f"ta {number}")
    await program.wait_for_card(number, "Anna Berg")
    await anna.run_command(f"LAMNA {int(number[-6:])}")
    await program.wait_for_card(number, "Ingen")
    await anna.run_command(f"status {number} första granskning")
    await anna.wait_for_private_line("Vill du ändra status på")
    await anna.press(program.channel(), anna.ephemerals()[-1]["ts"], "status:chosen")
    await program.wait_for_card(number, "Första granskning")
    await anna.run_command(f"take {number}", "/case")
    assert await program.wait_for_card(number, "Anna Berg")


async def test_a_number_that_may_not_be_seen_is_answered_as_one_that_is_not(
    program: RunningProgram, number: str
) -> None:
    zeynep = program.officer("zeynep-yildirim")
    wording = []
    for typed in (number, "2026-009999"):
        before = len(zeynep.ephemerals())
        await zeynep.run_command(f"visa {typed}", service="forskola")
        result = await zeynep.wait_until(lambda before=before: zeynep.ephemerals()[before:])
        wording.append(str(result[-1]["text"]).replace(typed, "X"))
    assert wording[0] == wording[1] == "Det finns inget ärende X. Kontrollera numret." and zeynep.view is None


async def test_a_message_is_never_sent_by_a_command(program: RunningProgram, number: str) -> None:
    anna = program.officer("anna-berg")
    await anna.run_command(f"meddela {number} Hej på dig")
    await anna.wait_for_view_text("Hej på dig")
    await program.advance_and_deliver(30)
    assert (await program.load_case(number)).messages == ()


async def test_a_word_nobody_knows_is_met_with_the_nearest(program: RunningProgram, number: str) -> None:
    anna = program.officer("anna-berg")
    await anna.run_command(f"visaa {number}")
    assert await anna.wait_for_private_line(f"Jag förstod inte ”visaa”. Menade du /arende visa {number}?")


async def test_an_english_speaking_officer_is_answered_in_english(program: RunningProgram) -> None:
    jose = program.officer("jose-fernandez")
    number = await program.applicant().apply(PARK, om_who="named", **FAULT)
    card = await program.wait_for_card(number)
    assert "Ta ärendet" in message_text(card)
    await jose.open_dialog(number, "case:status", "case:status:submit")
    assert jose.view is not None and jose.view["title"]["text"] == "Change status"
    await jose.close()
    await jose.run_command("show 2026-009999", "/case", service=PARK)
    await jose.wait_for_private_line("There is no case 2026-009999.")


async def test_an_english_speaking_applicant_reads_english_pages_and_mails(program: RunningProgram) -> None:
    eva, anna = program.applicant(), program.officer("anna-berg")
    form = (await eva.open_form(language="en")).fill(om_p0_name=eva.name, om_p0_email=eva.email, **BUILDING)
    number = number_in(await eva.browser.submit(form))
    await program.wait_for_card(number)
    await anna.send_message(number, "Hello")
    await program.advance_and_deliver(21)
    mail = await eva.wait_for_mail(f"New message in your case {number}")
    page = await eva.browser.get(mail.links()[0])
    assert "Open your message" in page.text


@pytest.fixture
async def english(sqlite_url: str, tmp_path: Path) -> AsyncIterator[RunningProgram]:
    """Where the streets' channel reads English."""
    folder = folder_of(tmp_path / "catalog")
    place = folder / "services" / f"{PARK}.yaml"
    place.write_text(place.read_text("utf-8") + "\ncard_language: en\n", "utf-8")
    async with run_program(Installation(tmp_path, sqlite_url, folder)) as program:
        yield program


async def test_a_card_speaks_its_channels_language(english: RunningProgram) -> None:
    number = await english.applicant().apply(PARK, om_who="named", **FAULT)
    card = message_text(await english.wait_for_card(number))
    assert "Take case" in card and "Report a fault" in card and "Ta ärendet" not in card
