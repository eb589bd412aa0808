"""The status that follows a message, and what goes back with one that is undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.domain.actors import Applicant, Machine
from bot.domain.case import Case
from bot.domain.messages.correspondence import ConfirmReceipt, SendMessage, SetStatusOfMessage
from bot.domain.messages.undoing import UNDO_PERIOD, UndoMessage
from bot.domain.rules import Command, Context
from bot.domain.status import SetStatus
from tests.domain.test_authorisation import create_case
from tests.generated.command_strategies import strategy_catalog
from tests.people import BY_KEY, BYGG, CaseFacts, officer

CATALOG = strategy_catalog()
ANNA, COLLEAGUE = officer(CATALOG, BY_KEY["anna"]), officer(CATALOG, BY_KEY["full"])
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class CaseDriver:
    """A case on Anna's desk; each thing done there takes a second."""

    def __init__(self) -> None:
        self.case: Case = replace(create_case(CaseFacts(BYGG)), due_on=date(2026, 12, 7))
        self.now = NOW

    def perform(self, command: Command, actor: Any = ANNA) -> str:
        """The id of the message that was written, if one was."""
        self.now += timedelta(seconds=1)
        named = f"m{self.case.seq}"
        ctx = Context(self.now, actor, CATALOG, CATALOG.services[BYGG], new_id=lambda: named)
        for event in command.decide(self.case, ctx):
            self.case = event.apply(self.case)
        return named

    def ask(self, status: str = "waiting") -> str:
        return self.perform(
            SendMessage(
                case_id=self.case.id,
                text="Ritning?",
                receipt=True,
                status=status,
                expected=self.case.status,
            )
        )

    def set_status(self, status: str) -> None:
        self.perform(SetStatus(case_id=self.case.id, status=status, expected=self.case.status))

    def undo_message(self, message: str) -> None:
        self.perform(UndoMessage(case_id=self.case.id, message_id=message))


@pytest.fixture
def driver() -> CaseDriver:
    return CaseDriver()


def leave(driver: CaseDriver, message: str) -> None:
    """The message's undo period ends, and the outbox sets its status."""
    driver.now += UNDO_PERIOD
    driver.perform(SetStatusOfMessage(case_id=driver.case.id, message_id=message), Machine("message"))


def test_the_status_follows_when_the_message_leaves(driver: CaseDriver) -> None:
    asked = driver.ask()
    assert (driver.case.status, driver.case.step_due_on) == ("submitted", None)
    leave(driver, asked)
    assert (driver.case.status, driver.case.step_due_on) == ("waiting", date(2026, 11, 30))
    assert (driver.case.due_on, driver.case.due_days_left) == (None, 10), "its time stands still"
    assert (driver.case.status_by, driver.case.pending) == (ANNA.ref, ())


def test_a_message_that_is_undone_leaves_the_case_as_it_was(driver: CaseDriver) -> None:
    asked, before = driver.ask(), driver.case
    driver.undo_message(asked)
    leave(driver, asked)
    assert (driver.case.status, driver.case.status_since) == ("submitted", before.status_since)


def test_the_status_is_not_set_before_the_message_has_left(driver: CaseDriver) -> None:
    asked = driver.ask()
    driver.perform(SetStatusOfMessage(case_id=driver.case.id, message_id=asked), Machine("message"))
    assert driver.case.status == "submitted"


def test_a_status_that_a_colleague_has_set_meanwhile_stays(driver: CaseDriver) -> None:
    asked = driver.ask()
    driver.perform(SetStatus(case_id=driver.case.id, status="working", expected="submitted"), COLLEAGUE)
    leave(driver, asked)
    assert (driver.case.status, driver.case.pending) == ("working", ())


def test_of_two_messages_the_later_ones_status_stands_in_the_end(driver: CaseDriver) -> None:
    first, second = driver.ask(), driver.ask("working")
    leave(driver, first)
    leave(driver, second)
    assert driver.case.status == "working"


def test_a_status_is_not_forgotten_where_another_message_is_written_before_it_is_set(
    driver: CaseDriver,
) -> None:
    first = driver.ask()
    driver.now += UNDO_PERIOD
    driver.ask("")
    leave(driver, first)
    assert driver.case.status == "waiting"


def test_what_nobody_can_read_yet_is_not_confirmed_as_read(driver: CaseDriver) -> None:
    asked = driver.ask()
    eva = Applicant(ids=frozenset(driver.case.applicants), mailbox="")
    confirmed = ConfirmReceipt(case_id=driver.case.id, message_id=asked)
    driver.perform(confirmed, eva)
    assert driver.case.requested_receipts == (asked,)
    driver.now += timedelta(seconds=20)
    driver.perform(confirmed, eva)
    assert driver.case.requested_receipts == ()
