"""Cases that come in by other doors: documents of the e-service platform, and other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.intake import open_eplatform
from tests.scenarios.town_hall import METRICS_TOKEN, TownHall, seen

DOCUMENTS = Path(__file__).parents[2] / "sandbox/lindsjo/open_eplatform"
API = {"Authorization": "Bearer demo-token-lindsjo"}
FAULT = {
    "service": "felanmalan-gata-park",
    "external_id": "KC-4711",
    "people": [{"name": "Eva Ek", "email": "eva@ek.example"}],
    "answers": {"typ": "belysning", "bradskande": True, "omrade": "norra", "plats": "Lyktstolpe 4417"},
}


async def imports(hall: TownHall) -> Any:
    """As `python -m bot import` does, in a process of its own."""
    return await open_eplatform.run(hall.program.stores.intake(), [DOCUMENTS])


async def test_documents_become_cards_and_their_second_import_opens_nothing(hall: TownHall) -> None:
    done = await imports(hall)
    assert (done.opened, done.known, done.failed) == (4, 0, ())
    cards = await hall.until(lambda: len(hall.cards("kundfakturaunderlag")) == 4 and hall.cards(ECONOMY))
    assert all("Via e-tjänsteplattformen" in seen(card) for card in cards)
    again = await imports(hall)
    assert (again.opened, again.known) == (0, 4)
    await hall.later(30)
    assert len(hall.cards(ECONOMY)) == 4 and hall.sandbox.mails() == []


async def test_an_imported_case_is_taken_as_any_other(hall: TownHall) -> None:
    await imports(hall)
    oskar = hall.officer("oskar-wahlgren")
    card = (await hall.until(lambda: hall.cards(ECONOMY)))[0]
    await oskar.press(card["channel"], card["ts"], "case:take")
    assert await hall.until(lambda: any("Oskar Wahlgren" in seen(one) for one in hall.cards(ECONOMY)))


async def test_a_case_sent_by_another_system_becomes_a_card_once(hall: TownHall) -> None:
    eva, client = hall.applicant(), hall.browser().client
    answers = [await client.post("/api/v1/cases", json=FAULT, headers=API) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 200]
    number = answers[0].json()["number"]
    assert answers[1].json()["number"] == number
    card = seen(await hall.posted(number))
    assert "Trasig belysning" in card and "4417" not in card and "Eva" not in card
    await eva.mail("Vi har tagit emot ditt ärende")
    await hall.later(30)
    assert len(hall.cards("felanmalan-gata-park")) == 1 and len(eva.mails()) == 1


ECONOMY = "kundfakturaunderlag"


async def test_the_metrics_are_shown_to_whoever_has_the_token_alone(hall: TownHall) -> None:
    client = hall.browser().client
    for given, status in (
        ("", 401),
        ("Bearer a guess", 401),
        (METRICS_TOKEN, 401),
        (f"Bearer {METRICS_TOKEN}", 200),
    ):
        told = await client.get("/metrics", headers={"authorization": given} if given else {})
        assert (told.status_code, "arendebot" in told.text) == (status, status == 200)
