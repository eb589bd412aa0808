"""Mails that did not reach the applicant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bot.domain.access import require_machine
from bot.domain.case import Case
from bot.domain.log_sentences import Sentence
from bot.domain.notices import CARD_AND_THREAD, Notice, OfficerNotice
from bot.domain.rules import CaseCommand, Context, Event, UnknownCase


@dataclass(frozen=True, kw_only=True)
class ApplicantNotReached(Event):
    """A mail to the applicant could not be delivered; `message_id` is the message it was about, empty for none."""

    applicant: str
    message_id: str = ""

    log = (Sentence("history.notreached"),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """Notify the officers of the case, who may reach the applicant in another way."""
        return [*CARD_AND_THREAD, *(OfficerNotice(key, "undelivered") for key in case.officers)]


@dataclass(frozen=True, kw_only=True)
class ReportMailFailure(CaseCommand):
    """Report that a mail to the applicant could not be delivered."""

    applicant: str
    message_id: str = ""

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        if self.applicant not in require_machine(case, ctx).applicants:
            raise UnknownCase(number="")
        return [
            ApplicantNotReached(
                at=ctx.now, by=ctx.actor.ref, applicant=self.applicant, message_id=self.message_id
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, applicant=case.applicants[0])
