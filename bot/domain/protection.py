"""Protected identity: who may know of the case, and why it is opened."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.case import Case
from bot.domain.rules import Context, Event, Refused, erasable_field, require_officer, validate_text

MAX_REASON_LENGTH = 500
"""Characters of the reason for opening a protected case, or for marking one."""


class ReasonRequired(Refused):
    """A protected case is opened on its page, by one who has said why."""

    key = "no.openreason"


class ReasonTooLong(Refused):
    """The reason is `n` characters over what it may be."""

    key = "no.longreason"


class NoProtectedOfficers(Refused):
    """The e-service names nobody for protected cases, so that nobody could open it any more."""

    key = "no.nobodynamed"


@dataclass(frozen=True, kw_only=True)
class CaseProtected(Event):
    """The case was marked as protected."""

    reason: str = erasable_field()

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        return replace(case, protected=True, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class ProtectionLifted(Event):
    """The case is no longer marked as protected."""

    reason: str = erasable_field()

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        return replace(case, protected=False, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class SetProtection:
    """Mark the case as protected, or lift the mark; what is so already stays so."""

    case_id: str
    protected: bool
    reason: str

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        if case.protected == self.protected:
            return []
        reason = validate_reason(self.reason)
        if not self.protected:
            return [ProtectionLifted(at=ctx.now, by=officer.ref, reason=reason)]
        if not ctx.service.protected_officers:
            raise NoProtectedOfficers(contact=ctx.catalog.municipality.support)
        return [CaseProtected(at=ctx.now, by=officer.ref, reason=reason)]


def validate_reason(reason: str) -> str:
    """The reason on one line, or Empty, or ReasonTooLong."""
    reason = " ".join(validate_text(reason).split())
    if len(reason) > MAX_REASON_LENGTH:
        raise ReasonTooLong(n=len(reason) - MAX_REASON_LENGTH)
    return reason
