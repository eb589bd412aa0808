"""Confirmation that an applicant's mail address is theirs, without which they cannot follow the case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from bot.domain.actors import Applicant
from bot.domain.case import Case, with_changes
from bot.domain.log_sentences import Sentence
from bot.domain.rules import CaseCommand, Context, Event, UnknownCase
from bot.text import Words


@dataclass(frozen=True, kw_only=True)
class AddressConfirmed(Event):
    """The applicant has shown that the address is theirs: they read its mail, and know the case's number."""

    applicant: str
    how: Literal["number"] = "number"

    log = (Sentence("history.addressconfirmed"),)
    notices = ()

    def change(self, case: Case) -> Case:
        return with_changes(case, unconfirmed=tuple(one for one in case.unconfirmed if one != self.applicant))


@dataclass(frozen=True, kw_only=True)
class ConfirmAddress(CaseCommand):
    """Confirm the address of an applicant who has proved that they read its mail. No event where it is already."""

    audience = "applicant"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        if case is None or not isinstance(ctx.actor, Applicant) or not ctx.actor.ids & set(case.applicants):
            raise UnknownCase(number="")
        return [
            AddressConfirmed(at=ctx.now, by=ctx.actor.ref, applicant=applicant)
            for applicant in case.unconfirmed
            if applicant in ctx.actor.ids
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return with_changes(case, unconfirmed=case.applicants), cls(case_id=case.id)


def unconfirmed_warning(case: Case, words: Words) -> str:
    """What officers are told before they write to applicants who cannot read it yet; empty where all can."""
    if not case.unconfirmed:
        return ""
    is_for_all = set(case.unconfirmed) >= set(case.applicants)
    return words("message.unconfirmed" if is_for_all else "message.unconfirmed.some")
