"""What is told of a protected case."""

from __future__ import annotations

from bot.domain.assignment import TakeCase
from bot.domain.correspondence import ReceiveMessage
from tests.delivery.conftest import DeliveryHarness
from tests.delivery.test_threads_and_notices import ANNA


async def test_a_notice_names_only_the_number(harness: DeliveryHarness) -> None:
    case = await harness.town.submit(protected=True)
    await harness.town.perform("anna", TakeCase(case_id=case.case_id))
    await harness.town.service.perform(
        ReceiveMessage(case_id=case.case_id, text="Hej"), await harness.town.applicant(case)
    )
    await harness.advance(seconds=11)
    assert harness.list_private_messages(ANNA) == [f"Nytt meddelande i {case.number}"]


async def test_neither_card_nor_thread_names_the_e_service(harness: DeliveryHarness) -> None:
    case = await harness.town.submit(protected=True)
    await harness.town.perform("anna", TakeCase(case_id=case.case_id))
    await harness.advance(seconds=11)
    shown = str([*harness.list_posts(), *harness.list_replies()])
    assert case.number in shown and "Bygglov" not in shown


async def test_a_protected_persons_mail_names_neither_the_case_nor_its_e_service(
    harness: DeliveryHarness,
) -> None:
    named = harness.town.catalog.services["bygglov"].model_copy(update={"name_in_mail": True})
    harness.town.catalog.services["bygglov"] = named  # type: ignore[index]  # frozen for the program only
    shown = []
    for protected in (False, True):
        case = await harness.town.submit(protected=protected)
        await harness.advance(seconds=11)
        mail = harness.list_mails()[-1]
        text = mail.subject + mail.text + mail.html
        shown.append((case.number in text, "Bygglov" in text))
    assert shown == [(True, True), (False, False)]
