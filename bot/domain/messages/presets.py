"""Messages that a preset fills in: a request for completion, a decision that closes the case, and one of delay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import get_args

from bot.catalog.models import Catalog
from bot.catalog.people import Access
from bot.catalog.presets import PresetName
from bot.catalog.services import EService
from bot.catalog.statuses import Status
from bot.catalog.templates import MessageKind, Template
from bot.domain.actors import Officer
from bot.domain.assignment import CaseIsClosed
from bot.domain.case import Case
from bot.domain.messages.message_kinds import NoRequestWaiting
from bot.domain.rules import ApplicantDoesNotFollow, Refused
from bot.domain.six_month_rule import is_delay_untold, is_request_waiting
from bot.domain.status import require_allowed_target
from bot.text.working_days import add_working_days


class NoSuchPreset(Refused):
    """The catalog no longer has what the preset is filled in with."""

    key = "no.preset"


@dataclass(frozen=True, slots=True)
class MessagePreset:
    """What a message is filled in with. `status` is to follow it, empty where the case has that status already."""

    kind: MessageKind
    status: str
    template: Template | None
    answer_by: date | None


def offered_presets(case: Case, service: EService, access: Access | None = None) -> tuple[PresetName, ...]:
    """The presets whose status may follow the present one; with `access`, those that its officer may set.

    None where nobody could read a message.
    """
    if not service.applicant_follows or not case.applicants or case.closed_at is not None:
        return ()
    names: tuple[PresetName, ...] = get_args(PresetName)
    by_law = {"delay": is_delay_untold(case), "refusal": is_request_waiting(case)}
    return tuple(
        name
        for name in names
        if by_law.get(name) or _is_offered(service.preset_status(name), case, service, access)
    )


def _is_offered(status: Status | None, case: Case, service: EService, access: Access | None) -> bool:
    if status is None or status.key == case.status:
        return status is not None
    return status in service.targets_from(case.status) and (access is None or access.may_set(status))


def find_preset(status: str, case: Case, service: EService) -> PresetName | None:
    """The preset whose status that is, where it has a text for the message that the status is to follow."""
    for name in offered_presets(case, service):
        preset_status = service.preset_status(name)
        if preset_status is not None and preset_status.key == status != case.status:
            return name if service.preset_template(name, case.status) is not None else None
    return None


def fill_preset(
    name: PresetName, case: Case, officer: Officer, catalog: Catalog, today: date
) -> MessagePreset:
    """What the preset fills in for the officer on that day.

    Raises ApplicantDoesNotFollow, CaseIsClosed, NoRequestWaiting, NoSuchPreset, and StatusNotAllowed where they may not
    set its status.
    """
    service = catalog.service(case.service)
    status = service.preset_status(name) if service is not None else None
    if service is None or (status is None and name not in ("delay", "refusal")):
        raise NoSuchPreset
    if not service.applicant_follows or not case.applicants:
        raise ApplicantDoesNotFollow
    if case.closed_at is not None:
        raise CaseIsClosed
    if name == "refusal" and not is_request_waiting(case):
        raise NoRequestWaiting
    follows = status.key if status is not None and status.key != case.status else ""
    if follows:
        require_allowed_target(case, follows, officer, service)
    days = service.presets.completion.working_days
    return MessagePreset(
        kind=name,
        status=follows,
        template=service.preset_template(name, case.status),
        answer_by=add_working_days(today, days, catalog.closed_days) if name == "completion" else None,
    )
