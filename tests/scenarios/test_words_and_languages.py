"""Commands in words, in both languages, and each officer's own language."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.town_hall import BUILDING, TownHall, Where, folder_of, number_in, open_for_business, seen

FAULT = {
    "svar_typ": "belysning",
    "svar_bradskande": "false",
    "svar_omrade": "norra",
    "svar_plats": "Lyktstolpe 4417",
}
PARK = "felanmalan-gata-park"


@pytest.fixture
async def number(hall: TownHall) -> str:
    number = await hall.applicant().applies()
    await hall.posted(number)
    return number


async def test_a_case_is_taken_given_back_and_moved_on_in_words(hall: TownHall, number: str) -> None:
    anna = hall.officer("anna-berg")
    await anna.types(f"ta {number}")
    await hall.posted(number, "Anna Berg")
    await anna.types(f"LAMNA {int(number[-6:])}")
    await hall.posted(number, "Obehandlat")
    await anna.types(f"status {number} första granskning")
    await hall.posted(number, "Första granskning")
    await anna.types(f"take {number}", "/case")
    assert await hall.posted(number, "Anna Berg")


async def test_a_number_that_may_not_be_seen_is_answered_as_one_that_is_not(
    hall: TownHall, number: str
) -> None:
    zeynep = hall.officer("zeynep-yildirim")
    said = []
    for typed in (number, "2026-009999"):
        before = len(zeynep.ephemerals())
        await zeynep.types(f"visa {typed}", service="forskola")
        told = await zeynep.wait_until(lambda before=before: zeynep.ephemerals()[before:])
        said.append(str(told[-1]["text"]).replace(typed, "X"))
    assert said[0] == said[1] == "Det finns inget ärende X." and zeynep.view is None


async def test_a_message_is_never_sent_by_a_command(hall: TownHall, number: str) -> None:
    anna = hall.officer("anna-berg")
    await anna.types(f"meddela {number} Hej på dig")
    await anna.sees_in_view("Hej på dig")
    await hall.later(30)
    assert (await hall.case(number)).messages == ()


async def test_a_word_nobody_knows_is_met_with_the_nearest(hall: TownHall, number: str) -> None:
    anna = hall.officer("anna-berg")
    await anna.types(f"visaa {number}")
    assert await anna.hears("Menade du /arende visa?")


async def test_an_english_speaking_officer_is_answered_in_english(hall: TownHall) -> None:
    jose = hall.officer("jose-fernandez")
    number = await hall.applicant().applies(PARK, om_who="named", **FAULT)
    card = await hall.posted(number)
    assert "Ta ärendet" in seen(card)
    await jose.opens(number, "case:status", "case:status:submit")
    assert jose.view is not None and jose.view["title"]["text"] == "Change status"
    await jose.close()
    await jose.types("show 2026-009999", "/case", service=PARK)
    await jose.hears("There is no case 2026-009999.")


async def test_an_english_speaking_applicant_reads_english_pages_and_mails(hall: TownHall) -> None:
    eva, anna = hall.applicant(), hall.officer("anna-berg")
    form = (await eva.form(language="en")).fill(om_p0_name=eva.name, om_p0_email=eva.email, **BUILDING)
    number = number_in(await eva.browser.send(form))
    await hall.posted(number)
    await anna.writes(number, "Hello")
    await hall.later(21)
    mail = await eva.mail(f"New message in your case {number}")
    page = await eva.browser.get(mail.links()[0])
    assert "Open your message" in page.text


@pytest.fixture
async def english(sqlite_url: str, tmp_path: Path) -> AsyncIterator[TownHall]:
    """Where the streets' channel reads English."""
    folder = folder_of(tmp_path / "catalog")
    place = folder / "services" / f"{PARK}.yaml"
    place.write_text(place.read_text("utf-8") + "\ncard_language: en\n", "utf-8")
    async with open_for_business(Where(tmp_path, sqlite_url, folder)) as hall:
        yield hall


async def test_a_card_speaks_its_channels_language(english: TownHall) -> None:
    number = await english.applicant().applies(PARK, om_who="named", **FAULT)
    card = seen(await english.posted(number))
    assert "Take case" in card and "Report a fault" in card and "Ta ärendet" not in card
