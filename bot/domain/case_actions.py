"""What may be done with a case as it is now: asked by all that offers an action, and by all that opens its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from bot.catalog.models import Catalog
from bot.catalog.people import Access
from bot.catalog.presets import PresetName
from bot.catalog.services import EService
from bot.domain.access import deleted_case_refusal, may_work, protected_case_refusal
from bot.domain.actors import Officer
from bot.domain.assignment import AlreadyYours, CaseIsClosed, MayNotReassign, NotYours
from bot.domain.case import Case
from bot.domain.deletion import NotDeleted, deletion_refusal, require_coordinator
from bot.domain.editing import RecordElsewhere, edit_refusal, is_record_elsewhere
from bot.domain.messages.presets import NoSuchPreset, fill_preset, offered_presets
from bot.domain.protection import NoProtectedOfficers
from bot.domain.representatives import NobodyToRepresent
from bot.domain.retention import AlreadyHeld, NotHeld, is_held
from bot.domain.rules import ApplicantDoesNotFollow, DisposedOf, NoAccess, Refused, ServiceGone
from bot.domain.status import allowed_statuses

CaseAction = Literal[
    "take",
    "release",
    "message",
    "completion",
    "decision",
    "delay",
    "refusal",
    "status",
    "reopen",
    "note",
    "official",
    "officers",
    "handover",
    "flag",
    "colour",
    "edit",
    "contact",
    "represent",
    "unrepresent",
    "delete",
    "restore",
    "hold",
    "unhold",
    "protect",
    "link",
    "unread",
    "unschedule",
    "summary",
]
"""What an officer does with a case, by the name of its button in Slack."""

CASE_ACTIONS: tuple[CaseAction, ...] = get_args(CaseAction)


class NoStatusToSet(Refused):
    """No status may follow that of the case, whose name is in `status`, or none that the officer may set."""

    key = "no.notargets"


class NotClosed(Refused):
    """The case is open already, so it cannot be reopened."""

    key = "no.notclosed"


@dataclass(frozen=True, slots=True)
class ActionContext:
    """The case, and who asks: an officer, or None for everyone who sees the case's card."""

    case: Case
    catalog: Catalog
    today: date
    officer: Officer | None = None

    @property
    def service(self) -> EService | None:
        return self.catalog.service(self.case.service)

    @property
    def access(self) -> Access | None:
        return self.officer.access.get(self.case.service) if self.officer is not None else None


def allowed_actions(context: ActionContext) -> frozenset[CaseAction]:
    """What the officer may do with the case now; for nobody in particular, what somebody may."""
    return frozenset(one for one in CASE_ACTIONS if action_refusal(one, context) is None)


def action_refusal(action: CaseAction, context: ActionContext) -> Refused | None:
    """Why the officer may not do that with the case now; None where they may."""
    if action == "restore":
        return _access_refusal(context) or _restore_refusal(context)
    if action == "summary":
        return _hidden_refusal(context)
    rule, service = _RULES.get(action), context.service
    refusal = work_refusal(context)
    return rule(context, service) if refusal is None and rule and service else refusal


def work_refusal(context: ActionContext) -> Refused | None:
    """Why nobody can work with the case now, or not this officer; None where they can. Its summary may remain."""
    if refusal := _hidden_refusal(context):
        return refusal
    if context.case.disposed_at is not None:
        return DisposedOf(number=context.case.number, at=context.case.disposed_at)
    return ServiceGone() if context.service is None else None


def _hidden_refusal(context: ActionContext) -> Refused | None:
    """Why the officer cannot see the case."""
    if refusal := _access_refusal(context):
        return refusal
    is_deleted = context.case.deleted_at is not None
    return deleted_case_refusal(context.case, context.catalog) if is_deleted else None


def _access_refusal(context: ActionContext) -> Refused | None:
    service, officer = context.service, context.officer
    if officer is None or service is None or may_work(officer, context.case):
        return None
    if context.case.protected:
        return protected_case_refusal(context.case, service, context.catalog)
    return NoAccess(service=service.name, contact=context.catalog.municipality.support)


def can_be_taken(closed_at: datetime | None, officers: tuple[str, ...]) -> bool:
    """Whether a case in a list can be taken as it is: it is open, and no officer has it."""
    return closed_at is None and not officers


def _restore_refusal(context: ActionContext) -> Refused | None:
    case = context.case
    if case.deleted_at is None:
        return NotDeleted(number=case.number)
    if case.disposed_at is not None:
        return deleted_case_refusal(case, context.catalog)
    return _refusal_of(lambda: require_coordinator(context.access)) if context.officer is not None else None


def _take_refusal(context: ActionContext, service: EService) -> Refused | None:
    if context.officer is not None and context.officer.key in context.case.officers:
        return AlreadyYours()
    return CaseIsClosed() if context.case.closed_at is not None else None


def _release_refusal(context: ActionContext, service: EService) -> Refused | None:
    if context.officer is not None and context.officer.key not in context.case.officers:
        return NotYours()
    return CaseIsClosed() if context.case.closed_at is not None else None


def _message_refusal(context: ActionContext, service: EService) -> Refused | None:
    is_reachable = service.applicant_follows and context.case.applicants
    return None if is_reachable else ApplicantDoesNotFollow()


def _preset_refusal(name: PresetName) -> Rule:
    def refusal(context: ActionContext, service: EService) -> Refused | None:
        case, officer = context.case, context.officer
        if name in offered_presets(case, service, context.access):
            return None
        if officer is None:
            return NoSuchPreset()
        specific = _refusal_of(lambda: fill_preset(name, case, officer, context.catalog, context.today))
        return specific or NoSuchPreset()

    return refusal


def _status_refusal(context: ActionContext, service: EService) -> Refused | None:
    case, officer = context.case, context.officer
    targets = allowed_statuses(case, officer, service) if officer else service.targets_from(case.status)
    if targets:
        return None
    status = service.status(case.status)
    return NoStatusToSet(status=status.name if status is not None else case.status_name)


def _open_status_refusal(context: ActionContext, service: EService) -> Refused | None:
    return CaseIsClosed() if context.case.closed_at is not None else _status_refusal(context, service)


def _reopen_refusal(context: ActionContext, service: EService) -> Refused | None:
    return NotClosed() if context.case.closed_at is None else _status_refusal(context, service)


def _assignees_refusal(context: ActionContext, service: EService) -> Refused | None:
    if context.officer is not None and not (context.access and context.access.may_reassign):
        return MayNotReassign()
    return CaseIsClosed() if context.case.closed_at is not None else None


def _handover_refusal(context: ActionContext, service: EService) -> Refused | None:
    refusal = _assignees_refusal(context, service)
    if refusal is None and context.officer is not None and context.officer.key not in context.case.officers:
        return NotYours()
    return refusal


def _represent_refusal(context: ActionContext, service: EService) -> Refused | None:
    if not context.case.applicants:
        return NobodyToRepresent()
    return RecordElsewhere() if is_record_elsewhere(context.case, service) else None


def _hold_refusal(context: ActionContext, service: EService) -> Refused | None:
    case = context.case
    return AlreadyHeld(date=case.hold_until) if is_held(case, context.today) else None


def _refusal_of(check: Callable[[], object]) -> Refused | None:
    """The refusal that the check raises; None where it raises none."""
    try:
        check()
    except Refused as refusal:
        return refusal
    return None


Rule = Callable[[ActionContext, EService], Refused | None]

_RULES: Mapping[CaseAction, Rule] = {
    "take": _take_refusal,
    "release": _release_refusal,
    "message": _message_refusal,
    "completion": _preset_refusal("completion"),
    "decision": _preset_refusal("decision"),
    "delay": _preset_refusal("delay"),
    "refusal": _preset_refusal("refusal"),
    "status": _open_status_refusal,
    "reopen": _reopen_refusal,
    "officers": _assignees_refusal,
    "handover": _handover_refusal,
    "edit": lambda context, service: edit_refusal(context.case, service),
    "contact": lambda context, service: edit_refusal(context.case, service),
    "represent": _represent_refusal,
    "delete": lambda context, service: deletion_refusal(context.case, context.access, service, context.today),
    "hold": _hold_refusal,
    "unhold": lambda context, service: None if is_held(context.case, context.today) else NotHeld(),
    "protect": lambda context, service: (
        None
        if service.protected_officers or context.case.protected
        else NoProtectedOfficers(contact=context.catalog.municipality.support)
    ),
}
"""What an action asks of a case that is there; an action without a rule may always be done then."""
