"""What each event says of a case, told once more and not by the program: for tests to hold it to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date
from typing import Any

from bot.domain.case import Case, Correction, Link
from bot.domain.six_month_rule import last_day_to_answer

Reply = tuple[str, str, str, bool, str]
"""Its place, its note, the edit that the note has, whether it is gone, and what kind of note it is."""


@dataclass(frozen=True)
class ModelState:
    """How a case stands, who has it and what it is marked with."""

    status: str = ""
    status_name: str = ""
    is_closed: bool = False
    due_on: date | None = None
    step_due_on: date | None = None
    assignee_refs: tuple[str, ...] = ()
    colour: str = ""
    protected: bool = False
    overdue_reported_on: date | None = None
    requested_receipts: tuple[str, ...] = ()
    awaited: tuple[tuple[str, date, str], ...] = ()
    replies: tuple[Reply, ...] = ()
    scheduled: tuple[str, ...] = ()
    answers_version: int = 1
    marks: Mapping[str, Any] = field(default_factory=lambda: MARKS)
    """Whatever else a case can be marked with, by the field's name."""

    def without(self, *refs: str) -> tuple[str, ...]:
        return tuple(ref for ref in self.assignee_refs if ref not in refs)


MARKS: Mapping[str, Any] = {
    part.name: part.default
    for part in fields(Case)
    if part.default is not MISSING
    and part.name not in {field.name for field in fields(ModelState)}
    and part.name not in ("applicants", "assignees", "closed_at", "latest_edit", "pending", "seq")
}
"""Fields of a case that nothing above tells of, as they are in a new case."""


def state_of(case: Case) -> ModelState:
    """What the program says of the case."""
    return ModelState(
        status=case.status,
        status_name=case.status_name,
        is_closed=case.closed_at is not None,
        due_on=case.due_on,
        step_due_on=case.step_due_on,
        assignee_refs=case.assignee_refs,
        colour=case.colour,
        protected=case.protected,
        overdue_reported_on=case.overdue_reported_on,
        requested_receipts=case.requested_receipts,
        awaited=tuple((one.message_id, one.answer_by, one.reminded) for one in case.awaited),
        replies=tuple((one.place, one.note, one.edited, one.removed, one.kind) for one in case.replies),
        scheduled=tuple(one.id for one in case.scheduled),
        answers_version=case.answers_version,
        marks={name: getattr(case, name) for name in MARKS},
    )


Facts = Mapping[str, Any]
Transition = Callable[[ModelState, Facts], ModelState]


def apply_event(state: ModelState, event: str, facts: Facts) -> ModelState:
    """How the case stands after the event of that name, if nothing changes but what the event tells of.

    An event without a transition of its own sets those parts of the case that its fields are named after.
    """
    return TRANSITIONS.get(event, _set_named_parts)(state, facts)


def _set_named_parts(state: ModelState, facts: Facts) -> ModelState:
    named = {part.name: facts[part.name] for part in fields(ModelState) if part.name in facts}
    marks = {name: facts.get(name, before) for name, before in state.marks.items()}
    return replace(state, **{**named, "marks": marks})


def _opened(state: ModelState, facts: Facts) -> ModelState:
    days = {name: facts[name] for name in ("due_on", "step_due_on")}
    states = facts["addresses"] or {}
    unconfirmed = tuple(applicant for applicant, state in states.items() if state == "unconfirmed")
    marks = {**MARKS, "unconfirmed": unconfirmed}
    named = {name: facts[name] for name in ("status", "status_name", "protected")}
    return ModelState(**named, marks=marks, **days)


def _confirmed(state: ModelState, facts: Facts) -> ModelState:
    remaining = tuple(one for one in state.marks["unconfirmed"] if one != facts["applicant"])
    return replace(state, marks={**state.marks, "unconfirmed": remaining})


def _contact_corrected(state: ModelState, facts: Facts) -> ModelState:
    person = facts["applicant"]
    latest = Correction(person, facts["version"], facts["at"], facts["by"])
    corrections = (*(one for one in state.marks["corrections"] if one.applicant != person), latest)
    unconfirmed = state.marks["unconfirmed"]
    if facts["is_address_changed"] and person not in unconfirmed:
        unconfirmed = (*unconfirmed, person)
    return replace(state, marks={**state.marks, "corrections": corrections, "unconfirmed": unconfirmed})


def _represented(state: ModelState, facts: Facts) -> ModelState:
    added = (facts["applicant"],) if facts["has_address"] else ()
    return replace(state, marks={**state.marks, "unconfirmed": (*state.marks["unconfirmed"], *added)})


def _unrepresented(state: ModelState, facts: Facts) -> ModelState:
    corrections = tuple(one for one in state.marks["corrections"] if one.applicant != facts["applicant"])
    marks = {**_confirmed(state, facts).marks, "corrections": corrections}
    return replace(state, marks=marks)


def _linked(state: ModelState, facts: Facts) -> ModelState:
    link = Link(facts["other"], facts["kind"], facts["at"], facts["by"], facts["status_before"])
    return replace(state, marks={**state.marks, "links": (*state.marks["links"], link)})


def _unlinked(state: ModelState, facts: Facts) -> ModelState:
    remaining = tuple(one for one in state.marks["links"] if one.other != facts["other"])
    return replace(state, marks={**state.marks, "links": remaining})


def _released(state: ModelState, facts: Facts) -> ModelState:
    return replace(state, marks={**state.marks, "hold": "", "hold_until": None})


def _disposed(state: ModelState, facts: Facts) -> ModelState:
    marks = {**state.marks, "hold": "", "hold_until": None, "disposed_at": facts["at"]}
    return replace(state, marks=marks)


def _deleted(state: ModelState, facts: Facts) -> ModelState:
    named = {name: facts[name] for name in ("deletion_ground", "deleted_until")}
    return replace(
        state, marks={**state.marks, **named, "deleted_at": facts["at"], "deleted_by": facts["by"]}
    )


def _restored(state: ModelState, facts: Facts) -> ModelState:
    names = ("deleted_at", "deleted_by", "deleted_until", "deletion_ground")
    return replace(state, marks={**state.marks, **{name: MARKS[name] for name in names}})


def _status(state: ModelState, facts: Facts) -> ModelState:
    is_closed = facts["kind"] == "closed"
    step = facts["step_due_on"]
    if facts["due_on"] not in (None, state.due_on):  # of before there were two
        step = facts["due_on"]
    replies = tuple(
        (*one[:4], "disposed") if is_closed and one[4] == "working" else one for one in state.replies
    )
    changes = {"step_due_on": step, "is_closed": is_closed, "replies": replies}
    left, due_on = facts["due_days_left"], facts["case_due_on"]
    if left is not None or due_on is not None:
        changes |= {"due_on": due_on, "marks": {**state.marks, "due_days_left": left}}
    return replace(state, status=facts["status"], status_name=facts["status_name"], **changes)


def _taken(state: ModelState, facts: Facts) -> ModelState:
    remaining = state.without(*(f"officer:{key}" for key in facts["replaced"]))
    return replace(state, assignee_refs=(*remaining, f"officer:{facts['officer']}"))


def _sent(state: ModelState, facts: Facts) -> ModelState:
    requested = [facts["message_id"]] if facts["receipt"] else []
    asked = [(facts["message_id"], facts["answer_by"], "")] if facts["answer_by"] is not None else []
    receipts = (*state.requested_receipts, *requested)
    if facts["kind"] == "delay":
        state = replace(state, marks={**state.marks, "delay_message": facts["message_id"]})
    is_asked = state.marks["decision_requested_at"] is not None and not state.marks["decision_refusal"]
    if facts["kind"] == "refusal" and is_asked:
        state = _with_refusal(state, facts["message_id"])
    state = _no_longer_scheduled(state, facts)
    return replace(state, requested_receipts=receipts, awaited=(*state.awaited, *asked))


def _with_refusal(state: ModelState, message_id: str) -> ModelState:
    """The message that refused the request, or "" after it was undone."""
    decide_by = None if message_id else last_day_to_answer(state.marks["decision_requested_at"])
    return replace(state, marks={**state.marks, "decision_refusal": message_id, "decide_by": decide_by})


def _no_longer_scheduled(state: ModelState, facts: Facts) -> ModelState:
    return replace(state, scheduled=tuple(one for one in state.scheduled if one != facts["message_id"]))


def _remove_request(state: ModelState, facts: Facts) -> ModelState:
    remaining = tuple(one for one in state.requested_receipts if one != facts["message_id"])
    return replace(state, requested_receipts=remaining)


def _undone(state: ModelState, facts: Facts) -> ModelState:
    awaited = tuple(one for one in state.awaited if one[0] != facts["message_id"])
    told = state.marks["delay_message"]
    if state.marks["decision_refusal"] == facts["message_id"]:
        state = _with_refusal(state, "")
    marks = {**state.marks, "delay_message": "" if told == facts["message_id"] else told}
    return replace(_remove_request(state, facts), awaited=awaited, marks=marks)


def _reminded(state: ModelState, facts: Facts) -> ModelState:
    how = "late" if facts["is_late"] else "soon"
    awaited = tuple((*one[:2], how) if one[0] == facts["message_id"] else one for one in state.awaited)
    return replace(state, awaited=awaited)


def _noted(state: ModelState, facts: Facts) -> ModelState:
    place = facts["source"] or (f"note:{facts['note_id']}" if facts["kind"] == "working" else "")
    new = [(place, facts["note_id"], facts["edited"], False, facts["kind"])] if place else []
    return replace(state, replies=(*state.replies, *new))


def _revised(state: ModelState, facts: Facts) -> ModelState:
    return _with_reply(state, facts, lambda reply: (*reply[:2], facts["edited"], *reply[3:]))


def _unthreaded(state: ModelState, facts: Facts) -> ModelState:
    return _with_reply(state, facts, lambda reply: (*reply[:3], True, reply[4]))


def _made_official(state: ModelState, facts: Facts) -> ModelState:
    return _with_reply(state, facts, lambda reply: (*reply[:4], "official"))


def _with_reply(state: ModelState, facts: Facts, change: Callable[[Reply], Reply]) -> ModelState:
    replies = tuple(change(one) if one[1] == facts["note_id"] else one for one in state.replies)
    return replace(state, replies=replies)


TRANSITIONS: dict[str, Transition] = {
    "CaseSubmitted": _opened,
    "CaseEdited": lambda t, f: replace(t, answers_version=f["version"]),
    "AddressConfirmed": _confirmed,
    "ContactCorrected": _contact_corrected,
    "RepresentativeAdded": _represented,
    "CaseLinked": _linked,
    "CaseUnlinked": _unlinked,
    "RepresentativeEnded": _unrepresented,
    "CaseAssigned": lambda t, f: replace(
        t, assignee_refs=tuple(dict.fromkeys((*t.without(*f["removed"]), f"{f['kind']}:{f['key']}")))
    ),
    "CaseTaken": _taken,
    "CaseReleased": lambda t, f: replace(t, assignee_refs=t.without(f"officer:{f['officer']}")),
    "AssigneesChanged": lambda t, f: replace(t, assignee_refs=(*t.without(*f["removed"]), *f["added"])),
    "StatusSet": _status,
    "CaseProtected": lambda t, f: replace(t, protected=True),
    "ProtectionLifted": lambda t, f: replace(t, protected=False),
    "OtherDocumentReceived": lambda t, f: t,
    "SixMonthsPassed": lambda t, f: replace(
        t, marks={**t.marks, "decide_by": f["decide_by"], "may_request_decision": True}
    ),
    "DecisionRequested": lambda t, f: replace(
        t, marks={**t.marks, "decide_by": f["decide_by"], "decision_requested_at": f["at"]}
    ),
    "DecisionDueSoon": lambda t, f: replace(t, marks={**t.marks, "decision_reminded": True}),
    "CaseOverdue": lambda t, f: replace(t, overdue_reported_on=f["due_on"]),
    "MessageSent": _sent,
    "MessageUndone": _undone,
    "MessageScheduled": lambda t, f: replace(t, scheduled=(*t.scheduled, f["message_id"])),
    "ScheduleCancelled": _no_longer_scheduled,
    "ScheduleStopped": _no_longer_scheduled,
    "ApplicantReminded": _reminded,
    "MessageReceived": lambda t, f: replace(t, awaited=()),
    "InformationAdded": lambda t, f: replace(t, awaited=()),
    "MessageReceipted": _remove_request,
    "NoteAdded": _noted,
    "NoteRevised": _revised,
    "NoteMadeOfficial": _made_official,
    "ReplyRemoved": _unthreaded,
    "HoldReleased": _released,
    "CaseDisposed": _disposed,
    "CaseDeleted": _deleted,
    "CaseRestored": _restored,
}
"""Events that change more, or otherwise, than what their fields are named after."""
