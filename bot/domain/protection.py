"""Protected personal data: who may see the case, and the reason that is required to open it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bot.domain.access import require_officer
from bot.domain.case import Case, with_changes
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import CardUpdate
from bot.domain.rules import (
    MAX_REASON_LENGTH,
    CaseCommand,
    Context,
    Event,
    ReasonTooLong,
    Refused,
    erasable_field,
    validate_text,
)


class OpeningReasonRequired(Refused):
    """A protected case can be opened on its page only, after a reason is given."""

    key = "no.openreason"
    several_key = "no.openreason.several"


class AlreadyProtected(Refused):
    """The case is marked already, and there is no change that the reason could belong to."""

    key = "no.alreadyprotected"


class AlreadyUnprotected(Refused):
    """The mark is removed already, and there is no change that the reason could belong to."""

    key = "no.alreadylifted"


class NoProtectedOfficers(Refused):
    """The e-service names nobody for protected cases, so that nobody could open this one."""

    key = "no.nobodynamed"


# The reason may reveal from whom somebody is protected, so it is shown on the case page only.
REASON_ON_PAGE = Sentence(
    "history.reason", {"reason": Fact("text", "reason")}, only_with="reason", only_on_page=True
)
"""The reason that an officer gave, which may tell of a person."""


@dataclass(frozen=True, kw_only=True)
class CaseProtected(Event):
    """The case was marked as protected."""

    reason: str = erasable_field()

    log = (Sentence("history.protected"),)
    log_details = (REASON_ON_PAGE,)
    notices = (CardUpdate(),)

    def change(self, case: Case) -> Case:
        return with_changes(case, protected=True)


@dataclass(frozen=True, kw_only=True)
class ProtectionLifted(Event):
    """The case is no longer marked as protected."""

    reason: str = erasable_field()

    log = (Sentence("history.unprotected"),)
    log_details = (REASON_ON_PAGE,)
    notices = (CardUpdate(),)

    def change(self, case: Case) -> Case:
        return with_changes(case, protected=False)


@dataclass(frozen=True, kw_only=True)
class SetProtection(CaseCommand):
    """Mark the case as protected, or remove the mark. Where it is so already, a reason is not dropped in silence."""

    protected: bool
    reason: str

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        if case.protected == self.protected:
            if self.reason.strip():
                raise AlreadyProtected if self.protected else AlreadyUnprotected
            return []
        reason = validate_reason(self.reason)
        if not self.protected:
            return [ProtectionLifted(at=ctx.now, by=officer.ref, reason=reason)]
        if not ctx.service.protected_officers:
            raise NoProtectedOfficers(contact=ctx.catalog.municipality.support)
        return [CaseProtected(at=ctx.now, by=officer.ref, reason=reason)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, protected=not case.protected, reason="x")


def find_reason_refusal(reason: str) -> Refused | None:
    """Why the reason is refused; None where it is not."""
    try:
        validate_reason(reason)
    except Refused as refusal:
        return refusal
    return None


def validate_reason(reason: str) -> str:
    """The reason on one line. Raises EmptyText and ReasonTooLong."""
    reason = " ".join(validate_text(reason).split())
    if len(reason) > MAX_REASON_LENGTH:
        raise ReasonTooLong(n=len(reason) - MAX_REASON_LENGTH)
    return reason
