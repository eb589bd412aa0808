"""No sequence of wishes leads to a state that the rules forbid; the rules are said once more here, by their outcome."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given

from bot.catalog.statuses import Status
from bot.domain.actors import Actor, Machine
from bot.domain.assignment import CaseAssigned
from bot.domain.automatic_assignment import ASSIGNED_BY_RULE
from bot.domain.case import Case
from bot.domain.colour import COLOURS
from bot.domain.declarations import event_kinds
from bot.domain.messages.correspondence import SetStatusOfMessage
from bot.domain.messages.scheduled_messages import SendScheduledMessage
from bot.domain.messages.undoing import UNDO_PERIOD
from bot.domain.rules import MAX_TEXT_LENGTH, Command, Context, Event, Refused
from bot.text.working_days import local_day
from tests.generated.command_strategies import (
    APPLICANT,
    COMMAND_BUILDERS,
    MACHINE,
    PEOPLE,
    PlannedCommand,
    command_sequences,
    create_submission,
    find_actor,
    find_role,
    fixed_sequences,
    pause_before,
    strategy_catalog,
)
from tests.generated.reference_model import ModelState, apply_event, state_of
from tests.generated.strategies import examples
from tests.people import BYGG, GROUP, ORO, PARK, CaseFacts, Role, may_work

CATALOG = strategy_catalog()
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
IDS = itertools.count()

FIXED = ("id", "number", "service", "origin", "received_at")
CHANGED_ONLY_BY = {
    "applicants": {"RepresentativeAdded", "RepresentativeEnded"},
    "status_since": {"StatusSet"},
    "status_by": {"StatusSet"},
    "closed_at": {"StatusSet"},
    "pending": {"MessageSent", "MessageUndone", "StatusSet", "StatusNotSet"},
}
APPLICANT_EVENTS = {
    "MessageReceived",
    "DecisionRequested",
    "InformationAdded",
    "MessageReceipted",
    "StatusSet",
    "AddressConfirmed",
}
MACHINE_EVENTS = {
    "ReplyRemoved",
    "CaseOverdue",
    "ApplicantNotReached",
    "FileStopped",
    "FileCleared",
    "OtherDocumentReceived",
    "CaseDisposed",
    "ApplicantReminded",
    "FiveMonthsPassed",
    "SixMonthsPassed",
    "DecisionDueSoon",
}


class CaseSimulation:
    """One case through a row of wishes: as it is, and as it has been seen."""

    def __init__(self, key: str, plan: PlannedCommand) -> None:
        self.service = CATALOG.services[key]
        self.now = START
        command = create_submission(plan, self.service).with_number("2026-000001", f"{next(IDS)}")
        self.opened = command.decide(None, self._context(Machine("form")))
        case, expected = None, ModelState()
        for event in self.opened:
            case, expected = event.apply(case), apply_event(expected, type(event).__name__, vars(event))
        assert case is not None and state_of(case) == expected
        self.case = case
        self.states = [case]

    def run(self, plan: PlannedCommand) -> tuple[Command, list[Event]]:
        """What is wished, and what follows of it; nothing where it is refused."""
        self.now += pause_before(plan)
        before, actor = self.case, find_actor(plan.actor, self.case, CATALOG)
        command = COMMAND_BUILDERS[plan.kind](plan, plan.seen_state(self.states))
        try:
            events = command.decide(before, self._context(actor))
        except Refused:
            return command, []
        _check_decision(before, command, events, plan)
        for event in events:
            assert event.at == self.now
            by_rule = isinstance(event, CaseAssigned) and event.by == ASSIGNED_BY_RULE
            assert by_rule or event.by in (actor.ref, _sender_of(before, command))
            self.case = _apply_checked(self.case, event)
        self.states.append(self.case)
        self._check_undoing(before, events)
        _check_state(self.case, self.now)
        return command, events

    def _context(self, actor: Actor) -> Context:
        return Context(self.now, actor, CATALOG, self.service, new_id=lambda: f"{next(IDS)}")

    def _check_undoing(self, before: Case, events: list[Event]) -> None:
        """What is written and undone leaves the status and its day as they were, unless one follows what has left."""
        has_followed = bool(_events_named("MessageSent", events) and _events_named("StatusSet", events))
        if not has_followed and {"MessageUndone", "MessageSent"} & {type(one).__name__ for one in events}:
            assert (self.case.status, self.case.step_due_on) == (before.status, before.step_due_on)


OF_THE_OUTBOX = (SetStatusOfMessage, SendScheduledMessage)
"""What the outbox does in the name of who wrote the message."""


def _sender_of(case: Case, command: Command) -> str:
    """Who wrote the message whose status the outbox sets: it is set in their name."""
    wanted = command.message_id if isinstance(command, OF_THE_OUTBOX) else ""
    return next((one.by for one in (*case.pending, *case.scheduled) if one.id == wanted), "")


@dataclass
class Coverage:
    """What has happened in many lives, and in which ways each part of a command was wished."""

    events_seen: set[str] = field(default_factory=set)
    field_values: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def run(self, plans: list[PlannedCommand]) -> None:
        for key in (BYGG, ORO, PARK):
            simulation = CaseSimulation(key, plans[0])
            self._record_events(simulation.opened)
            for plan in plans[1:]:
                command, events = simulation.run(plan)
                self._record_events(events)
                for field_ in fields(command):  # type: ignore[arg-type]
                    self.field_values[plan.kind, field_.name].add(str(getattr(command, field_.name)))

    def _record_events(self, events: list[Event]) -> None:
        self.events_seen |= {type(event).__name__ for event in events}


def test_all_that_can_happen_does_and_each_part_of_a_command_varies() -> None:
    coverage = Coverage()
    for plans in fixed_sequences(40):
        coverage.run(plans)
    never = set(event_kinds()) - coverage.events_seen
    assert not never, (
        f"{', '.join(sorted(never))} never happened: say in STATE_DEPENDENT_BUILDERS of "
        "tests/generated/command_strategies.py how the command is made that leads to it"
    )
    constant = [".".join(part) for part, values in coverage.field_values.items() if len(values) == 1]
    assert not constant, (
        f"{', '.join(constant)} was always the same: say in STATE_DEPENDENT_BUILDERS of "
        "tests/generated/command_strategies.py how such a command is made"
    )


@examples(300)
@given(plans=command_sequences(30))
def test_no_sequence_leads_where_the_rules_forbid(plans: list[PlannedCommand]) -> None:
    Coverage().run(plans)


def _events_named(name: str, events: list[Event]) -> list[Any]:
    return [event for event in events if type(event).__name__ == name]


def _status(case: Case, key: str) -> Status:
    status = CATALOG.services[case.service].status(key)
    assert status is not None, "no status that the catalog does not have"
    return status


def _check_state(case: Case, now: datetime) -> None:
    """What holds of every case at any time."""
    assert len(set(case.assignee_refs)) == len(case.assignee_refs)
    assert (case.closed_at is not None) is (_status(case, case.status).kind == "closed")
    assert case.step_due_on is None or case.closed_at is None, "what is closed has no next step"
    assert case.colour in COLOURS
    assert len({one.place for one in case.replies}) == len(case.replies), "one note of each reply"
    assert len({one.id for one in case.pending}) == len(case.pending)
    assert all(one.visible_at - now <= UNDO_PERIOD for one in case.pending)
    assert len(set(case.requested_receipts)) == len(case.requested_receipts)
    assert case.status_since <= now and all(one.since <= now for one in case.assignees)


def _apply_checked(before: Case, event: Event) -> Case:
    """The case after the event, which changes what it tells of and nothing else."""
    name, after = type(event).__name__, event.apply(before)
    assert after.seq == before.seq + 1
    assert state_of(after) == apply_event(state_of(before), name, vars(event))
    for part in FIXED:
        assert getattr(after, part) == getattr(before, part)
    for part, only_by in CHANGED_ONLY_BY.items():
        assert name in only_by or getattr(after, part) == getattr(before, part)
    new = set(after.assignees) - set(before.assignees)
    assert all((one.since, one.by) == (event.at, event.by) for one in new)
    return after


def _check_decision(case: Case, command: Any, events: list[Event], plan: PlannedCommand) -> None:
    """What holds of whatever is decided: who may, what was seen, and what the rules ask for."""
    if not isinstance(command, OF_THE_OUTBOX):
        _check_actor(case, events, plan)
    _check_assignees(case, command, events)
    for event in _events_named("StatusSet", events):
        _check_status(case, event, events, plan)
        assert getattr(command, "expected", case.status) == case.status
    for event in _events_named("CaseColoured", events):
        assert command.expected == case.colour != event.colour
    for event in _events_named("MessageUndone", events):
        (own,) = [one for one in case.pending if one.id == event.message_id]
        assert own.by == event.by and own.visible_at > event.at
    for event in _events_named("MessageReceipted", events):
        unseen = {one.id for one in case.pending if one.visible_at > event.at}
        assert event.message_id in set(case.requested_receipts) - unseen, (
            "nobody has read what cannot be seen"
        )
    for event in _events_named("CaseOverdue", events):
        by_law = case.decide_by if case.decision_requested_at is not None else None
        assert event.due_on in ((case.step_due_on,) if event.is_step else (case.due_on, by_law))
        assert (case.overdue_reported_on or date.min) < event.due_on < local_day(event.at)
        assert case.closed_at is None
    assert case.service != ORO or not _events_named("CaseProtected", events), "nobody could open it any more"
    _check_texts(case, command, events)


def _check_actor(case: Case, events: list[Event], plan: PlannedCommand) -> None:
    """Whoever had anything done may work with the case, as it was; an applicant and the program do only their own."""
    names = {type(event).__name__ for event in events}
    if plan.actor in (APPLICANT, MACHINE):
        assert names <= (APPLICANT_EVENTS if plan.actor == APPLICANT else MACHINE_EVENTS)
    elif names:
        facts_of_case = CaseFacts(case.service, case.protected, case.officers, case.groups)
        assert may_work(replace(find_role(plan.actor, case), account=()), facts_of_case)


def _check_assignees(case: Case, command: Any, events: list[Event]) -> None:
    """What is closed is neither taken nor given; what was seen still is so; who is given the case may work with it."""
    for event in _events_named("CaseTaken", events):
        assert case.closed_at is None
        assert not case.officers or (command.mode != "alone" and set(command.expected) == set(case.officers))
        assert event.officer not in case.officers
        assert event.replaced == (case.officers if command.mode == "over" else ())
    for event in _events_named("CaseReleased", events):
        assert case.closed_at is None and event.officer in case.officers
    for event in _events_named("CaseAssigned", events):
        assert [event.status] == [one.status for one in _events_named("StatusSet", events)]
        assert set(event.removed) <= set(case.assignee_refs)
        assert _may_be_given(f"{event.kind}:{event.key}", case, local_day(event.at))
    for event in _events_named("AssigneesChanged", events):
        assert case.closed_at is None and set(command.expected) == set(case.assignee_refs)
        assert set(event.added).isdisjoint(case.assignee_refs) and set(event.removed) <= set(
            case.assignee_refs
        )
        assert all(_may_be_given(ref, case, local_day(event.at)) for ref in event.added)


def _may_be_given(ref: str, case: Case, day: date) -> bool:
    kind, _, key = ref.partition(":")
    if kind == "group":
        return key == GROUP and case.service in PEOPLE["medlem"].services
    return key in PEOPLE and _has_access(PEOPLE[key], case, day)


def _has_access(role: Role, case: Case, day: date) -> bool:
    """Whether the catalog lets them work with some of the e-service's cases that day, or with such a protected one."""
    grant = dict(role.grant)
    in_time = grant.get("from", day) <= day <= grant.get("until", day)
    return (
        role.is_in_catalog
        and case.service in role.services
        and in_time
        and (role.is_named_for_protected or not case.protected)
    )


def _check_status(case: Case, event: Any, events: list[Event], plan: PlannedCommand) -> None:
    status = _status(case, event.status)
    assert event.was == case.status != event.status
    assert status.kind not in ("new", "waiting_for_signature", "waiting_for_payment")
    if _events_named("MessageUndone", events) or _events_named("CaseUnlinked", events):
        return  # back to what it was, whatever the rules for going there are
    assert status.accepted_from is None or case.status in status.accepted_from
    assert (status.set_by == "applicant") is bool(_events_named("InformationAdded", events))
    assert event.reason or case.closed_at is None, "reopening asks for a reason"
    if event.message_id:
        return  # who wrote the message was asked for the rest
    assert status.set_by != "coordinator" or find_role(plan.actor, case).is_coordinator
    assert status.requires != "message" or _events_named("MessageSent", events)
    assert status.requires != "note" or _events_named("NoteAdded", events)


def _check_texts(case: Case, command: Any, events: list[Event]) -> None:
    """Something is said, and not too much; an applicant writes where they may, and adds what is asked for."""
    for event in events:
        text = getattr(event, "text", None)
        if text is not None:
            with_files = getattr(event, "files", ()) or getattr(command, "has_files", False)
            assert (text or with_files) and len(text) <= MAX_TEXT_LENGTH
    assert not _events_named("MessageReceived", events) or _status(case, case.status).applicant_may_write
    asked = _status(case, case.status).kind == "waiting_for_completion"
    assert asked or not _events_named("InformationAdded", events)
    for event in (*_events_named("NoteAdded", events), *_events_named("NoteRevised", events)):
        _check_note(case, event)


def _check_note(case: Case, event: Any) -> None:
    """A thread is kept where all who read it may see the case; only such colleagues are told of a note."""
    if getattr(event, "source", "") or type(event).__name__ == "NoteRevised":
        assert case.service == PARK and not case.protected and "850709" not in event.text
    facts_of_case = CaseFacts(case.service, case.protected, case.officers, case.groups)
    for key in getattr(event, "mentions", ()):
        role = PEOPLE[key]
        today = replace(role, account=(), access=role.access or "full")
        assert f"officer:{key}" != event.by
        assert _has_access(role, case, local_day(event.at)) and may_work(today, facts_of_case)
