"""What goes back with a message that is undone, and what stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.domain.actors import Applicant
from bot.domain.case import Case
from bot.domain.correspondence import ConfirmReceipt, SendMessage, UndoMessage
from bot.domain.rules import Command, Context
from bot.domain.status import SetStatus
from tests.command_strategies import strategy_catalog
from tests.domain.test_authorisation import create_case
from tests.people import BY_KEY, BYGG, CaseFacts, officer

CATALOG = strategy_catalog()
ANNA = officer(CATALOG, BY_KEY["anna"])
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

    def ask(self) -> str:
        return self.perform(
            SendMessage(
                case_id=self.case.id,
                text="Ritning?",
                receipt=True,
                set_waiting_status=True,
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


def test_the_day_that_came_with_the_message_goes_with_it(driver: CaseDriver) -> None:
    asked = driver.ask()
    assert (driver.case.status, driver.case.due_on) == ("waiting", date(2026, 11, 30))
    driver.undo_message(asked)
    assert (driver.case.status, driver.case.due_on) == ("submitted", date(2026, 12, 7))


def test_a_second_question_that_is_undone_leaves_the_case_waiting_for_the_first(driver: CaseDriver) -> None:
    driver.ask()
    before = driver.case
    driver.undo_message(driver.ask())
    assert (driver.case.status, driver.case.status_since) == ("waiting", before.status_since)


def test_a_status_set_after_the_message_stays_when_that_is_undone(driver: CaseDriver) -> None:
    first = driver.ask()
    driver.set_status("working")
    driver.ask()
    driver.undo_message(first)
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
