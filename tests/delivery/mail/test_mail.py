"""Mail to applicants."""

from __future__ import annotations

from datetime import date
from email.utils import parseaddr

import pytest
from sqlalchemy import select, update

from bot.clients.mail import MailClient
from bot.delivery.attempt import DeliveryAttempt
from bot.domain.assignment import TakeCase
from bot.domain.messages.correspondence import SendMessage
from bot.domain.messages.undoing import UndoMessage
from bot.store import Tx
from bot.store.authentication import codes
from bot.store.cases import contents
from bot.store.outbox import claims, codes_and_scans, deliveries, parking
from bot.store.outbox.queues import Capacity
from bot.store.tables import ApplicantRow, SignInRow
from tests.delivery.conftest import PUBLIC_URL, SENDER, DeliveryHarness
from tests.delivery.slack.test_threads_and_notices import ANNA
from tests.municipality import person

SECRET = "Vi avslår din ansökan om altan"


async def send_message(harness: DeliveryHarness, **given: object) -> tuple[str, str]:
    """Anna writes to the applicant of a new case: (case id, message id)."""
    done = await harness.town.submit()
    await harness.worker.drain(10)
    sent = await harness.town.perform("anna", SendMessage(case_id=done.case_id, text=SECRET, **given))  # type: ignore[arg-type]
    return done.case_id, sent.ids["message_id"]


async def test_the_link_leads_to_exactly_the_message(harness: DeliveryHarness) -> None:
    case_id, message_id = await send_message(harness)
    await harness.advance(seconds=21)
    people = await harness.database.read(lambda tx: contents.load_people(tx, case_id))
    assert harness.list_mails()[-1].links()[0] == f"{PUBLIC_URL}/m/{people[0].id}/{message_id}"


async def test_a_message_undone_within_twenty_seconds_sends_nothing(harness: DeliveryHarness) -> None:
    case_id, message_id = await send_message(harness)
    await harness.advance(seconds=19)
    await harness.town.perform("anna", UndoMessage(case_id=case_id, message_id=message_id))
    await harness.advance(seconds=60)
    assert len(harness.list_mails()) == 1  # the one that says that the case was received


async def test_a_mail_says_nothing_of_what_was_written(harness: DeliveryHarness) -> None:
    await send_message(harness, kind="decision")
    await harness.advance(seconds=21)
    mail = harness.list_mails()[-1]
    told = mail.subject + mail.text + mail.html
    assert not any(word in told for word in ("avslår", "altan", "Eva", "Anna", "Bygglov", "Beslut"))


async def test_a_request_for_more_says_until_when(harness: DeliveryHarness) -> None:
    await send_message(harness, kind="completion", answer_by=date(2026, 12, 6))
    await harness.advance(seconds=21)
    assert "Svara senast 6 dec. 2026." in harness.list_mails()[-1].text


async def test_a_mail_is_marked_as_sent_by_a_machine_for_a_person_to_read(harness: DeliveryHarness) -> None:
    await harness.town.submit(person(language="en"))
    await harness.worker.drain(10)
    mail = harness.list_mails()[0]
    seen = [mail.header(name) for name in ("Auto-Submitted", "Content-Language", "Precedence", "List-Id")]
    assert seen == ["auto-generated", "en", "", ""]


async def test_a_mail_is_from_the_municipality(harness: DeliveryHarness) -> None:
    await harness.town.submit()
    await harness.worker.drain(10)
    assert parseaddr(harness.list_mails()[0].header("From")) == ("Stadens kommun", SENDER)


async def test_an_applicant_is_written_to_in_their_language(harness: DeliveryHarness) -> None:
    done = await harness.town.submit(person(language="en"))
    await harness.worker.drain(10)
    assert harness.list_mails()[0].subject == f"We have received your case {done.number}"


async def test_a_mail_sent_twice_has_the_same_message_id(harness: DeliveryHarness) -> None:
    """The server took it, and the worker died before it could say so."""
    await harness.town.submit()
    no_slack = Capacity(blocked_destinations=frozenset({"slack/bygglov"}))
    delivery = await harness.database.write(lambda tx: claims.claim(tx, harness.clock(), no_slack))
    assert delivery is not None
    await harness.worker._destinations["mail"].deliver(DeliveryAttempt(delivery, harness.worker._context))
    await harness.advance(minutes=2)
    ids = [mail.header("Message-ID") for mail in harness.list_mails()]
    assert (len(ids), len(set(ids))) == (2, 1)


async def test_two_mails_have_different_message_ids(harness: DeliveryHarness) -> None:
    await send_message(harness)
    await harness.advance(seconds=21)
    assert len({mail.header("Message-ID") for mail in harness.list_mails()}) == 2


async def test_a_dead_mailbox_holds_up_nobody_else(harness: DeliveryHarness) -> None:
    harness.sandbox.shared.mailbox.refused["borta@ek.example"] = 550
    await harness.town.submit(person(email="borta@ek.example"))
    await harness.town.submit(person(email="karl@ek.example"))
    await harness.worker.drain(10)
    assert [mail.recipients for mail in harness.list_mails()] == [["karl@ek.example"]]


async def test_a_dead_mailbox_shows_on_the_card(harness: DeliveryHarness) -> None:
    harness.sandbox.shared.mailbox.refused["borta@ek.example"] = 550
    await harness.town.submit(person(email="borta@ek.example"))
    await harness.worker.drain(10)
    assert "Mejlet kom inte fram till sökanden" in str(harness.list_posts()[0]["blocks"])


async def test_a_mail_sent_again_with_success_takes_the_mark_off_the_card(harness: DeliveryHarness) -> None:
    harness.sandbox.shared.mailbox.refused["borta@ek.example"] = 550
    done = await harness.town.submit(person(email="borta@ek.example"))
    await harness.worker.drain(10)
    harness.sandbox.shared.mailbox.refused.clear()
    await harness.database.write(lambda tx: parking.unpark(tx, harness.clock(), case_id=done.case_id))
    await harness.worker.drain(10)
    assert "Mejlet kom inte fram till sökanden" not in str(harness.list_posts()[0]["blocks"])


async def test_the_officer_is_told_of_a_mail_that_did_not_arrive(harness: DeliveryHarness) -> None:
    harness.sandbox.shared.mailbox.refused["borta@ek.example"] = 550
    done = await harness.town.submit(person(email="borta@ek.example"))
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    await harness.worker.drain(10)
    await harness.advance(seconds=11)
    assert ["kom inte fram" in text for text in harness.list_private_messages("U0ANNAANNA")] == [True]


async def test_a_full_mailbox_is_tried_again(harness: DeliveryHarness) -> None:
    harness.sandbox.shared.mailbox.refused["full@ek.example"] = 452
    await harness.town.submit(person(email="full@ek.example"))
    await harness.worker.drain(10)
    harness.sandbox.shared.mailbox.refused.clear()
    await harness.advance(seconds=2)
    assert len(harness.list_mails()) == 1


async def test_when_the_mail_server_is_down_mail_waits_and_goes_later(harness: DeliveryHarness) -> None:
    healthy = harness.worker
    harness.worker = harness.start_worker(mail=MailClient("smtp://127.0.0.1:9", SENDER))
    for _ in range(6):
        await harness.town.submit()
    await harness.worker.drain(10)
    delayed = await harness.database.read(lambda tx: deliveries.count_all_delayed(tx, harness.clock()))
    harness.worker = healthy
    await harness.advance(minutes=1)
    assert (delayed, len(harness.list_mails())) == (6, 6)


async def test_a_burst_of_mail_needs_few_connections(harness: DeliveryHarness) -> None:
    for _ in range(12):
        await harness.town.submit()
    await harness.worker.drain(10)
    assert len(harness.worker._clients.mail._idle) <= 4


async def test_one_who_reports_another_gets_a_receipt_and_no_way_in(harness: DeliveryHarness) -> None:
    done = await harness.town.submit(service="oro", values={})
    await harness.worker.drain(10)
    mail = harness.list_mails()[0]
    assert (mail.subject, mail.links(), done.number in mail.text) == (
        "Meddelande från Stadens kommun",
        [],
        False,
    )


class TestAOneTimeCode:
    @pytest.fixture(params=["eva@ek.example", "EVA@ek.example"])
    def mailbox(self, request: pytest.FixtureRequest, harness: DeliveryHarness) -> str:
        return harness.database.keys.hash_mailbox(request.param)

    async def asks(self, harness: DeliveryHarness, mailbox: str) -> None:
        asked = codes.SignIn("a" * 32, mailbox, harness.clock())
        await harness.database.write(lambda tx: codes.request_code(tx, asked, "address"))
        await harness.database.write(
            lambda tx: codes_and_scans.enqueue_code_mail(tx, asked.id, harness.clock())
        )
        await harness.worker.drain(10)

    async def test_goes_to_the_mailbox_that_asked(self, harness: DeliveryHarness, mailbox: str) -> None:
        await harness.town.submit()
        await harness.worker.drain(10)
        await self.asks(harness, mailbox)
        code = codes.derive_code(harness.database.keys, "a" * 32)
        assert f"{code[:3]} {code[3:]}" in harness.list_mails()[-1].text

    async def test_goes_never_to_a_mailbox_that_only_looks_like_it(self, harness: DeliveryHarness) -> None:
        """As a case of a version before has it, which took such addresses."""
        await harness.town.submit(person(email="hasse@ek.example"))
        harness.clock.advance(minutes=1)
        await harness.town.submit(person(email="haſſe@ek.example"))
        await harness.worker.drain(10)
        before = len(harness.list_mails())
        await self.asks(harness, harness.database.keys.hash_mailbox("hasse@ek.example"))
        assert [mail.recipients for mail in harness.list_mails()[before:]] == [["hasse@ek.example"]]

    async def test_goes_to_nobody_where_the_row_of_its_mailbox_says_another(
        self, harness: DeliveryHarness
    ) -> None:
        await harness.town.submit()
        await harness.worker.drain(10)
        before = len(harness.list_mails())
        await harness.database.write(
            lambda tx: tx.conn.execute(update(ApplicantRow).values(email="ond@annan.example"))
        )
        await self.asks(harness, harness.database.keys.hash_mailbox("eva@ek.example"))
        assert len(harness.list_mails()) == before

    async def test_goes_to_nobody_where_no_case_has_the_mailbox(self, harness: DeliveryHarness) -> None:
        await self.asks(harness, harness.database.keys.hash_mailbox("fel@ek.example"))
        assert (harness.list_mails(), await harness.count_deliveries()) == ([], {})


async def test_that_a_mail_did_not_arrive_is_an_event_of_the_case_that_all_are_told_from(
    harness: DeliveryHarness,
) -> None:
    harness.sandbox.shared.mailbox.refused["borta@ek.example"] = 550
    case = await harness.town.submit(person(email="borta@ek.example"))
    await harness.town.perform("anna", TakeCase(case_id=case.case_id))
    await harness.advance(seconds=1)
    await harness.advance(seconds=22)
    view = await harness.town.view_case("anna", case)
    told = [line for line in view.history if line.event == "ApplicantNotReached"]
    assert [(one.by, one.facts) for one in told] == [
        ("machine:delivery", {"applicant": view.people[0].id, "message_id": ""})
    ]
    assert "Mejlet till sökanden kom inte fram." in str(harness.list_replies())
    assert harness.list_private_messages(ANNA) == [
        f"Ett mejl till sökanden kom inte fram i {case.number} · Bygglov"
    ]
    assert "Mejlet kom inte fram till sökanden" in str(harness.list_posts()[0]["blocks"])


async def test_a_mail_that_arrives_when_sent_again_leaves_nothing_to_do(harness: DeliveryHarness) -> None:
    refused = harness.sandbox.shared.mailbox.refused
    refused["borta@ek.example"] = 550
    case = await harness.town.submit(person(email="borta@ek.example"))
    await harness.advance(seconds=11)
    refused.clear()
    await harness.database.write(lambda tx: parking.unpark(tx, harness.clock()))
    await harness.advance(seconds=11)
    view = await harness.town.view_case("anna", case)
    assert [line.event for line in view.history] == ["CaseSubmitted", "ApplicantNotReached"]
    assert "Ej levererat" not in str(harness.list_posts()[0]["blocks"])


async def test_a_mail_to_an_unconfirmed_address_tells_nothing_of_the_case(harness: DeliveryHarness) -> None:
    """Neither number nor e-service: it may be a stranger's, and with the number it would be confirmed."""
    done = await harness.town.submit(person(address_state="unconfirmed"))
    await harness.town.perform("anna", SendMessage(case_id=done.case_id, text=SECRET))
    await harness.advance(seconds=21)
    first, news = harness.list_mails()
    for mail in (first, news):
        told = mail.subject + mail.text + mail.html
        assert mail.subject == "Bekräfta din e-postadress" and "/m/" in mail.links()[0]
        assert not any(word in told for word in (done.number, "Bygglov", "altan", "Eva"))
    assert first.text != news.text


async def test_a_confirmed_address_gets_the_number(harness: DeliveryHarness) -> None:
    done = await harness.town.submit(person(address_state="source"))
    await harness.worker.drain(10)
    assert done.number in harness.list_mails()[0].subject


async def test_the_code_of_a_form_is_sent_to_the_address_in_it_though_no_case_has_it(
    harness: DeliveryHarness,
) -> None:
    key, now = harness.database.keys.hash_mailbox("ny@ek.example"), harness.clock()
    sign_in = codes.SignIn("a" * 32, key, now, email="ny@ek.example")

    def request(tx: Tx) -> None:
        codes.request_code(tx, sign_in, "somewhere")
        codes_and_scans.enqueue_code_mail(tx, sign_in.id, now, "en")

    await harness.database.write(request)
    await harness.worker.drain(10)
    (mail,) = harness.list_mails()
    code = codes.derive_code(harness.database.keys, sign_in.id)
    assert mail.recipients == ["ny@ek.example"] and mail.header("Content-Language") == "en"
    assert f"{code[:3]} {code[3:]}" in mail.text and "Your code" in mail.subject


async def test_the_address_of_a_form_is_forgotten_when_its_code_is_used(harness: DeliveryHarness) -> None:
    key, now = harness.database.keys.hash_mailbox("ny@ek.example"), harness.clock()
    sign_in = codes.SignIn("a" * 32, key, now, email="ny@ek.example")
    await harness.database.write(lambda tx: codes.request_code(tx, sign_in, "somewhere"))
    code = codes.derive_code(harness.database.keys, sign_in.id)
    entered = await harness.database.write(lambda tx: codes.verify_for_application(tx, sign_in.id, code, now))
    stored = await harness.database.read(lambda tx: tx.conn.execute(select(SignInRow.email)).scalars().all())
    assert entered == (True, 4) and stored == [None]
