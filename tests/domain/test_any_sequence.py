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
from bot.domain.case import Case
from bot.domain.correspondence import UNDO
from bot.domain.marks import COLOURS
from bot.domain.notices import NOTICES
from bot.domain.rules import TEXT_LIMIT, Command, Context, Event, Refused
from bot.text.working_days import local_day
from tests.domain.test_authorisation import commands
from tests.people import BYGG, GROUP, ORO, PARK, About, Role, may_work
from tests.retold import Told, as_it_is, retold
from tests.strategies import examples
from tests.wishes import (
    APPLICANT,
    MACHINE,
    MAKING,
    PEOPLE,
    Wish,
    actor_of,
    catalog_of_wishes,
    opening,
    pause,
    role_of,
    rows,
    sequences,
)

CATALOG = catalog_of_wishes()
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
IDS = itertools.count()

FIXED = ("id", "number", "service", "origin", "received_at", "applicants")
ONLY_BY = {
    "status_since": {"StatusSet"},
    "status_by": {"StatusSet"},
    "closed_at": {"StatusSet"},
    "pending": {"MessageSent", "MessageUndone"},
}
OF_APPLICANTS = {"MessageReceived", "InformationAdded", "MessageReceipted", "StatusSet"}
OF_MACHINES = {"ReplyRemoved", "CaseOverdue", "ApplicantNotReached"}


class Life:
    """One case through a row of wishes: as it is, and as it has been seen."""

    def __init__(self, key: str, wish: Wish) -> None:
        self.service = CATALOG.services[key]
        self.now = START
        command = opening(wish, self.service).numbered("2026-000001", f"{next(IDS)}")
        self.opened = command.decide(None, self._context(Machine("form")))
        case, told = None, Told()
        for event in self.opened:
            case, told = event.apply(case), retold(told, type(event).__name__, vars(event))
        assert case is not None and as_it_is(case) == told
        self.case = case
        self.seen = [case]
        # As it stood before the message whose status it has, by that message's id.
        self.before_message: dict[str, Case] = {}

    def lives(self, wish: Wish) -> tuple[Command, list[Event]]:
        """What is wished, and what follows of it; nothing where it is refused."""
        self.now += pause(wish)
        before, actor = self.case, actor_of(wish.who, self.case, CATALOG)
        command = MAKING[wish.kind](wish, wish.saw(self.seen))
        try:
            events = command.decide(before, self._context(actor))
        except Refused:
            return command, []
        _check_decision(before, command, events, wish)
        for event in events:
            assert (event.at, event.by) == (self.now, actor.ref)
            self.case = _stepped(self.case, event)
        self.seen.append(self.case)
        self._check_undoing(before, events)
        _check_state(self.case, self.now)
        return command, events

    def _context(self, actor: Actor) -> Context:
        return Context(self.now, actor, CATALOG, self.service, new_id=lambda: f"{next(IDS)}")

    def _check_undoing(self, before: Case, events: list[Event]) -> None:
        """With an undone message goes the status it set, and the day that came with it; another's status stays."""
        for event in _named("MessageUndone", events):
            stood = self.before_message.get(event.message_id, before)
            assert (self.case.status, self.case.due_on) == (stood.status, stood.due_on)
        if _named("StatusSet", events):
            undoable = [sent for sent in _named("MessageSent", events) if sent.visible_at > sent.at]
            self.before_message = {sent.message_id: before for sent in undoable}


@dataclass
class Tried:
    """What has happened in many lives, and in which ways each part of a command was wished."""

    happened: set[str] = field(default_factory=set)
    wished: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def live(self, wishes: list[Wish]) -> None:
        for key in (BYGG, ORO, PARK):
            life = Life(key, wishes[0])
            self._happened(life.opened)
            for wish in wishes[1:]:
                command, events = life.lives(wish)
                self._happened(events)
                for part in fields(command):  # type: ignore[arg-type]
                    self.wished[wish.kind, part.name].add(str(getattr(command, part.name)))

    def _happened(self, events: list[Event]) -> None:
        self.happened |= {type(event).__name__ for event in events}


def test_every_command_is_wished() -> None:
    assert {kind.__name__ for kind in commands()} - {"Command"} == {*MAKING, "SubmitCase"}


def test_all_that_can_happen_does_and_each_part_of_a_command_varies() -> None:
    tried = Tried()
    for row in rows(40):
        tried.live(row)
    assert tried.happened == {kind.__name__ for kind in NOTICES}
    assert [part for part, values in tried.wished.items() if len(values) == 1] == []


@examples(300)
@given(wishes=sequences(30))
def test_no_sequence_leads_where_the_rules_forbid(wishes: list[Wish]) -> None:
    Tried().live(wishes)


def _named(name: str, events: list[Event]) -> list[Any]:
    return [event for event in events if type(event).__name__ == name]


def _status(case: Case, key: str) -> Status:
    status = CATALOG.services[case.service].status(key)
    assert status is not None, "no status that the catalog does not have"
    return status


def _check_state(case: Case, now: datetime) -> None:
    """What holds of every case at any time."""
    assert len(set(case.holders)) == len(case.holders)
    assert (case.closed_at is not None) is (_status(case, case.status).kind == "closed")
    assert case.due_on is None or case.closed_at is None, "what is closed is due no more"
    assert case.colour in COLOURS
    assert len({one.place for one in case.replies}) == len(case.replies), "one note of each reply"
    assert len({one.id for one in case.pending}) == len(case.pending)
    assert all(one.visible_at - now <= UNDO for one in case.pending)
    assert len(set(case.receipts_wanted)) == len(case.receipts_wanted)
    assert case.status_since <= now and all(one.since <= now for one in case.assignees)


def _stepped(before: Case, event: Event) -> Case:
    """The case after the event, which changes what it tells of and nothing else."""
    name, after = type(event).__name__, event.apply(before)
    assert after.seq == before.seq + 1
    assert as_it_is(after) == retold(as_it_is(before), name, vars(event))
    for part in FIXED:
        assert getattr(after, part) == getattr(before, part)
    for part, only_by in ONLY_BY.items():
        assert name in only_by or getattr(after, part) == getattr(before, part)
    new = set(after.assignees) - set(before.assignees)
    assert all((one.since, one.by) == (event.at, event.by) for one in new)
    return after


def _check_decision(case: Case, command: Any, events: list[Event], wish: Wish) -> None:
    """What holds of whatever is decided: who may, what was seen, and what the rules ask for."""
    _check_actor(case, events, wish)
    _check_holders(case, command, events)
    for event in _named("StatusSet", events):
        _check_status(case, event, events, wish)
        assert getattr(command, "was", case.status) == case.status
    for event in _named("CaseColoured", events):
        assert command.was == case.colour != event.colour
    for event in _named("MessageUndone", events):
        (own,) = [one for one in case.pending if one.id == event.message_id]
        assert own.by == event.by and own.visible_at > event.at
    for event in _named("MessageReceipted", events):
        unseen = {one.id for one in case.pending if one.visible_at > event.at}
        assert event.message_id in set(case.receipts_wanted) - unseen, "nobody has read what cannot be seen"
    for event in _named("CaseOverdue", events):
        assert case.due_on == event.due_on < local_day(event.at) and case.overdue_told != event.due_on
        assert case.closed_at is None
    assert case.service != ORO or not _named("CaseProtected", events), "nobody could open it any more"
    _check_texts(case, command, events)


def _check_actor(case: Case, events: list[Event], wish: Wish) -> None:
    """Whoever had anything done may work with the case, as it was; an applicant and the program do only their own."""
    names = {type(event).__name__ for event in events}
    if wish.who in (APPLICANT, MACHINE):
        assert names <= (OF_APPLICANTS if wish.who == APPLICANT else OF_MACHINES)
    elif names:
        about = About(case.service, case.protected, case.officers, case.groups)
        assert may_work(replace(role_of(wish.who, case), account=()), about)


def _check_holders(case: Case, command: Any, events: list[Event]) -> None:
    """What is closed is neither taken nor given; what was seen still is so; who is given the case may work with it."""
    for event in _named("CaseTaken", events):
        assert case.closed_at is None
        assert not case.officers or (command.mode != "alone" and set(command.was) == set(case.officers))
        assert event.officer not in case.officers
        assert event.replaced == (case.officers if command.mode == "over" else ())
    for event in _named("CaseReleased", events):
        assert case.closed_at is None and event.officer in case.officers
    for event in _named("AssigneesChanged", events):
        assert case.closed_at is None and set(command.was) == set(case.holders)
        assert set(event.added).isdisjoint(case.holders) and set(event.removed) <= set(case.holders)
        assert all(_may_be_given(ref, case, local_day(event.at)) for ref in event.added)


def _may_be_given(ref: str, case: Case, day: date) -> bool:
    kind, _, key = ref.partition(":")
    if kind == "group":
        return key == GROUP and case.service in PEOPLE["medlem"].where
    return key in PEOPLE and _has_part(PEOPLE[key], case, day)


def _has_part(role: Role, case: Case, day: date) -> bool:
    """Whether the catalog lets them work with some of the e-service's cases that day, or with such a protected one."""
    grant = dict(role.grant)
    in_time = grant.get("from", day) <= day <= grant.get("until", day)
    return role.in_catalog and case.service in role.where and in_time and (role.named or not case.protected)


def _check_status(case: Case, event: Any, events: list[Event], wish: Wish) -> None:
    status = _status(case, event.status)
    assert event.was == case.status != event.status
    assert status.kind not in ("new", "waiting_for_signature", "waiting_for_payment")
    if _named("MessageUndone", events):
        return  # back to what it was, whatever the rules for going there are
    assert status.accepted_from is None or case.status in status.accepted_from
    assert (status.set_by == "applicant") is bool(_named("InformationAdded", events))
    assert status.set_by != "coordinator" or role_of(wish.who, case).coordinates
    assert status.requires != "message" or _named("MessageSent", events)
    assert status.requires != "note" or _named("NoteAdded", events)
    assert event.reason or case.closed_at is None, "reopening asks for a reason"


def _check_texts(case: Case, command: Any, events: list[Event]) -> None:
    """Something is said, and not too much; an applicant writes where they may, and adds what is asked for."""
    for event in events:
        text = getattr(event, "text", None)
        if text is not None:
            with_files = getattr(event, "files", ()) or getattr(command, "with_files", False)
            assert (text or with_files) and len(text) <= TEXT_LIMIT
    assert not _named("MessageReceived", events) or _status(case, case.status).applicant_may_write
    asked = _status(case, case.status).kind == "waiting_for_completion"
    assert asked or not _named("InformationAdded", events)
    for event in (*_named("NoteAdded", events), *_named("NoteRevised", events)):
        _check_note(case, event)


def _check_note(case: Case, event: Any) -> None:
    """A thread is kept where all who read it may see the case; only such colleagues are told of a note."""
    if getattr(event, "source", "") or type(event).__name__ == "NoteRevised":
        assert case.service == PARK and not case.protected and "850709" not in event.text
    about = About(case.service, case.protected, case.officers, case.groups)
    for key in getattr(event, "mentions", ()):
        role = PEOPLE[key]
        today = replace(role, account=(), access=role.access or "full")
        assert f"officer:{key}" != event.by
        assert _has_part(role, case, local_day(event.at)) and may_work(today, about)
