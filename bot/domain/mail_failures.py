"""Applicants whom no mail reaches."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.case import Case
from bot.domain.rules import Context, Event, UnknownCase, require_machine


@dataclass(frozen=True, kw_only=True)
class ApplicantNotReached(Event):
    """A mail to the applicant was given up; `message_id` is the message it told of, empty for none."""

    applicant: str
    message_id: str = ""

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        return replace(case, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class ReportMailFailure:
    """Tell that a mail to the applicant did not arrive, each time one is given up."""

    case_id: str
    applicant: str
    message_id: str = ""

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        if self.applicant not in require_machine(case, ctx).applicants:
            raise UnknownCase(number="")
        return [
            ApplicantNotReached(
                at=ctx.now, by=ctx.actor.ref, applicant=self.applicant, message_id=self.message_id
            )
        ]
