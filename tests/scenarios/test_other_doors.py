"""Cases that come in by other doors: documents of the e-service platform, and other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.intake import open_eplatform
from tests.scenarios.running_program import METRICS_TOKEN, RunningProgram, message_text

DOCUMENTS = Path(__file__).parents[2] / "sandbox/lindsjo/open_eplatform"
API = {"Authorization": "Bearer demo-token-lindsjo"}
FAULT = {
    "service": "felanmalan-gata-park",
    "external_id": "KC-4711",
    "people": [{"name": "Eva Ek", "email": "eva@ek.example"}],
    "answers": {"typ": "belysning", "bradskande": True, "omrade": "norra", "plats": "Lyktstolpe 4417"},
}


async def run_import(program: RunningProgram) -> Any:
    """As `python -m bot import` does, in a process of its own."""
    return await open_eplatform.import_documents(program.app.stores.intake_dependencies(), [DOCUMENTS])


async def test_documents_become_cards_and_their_second_import_opens_nothing(program: RunningProgram) -> None:
    done = await run_import(program)
    assert (done.opened, done.known, done.failed) == (4, 0, ())
    cards = await program.wait_for(
        lambda: len(program.cards("kundfakturaunderlag")) == 4 and program.cards(ECONOMY)
    )
    assert all("Via e-tjänsteplattformen" in message_text(card) for card in cards)
    again = await run_import(program)
    assert (again.opened, again.known) == (0, 4)
    await program.advance_and_deliver(30)
    # Beside the cards there may be the line that the channel gets on working mornings.
    cards = [one for one in program.cards(ECONOMY) if "Via e-tjänsteplattformen" in message_text(one)]
    assert len(cards) == 4 and program.sandbox.mails() == []


async def test_an_imported_case_is_taken_as_any_other(program: RunningProgram) -> None:
    await run_import(program)
    oskar = program.officer("oskar-wahlgren")
    card = (await program.wait_for(lambda: program.cards(ECONOMY)))[0]
    await oskar.press(card["channel"], card["ts"], "case:take")
    assert await program.wait_for(
        lambda: any("Oskar Wahlgren" in message_text(one) for one in program.cards(ECONOMY))
    )


async def test_a_case_sent_by_another_system_becomes_a_card_once(program: RunningProgram) -> None:
    eva, client = program.applicant(), program.browser().client
    answers = [await client.post("/api/v1/cases", json=FAULT, headers=API) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 200]
    number = answers[0].json()["number"]
    assert answers[1].json()["number"] == number
    card = message_text(await program.wait_for_card(number))
    assert "Trasig belysning" in card and "4417" not in card and "Eva" not in card
    await eva.wait_for_mail("Vi har tagit emot ditt ärende")
    await program.advance_and_deliver(30)
    assert len(program.cards("felanmalan-gata-park")) == 1 and len(eva.mails()) == 1


ECONOMY = "kundfakturaunderlag"


async def test_the_metrics_are_shown_to_whoever_has_the_token_alone(program: RunningProgram) -> None:
    client = program.browser().client
    for given, status in (
        ("", 401),
        ("Bearer a guess", 401),
        (METRICS_TOKEN, 401),
        (f"Bearer {METRICS_TOKEN}", 200),
    ):
        result = await client.get("/metrics", headers={"authorization": given} if given else {})
        assert (result.status_code, "arendebot" in result.text) == (status, status == 200)
