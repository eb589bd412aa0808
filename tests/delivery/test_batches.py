"""An officer is told how their batch goes by one message, and a colleague what it gave them."""

from __future__ import annotations

from pathlib import Path

from bot.domain.lists.batches import AssignCases, ColourCases, ExportCases
from bot.store.officers import batch_claims
from tests.delivery.conftest import DeliveryHarness
from tests.runners import create_runner

ANNA, BO = "U0ANNAANNA", "U0BOBOBOBO"


async def drain(harness: DeliveryHarness) -> None:
    await harness.advance(seconds=60)
    await harness.worker.drain(30)


async def test_one_message_says_how_far_the_batch_is_and_then_that_it_is_done(
    harness: DeliveryHarness,
) -> None:
    service = harness.town.service
    cases = [(await harness.town.submit()).case_id for _ in range(12)]
    anna = harness.town.officer("anna")
    await create_runner(service).begin(anna, ColourCases(colour="red"), cases, batch_id="batch1")
    held = await service.database.write(lambda tx: batch_claims.claim(tx, "runner", harness.clock()))
    assert held is not None
    await create_runner(service)._perform_some(held, 0, tells=True)
    await drain(harness)
    assert harness.list_private_messages(ANNA) == ["Färgmarkera (Röd): 10 av 12 ärenden är klara."]
    await create_runner(service).run_next()
    await drain(harness)
    assert harness.list_private_messages(ANNA) == ["Färgmarkera (Röd): klart i 12 ärenden."]


async def test_a_colleague_is_told_once_of_all_that_they_were_given(harness: DeliveryHarness) -> None:
    cases = [(await harness.town.submit()).case_id for _ in range(3)]
    service, anna = harness.town.service, harness.town.officer("anna")
    await create_runner(service).begin(anna, AssignCases(assignees=("officer:bo",)), cases, batch_id="batch1")
    await create_runner(service).run_next()
    await drain(harness)
    assert harness.list_private_messages(BO) == ["Anna Berg har gett dig 3 ärenden."]


async def test_a_finished_file_is_told_of_with_a_button_and_never_sent_to_slack(
    harness: DeliveryHarness, tmp_path: Path
) -> None:
    cases = [(await harness.town.submit()).case_id for _ in range(3)]
    runner = create_runner(harness.town.service, tmp_path)
    await runner.begin(harness.town.officer("anna"), ExportCases(), cases, batch_id="export1")
    await runner.run_next()
    await drain(harness)
    expected = "Exportera till Excel/CSV: filen är klar. Den har 3 ärenden. Hämta den inom 24 timmar."
    assert harness.list_private_messages(ANNA) == [expected]
    channels = harness.sandbox.shared.workspace.channels.values()
    (message,) = (m for one in channels if one.is_im and ANNA in one.members for m in one.messages.values())
    assert "batch:page" in str(message.blocks) and "files" not in str(message.blocks)
