"""What is told of a protected case."""

from __future__ import annotations

from sqlalchemy import update

from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.messages.correspondence import ReceiveMessage
from bot.domain.protection import SetProtection
from bot.service import CommandResult
from bot.store.tables import CardRow
from bot.text import words
from tests.delivery.conftest import BYGGLOV_CHANNEL, DeliveryHarness
from tests.delivery.slack.test_threads_and_notices import ANNA


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


async def test_a_thread_that_invited_notes_does_so_no_more_when_the_case_becomes_protected(
    harness: DeliveryHarness,
) -> None:
    case = await _open_thread(harness)
    await _protect(harness, case, protected=True)
    assert harness.list_replies()[0]["text"] == CLOSED
    await _protect(harness, case, protected=False)
    assert harness.list_replies()[0]["text"].startswith("Skriv inga namn")


async def test_where_its_first_line_was_deleted_another_says_so(harness: DeliveryHarness) -> None:
    case = await _open_thread(harness)
    replies = harness.list_replies()
    messages = harness.sandbox.shared.workspace.channels[BYGGLOV_CHANNEL].messages
    del messages[replies[0]["ts"]]
    await _protect(harness, case, protected=True)
    await harness.town.perform("anna", ReleaseCase(case_id=case.case_id))
    await harness.advance(seconds=11)
    assert [one["text"] for one in harness.list_replies()].count(CLOSED) == 1


async def test_a_thread_of_before_its_lines_place_was_kept_gets_another(harness: DeliveryHarness) -> None:
    case = await _open_thread(harness)
    forgotten = update(CardRow).values(opening_ts="", opening_use="")
    await harness.database.write(lambda tx: tx.conn.execute(forgotten))
    await harness.town.perform("anna", ReleaseCase(case_id=case.case_id))
    await harness.advance(seconds=11)
    assert CLOSED not in str(harness.list_replies())
    await _protect(harness, case, protected=True)
    assert harness.list_replies()[-1]["text"] == CLOSED


CLOSED = words("sv")("thread.opening.strict")


async def _open_thread(harness: DeliveryHarness) -> CommandResult:
    """A case with a line in its thread."""
    case = await harness.town.submit()
    await harness.town.perform("anna", TakeCase(case_id=case.case_id))
    await harness.advance(seconds=11)
    return case


async def _protect(harness: DeliveryHarness, case: CommandResult, *, protected: bool) -> None:
    command = SetProtection(case_id=case.case_id, protected=protected, reason="Hot")
    await harness.town.perform("anna", command)
    await harness.advance(seconds=11)


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
