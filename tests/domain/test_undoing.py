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
from tests.domain.test_authorisation import case_of
from tests.people import BY_KEY, BYGG, About, officer
from tests.wishes import catalog_of_wishes

CATALOG = catalog_of_wishes()
ANNA = officer(CATALOG, BY_KEY["anna"])
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Desk:
    """A case on Anna's desk; each thing done there takes a second."""

    def __init__(self) -> None:
        self.case: Case = replace(case_of(About(BYGG)), due_on=date(2026, 12, 7))
        self.now = NOW

    def does(self, command: Command, actor: Any = ANNA) -> str:
        """The id of the message that was written, if one was."""
        self.now += timedelta(seconds=1)
        named = f"m{self.case.seq}"
        ctx = Context(self.now, actor, CATALOG, CATALOG.services[BYGG], new_id=lambda: named)
        for event in command.decide(self.case, ctx):
            self.case = event.apply(self.case)
        return named

    def asks(self) -> str:
        return self.does(
            SendMessage(case_id=self.case.id, text="Ritning?", receipt=True, wait=True, was=self.case.status)
        )

    def sets(self, status: str) -> None:
        self.does(SetStatus(case_id=self.case.id, status=status, was=self.case.status))

    def undoes(self, message: str) -> None:
        self.does(UndoMessage(case_id=self.case.id, message_id=message))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_day_that_came_with_the_message_goes_with_it(desk: Desk) -> None:
    asked = desk.asks()
    assert (desk.case.status, desk.case.due_on) == ("waiting", date(2026, 11, 30))
    desk.undoes(asked)
    assert (desk.case.status, desk.case.due_on) == ("submitted", date(2026, 12, 7))


def test_a_second_question_that_is_undone_leaves_the_case_waiting_for_the_first(desk: Desk) -> None:
    desk.asks()
    before = desk.case
    desk.undoes(desk.asks())
    assert (desk.case.status, desk.case.status_since) == ("waiting", before.status_since)


def test_a_status_set_after_the_message_stays_when_that_is_undone(desk: Desk) -> None:
    first = desk.asks()
    desk.sets("working")
    desk.asks()
    desk.undoes(first)
    assert desk.case.status == "waiting"


def test_what_nobody_can_read_yet_is_not_confirmed_as_read(desk: Desk) -> None:
    asked = desk.asks()
    eva = Applicant(ids=frozenset(desk.case.applicants), mailbox="")
    confirmed = ConfirmReceipt(case_id=desk.case.id, message_id=asked)
    desk.does(confirmed, eva)
    assert desk.case.receipts_wanted == (asked,)
    desk.now += timedelta(seconds=20)
    desk.does(confirmed, eva)
    assert desk.case.receipts_wanted == ()
