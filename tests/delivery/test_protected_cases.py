"""What is told of a protected case."""

from __future__ import annotations

from bot.domain.assignment import TakeCase
from bot.domain.correspondence import ReceiveMessage
from tests.delivery.conftest import Office
from tests.delivery.test_threads_and_notices import ANNA


async def test_a_notice_names_only_the_number(office: Office) -> None:
    case = await office.town.submits(protected=True)
    await office.town.does("anna", TakeCase(case_id=case.case_id))
    await office.town.service.perform(
        ReceiveMessage(case_id=case.case_id, text="Hej"), await office.town.applicant(case)
    )
    await office.goes_by(seconds=11)
    assert office.told(ANNA) == [f"Nytt meddelande i {case.number}"]


async def test_neither_card_nor_thread_names_the_e_service(office: Office) -> None:
    case = await office.town.submits(protected=True)
    await office.town.does("anna", TakeCase(case_id=case.case_id))
    await office.goes_by(seconds=11)
    shown = str([*office.posted(), *office.replies()])
    assert case.number in shown and "Bygglov" not in shown
