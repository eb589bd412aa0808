"""What leaves the town hall when nothing goes wrong."""

from __future__ import annotations

from tests.delivery.conftest import DeliveryHarness


async def test_a_new_case_has_a_card_in_its_channel(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.worker.drain(10)
    assert [done.number in one["text"] for one in harness.list_posts()] == [True]


async def test_the_applicant_gets_a_mail_that_leads_to_the_case(harness: DeliveryHarness) -> None:
    done = await harness.town.submit()
    await harness.worker.drain(10)
    assert [mail.subject for mail in harness.list_mails()] == [f"Vi har tagit emot ditt ärende {done.number}"]
