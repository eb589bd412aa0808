"""Mail to applicants."""

from __future__ import annotations

from datetime import date
from email.utils import parseaddr

import pytest
from sqlalchemy import update

from bot.clients.mail import MailClient
from bot.delivery.turn import Turn
from bot.domain.assignment import TakeCase
from bot.domain.correspondence import SendMessage, UndoMessage
from bot.store import doors
from bot.store.cases import contents
from bot.store.outbox import claims, deliveries
from bot.store.outbox.queues import Room
from bot.store.tables import ApplicantRow
from tests.delivery.conftest import HOME, SENDER, Office
from tests.delivery.test_threads_and_notices import ANNA
from tests.town import person

SECRET = "Vi avslår din ansökan om altan"


async def sends(office: Office, **given: object) -> tuple[str, str]:
    """Anna writes to the applicant of a new case: (case id, message id)."""
    done = await office.town.submits()
    await office.worker.drain(10)
    sent = await office.town.does("anna", SendMessage(case_id=done.case_id, text=SECRET, **given))  # type: ignore[arg-type]
    return done.case_id, sent.ids["message_id"]


async def test_the_link_leads_to_exactly_the_message(office: Office) -> None:
    case_id, message_id = await sends(office)
    await office.goes_by(seconds=21)
    people = await office.database.read(lambda tx: contents.people_of(tx, case_id))
    assert office.mails()[-1].links()[0] == f"{HOME}/m/{people[0].id}/{message_id}"


async def test_a_message_undone_within_twenty_seconds_sends_nothing(office: Office) -> None:
    case_id, message_id = await sends(office)
    await office.goes_by(seconds=19)
    await office.town.does("anna", UndoMessage(case_id=case_id, message_id=message_id))
    await office.goes_by(seconds=60)
    assert len(office.mails()) == 1  # the one that says that the case was received


async def test_a_mail_says_nothing_of_what_was_written(office: Office) -> None:
    await sends(office, kind="decision")
    await office.goes_by(seconds=21)
    mail = office.mails()[-1]
    told = mail.subject + mail.text + mail.html
    assert not any(word in told for word in ("avslår", "altan", "Eva", "Anna", "Bygglov", "Beslut"))


async def test_a_request_for_more_says_until_when(office: Office) -> None:
    await sends(office, kind="completion", answer_by=date(2026, 12, 6))
    await office.goes_by(seconds=21)
    assert "Svara senast 6 dec. 2026." in office.mails()[-1].text


async def test_a_mail_is_marked_as_sent_by_a_machine_for_a_person_to_read(office: Office) -> None:
    await office.town.submits(person(language="en"))
    await office.worker.drain(10)
    mail = office.mails()[0]
    seen = [mail.header(name) for name in ("Auto-Submitted", "Content-Language", "Precedence", "List-Id")]
    assert seen == ["auto-generated", "en", "", ""]


async def test_a_mail_is_from_the_municipality(office: Office) -> None:
    await office.town.submits()
    await office.worker.drain(10)
    assert parseaddr(office.mails()[0].header("From")) == ("Stadens kommun", SENDER)


async def test_an_applicant_is_written_to_in_their_language(office: Office) -> None:
    done = await office.town.submits(person(language="en"))
    await office.worker.drain(10)
    assert office.mails()[0].subject == f"We have received your case {done.number}"


async def test_a_mail_sent_twice_has_the_same_message_id(office: Office) -> None:
    """The server took it, and the worker died before it could say so."""
    await office.town.submits()
    no_slack = Room(without=frozenset({"slack/bygglov"}))
    delivery = await office.database.write(lambda tx: claims.claim(tx, office.clock(), no_slack))
    assert delivery is not None
    await office.worker._destinations["mail"].deliver(Turn(delivery, office.worker._around))
    await office.goes_by(minutes=2)
    ids = [mail.header("Message-ID") for mail in office.mails()]
    assert (len(ids), len(set(ids))) == (2, 1)


async def test_two_mails_have_different_message_ids(office: Office) -> None:
    await sends(office)
    await office.goes_by(seconds=21)
    assert len({mail.header("Message-ID") for mail in office.mails()}) == 2


async def test_a_dead_mailbox_holds_up_nobody_else(office: Office) -> None:
    office.sandbox.stage.mailbox.refused["borta@ek.example"] = 550
    await office.town.submits(person(email="borta@ek.example"))
    await office.town.submits(person(email="karl@ek.example"))
    await office.worker.drain(10)
    assert [mail.recipients for mail in office.mails()] == [["karl@ek.example"]]


async def test_a_dead_mailbox_shows_on_the_card(office: Office) -> None:
    office.sandbox.stage.mailbox.refused["borta@ek.example"] = 550
    await office.town.submits(person(email="borta@ek.example"))
    await office.worker.drain(10)
    assert "Ej levererat till sökanden" in str(office.posted()[0]["blocks"])


async def test_a_mail_sent_again_with_success_takes_the_mark_off_the_card(office: Office) -> None:
    office.sandbox.stage.mailbox.refused["borta@ek.example"] = 550
    done = await office.town.submits(person(email="borta@ek.example"))
    await office.worker.drain(10)
    office.sandbox.stage.mailbox.refused.clear()
    await office.database.write(lambda tx: deliveries.unpark(tx, office.clock(), case_id=done.case_id))
    await office.worker.drain(10)
    assert "Ej levererat till sökanden" not in str(office.posted()[0]["blocks"])


async def test_the_officer_is_told_of_a_mail_that_did_not_arrive(office: Office) -> None:
    office.sandbox.stage.mailbox.refused["borta@ek.example"] = 550
    done = await office.town.submits(person(email="borta@ek.example"))
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    await office.worker.drain(10)
    await office.goes_by(seconds=11)
    assert ["kom inte fram" in text for text in office.told("U0ANNAANNA")] == [True]


async def test_a_full_mailbox_is_tried_again(office: Office) -> None:
    office.sandbox.stage.mailbox.refused["full@ek.example"] = 452
    await office.town.submits(person(email="full@ek.example"))
    await office.worker.drain(10)
    office.sandbox.stage.mailbox.refused.clear()
    await office.goes_by(seconds=2)
    assert len(office.mails()) == 1


async def test_when_the_mail_server_is_down_mail_waits_and_goes_later(office: Office) -> None:
    healthy = office.worker
    office.worker = office.another_worker(mail=MailClient("smtp://127.0.0.1:9", SENDER))
    for _ in range(6):
        await office.town.submits()
    await office.worker.drain(10)
    delayed = await office.database.read(lambda tx: deliveries.delayed(tx, office.clock()))
    office.worker = healthy
    await office.goes_by(minutes=1)
    assert (delayed["mail"], len(office.mails())) == (6, 6)


async def test_a_burst_of_mail_needs_few_connections(office: Office) -> None:
    for _ in range(12):
        await office.town.submits()
    await office.worker.drain(10)
    assert len(office.worker._clients[1]._idle) <= 4


async def test_one_who_reports_another_gets_a_receipt_and_no_way_in(office: Office) -> None:
    done = await office.town.submits(service="oro", values={})
    await office.worker.drain(10)
    mail = office.mails()[0]
    assert (mail.subject, mail.links(), done.number in mail.text) == (
        "Meddelande från Stadens kommun",
        [],
        False,
    )


class TestAOneTimeCode:
    @pytest.fixture(params=["eva@ek.example", "EVA@ek.example"])
    def mailbox(self, request: pytest.FixtureRequest, office: Office) -> str:
        return office.database.keys.mailbox(request.param)

    async def asks(self, office: Office, mailbox: str) -> None:
        asked = doors.SignIn("a" * 32, mailbox, office.clock())
        await office.database.write(lambda tx: doors.ask(tx, asked, "address"))
        await office.database.write(lambda tx: deliveries.enqueue_code(tx, asked.id, office.clock()))
        await office.worker.drain(10)

    async def test_goes_to_the_mailbox_that_asked(self, office: Office, mailbox: str) -> None:
        await office.town.submits()
        await office.worker.drain(10)
        await self.asks(office, mailbox)
        code = doors.code_of(office.database.keys, "a" * 32)
        assert f"{code[:3]} {code[3:]}" in office.mails()[-1].text

    async def test_goes_never_to_a_mailbox_that_only_looks_like_it(self, office: Office) -> None:
        """As a case of a version before has it, which took such addresses."""
        await office.town.submits(person(email="hasse@ek.example"))
        office.clock.pass_(minutes=1)
        await office.town.submits(person(email="haſſe@ek.example"))
        await office.worker.drain(10)
        before = len(office.mails())
        await self.asks(office, office.database.keys.mailbox("hasse@ek.example"))
        assert [mail.recipients for mail in office.mails()[before:]] == [["hasse@ek.example"]]

    async def test_goes_to_nobody_where_the_row_of_its_mailbox_says_another(self, office: Office) -> None:
        await office.town.submits()
        await office.worker.drain(10)
        before = len(office.mails())
        await office.database.write(
            lambda tx: tx.conn.execute(update(ApplicantRow).values(email="ond@annan.example"))
        )
        await self.asks(office, office.database.keys.mailbox("eva@ek.example"))
        assert len(office.mails()) == before

    async def test_goes_to_nobody_where_no_case_has_the_mailbox(self, office: Office) -> None:
        await self.asks(office, office.database.keys.mailbox("fel@ek.example"))
        assert (office.mails(), await office.left()) == ([], {})


async def test_that_a_mail_did_not_arrive_is_an_event_of_the_case_that_all_are_told_from(
    office: Office,
) -> None:
    office.sandbox.stage.mailbox.refused["borta@ek.example"] = 550
    case = await office.town.submits(person(email="borta@ek.example"))
    await office.town.does("anna", TakeCase(case_id=case.case_id))
    await office.goes_by(seconds=1)
    await office.goes_by(seconds=22)
    view = await office.town.sees("anna", case)
    told = [line for line in view.history if line.event == "ApplicantNotReached"]
    assert [(one.by, one.facts) for one in told] == [
        ("machine:delivery", {"applicant": view.people[0].id, "message_id": ""})
    ]
    assert "Mejlet till sökanden kom inte fram." in str(office.replies())
    assert office.told(ANNA) == [f"Ett mejl till sökanden kom inte fram i {case.number} · Bygglov"]
    assert "Ej levererat till sökanden" in str(office.posted()[0]["blocks"])


async def test_a_mail_that_arrives_when_sent_again_leaves_nothing_to_do(office: Office) -> None:
    refused = office.sandbox.stage.mailbox.refused
    refused["borta@ek.example"] = 550
    case = await office.town.submits(person(email="borta@ek.example"))
    await office.goes_by(seconds=11)
    refused.clear()
    await office.database.write(lambda tx: deliveries.unpark(tx, office.clock()))
    await office.goes_by(seconds=11)
    view = await office.town.sees("anna", case)
    assert [line.event for line in view.history] == ["CaseSubmitted", "ApplicantNotReached"]
    assert "Ej levererat" not in str(office.posted()[0]["blocks"])
