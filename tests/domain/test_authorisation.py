"""Every command by everyone: who may, said by the rules and not by the code; a command that nobody classified fails."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pytest

from bot.domain.actors import Actor, Applicant, Machine
from bot.domain.assignment import ChangeAssignees, ReleaseCase, TakeCase
from bot.domain.case import Assignee, Case, PendingMessage, Reply
from bot.domain.colour import ColourCase
from bot.domain.correspondence import AddInformation, ConfirmReceipt, ReceiveMessage, SendMessage, UndoMessage
from bot.domain.deadline import ReportOverdue
from bot.domain.declarations import command_kinds
from bot.domain.mail_failures import ReportMailFailure
from bot.domain.notes import AddNote, MarkReplyRemoved, ReplySource, ReviseNote
from bot.domain.protection import SetProtection
from bot.domain.rules import Context, NoAccess, Refused, UnknownCase
from bot.domain.status import SetStatus, StatusNotAllowed
from bot.domain.submission import Answers, SubmitCase
from tests.people import (
    BYGG,
    GROUP,
    OFFICERS,
    ORO,
    PARK,
    CaseFacts,
    Role,
    catalog_of_people,
    may_work,
    officer,
)

CATALOG = catalog_of_people()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NUMBERS = itertools.count()

Audience = Literal["works", "reassigns", "coordinates", "applicant", "machine", "opens"]
"""Officers who work with the case; of them those who may reassign, or coordinate; its applicant; no person at all; and
anyone, for an e-service is open to all."""


@dataclass(frozen=True)
class Sample:
    """A command that succeeds, for `audience` it is for, on a case that is changed so as to be ready for it."""

    audience: Audience
    command: Callable[[Case, Actor], Any]
    prepare: Callable[[Case, Actor], Case] = lambda case, actor: case
    state_refusals: tuple[str, ...] = ()
    """Refusals that are about the case, whoever asks."""


def _with_assignee(case: Case, actor: Actor) -> Case:
    own = Assignee(kind="officer", key=_key(actor), since=NOW, by=actor.ref)
    return replace(case, assignees=(*(a for a in case.assignees if a.key != own.key), own))


def _with_pending_message(case: Case, actor: Actor) -> Case:
    sent = PendingMessage("m", actor.ref, NOW + timedelta(seconds=20), None)
    return replace(case, pending=(sent,))


def _in_status(status: str) -> Callable[[Case, Actor], Case]:
    return lambda case, actor: replace(case, status=status)


def _with_note(case: Case, actor: Actor) -> Case:
    return replace(case, replies=(Reply("C:1", "n"),))


def _key(actor: Actor) -> str:
    return actor.ref.partition(":")[2]


def _change_assignees(case: Case, actor: Actor) -> ChangeAssignees:
    new = "officer:parkare" if case.service == PARK else "officer:anna"
    return ChangeAssignees(case_id=case.id, assignees=(new,), expected=case.assignee_refs)


def _submit(case: Case, actor: Actor) -> SubmitCase:
    answers = Answers(definition="", values={})
    return SubmitCase(service=case.service, answers=answers, people=(), number="1", case_id=case.id)


SAMPLES: dict[str, Sample] = {
    "TakeCase": Sample("works", lambda c, a: TakeCase(case_id=c.id, mode="over", expected=c.officers)),
    "ReleaseCase": Sample("works", lambda c, a: ReleaseCase(case_id=c.id), _with_assignee),
    "ChangeAssignees": Sample("reassigns", _change_assignees),
    "SetStatus": Sample("works", lambda c, a: SetStatus(case_id=c.id, status="working", expected=c.status)),
    "SetStatus (samordnarens)": Sample(
        "coordinates", lambda c, a: SetStatus(case_id=c.id, status="sist", expected=c.status)
    ),
    "SendMessage": Sample("works", lambda c, a: SendMessage(case_id=c.id, text="Hej")),
    "UndoMessage": Sample("works", lambda c, a: UndoMessage(case_id=c.id, message_id="m"), _with_pending_message),
    "AddNote": Sample("works", lambda c, a: AddNote(case_id=c.id, text="x")),
    "ReviseNote": Sample("works", lambda c, a: ReviseNote(case_id=c.id, text="x", source=ReplySource("C:1", "2")),
                         _with_note,
                       state_refusals=("ThreadNotesDisabled", "OnlyOnCasePage")),
    "ColourCase": Sample("works", lambda c, a: ColourCase(case_id=c.id, colour="red", expected="")),
    "SetProtection": Sample(
        "works", lambda c, a: SetProtection(case_id=c.id, protected=not c.protected, reason="x"),
        state_refusals=("NoProtectedOfficers",),
    ),
    "ReceiveMessage": Sample("applicant", lambda c, a: ReceiveMessage(case_id=c.id, text="Hej")),
    "AddInformation": Sample("applicant", lambda c, a: AddInformation(case_id=c.id, text="x"), _in_status("waiting")),
    "ConfirmReceipt": Sample(
        "applicant",
        lambda c, a: ConfirmReceipt(case_id=c.id, message_id="m"),
        lambda c, a: replace(c, requested_receipts=("m",)),
    ),
    "MarkReplyRemoved": Sample("machine", lambda c, a: MarkReplyRemoved(case_id=c.id, place="C:1"), _with_note),
    "ReportOverdue": Sample(
        "machine", lambda c, a: ReportOverdue(case_id=c.id), lambda c, a: replace(c, due_on=date(2026, 1, 1))
    ),
    "ReportMailFailure": Sample("machine", lambda c, a: ReportMailFailure(case_id=c.id, applicant="eva")),
    "SubmitCase": Sample("opens", _submit),
}  # fmt: skip


def test_every_command_says_whom_it_is_for() -> None:
    assert set(command_kinds()) == {name.partition(" ")[0] for name in SAMPLES}


CASE_FACTS = (
    CaseFacts(BYGG, officers=("begransad", "namngiven"), groups=(GROUP,)),
    CaseFacts(BYGG, protected=True, officers=("begransad", "namngiven"), groups=(GROUP,)),
    CaseFacts(BYGG),
    CaseFacts(ORO, officers=("begransad", "namngiven"), groups=(GROUP,)),
    CaseFacts(ORO, protected=True, officers=("begransad", "namngiven"), groups=(GROUP,)),
    CaseFacts(PARK),
)


def create_case(facts_of_case: CaseFacts) -> Case:
    kinds = [("officer", key) for key in facts_of_case.officers] + [
        ("group", key) for key in facts_of_case.groups
    ]
    return Case(
        id=f"{next(NUMBERS):032x}",
        number="2026-000001",
        service=facts_of_case.service,
        origin="web",
        received_at=NOW,
        status="submitted",
        status_since=NOW,
        status_by="machine:form",
        applicants=("eva",),
        assignees=tuple(Assignee(kind=kind, key=key, since=NOW, by="x") for kind, key in kinds),  # type: ignore[arg-type]
        protected=facts_of_case.protected,
        seq=1,
    )


NOT_OFFICERS: dict[str, Actor] = {
    "sökanden": Applicant(ids=frozenset({"eva", "någon annan"}), mailbox=""),
    "en annan sökande": Applicant(ids=frozenset({"karl"}), mailbox=""),
    "ingens adress": Applicant(ids=frozenset(), mailbox=""),
    "en maskin": Machine("api"),
}


def is_allowed(sample: Sample, who: str, role: Role | None, facts_of_case: CaseFacts) -> bool:
    """The rules: who may do what."""
    match sample.audience:
        case "works":
            return role is not None and may_work(role, facts_of_case)
        case "reassigns":
            return role is not None and may_work(role, facts_of_case) and role.may_reassign
        case "coordinates":
            return role is not None and may_work(role, facts_of_case) and role.is_coordinator
        case "applicant":
            return who == "sökanden"
        case "machine":
            return who == "en maskin"
        case "opens":
            return True


def all_actors() -> Iterator[tuple[str, Role | None, Actor]]:
    for role in OFFICERS:
        # Whether Slack knows someone as one of ours is the doors' to ask: by then it is an officer like the others.
        yield role.key, replace(role, account=()), officer(CATALOG, role)
    for name, actor in NOT_OFFICERS.items():
        yield name, None, actor


def run_command(sample: Sample, facts_of_case: CaseFacts, actor: Actor) -> str:
    ready = sample.prepare(create_case(facts_of_case), actor)
    service = CATALOG.service(facts_of_case.service)
    assert service is not None
    ctx = Context(now=NOW, actor=actor, catalog=CATALOG, service=service, new_id=lambda: "x")
    try:
        events = sample.command(ready, actor).decide(None if sample.audience == "opens" else ready, ctx)
    except Refused as refusal:
        return type(refusal).__name__
    assert events, "a command that does nothing shows nothing"
    return "done"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_command_is_done_for_those_it_is_for_and_refused_to_everyone_else(name: str) -> None:
    sample, done = SAMPLES[name], 0
    for facts_of_case, (who, role, actor) in itertools.product(CASE_FACTS, all_actors()):
        # Who is given the case by the preparation itself has a part in it.
        about_now = (
            facts_of_case
            if sample.prepare is not _with_assignee
            else replace(facts_of_case, officers=(*facts_of_case.officers, who))
        )
        expected = is_allowed(sample, who, role, about_now)
        got = run_command(sample, facts_of_case, actor)
        done += got == "done"
        if got == "AlreadyYours" or got in sample.state_refusals:
            got = "done" if expected else got
        assert (got == "done") is expected, f"{name} by {who} on {facts_of_case}: {got}"
    assert done, "nobody could do it, so nothing was tried"


def test_a_refusal_for_want_of_access_tells_nothing_of_the_case() -> None:
    """Its number and e-service are on the card that was pressed; nothing else is said."""
    for name, sample in SAMPLES.items():
        for facts_of_case, (who, role, actor) in itertools.product(CASE_FACTS, all_actors()):
            about_now = (
                facts_of_case
                if sample.prepare is not _with_assignee
                else replace(facts_of_case, officers=(*facts_of_case.officers, who))
            )
            if is_allowed(sample, who, role, about_now):
                continue
            refusal = run_command(sample, facts_of_case, actor)
            allowed = {NoAccess.__name__, UnknownCase.__name__, "ProtectedCase"}
            if role is not None and may_work(role, about_now):
                allowed |= {StatusNotAllowed.__name__, "MayNotReassign"}
            assert refusal in allowed, f"{name} by {who} on {facts_of_case}: {refusal}"
