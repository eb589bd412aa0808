"""Every command by everyone: who may, said by the rules and not by the code; a command that nobody classified fails."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from bot.domain.actors import Actor, Applicant, Machine
from bot.domain.case import Assignee, Case
from bot.domain.declarations import command_kinds
from bot.domain.notices import OfficerNotice
from bot.domain.rules import Command, Context, NoAccess, Refused, UnknownCase
from bot.domain.status import SetStatus, StatusNotAllowed
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


@dataclass(frozen=True)
class Sample:
    """A command that succeeds for those it is for, on the case as it is then."""

    audience: str
    create: Callable[[Case, Context], tuple[Case, Command]]


def _set_last_status(case: Case, ctx: Context) -> tuple[Case, Command]:
    return case, SetStatus(case_id=case.id, status="sist", expected=case.status)


SAMPLES = {
    **{name: Sample(kind.audience, kind.sample) for name, kind in command_kinds().items()},
    "SetStatus (samordnarens)": Sample("coordinates", _set_last_status),
}
"""What each command declares of itself, and what only coordinators may do with one of them."""

OFFICERS_AUDIENCES = {"works", "reassigns", "coordinates"}

STATE_REFUSALS = {
    "ReviseNote": {"ThreadNotesDisabled", "OnlyOnCasePage"},
    "SetProtection": {"NoProtectedOfficers"},
    "TakeCase": {"AlreadyYours"},
}
"""Refusals that are about the case, whoever asks."""


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
    raise AssertionError(f"who may what is for `{sample.audience}`? say it here")


def all_actors() -> Iterator[tuple[str, Role | None, Actor]]:
    for role in OFFICERS:
        # Whether Slack knows someone as one of ours is the doors' to ask: by then it is an officer like the others.
        yield role.key, replace(role, account=()), officer(CATALOG, role)
    for name, actor in NOT_OFFICERS.items():
        yield name, None, actor


def run_command(sample: Sample, case: Case, actor: Actor) -> tuple[str, CaseFacts]:
    """`done`, or the refusal's name; and what of the case, as it was then, decides who may."""
    service = CATALOG.service(case.service)
    assert service is not None
    ctx = Context(now=NOW, actor=actor, catalog=CATALOG, service=service, new_id=lambda: "x")
    ready, command = sample.create(case, ctx)
    facts = CaseFacts(ready.service, ready.protected, ready.officers, ready.groups)
    try:
        events = command.decide(None if sample.audience == "opens" else ready, ctx)
    except Refused as refusal:
        return type(refusal).__name__, facts
    assert events, f"nothing followed of {command}: let its `sample` be one that changes the case"
    return "done", facts


@pytest.mark.parametrize("name", SAMPLES)
def test_a_command_is_done_for_those_it_is_for_and_refused_to_everyone_else(name: str) -> None:
    sample, done = SAMPLES[name], 0
    for facts_of_case, (who, role, actor) in itertools.product(CASE_FACTS, all_actors()):
        got, facts_then = run_command(sample, create_case(facts_of_case), actor)
        expected = is_allowed(sample, who, role, facts_then)
        done += got == "done"
        if got in STATE_REFUSALS.get(name, ()):
            got = "done" if expected else got
        assert (got == "done") is expected, (
            f"{name} by {who} on {facts_of_case}: {got}, though its audience is `{sample.audience}`"
        )
    assert done, f"nobody could do it, so nothing was tried: mend the `sample` of {name}"


def test_a_refusal_for_want_of_access_tells_nothing_of_the_case() -> None:
    """Its number and e-service are on the card that was pressed; nothing else is said."""
    for name, sample in SAMPLES.items():
        for facts_of_case, (who, role, actor) in itertools.product(CASE_FACTS, all_actors()):
            refusal, facts_then = run_command(sample, create_case(facts_of_case), actor)
            if is_allowed(sample, who, role, facts_then):
                continue
            allowed = {NoAccess.__name__, UnknownCase.__name__, "ProtectedCase"}
            if role is not None and may_work(role, facts_then):
                allowed |= {StatusNotAllowed.__name__, "MayNotReassign", "CoordinatorsOnly"}
            assert refusal in allowed, f"{name} by {who} on {facts_of_case}: {refusal}"


def test_nobody_is_notified_of_what_they_have_done_themselves() -> None:
    """Each command by each officer who may, in a case that they have alone and by their group."""
    tried = set()
    for (name, sample), role in itertools.product(SAMPLES.items(), OFFICERS):
        case, actor = (
            create_case(CaseFacts(BYGG, officers=(role.key,), groups=(GROUP,))),
            officer(CATALOG, role),
        )
        service = CATALOG.service(BYGG)
        assert service is not None
        ctx = Context(now=NOW, actor=actor, catalog=CATALOG, service=service, new_id=lambda: "x")
        case, command = sample.create(case, ctx)
        try:
            events = command.decide(None if sample.audience == "opens" else case, ctx)
        except Refused:
            continue
        for event in events:
            case = event.change(case)
            own = [
                one
                for one in event.decide_notices(case, ctx)
                if isinstance(one, OfficerNotice) and one.officer == role.key
            ]
            assert event.by != actor.ref or not own, f"{name} by {role.key}: {own}"
            tried.add(name)
    of_officers = {name for name, sample in SAMPLES.items() if sample.audience in OFFICERS_AUDIENCES}
    assert tried >= of_officers - STATE_REFUSALS.keys()
