"""What people wish in a row: any command by anyone, with what they saw or what they had seen long ago."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from bot.catalog.definition import create_definition
from bot.catalog.models import Catalog
from bot.catalog.services import AssignmentRule, EService
from bot.catalog.templates import MessageKind
from bot.domain.actors import Actor, Applicant, Machine
from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.case import AddressState, Case, LinkKind, Reply
from bot.domain.colour import COLOURS, ColourCase
from bot.domain.contacts import Contact, CorrectContact, correction_count
from bot.domain.declarations import command_kinds
from bot.domain.deletion import GROUNDS, DeleteCase, DisposeDeletedCase
from bot.domain.editing import AnswerChange, EditCase, FileSource
from bot.domain.links import LinkCase, UnlinkCase
from bot.domain.messages.answer_reminders import RemindOfAnswer
from bot.domain.messages.correspondence import ConfirmReceipt, SendMessage, SetStatusOfMessage
from bot.domain.messages.mail_failures import ReportMailFailure
from bot.domain.messages.scheduled_messages import SendScheduledMessage
from bot.domain.messages.undoing import UndoMessage
from bot.domain.notes import AddNote, MakeNoteOfficial, MarkReplyRemoved, ReplySource, ReviseNote
from bot.domain.protection import SetProtection
from bot.domain.representatives import AddRepresentative, EndRepresentative
from bot.domain.retention import DisposeCase, HoldCase, HoldKind, rule_digest
from bot.domain.rules import CaseCommand, Command, Context
from bot.domain.status import SetStatus
from bot.domain.submission import Answers, FileRef, Person, SubmitCase
from tests.people import BY_KEY, BYGG, GROUP, OFFICERS, ORO, PARK, Role, catalog_of_people, officer

PEOPLE = {**BY_KEY, "parkare": replace(BY_KEY["parkare"], is_named_for_protected=True)}
APPLICANT, MACHINE, OFFICER = "sökanden", "maskinen", "en handläggare"
STATUSES = ("working", "waiting", "closed", "submitted", "sist", "completed", "gone")
TEXTS = ("Hej", "Hej igen", "Tack", "Ring 850709-9805", "", "x" * 20_001)
PAUSES = (0.001, 1, 1, 19, 21, 3_600, 86_400, 20 * 86_400)
"""Seconds, around those that mean something."""


@dataclass(frozen=True)
class PlannedCommand:
    """`actor` wishes the `kind` of command, `after` so many seconds; the numbers choose what it is about.

    A `is_stale` wish carries what stood there before other things happened.
    """

    actor: str
    kind: str
    after: float
    text: str
    a: int
    b: int
    is_stale: bool

    def seen_state(self, cases: Sequence[Case]) -> Case:
        """What the one who wishes saw of the case's states so far: the last, or an earlier one."""
        return cases[self.a % len(cases)] if self.is_stale else cases[-1]

    def pick(self, known: Sequence[Any], otherwise: Any) -> Any:
        """One of those there are, or now and then something else."""
        among = [*list(known) * 4, otherwise]
        return among[self.a % len(among)]

    def has_bit(self, bit: int) -> bool:
        return bool(self.b >> bit & 1)

    def optional_text(self, bit: int) -> str:
        return self.text if self.has_bit(bit) else ""

    @property
    def files(self) -> tuple[FileRef, ...]:
        """A file that has just come, seldom."""
        if self.b % 4:
            return ()
        return (FileRef(id=uuid.uuid4().hex, name="x.pdf", size=3, kind="application/pdf", sha256="0" * 64),)

    def pick_officers(self, case: Case) -> tuple[str, ...]:
        """None, one or some, perhaps twice the same: with a part in the case, and now and then whoever there is."""
        permitted = [role.key for role in PEOPLE.values() if _has_access(role, case)]
        anyone = [*(role.key for role in OFFICERS), "ingen"]
        among = [permitted if permitted and (self.a + n) % 8 else anyone for n in range(self.b % 4)]
        return tuple(keys[(self.a + n * self.b) % len(keys)] for n, keys in enumerate(among))

    def pick_assignees(self, case: Case) -> tuple[str, ...]:
        """Of those who have the case, perhaps all but one; with others."""
        groups = ((), (), (f"group:{GROUP}",), ("group:gone",))[self.a % 4]
        return (
            *case.assignee_refs[self.a % 2 :],
            *(f"officer:{key}" for key in self.pick_officers(case)),
            *groups,
        )

    def pick_source(self, case: Case) -> ReplySource:
        """A reply in the case's own thread: one that became a note, or a new one."""
        place = self.pick([one.place for one in case.replies], f"C1:{case.id}:{self.a}")
        return ReplySource(place, f"{self.b:02}" if self.has_bit(1) else "")


def _has_access(role: Role, case: Case) -> bool:
    return (
        role.access is not None
        and case.service in role.services
        and (role.is_named_for_protected or not case.protected)
    )


CommandBuilder = Callable[[PlannedCommand, Case], Command]


def _take(plan: PlannedCommand, case: Case) -> TakeCase:
    modes: Any = ("alone", "together", "over")
    return TakeCase(case_id=case.id, mode=modes[plan.a % 3], expected=case.officers)


def _assign(plan: PlannedCommand, case: Case) -> ChangeAssignees:
    return ChangeAssignees(
        case_id=case.id,
        assignees=plan.pick_assignees(case),
        expected=case.assignee_refs,
        reason=plan.optional_text(0),
    )


def _set_status(plan: PlannedCommand, case: Case) -> SetStatus:
    texts = {name: plan.optional_text(bit) for bit, name in enumerate(("note", "reason"))}
    return SetStatus(
        case_id=case.id,
        status=STATUSES[plan.a % len(STATUSES)],
        expected=case.status,
        notifies=plan.has_bit(2),
        **texts,
    )


LATER = 3
"""The last four bits of the messages that are to leave later: with a receipt, and a status."""


def _send(plan: PlannedCommand, case: Case) -> SendMessage:
    return SendMessage(
        case_id=case.id,
        text=plan.text,
        kind=get_args(MessageKind)[plan.a % len(get_args(MessageKind))],
        answer_by=date(2027, 1, 1) if plan.has_bit(2) else None,
        receipt=plan.has_bit(0),
        files=plan.files,
        status=(("waiting", *STATUSES) * 2)[plan.a % 16] if plan.has_bit(1) or plan.has_bit(3) else "",
        expected=case.status,
        send_at=case.status_since + timedelta(days=20) if plan.b % 16 == LATER else None,
    )


def _send_scheduled(plan: PlannedCommand, case: Case) -> SendScheduledMessage:
    return SendScheduledMessage(
        case_id=case.id,
        message_id=plan.pick([one.id for one in case.scheduled], "okänt"),
        text=plan.text or "Hej",
        kind=get_args(MessageKind)[plan.a % len(get_args(MessageKind))],
        answer_by=date(2028, 1, 1) if plan.has_bit(0) else None,
        receipt=plan.has_bit(1),
        files=plan.files,
        has_content=not plan.has_bit(2),
    )


def _add_note(plan: PlannedCommand, case: Case) -> AddNote:
    return AddNote(
        case_id=case.id,
        text=plan.text,
        kind="working" if plan.has_bit(2) else "official",
        source=plan.pick_source(case) if plan.has_bit(0) else None,
        mentions=plan.pick_officers(case) if plan.has_bit(3) else (),
        files=plan.files,
    )


def _make_official(plan: PlannedCommand, case: Case) -> MakeNoteOfficial:
    reply = plan.pick(case.replies, Reply("C1:okänt", ""))
    return MakeNoteOfficial(case_id=case.id, place=reply.place, expected=reply.edited)


def _revise_note(plan: PlannedCommand, case: Case) -> ReviseNote:
    return ReviseNote(
        case_id=case.id,
        text=plan.text,
        source=replace(plan.pick_source(case), edited=f"{plan.b:02}"),
        mentions=plan.pick_officers(case) if plan.has_bit(3) else (),
        files=plan.files,
        has_files=plan.has_bit(0),
    )


def _set_protection(plan: PlannedCommand, case: Case) -> SetProtection:
    return SetProtection(case_id=case.id, protected=plan.pick([not case.protected], True), reason=plan.text)


def _hold(plan: PlannedCommand, case: Case) -> HoldCase:
    kinds = get_args(HoldKind)
    until = plan.pick([date(2027, 1, 1), date(2091, 1, 1)], None)
    return HoldCase(case_id=case.id, hold=kinds[plan.b % len(kinds)], until=until, reason=plan.text)


def _dispose(plan: PlannedCommand, case: Case) -> DisposeCase:
    digest = rule_digest(case.service, strategy_catalog().services[case.service].retention)
    day = date(2029, 12, 1 + plan.a % 28)
    return DisposeCase(case_id=case.id, run=day, digest=plan.pick([digest], "another"))


def _edit(plan: PlannedCommand, case: Case) -> EditCase:
    after = plan.optional_text(0) or None
    return EditCase(
        case_id=case.id,
        expected=plan.pick([case.answers_version], 7),
        answers={"vad": after},
        changes=(AnswerChange(field="vad", before="En altan", after=after),) if plan.a % 8 else (),
        reason=plan.text,
        files=plan.files,
        withdrawn=("okänd",) if plan.has_bit(2) else (),
        is_notified=plan.has_bit(1),
        files_from=get_args(FileSource)[plan.a % len(get_args(FileSource))],
    )


def _delete(plan: PlannedCommand, case: Case) -> DeleteCase:
    """Seldom with the right number: little else happens to a case that is gone."""
    return DeleteCase(
        case_id=case.id,
        typed_number=case.number if plan.b % 8 == 0 else plan.text,
        ground=plan.pick(GROUNDS, ""),
        expected=case.seq,
        comment=plan.optional_text(3),
    )


def _correct(plan: PlannedCommand, case: Case) -> CorrectContact:
    before = Contact(name="Eva Ek", email="eva@ek.example", phone="071" if plan.has_bit(1) else "")
    changed = {"email": f"eva{plan.b}@ek.example"} if plan.has_bit(0) else {"phone": "070"}
    applicant = plan.pick(case.applicants, "okänd")
    return CorrectContact(
        case_id=case.id,
        applicant=applicant,
        expected=plan.pick([correction_count(case, applicant)], 7),
        before=before,
        after=replace(before, **changed) if plan.a % 8 else before,
        reason=plan.text,
    )


def _add_representative(plan: PlannedCommand, case: Case) -> AddRepresentative:
    contact = Contact(
        name="Lo Lind" if plan.a % 4 else "", email="lo@byra.example" if plan.has_bit(0) else ""
    )
    return AddRepresentative(
        case_id=case.id,
        contact=contact,
        language=("sv", "en")[plan.b % 2],
        reason=plan.text,
        is_notified=plan.has_bit(1),
    )


def _end_representative(plan: PlannedCommand, case: Case) -> EndRepresentative:
    applicant = plan.pick(case.applicants, "okänd")
    role: Any = "representative" if plan.has_bit(0) else "applicant"
    person = Person(id=applicant, name="Lo Lind", role=role)
    expected = plan.pick([correction_count(case, applicant)], 7)
    notified = plan.has_bit(1)
    return EndRepresentative(
        case_id=case.id, person=person, expected=expected, reason=plan.text, is_notified=notified
    )


def _link(plan: PlannedCommand, case: Case) -> LinkCase:
    other = case.id if plan.a % 16 == 0 else f"{plan.b % 4:032x}"
    status = ("", "", "closed", "working")[plan.b % 4]
    return LinkCase(case_id=case.id, other=other, kind=get_args(LinkKind)[plan.a % 5], closing_status=status)


STATE_DEPENDENT_BUILDERS: dict[str, CommandBuilder] = {
    "CorrectContact": _correct,
    "LinkCase": _link,
    "UnlinkCase": lambda w, c: UnlinkCase(case_id=c.id, other=w.pick([one.other for one in c.links], "x")),
    "AddRepresentative": _add_representative,
    "EndRepresentative": _end_representative,
    "DeleteCase": _delete,
    "DisposeDeletedCase": lambda w, c: DisposeDeletedCase(case_id=c.id, run=date(2029, 12, 1 + w.a % 28)),
    "EditCase": _edit,
    "TakeCase": _take,
    "ChangeAssignees": _assign,
    "SetStatus": _set_status,
    "SendMessage": _send,
    "UndoMessage": lambda w, c: UndoMessage(
        case_id=c.id, message_id=w.pick([one.id for one in (*c.pending, *c.scheduled)], "okänt")
    ),
    "SendScheduledMessage": _send_scheduled,
    "SetStatusOfMessage": lambda w, c: SetStatusOfMessage(
        case_id=c.id, message_id=w.pick([one.id for one in c.pending], "okänt")
    ),
    "AddNote": _add_note,
    "ReviseNote": _revise_note,
    "ColourCase": lambda w, c: ColourCase(
        case_id=c.id,
        colour=w.pick(COLOURS, "rosa"),
        expected=c.colour,  # type: ignore[arg-type]
    ),
    "SetProtection": _set_protection,
    "HoldCase": _hold,
    "DisposeCase": _dispose,
    "RemindOfAnswer": lambda w, c: RemindOfAnswer(
        case_id=c.id, message_id=w.pick([one.message_id for one in c.awaited], "okänt")
    ),
    "ConfirmReceipt": lambda w, c: ConfirmReceipt(
        case_id=c.id, message_id=w.pick(c.requested_receipts, "okänt")
    ),
    "MakeNoteOfficial": _make_official,
    "MarkReplyRemoved": lambda w, c: MarkReplyRemoved(case_id=c.id, place=w.pick_source(c).place),
    "ReportMailFailure": lambda w, c: ReportMailFailure(
        case_id=c.id, applicant=w.pick(c.applicants, "okänd"), message_id=w.optional_text(0)
    ),
}
"""Commands that are about something in the case, such as one of its messages."""


def _vary_sample(kind: type[CaseCommand]) -> CommandBuilder:
    """The command's own sample, with each field varied as its type allows; what the person saw stays what it is."""

    def build(plan: PlannedCommand, case: Case) -> Command:
        catalog = strategy_catalog()
        service = catalog.services[case.service]
        ctx = Context(case.received_at, Machine("sample"), catalog, service, new_id=lambda: "x")
        _, command = kind.sample(case, ctx)
        hints = get_type_hints(kind)
        varied = {
            field.name: _vary(plan, bit, hints[field.name], getattr(command, field.name))
            for bit, field in enumerate(fields(kind))
            if field.name not in ("case_id", "expected")
        }
        return replace(command, **varied)

    return build


def _vary(plan: PlannedCommand, bit: int, hint: Any, value: Any) -> Any:
    if hint is bool:
        return plan.has_bit(bit)
    if hint is str:
        return plan.text
    if get_origin(hint) is Literal:
        return get_args(hint)[plan.a % len(get_args(hint))]
    return plan.files if hint == tuple[FileRef, ...] else value


COMMAND_BUILDERS: dict[str, CommandBuilder] = {
    name: STATE_DEPENDENT_BUILDERS.get(name) or _vary_sample(kind)
    for name, kind in command_kinds().items()
    if kind.audience != "opens"
}
"""Each command but the one that opens a case."""

COMMAND_KINDS = (*COMMAND_BUILDERS, "SetStatus", "AddNote", "SendMessage", "ChangeAssignees", "ReviseNote")
"""Those that others wait for are wished more often."""

OTHER_ACTORS = ("anna", "full", "begransad", "medlem", "samordnare", APPLICANT, MACHINE)

FOLLOW_UPS: dict[str, tuple[str, ...]] = {
    "SendMessage": (
        *("UndoMessage", "UndoMessage", "SetStatusOfMessage", "SetStatusOfMessage"),
        *("SetStatus", "SetStatus", "ConfirmReceipt"),
    ),
    "SetStatusOfMessage": ("AddInformation", "AddInformation", "ReceiveMessage"),
    "SetStatus": ("AddInformation", "SetStatus", "ReceiveMessage", "SendMessage"),
    "TakeCase": ("ReleaseCase", "ChangeAssignees"),
    "AddNote": ("ReviseNote", "MarkReplyRemoved", "MakeNoteOfficial"),
    "ReviseNote": ("ReviseNote", "MarkReplyRemoved", "MakeNoteOfficial"),
    "MakeNoteOfficial": ("ReviseNote", "MakeNoteOfficial", "SetStatus"),
    "SetProtection": ("SetProtection",),
    "DeleteCase": ("RestoreCase",),
    "HoldCase": ("ReleaseHold", "HoldCase"),
}
"""What is wished upon a wish, by whom it is for: what only then can be had is else hardly ever wished in time."""


OPENED = PlannedCommand(OFFICER, "AddNote", 1, "Hej", a=1, b=1, is_stale=False)
"""How the case of a written sequence is opened: unprotected, by one whose address is confirmed."""

STATUS_OVERTAKEN = (
    PlannedCommand(OFFICER, "SendMessage", 1, "Hej", a=1, b=2, is_stale=False),
    PlannedCommand(OFFICER, "SetStatus", 1, "Hej", a=2, b=1, is_stale=False),
    PlannedCommand(MACHINE, "SetStatusOfMessage", 21, "Hej", a=0, b=0, is_stale=False),
)
"""A message whose status can no longer follow: too much must happen in time for it to be drawn."""

MESSAGE_UNDONE = (
    PlannedCommand(OFFICER, "SendMessage", 1, "Hej", a=1, b=1, is_stale=False),
    PlannedCommand(OFFICER, "UndoMessage", 1, "Hej", a=0, b=0, is_stale=False),
)
"""A message undone while there is time."""

MESSAGE_CANCELLED = (
    PlannedCommand(OFFICER, "SendMessage", 1, "Hej", a=0, b=3, is_stale=False),
    PlannedCommand(OFFICER, "UndoMessage", 1, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(OFFICER, "SendMessage", 1, "Hej", a=0, b=3, is_stale=False),
    PlannedCommand(MACHINE, "SendScheduledMessage", 21 * 86_400, "Hej", a=0, b=0, is_stale=False),
)
"""A message of another day cancelled, and one that leaves."""

MESSAGE_STOPPED = (
    PlannedCommand(OFFICER, "SendMessage", 1, "Hej", a=0, b=3, is_stale=False),
    PlannedCommand(MACHINE, "SendScheduledMessage", 21 * 86_400, "Hej", a=0, b=5, is_stale=False),
    PlannedCommand(OFFICER, "SendMessage", 1, "Hej", a=0, b=3, is_stale=False),
    PlannedCommand("samordnare", "DeleteCase", 1, "Hej", a=0, b=0, is_stale=False),
)
"""Messages of another day: one whose text is gone, and one before which the case is deleted."""

INFORMATION_ADDED = (
    PlannedCommand(OFFICER, "SendMessage", 1, "Hej", a=0, b=2, is_stale=False),
    PlannedCommand(MACHINE, "SetStatusOfMessage", 21, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(APPLICANT, "AddInformation", 1, "Hej", a=0, b=1, is_stale=False),
)
"""What an officer has asked for is added."""

DISPOSED = (
    PlannedCommand(OFFICER, "SetStatus", 1, "Hej", a=2, b=3, is_stale=False),
    PlannedCommand(MACHINE, "DisposeCase", 1, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(MACHINE, "DisposeCase", 3 * 366 * 86_400, "Hej", a=4, b=0, is_stale=False),
    PlannedCommand(MACHINE, "DisposeCase", 1, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(OFFICER, "AddNote", 1, "Hej", a=1, b=5, is_stale=False),
    PlannedCommand(APPLICANT, "ReceiveMessage", 1, "Hej", a=0, b=0, is_stale=False),
)
"""A case closed, and disposed of when its time has come; nothing is done with it afterwards."""

MESSAGE_RECEIPTED = (
    PlannedCommand(OFFICER, "SendMessage", 1, "Hej", a=0, b=1, is_stale=False),
    PlannedCommand(APPLICANT, "ConfirmReceipt", 21, "Hej", a=0, b=0, is_stale=False),
)
"""A message whose receipt is confirmed."""

CASE_DELETED = (
    PlannedCommand(OFFICER, "AddNote", 1, "Hej", a=1, b=2, is_stale=False),
    PlannedCommand("samordnare", "DeleteCase", 1, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(OFFICER, "AddNote", 1, "Hej", a=1, b=2, is_stale=False),
    PlannedCommand("samordnare", "RestoreCase", 1, "Hej", a=0, b=0, is_stale=False),
)
"""A case deleted and restored; nothing is done with it meanwhile."""

ANSWER_AWAITED = (
    PlannedCommand(OFFICER, "SendMessage", 1, "Hej", a=0, b=4, is_stale=False),
    PlannedCommand(MACHINE, "RemindOfAnswer", 30 * 86_400, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(MACHINE, "RemindOfAnswer", 7 * 86_400, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(MACHINE, "RemindOfAnswer", 1, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(MACHINE, "RemindOfAnswer", 3 * 86_400, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(MACHINE, "RemindOfAnswer", 1, "Hej", a=0, b=0, is_stale=False),
)
"""An answer that does not come: the applicant is reminded of it before its day and after."""

CASE_DELAYED = (
    PlannedCommand(MACHINE, "ReportDelay", 155 * 86_400, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(MACHINE, "ReportDelay", 1, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(MACHINE, "ReportDelay", 40 * 86_400, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(MACHINE, "ReportDelay", 1, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(APPLICANT, "RequestDecision", 1, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(MACHINE, "RemindOfRequest", 25 * 86_400, "Hej", a=0, b=0, is_stale=False),
)
"""A case that is open after five months, and after six, when its applicant asks for a decision."""

HOLD_RELEASED = (
    PlannedCommand(OFFICER, "HoldCase", 1, "Hej", a=1, b=0, is_stale=False),
    PlannedCommand(OFFICER, "ReleaseHold", 1, "Hej", a=0, b=0, is_stale=False),
)
"""A case held back from gallring, and no longer."""

REPRESENTATIVE_ENDED = (
    PlannedCommand(OFFICER, "AddRepresentative", 1, "Hej", a=1, b=1, is_stale=False),
    PlannedCommand(OFFICER, "EndRepresentative", 1, "Hej", a=1, b=1, is_stale=False),
)
"""A representative who is added, and then no longer acts."""

UNLINKED = (
    PlannedCommand(OFFICER, "LinkCase", 1, "Hej", a=1, b=1, is_stale=False),
    PlannedCommand(OFFICER, "UnlinkCase", 1, "Hej", a=0, b=0, is_stale=False),
)
"""A case linked to another, and no longer."""

EDITED = (PlannedCommand(OFFICER, "EditCase", 1, "Hej", a=1, b=1, is_stale=False),)
"""An answer edited."""

CONTACT_CORRECTED = (PlannedCommand(OFFICER, "CorrectContact", 1, "Hej", a=1, b=1, is_stale=False),)
"""An applicant's contact details corrected."""

ADDRESS_CONFIRMED = (
    PlannedCommand(OFFICER, "AddNote", 1, "Hej", a=1, b=5, is_stale=False),
    PlannedCommand(APPLICANT, "ConfirmAddress", 1, "Hej", a=0, b=0, is_stale=False),
    PlannedCommand(APPLICANT, "ReceiveMessage", 1, "Hej", a=0, b=0, is_stale=False),
)
"""A case whose applicant's address is confirmed afterwards; the first says how it is opened."""


def create_submission(plan: PlannedCommand, service: EService) -> SubmitCase:
    """The case as it comes: from any side, for one whom a rule names or for nobody, protected or not."""
    origins: Any = ("web", "api", "open_eplatform")
    is_confirmed = plan.b % 16 != 5
    state: AddressState = "code" if is_confirmed else "unconfirmed"
    eva = Person(id=uuid.uuid4().hex, name="Eva Ek", email="eva@ek.example", address_state=state)
    return SubmitCase(
        service=service.key,
        answers=Answers(
            definition=create_definition(service).digest,
            values={"vad": "En altan", "typ": ("ny", "till", "annat")[plan.a % 3]},
        ),
        people=(eva,),
        origin=origins[plan.b % 3],
        protected=plan.b % 8 == 0,
        silent=plan.has_bit(3),
    )


STATUS_RULES: dict[str, dict[str, Any]] = {
    "working": {"working_days": 15, "accepted_from": ("submitted", "completed", "waiting", "closed")},
    "waiting": {"working_days": 5},
    "closed": {"accepted_from": ("submitted", "completed", "working")},
}
"""What the statuses of the catalog of wishes ask for, beside what they do anyway."""


@cache
def strategy_catalog() -> Catalog:
    """The people's catalog, with days to be done by, rules for who is given a new case, and what may follow on what.

    Park keeps its threads and names its officer for protected cases, oro names nobody.
    """
    catalog = catalog_of_people()
    services = {key: _with_rules(service) for key, service in catalog.services.items()}
    return catalog.model_copy(update={"services": services})


def _with_rules(service: EService) -> EService:
    rules = {
        BYGG: (
            _rule("ny", officer="anna"),
            _rule("till", group=GROUP),
            AssignmentRule(group=GROUP, choose="round_robin", status="working", replaces=True),
        ),
        PARK: (
            _rule("ny", officer="parkare"),
            AssignmentRule(officer="parkare", status="working"),
        ),
    }
    named = {ORO: (), PARK: ("parkare",)}
    return service.model_copy(
        update={
            "working_days": 10,
            "statuses": tuple(
                one.model_copy(update=STATUS_RULES.get(one.key, {})) for one in service.statuses
            ),
            "assign": rules.get(service.key, ()),
            "protected_officers": named.get(service.key, service.protected_officers),
        }
    )


def _rule(kind: str, **given: str) -> AssignmentRule:
    return AssignmentRule.model_validate({**given, "when": {"field": "typ", "is": kind}})


def find_actor(who: str, case: Case, catalog: Catalog) -> Actor:
    if who == APPLICANT:
        return Applicant(ids=frozenset(case.applicants), mailbox="")
    return Machine("clock") if who == MACHINE else officer(catalog, find_role(who, case))


def find_role(who: str, case: Case) -> Role:
    """The officer of that key; OFFICER is one who works with the case whatever it is."""
    return PEOPLE[("parkare" if case.service == PARK else "anna") if who == OFFICER else who]


def typical_actor(kind: str) -> str:
    """One whom the command is for."""
    audiences = {"applicant": APPLICANT, "machine": MACHINE, "coordinates": "samordnare"}
    return audiences.get(command_kinds()[kind].audience, OFFICER)


def _plan_commands(seed: int) -> list[PlannedCommand]:
    """A wish, and perhaps the next that is wished upon it. Of a seed, for drawing each part of it takes far longer."""
    random_ = random.Random(seed)
    kind = random_.choice(COMMAND_KINDS)
    # Mostly by one it is for: else hardly anything would happen.
    who = typical_actor(kind) if random_.random() < 0.6 else random_.choice(OTHER_ACTORS)
    numbers = {"a": random_.randrange(64), "b": random_.randrange(64)}
    text = random_.choice(TEXTS if random_.random() < 0.3 else TEXTS[:3])
    row = [
        PlannedCommand(who, kind, random_.choice(PAUSES), text, **numbers, is_stale=random_.random() < 0.3)
    ]
    while row[-1].kind in FOLLOW_UPS and random_.random() < 0.6:
        row.append(_follow_up(row[-1], random_))
    return row


def _follow_up(plan: PlannedCommand, random_: random.Random) -> PlannedCommand:
    kind, soon = random_.choice(FOLLOW_UPS[plan.kind]), random_.choice(PAUSES[:5])
    numbers = {"a": random_.randrange(64), "b": random_.randrange(64)}
    return replace(plan, kind=kind, actor=typical_actor(kind), after=soon, is_stale=False, **numbers)


def command_sequences(max_length: int) -> st.SearchStrategy[list[PlannedCommand]]:
    """Wishes in a row; the first is for a case to be opened."""
    return st.lists(st.integers(0, 2**32), min_size=max_length // 2, max_size=max_length).map(_plan_sequence)


def fixed_sequences(count: int) -> list[list[PlannedCommand]]:
    """So many sequences, the same each time: in them everything happens that can."""
    generated = [_plan_sequence(range(first, first + 20)) for first in range(0, count * 20, 20)]
    rare = (
        [OPENED, *plans]
        for plans in (
            STATUS_OVERTAKEN,
            MESSAGE_UNDONE,
            MESSAGE_CANCELLED,
            MESSAGE_STOPPED,
            INFORMATION_ADDED,
            MESSAGE_RECEIPTED,
            CASE_DELETED,
            ANSWER_AWAITED,
            CASE_DELAYED,
            DISPOSED,
            HOLD_RELEASED,
            REPRESENTATIVE_ENDED,
            UNLINKED,
            EDITED,
            CONTACT_CORRECTED,
        )
    )
    return [*generated, *rare, list(ADDRESS_CONFIRMED)]


def _plan_sequence(seeds: Iterable[int]) -> list[PlannedCommand]:
    return [plan for seed in seeds for plan in _plan_commands(seed)]


def pause_before(plan: PlannedCommand) -> timedelta:
    return timedelta(seconds=plan.after)
