"""What leaves the town hall when nothing goes wrong."""

from __future__ import annotations

from tests.delivery.conftest import Office


async def test_a_new_case_has_a_card_in_its_channel(office: Office) -> None:
    done = await office.town.submits()
    await office.worker.drain(10)
    assert [done.number in one["text"] for one in office.posted()] == [True]


async def test_the_applicant_gets_a_mail_that_leads_to_the_case(office: Office) -> None:
    done = await office.town.submits()
    await office.worker.drain(10)
    assert [mail.subject for mail in office.mails()] == [f"Vi har tagit emot ditt ärende {done.number}"]
