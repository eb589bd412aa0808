"""Every command by everyone: who may, said by the rules and not by the code; a command that nobody classified fails."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pytest

import bot.domain
from bot.domain.actors import Actor, Applicant, Machine
from bot.domain.assignment import ChangeAssignees, ReleaseCase, TakeCase
from bot.domain.case import Assignee, Case, PendingMessage, Reply
from bot.domain.correspondence import AddInformation, ConfirmReceipt, ReceiveMessage, SendMessage, UndoMessage
from bot.domain.deadline import TellOverdue
from bot.domain.intake import Answers, SubmitCase
from bot.domain.marks import ColourCase
from bot.domain.notes import AddNote, MarkRemovedFromThread, ReviseNote, Source
from bot.domain.protection import SetProtection
from bot.domain.reaching import TellNotReached
from bot.domain.rules import Context, NoAccess, Refused, UnknownCase
from bot.domain.status import SetStatus, StatusNotAllowed
from tests.people import (
    BYGG,
    GROUP,
    OFFICERS,
    ORO,
    PARK,
    About,
    Role,
    catalog_of_people,
    may_work,
    officer,
)

CATALOG = catalog_of_people()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NUMBERS = itertools.count()

Who = Literal["works", "reassigns", "coordinates", "applicant", "machine", "opens"]
"""Officers who work with the case; of them those who may reassign, or coordinate; its applicant; no person at all; and
anyone, for an e-service is open to all."""


@dataclass(frozen=True)
class Deed:
    """A command that succeeds, for `who` it is for, on a case that is changed so as to be ready for it."""

    who: Who
    command: Callable[[Case, Actor], Any]
    ready: Callable[[Case, Actor], Case] = lambda case, actor: case
    state: tuple[str, ...] = ()
    """Refusals that are about the case, whoever asks."""


def _held(case: Case, actor: Actor) -> Case:
    own = Assignee(kind="officer", key=_key(actor), since=NOW, by=actor.ref)
    return replace(case, assignees=(*(a for a in case.assignees if a.key != own.key), own))


def _pending(case: Case, actor: Actor) -> Case:
    sent = PendingMessage("m", actor.ref, NOW + timedelta(seconds=20), None)
    return replace(case, pending=(sent,))


def _in(status: str) -> Callable[[Case, Actor], Case]:
    return lambda case, actor: replace(case, status=status)


def _noted(case: Case, actor: Actor) -> Case:
    return replace(case, replies=(Reply("C:1", "n"),))


def _key(actor: Actor) -> str:
    return actor.ref.partition(":")[2]


def _given(case: Case, actor: Actor) -> ChangeAssignees:
    new = "officer:parkare" if case.service == PARK else "officer:anna"
    return ChangeAssignees(case_id=case.id, holders=(new,), was=case.holders)


def _submit(case: Case, actor: Actor) -> SubmitCase:
    answers = Answers(definition="", values={})
    return SubmitCase(service=case.service, answers=answers, people=(), number="1", case_id=case.id)


DEEDS: dict[str, Deed] = {
    "TakeCase": Deed("works", lambda c, a: TakeCase(case_id=c.id, mode="over", was=c.officers)),
    "ReleaseCase": Deed("works", lambda c, a: ReleaseCase(case_id=c.id), _held),
    "ChangeAssignees": Deed("reassigns", _given),
    "SetStatus": Deed("works", lambda c, a: SetStatus(case_id=c.id, status="working", was=c.status)),
    "SetStatus (samordnarens)": Deed(
        "coordinates", lambda c, a: SetStatus(case_id=c.id, status="sist", was=c.status)
    ),
    "SendMessage": Deed("works", lambda c, a: SendMessage(case_id=c.id, text="Hej")),
    "UndoMessage": Deed("works", lambda c, a: UndoMessage(case_id=c.id, message_id="m"), _pending),
    "AddNote": Deed("works", lambda c, a: AddNote(case_id=c.id, text="x")),
    "ReviseNote": Deed("works", lambda c, a: ReviseNote(case_id=c.id, text="x", source=Source("C:1", "2")), _noted,
                       state=("NoThreadNotes", "OnlyOnPage")),
    "ColourCase": Deed("works", lambda c, a: ColourCase(case_id=c.id, colour="red", was="")),
    "SetProtection": Deed(
        "works", lambda c, a: SetProtection(case_id=c.id, protected=not c.protected, reason="x"),
        state=("NobodyNamed",),
    ),
    "ReceiveMessage": Deed("applicant", lambda c, a: ReceiveMessage(case_id=c.id, text="Hej")),
    "AddInformation": Deed("applicant", lambda c, a: AddInformation(case_id=c.id, text="x"), _in("waiting")),
    "ConfirmReceipt": Deed(
        "applicant",
        lambda c, a: ConfirmReceipt(case_id=c.id, message_id="m"),
        lambda c, a: replace(c, receipts_wanted=("m",)),
    ),
    "MarkRemovedFromThread": Deed("machine", lambda c, a: MarkRemovedFromThread(case_id=c.id, place="C:1"), _noted),
    "TellOverdue": Deed(
        "machine", lambda c, a: TellOverdue(case_id=c.id), lambda c, a: replace(c, due_on=date(2026, 1, 1))
    ),
    "TellNotReached": Deed("machine", lambda c, a: TellNotReached(case_id=c.id, applicant="eva")),
    "SubmitCase": Deed("opens", _submit),
}  # fmt: skip


def commands() -> set[type]:
    """Whatever in the domain decides."""
    found = set()
    for module in pkgutil.iter_modules(bot.domain.__path__, "bot.domain."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name and "decide" in vars(kind):
                found.add(kind)
    return found


def test_every_command_says_whom_it_is_for() -> None:
    names = {kind.__name__ for kind in commands()} - {"Command"}
    assert names == {name.partition(" ")[0] for name in DEEDS}


CASES = (
    About(BYGG, officers=("begransad", "namngiven"), groups=(GROUP,)),
    About(BYGG, protected=True, officers=("begransad", "namngiven"), groups=(GROUP,)),
    About(BYGG),
    About(ORO, officers=("begransad", "namngiven"), groups=(GROUP,)),
    About(ORO, protected=True, officers=("begransad", "namngiven"), groups=(GROUP,)),
    About(PARK),
)


def case_of(about: About) -> Case:
    kinds = [("officer", key) for key in about.officers] + [("group", key) for key in about.groups]
    return Case(
        id=f"{next(NUMBERS):032x}",
        number="2026-000001",
        service=about.service,
        origin="web",
        received_at=NOW,
        status="submitted",
        status_since=NOW,
        status_by="machine:form",
        applicants=("eva",),
        assignees=tuple(Assignee(kind=kind, key=key, since=NOW, by="x") for kind, key in kinds),  # type: ignore[arg-type]
        protected=about.protected,
        seq=1,
    )


NOT_OFFICERS: dict[str, Actor] = {
    "sökanden": Applicant(ids=frozenset({"eva", "någon annan"}), mailbox=""),
    "en annan sökande": Applicant(ids=frozenset({"karl"}), mailbox=""),
    "ingens adress": Applicant(ids=frozenset(), mailbox=""),
    "en maskin": Machine("api"),
}


def may(deed: Deed, who: str, role: Role | None, about: About) -> bool:
    """The rules: who may do what."""
    match deed.who:
        case "works":
            return role is not None and may_work(role, about)
        case "reassigns":
            return role is not None and may_work(role, about) and role.reassigns
        case "coordinates":
            return role is not None and may_work(role, about) and role.coordinates
        case "applicant":
            return who == "sökanden"
        case "machine":
            return who == "en maskin"
        case "opens":
            return True


def everyone() -> Iterator[tuple[str, Role | None, Actor]]:
    for role in OFFICERS:
        # Whether Slack knows someone as one of ours is the doors' to ask: by then it is an officer like the others.
        yield role.key, replace(role, account=()), officer(CATALOG, role)
    for name, actor in NOT_OFFICERS.items():
        yield name, None, actor


def outcome(deed: Deed, about: About, actor: Actor) -> str:
    ready = deed.ready(case_of(about), actor)
    service = CATALOG.service(about.service)
    assert service is not None
    ctx = Context(now=NOW, actor=actor, catalog=CATALOG, service=service, new_id=lambda: "x")
    try:
        events = deed.command(ready, actor).decide(None if deed.who == "opens" else ready, ctx)
    except Refused as no:
        return type(no).__name__
    assert events, "a command that does nothing shows nothing"
    return "done"


@pytest.mark.parametrize("name", DEEDS)
def test_a_command_is_done_for_those_it_is_for_and_refused_to_everyone_else(name: str) -> None:
    deed, done = DEEDS[name], 0
    for about, (who, role, actor) in itertools.product(CASES, everyone()):
        # Who is given the case by the preparation itself has a part in it.
        about_now = about if deed.ready is not _held else replace(about, officers=(*about.officers, who))
        expected = may(deed, who, role, about_now)
        got = outcome(deed, about, actor)
        done += got == "done"
        if got == "AlreadyYours" or got in deed.state:
            got = "done" if expected else got
        assert (got == "done") is expected, f"{name} by {who} on {about}: {got}"
    assert done, "nobody could do it, so nothing was tried"


def test_a_refusal_for_want_of_access_tells_nothing_of_the_case() -> None:
    """Its number and e-service are on the card that was pressed; nothing else is said."""
    for name, deed in DEEDS.items():
        for about, (who, role, actor) in itertools.product(CASES, everyone()):
            about_now = about if deed.ready is not _held else replace(about, officers=(*about.officers, who))
            if may(deed, who, role, about_now):
                continue
            no = outcome(deed, about, actor)
            allowed = {NoAccess.__name__, UnknownCase.__name__, "ProtectedCase"}
            if role is not None and may_work(role, about_now):
                allowed |= {StatusNotAllowed.__name__, "MayNotReassign"}
            assert no in allowed, f"{name} by {who} on {about}: {no}"
