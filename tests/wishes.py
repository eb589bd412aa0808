"""What people wish in a row: any command by anyone, with what they saw or what they had seen long ago."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, get_args

from hypothesis import strategies as st

from bot.catalog.definition import definition_of
from bot.catalog.models import Catalog
from bot.catalog.services import AssignmentRule, EService
from bot.catalog.templates import MessageKind
from bot.domain.actors import Actor, Applicant, Machine
from bot.domain.assignment import ChangeAssignees, ReleaseCase, TakeCase
from bot.domain.case import Case
from bot.domain.correspondence import AddInformation, ConfirmReceipt, ReceiveMessage, SendMessage, UndoMessage
from bot.domain.deadline import TellOverdue
from bot.domain.intake import Answers, FileRef, Person, SubmitCase
from bot.domain.marks import COLOURS, ColourCase
from bot.domain.notes import AddNote, MarkRemovedFromThread, ReviseNote, Source
from bot.domain.protection import SetProtection
from bot.domain.reaching import TellNotReached
from bot.domain.rules import Command
from bot.domain.status import SetStatus
from tests.people import BY_KEY, BYGG, GROUP, OFFICERS, ORO, PARK, Role, catalog_of_people, officer

PEOPLE = {**BY_KEY, "parkare": replace(BY_KEY["parkare"], named=True)}
APPLICANT, MACHINE, OFFICER = "sökanden", "maskinen", "en handläggare"
STATUSES = ("working", "waiting", "closed", "submitted", "sist", "completed", "gone")
TEXTS = ("Hej", "Hej igen", "Tack", "Ring 850709-9805", "", "x" * 20_001)
PAUSES = (0.001, 1, 1, 19, 21, 3_600, 86_400, 20 * 86_400)
"""Seconds, around those that mean something."""


@dataclass(frozen=True)
class Wish:
    """`who` wishes the `kind` of command, `after` so many seconds; the numbers choose what it is about.

    A `stale` wish carries what stood there before other things happened.
    """

    who: str
    kind: str
    after: float
    text: str
    a: int
    b: int
    stale: bool

    def saw(self, cases: Sequence[Case]) -> Case:
        """What the one who wishes saw of the case's states so far: the last, or an earlier one."""
        return cases[self.a % len(cases)] if self.stale else cases[-1]

    def one_of(self, known: Sequence[Any], otherwise: Any) -> Any:
        """One of those there are, or now and then something else."""
        among = [*list(known) * 4, otherwise]
        return among[self.a % len(among)]

    def on(self, bit: int) -> bool:
        return bool(self.b >> bit & 1)

    def said(self, bit: int) -> str:
        return self.text if self.on(bit) else ""

    @property
    def files(self) -> tuple[FileRef, ...]:
        """A file that has just come, seldom."""
        if self.b % 4:
            return ()
        return (FileRef(id=uuid.uuid4().hex, name="x.pdf", size=3, kind="application/pdf", sha256="0" * 64),)

    def officers(self, case: Case) -> tuple[str, ...]:
        """None, one or some, perhaps twice the same: with a part in the case, and now and then whoever there is."""
        able = [role.key for role in PEOPLE.values() if _has_part(role, case)]
        anyone = [*(role.key for role in OFFICERS), "ingen"]
        among = [able if able and (self.a + n) % 8 else anyone for n in range(self.b % 4)]
        return tuple(keys[(self.a + n * self.b) % len(keys)] for n, keys in enumerate(among))

    def holders(self, case: Case) -> tuple[str, ...]:
        """Of those who have the case, perhaps all but one; with others."""
        groups = ((), (), (f"group:{GROUP}",), ("group:gone",))[self.a % 4]
        return (*case.holders[self.a % 2 :], *(f"officer:{key}" for key in self.officers(case)), *groups)

    def source(self, case: Case) -> Source:
        """A reply in the case's own thread: one that became a note, or a new one."""
        place = self.one_of([one.place for one in case.replies], f"C1:{case.id}:{self.a}")
        return Source(place, f"{self.b:02}" if self.on(1) else "")


def _has_part(role: Role, case: Case) -> bool:
    return role.access is not None and case.service in role.where and (role.named or not case.protected)


Making = Callable[[Wish, Case], Command]


def _taken(wish: Wish, case: Case) -> TakeCase:
    modes: Any = ("alone", "together", "over")
    return TakeCase(case_id=case.id, mode=modes[wish.a % 3], was=case.officers)


def _assigned(wish: Wish, case: Case) -> ChangeAssignees:
    return ChangeAssignees(case_id=case.id, holders=wish.holders(case), was=case.holders, reason=wish.said(0))


def _set(wish: Wish, case: Case) -> SetStatus:
    said = {name: wish.said(bit) for bit, name in enumerate(("message", "note", "reason"))}
    return SetStatus(case_id=case.id, status=STATUSES[wish.a % len(STATUSES)], was=case.status, **said)


def _sent(wish: Wish, case: Case) -> SendMessage:
    return SendMessage(
        case_id=case.id,
        text=wish.text,
        kind=get_args(MessageKind)[wish.a % len(get_args(MessageKind))],
        answer_by=date(2027, 1, 1) if wish.on(2) else None,
        receipt=wish.on(0),
        files=wish.files,
        wait=wish.on(1),
        was=case.status,
    )


def _noted(wish: Wish, case: Case) -> AddNote:
    return AddNote(
        case_id=case.id,
        text=wish.text,
        kind="working" if wish.on(2) else "official",
        source=wish.source(case) if wish.on(0) else None,
        mentions=wish.officers(case) if wish.on(3) else (),
        files=wish.files,
    )


def _revised(wish: Wish, case: Case) -> ReviseNote:
    return ReviseNote(
        case_id=case.id,
        text=wish.text,
        source=replace(wish.source(case), edited=f"{wish.b:02}"),
        mentions=wish.officers(case) if wish.on(3) else (),
        files=wish.files,
        with_files=wish.on(0),
    )


def _protected(wish: Wish, case: Case) -> SetProtection:
    return SetProtection(case_id=case.id, protected=wish.one_of([not case.protected], True), reason=wish.text)


MAKING: dict[str, Making] = {
    "TakeCase": _taken,
    "ReleaseCase": lambda w, c: ReleaseCase(case_id=c.id),
    "ChangeAssignees": _assigned,
    "SetStatus": _set,
    "SendMessage": _sent,
    "UndoMessage": lambda w, c: UndoMessage(
        case_id=c.id, message_id=w.one_of([one.id for one in c.pending], "okänt")
    ),
    "AddNote": _noted,
    "ReviseNote": _revised,
    "ColourCase": lambda w, c: ColourCase(
        case_id=c.id,
        colour=w.one_of(COLOURS, "rosa"),
        was=c.colour,  # type: ignore[arg-type]
    ),
    "SetProtection": _protected,
    "ReceiveMessage": lambda w, c: ReceiveMessage(case_id=c.id, text=w.text, files=w.files),
    "AddInformation": lambda w, c: AddInformation(case_id=c.id, text=w.text, files=w.files),
    "ConfirmReceipt": lambda w, c: ConfirmReceipt(
        case_id=c.id, message_id=w.one_of(c.receipts_wanted, "okänt")
    ),
    "MarkRemovedFromThread": lambda w, c: MarkRemovedFromThread(case_id=c.id, place=w.source(c).place),
    "TellOverdue": lambda w, c: TellOverdue(case_id=c.id),
    "TellNotReached": lambda w, c: TellNotReached(
        case_id=c.id, applicant=w.one_of(c.applicants, "okänd"), message_id=w.said(0)
    ),
}
"""Each command but the one that opens a case."""

KINDS = (*MAKING, "SetStatus", "AddNote", "SendMessage", "ChangeAssignees", "ReviseNote")
"""Those that others wait for are wished more often."""

OF_APPLICANTS = {"ReceiveMessage", "AddInformation", "ConfirmReceipt"}
OF_MACHINES = {"MarkRemovedFromThread", "TellOverdue", "TellNotReached"}
OTHERS = ("anna", "full", "begransad", "medlem", "samordnare", APPLICANT, MACHINE)

UPON: dict[str, tuple[str, ...]] = {
    "SendMessage": ("UndoMessage", "UndoMessage", "ConfirmReceipt", "AddInformation", "SetStatus"),
    "SetStatus": ("AddInformation", "SetStatus", "ReceiveMessage", "SendMessage"),
    "TakeCase": ("ReleaseCase", "ChangeAssignees"),
    "AddNote": ("ReviseNote", "MarkRemovedFromThread"),
    "ReviseNote": ("ReviseNote", "MarkRemovedFromThread"),
    "SetProtection": ("SetProtection",),
}
"""What is wished upon a wish, by whom it is for: what only then can be had is else hardly ever wished in time."""


def opening(wish: Wish, service: EService) -> SubmitCase:
    """The case as it comes: from any side, for one whom a rule names or for nobody, protected or not."""
    origins: Any = ("web", "api", "open_eplatform")
    eva = Person(id=uuid.uuid4().hex, name="Eva Ek", email="eva@ek.example")
    return SubmitCase(
        service=service.key,
        answers=Answers(
            definition=definition_of(service).digest,
            values={"vad": "En altan", "typ": ("ny", "till", "annat")[wish.a % 3]},
        ),
        people=(eva,),
        origin=origins[wish.b % 3],
        protected=wish.b % 8 == 0,
        silent=wish.on(3),
    )


RULES: dict[str, dict[str, Any]] = {
    "working": {"working_days": 15, "accepted_from": ("submitted", "completed", "waiting", "closed")},
    "waiting": {"working_days": 5},
    "closed": {"accepted_from": ("submitted", "completed", "working")},
}
"""What the statuses of the catalog of wishes ask for, beside what they do anyway."""


def catalog_of_wishes() -> Catalog:
    """The people's catalog, with days to be done by, rules for who is given a new case, and what may follow on what.

    Park keeps its threads and names its officer for protected cases, oro names nobody.
    """
    catalog = catalog_of_people()
    services = {key: _with_rules(service) for key, service in catalog.services.items()}
    return catalog.model_copy(update={"services": services})


def _with_rules(service: EService) -> EService:
    rules = {
        BYGG: (_rule("ny", officer="anna"), _rule("till", group=GROUP)),
        PARK: (_rule("ny", officer="parkare"),),
    }
    named = {ORO: (), PARK: ("parkare",)}
    return service.model_copy(
        update={
            "working_days": 10,
            "statuses": tuple(one.model_copy(update=RULES.get(one.key, {})) for one in service.statuses),
            "assign": rules.get(service.key, ()),
            "protected_officers": named.get(service.key, service.protected_officers),
        }
    )


def _rule(kind: str, **given: str) -> AssignmentRule:
    return AssignmentRule.model_validate({**given, "when": {"field": "typ", "is": kind}})


def actor_of(who: str, case: Case, catalog: Catalog) -> Actor:
    if who == APPLICANT:
        return Applicant(ids=frozenset(case.applicants), mailbox="")
    return Machine("clock") if who == MACHINE else officer(catalog, role_of(who, case))


def role_of(who: str, case: Case) -> Role:
    """The officer of that key; OFFICER is one who works with the case whatever it is."""
    return PEOPLE[("parkare" if case.service == PARK else "anna") if who == OFFICER else who]


def able(kind: str) -> str:
    """One whom the command is for."""
    return APPLICANT if kind in OF_APPLICANTS else MACHINE if kind in OF_MACHINES else OFFICER


def _wishes(seed: int) -> list[Wish]:
    """A wish, and perhaps the next that is wished upon it. Of a seed, for drawing each part of it takes far longer."""
    chance = random.Random(seed)
    kind = chance.choice(KINDS)
    # Mostly by one it is for: else hardly anything would happen.
    who = able(kind) if chance.random() < 0.6 else chance.choice(OTHERS)
    numbers = {"a": chance.randrange(64), "b": chance.randrange(64)}
    text = chance.choice(TEXTS if chance.random() < 0.3 else TEXTS[:3])
    row = [Wish(who, kind, chance.choice(PAUSES), text, **numbers, stale=chance.random() < 0.3)]
    while row[-1].kind in UPON and chance.random() < 0.6:
        row.append(_upon(row[-1], chance))
    return row


def _upon(wish: Wish, chance: random.Random) -> Wish:
    kind, soon = chance.choice(UPON[wish.kind]), chance.choice(PAUSES[:5])
    numbers = {"a": chance.randrange(64), "b": chance.randrange(64)}
    return replace(wish, kind=kind, who=able(kind), after=soon, stale=False, **numbers)


def sequences(most: int) -> st.SearchStrategy[list[Wish]]:
    """Wishes in a row; the first is for a case to be opened."""
    return st.lists(st.integers(0, 2**32), min_size=most // 2, max_size=most).map(_row)


def rows(count: int) -> list[list[Wish]]:
    """So many sequences, the same each time: in them everything happens that can."""
    return [_row(range(first, first + 20)) for first in range(0, count * 20, 20)]


def _row(seeds: Iterable[int]) -> list[Wish]:
    return [wish for seed in seeds for wish in _wishes(seed)]


def pause(wish: Wish) -> timedelta:
    return timedelta(seconds=wish.after)
