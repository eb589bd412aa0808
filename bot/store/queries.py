"""Questions about cases. Every one takes the actor and cannot return what they have no part in."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, and_, exists, false, func, or_, select

from bot.catalog.definition import Definition
from bot.domain.actors import Actor, Applicant, Machine, Officer
from bot.domain.case import Case
from bot.domain.intake import FileRef, Person
from bot.domain.views import (
    ApplicantCaseView,
    CardView,
    CaseView,
    HistoryLine,
    MessageLine,
    NoteLine,
    Recipient,
)
from bot.domain.views import (
    CaseRow as ListedCase,
)
from bot.store import history, readings
from bot.store.cases import state_of
from bot.store.database import Tx
from bot.store.tables import (
    AnswersRow,
    ApplicantRow,
    AssigneeRow,
    CardRow,
    CaseRow,
    DefinitionRow,
    DeliveryRow,
    FileRow,
    FlagRow,
    MessageRow,
    NoteRevisionRow,
    NoteRow,
    ThreadRow,
)

Tab = Literal["mine", "unassigned", "flagged", "all", "closed"]
Part = Literal["answers", "messages", "notes", "history"]

ALL_PARTS: frozenset[Part] = frozenset({"answers", "messages", "notes", "history"})


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on `case` rows that an actor may know of."""
    match actor:
        case Officer():
            full = [key for key in actor.access if actor.sees_all_of(key)]
            some = [key for key in actor.access if not actor.sees_all_of(key)]
            protected = [key for key in actor.access if actor.sees_protected_of(key)]
            return and_(
                or_(
                    CaseRow.service.in_(full),
                    and_(CaseRow.service.in_(some), _assigned_to(actor, with_groups=True)),
                ),
                or_(CaseRow.protected.is_(False), CaseRow.service.in_(protected)),
            )
        case Applicant():
            return exists().where(ApplicantRow.case_id == CaseRow.id, ApplicantRow.id.in_(list(actor.ids)))
        case Machine():
            return false()


def _assigned_to(officer: Officer, *, with_groups: bool) -> ColumnElement[bool]:
    own = and_(AssigneeRow.kind == "officer", AssigneeRow.key == officer.key)
    group = and_(AssigneeRow.kind == "group", AssigneeRow.key.in_(list(officer.groups)))
    return exists().where(AssigneeRow.case_id == CaseRow.id, or_(own, group) if with_groups else own)


def _handled() -> ColumnElement[bool]:
    return exists().where(AssigneeRow.case_id == CaseRow.id, AssigneeRow.kind == "officer")


def _in_tab(tab: Tab, officer: Officer) -> ColumnElement[bool]:
    """`mine` is the officer's own, and their groups' that no person has; a group alone does not handle a case."""
    open_ = CaseRow.closed_at.is_(None)
    match tab:
        case "mine":
            of_group = and_(_assigned_to(officer, with_groups=True), ~_handled())
            return and_(open_, or_(_assigned_to(officer, with_groups=False), of_group))
        case "unassigned":
            return and_(open_, ~_handled())
        case "flagged":
            return exists().where(FlagRow.case_id == CaseRow.id, FlagRow.officer == officer.key)
        case "closed":
            return CaseRow.closed_at.is_not(None)
        case "all":
            return CaseRow.id.is_not(None)


def find_number(tx: Tx, actor: Actor, number: str) -> str | None:
    """The id of the case with that number, or None: the same for none and for none of theirs."""
    return tx.conn.execute(select(CaseRow.id).where(CaseRow.number == number, visible_to(actor))).scalar()


def list_cases(tx: Tx, officer: Officer, tab: Tab, *, limit: int = 10, offset: int = 0) -> list[ListedCase]:
    """Cases of a tab, newest first."""
    rows = tx.conn.execute(
        select(CaseRow.__table__)
        .where(visible_to(officer), _in_tab(tab, officer))
        .order_by(CaseRow.received_at.desc(), CaseRow.number.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    ids = [row.id for row in rows]
    assignees, flagged = _assignees_of(tx, ids), _flagged_of(tx, officer, ids)
    return [_listed(row, assignees.get(row.id, []), flagged=row.id in flagged) for row in rows]


def count_cases(tx: Tx, officer: Officer, tab: Tab) -> int:
    """How many cases there are in a tab."""
    query = select(func.count()).select_from(CaseRow).where(visible_to(officer), _in_tab(tab, officer))
    return tx.conn.execute(query).scalar() or 0


def _assignees_of(tx: Tx, ids: Collection[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    query = select(AssigneeRow.__table__).where(AssigneeRow.case_id.in_(list(ids)))
    for row in tx.conn.execute(query.order_by(AssigneeRow.position)):
        found.setdefault(row.case_id, []).append(row)
    return found


def _flagged_of(tx: Tx, officer: Officer, ids: Collection[str]) -> set[str]:
    query = select(FlagRow.case_id).where(FlagRow.officer == officer.key, FlagRow.case_id.in_(list(ids)))
    return set(tx.conn.execute(query).scalars())


def _listed(row: Row[Any], assignees: list[Any], *, flagged: bool = False) -> ListedCase:
    return ListedCase(
        id=row.id,
        number=row.number,
        service=row.service,
        status=row.status,
        officers=tuple(a.key for a in assignees if a.kind == "officer"),
        groups=tuple(a.key for a in assignees if a.kind == "group"),
        received_at=row.received_at,
        due_on=row.due_on,
        closed_at=row.closed_at,
        news=_news(row) != "",
        protected=row.protected,
        colour=row.colour,
        flagged=flagged,
    )


def _news(row: Row[Any]) -> Literal["", "message", "added"]:
    if row.from_applicant_at is None or (row.read_at is not None and row.read_at >= row.from_applicant_at):
        return ""
    return "added" if row.from_applicant == "added" else "message"


def card(tx: Tx, case_id: str) -> CardView | None:
    """The case as its card shows it; for the bot itself, which draws what everyone in a channel sees."""
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id)).first()
    if row is None:
        return None
    definition = definition_of(tx, row.definition)
    shown = {field.key for field in definition.fields if field.on_card}
    answers = {key: value for key, value in _answers(tx, case_id).items() if key in shown} if shown else {}
    parked = select(DeliveryRow.id).where(
        DeliveryRow.case_id == case_id, DeliveryRow.kind == "mail", DeliveryRow.state == "parked"
    )
    undelivered = tx.conn.execute(parked).first() is not None
    return CardView(
        case=state_of(tx, row),
        definition=definition,
        answers=answers,
        news=_news(row),
        undelivered="applicant" if undelivered else "",
    )


def card_place(tx: Tx, case_id: str) -> tuple[str, str, bool] | None:
    """Where the card is: (channel id, ts, whether the thread has its first line)."""
    row = tx.conn.execute(select(CardRow.__table__).where(CardRow.case_id == case_id)).first()
    return (row.channel, row.ts, row.thread_opened) if row else None


def case_of_thread(tx: Tx, channel: str, ts: str) -> str | None:
    """The id of the case under whose card, of now or of earlier, the thread is."""
    return tx.conn.execute(
        select(ThreadRow.case_id).where(ThreadRow.channel == channel, ThreadRow.ts == ts)
    ).scalar()


def case_of_reply(tx: Tx, place: str) -> str | None:
    """The id of the case that has a note of the reply at that place (channel:ts)."""
    return tx.conn.execute(select(NoteRow.case_id).where(NoteRow.source == place)).scalar()


def threads_touched(tx: Tx, since: datetime, limit: int) -> list[tuple[str, str]]:
    """Threads (channel, ts) in which something has happened since then, the latest first."""
    found = tx.conn.execute(
        select(ThreadRow.channel, ThreadRow.ts)
        .where(ThreadRow.touched_at >= since)
        .order_by(ThreadRow.touched_at.desc())
        .limit(limit)
    )
    return [(row.channel, row.ts) for row in found]


def case_view(tx: Tx, actor: Officer, case_id: str, parts: Collection[Part] = ALL_PARTS) -> CaseView | None:
    """The case with the asked-for parts; None for one the officer may not see. Shown only through `reveal`."""
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id, visible_to(actor))).first()
    if row is None:
        return None
    with_answers = "answers" in parts
    return CaseView(
        case=state_of(tx, row),
        definition=definition_of(tx, row.definition),
        answers=_answers(tx, case_id) if with_answers else {},
        people=people_of(tx, case_id) if with_answers or "messages" in parts else (),
        messages=_messages(tx, row) if "messages" in parts else (),
        notes=_notes(tx, case_id) if "notes" in parts else (),
        history=tuple(history.read(tx, case_id, with_content=True)) if "history" in parts else (),
        openings=readings.reasons(tx, case_id) if "history" in parts else (),
        files=_files(tx, case_id) if with_answers else (),
    )


def case_then(tx: Tx, case_id: str, seq: int) -> Case:
    """The case as someone saw it who was shown version `seq`. KeyError where there is no such case."""
    return history.replay(tx, case_id, until=seq)


def last_assigned(tx: Tx, case_id: str) -> HistoryLine | None:
    """The latest event that changed who has the case."""
    about = ("CaseAssigned", "CaseTaken", "CaseReleased", "AssigneesChanged")
    return next((line for line in reversed(history.read(tx, case_id)) if line.event in about), None)


def part_counts(tx: Tx, case_id: str) -> dict[str, int]:
    """How many messages and notes the case has, and how many `unread` messages from the applicant."""
    messages = select(func.count()).where(MessageRow.case_id == case_id, MessageRow.undone_at.is_(None))
    read_at = select(CaseRow.read_at).where(CaseRow.id == case_id).scalar_subquery()
    unread = messages.where(MessageRow.by == "applicant", or_(read_at.is_(None), MessageRow.at > read_at))
    notes = select(func.count()).where(NoteRow.case_id == case_id)
    return {
        "messages": tx.conn.execute(messages).scalar() or 0,
        "notes": tx.conn.execute(notes).scalar() or 0,
        "unread": tx.conn.execute(unread).scalar() or 0,
    }


def is_undone(tx: Tx, message_id: str) -> bool:
    """Whether the message was taken back."""
    undone = select(MessageRow.id).where(MessageRow.id == message_id, MessageRow.undone_at.is_not(None))
    return tx.conn.execute(undone).first() is not None


def definition_of(tx: Tx, digest: str) -> Definition:
    """The form a case was submitted through."""
    body = tx.conn.execute(select(DefinitionRow.body).where(DefinitionRow.digest == digest)).scalar()
    if body is None:
        raise KeyError(digest)
    return Definition.from_json(body)


def _answers(tx: Tx, case_id: str) -> dict[str, Any]:
    body = tx.conn.execute(
        select(AnswersRow.body).where(AnswersRow.case_id == case_id).order_by(AnswersRow.version.desc())
    ).scalar()
    return dict(json.loads(body)) if body else {}


def people_of(tx: Tx, case_id: str) -> tuple[Person, ...]:
    """The applicants of the case, in the order they were given."""
    rows = tx.conn.execute(
        select(ApplicantRow.__table__).where(ApplicantRow.case_id == case_id).order_by(ApplicantRow.position)
    )
    return tuple(
        Person(
            id=r.id,
            name=r.name,
            email=r.email,
            phone=r.phone,
            role=r.role,
            language=r.language,
            external_id=r.external_id,
        )
        for r in rows
    )


def _messages(tx: Tx, case: Row[Any], *, visible_by: datetime | None = None) -> tuple[MessageLine, ...]:
    query = select(MessageRow.__table__).where(MessageRow.case_id == case.id, MessageRow.undone_at.is_(None))
    if visible_by is not None:
        query = query.where(MessageRow.visible_at <= visible_by)
    files: dict[str | None, list[FileRef]] = {}
    for message_id, file in _file_rows(tx, case.id):
        files.setdefault(message_id, []).append(file)
    return tuple(
        _message(row, tuple(files.get(row.id, ())), case.read_at)
        for row in tx.conn.execute(query.order_by(MessageRow.seq))
    )


def _message(row: Row[Any], files: tuple[FileRef, ...], read_at: datetime | None) -> MessageLine:
    return MessageLine(
        id=row.id,
        by=row.by,
        applicant=row.applicant,
        at=row.at,
        visible_at=row.visible_at,
        kind=row.kind,
        text=row.body,
        files=files,
        answer_by=row.answer_by,
        receipt=row.receipt,
        receipted_at=row.receipted_at,
        unread=row.by == "applicant" and (read_at is None or read_at < row.at),
    )


def _notes(tx: Tx, case_id: str) -> tuple[NoteLine, ...]:
    edits = select(NoteRevisionRow.__table__).where(NoteRevisionRow.case_id == case_id)
    latest = {row.note_id: row for row in tx.conn.execute(edits.order_by(NoteRevisionRow.seq))}
    rows = tx.conn.execute(select(NoteRow.__table__).where(NoteRow.case_id == case_id).order_by(NoteRow.seq))
    return tuple(_note(row, latest.get(row.id)) for row in rows)


def _note(row: Row[Any], latest: Row[Any] | None) -> NoteLine:
    return NoteLine(
        id=row.id,
        by=row.by,
        at=row.at,
        kind=row.kind,
        text=latest.body if latest is not None else row.body,
        edited_at=latest.at if latest is not None else None,
        removed_at=row.removed_at,
    )


def _file_rows(tx: Tx, case_id: str) -> list[tuple[str | None, FileRef]]:
    rows = tx.conn.execute(
        select(FileRow.__table__)
        .where(FileRow.case_id == case_id, FileRow.sha256.is_not(None))
        .order_by(FileRow.at, FileRow.id)
    )
    return [
        (
            r.message_id,
            FileRef(id=r.id, name=r.name, size=r.size, kind=r.kind, sha256=r.sha256, field=r.field),
        )
        for r in rows
    ]


def _files(tx: Tx, case_id: str) -> tuple[FileRef, ...]:
    return tuple(file for _, file in _file_rows(tx, case_id))


def file_of(tx: Tx, actor: Actor, case_id: str, file_id: str, now: datetime) -> FileRef | None:
    """A file of that very case, for an actor who may see it; an applicant not before its message is visible."""
    if tx.conn.execute(select(CaseRow.id).where(CaseRow.id == case_id, visible_to(actor))).first() is None:
        return None
    for message_id, file in _file_rows(tx, case_id):
        if file.id != file_id:
            continue
        if message_id is None or isinstance(actor, Officer):
            return file
        shown = select(MessageRow.id).where(
            MessageRow.id == message_id, MessageRow.undone_at.is_(None), MessageRow.visible_at <= now
        )
        return file if tx.conn.execute(shown).first() is not None else None
    return None


def applicant_case(tx: Tx, applicant: Applicant, case_id: str, now: datetime) -> ApplicantCaseView | None:
    """The case as its applicant sees it now; None for one they have no part in."""
    row = tx.conn.execute(
        select(CaseRow.__table__).where(CaseRow.id == case_id, visible_to(applicant))
    ).first()
    if row is None:
        return None
    return ApplicantCaseView(
        case=state_of(tx, row),
        definition=definition_of(tx, row.definition),
        answers=_answers(tx, case_id),
        messages=_messages(tx, row, visible_by=now),
        files=tuple(file for message_id, file in _file_rows(tx, case_id) if message_id is None),
    )


def applicant_cases(tx: Tx, applicant: Applicant) -> list[ListedCase]:
    """The applicant's cases, newest first."""
    rows = tx.conn.execute(
        select(CaseRow.__table__).where(visible_to(applicant)).order_by(CaseRow.received_at.desc())
    ).all()
    return [_listed(row, []) for row in rows]


def applicant_steps(tx: Tx, applicant: Applicant, case_id: str) -> list[HistoryLine]:
    """What has happened to the status of the applicant's case, oldest first; nothing for one that is not theirs."""
    if (
        tx.conn.execute(select(CaseRow.id).where(CaseRow.id == case_id, visible_to(applicant))).first()
        is None
    ):
        return []
    return _standing(history.read(tx, case_id))


def _standing(lines: Sequence[HistoryLine]) -> list[HistoryLine]:
    """The statuses, but for one whose message was undone: the applicant was never told of it."""
    steps: list[HistoryLine] = []
    for before, line in zip([None, *lines], lines, strict=False):
        if line.event == "StatusSet" and before and (before.event, before.at) == ("MessageUndone", line.at):
            steps.pop()
        elif line.event in ("CaseSubmitted", "StatusSet"):
            steps.append(line)
    return steps


def as_submitted(tx: Tx, case_id: str) -> CaseView | None:
    """What was sent in, for whoever holds the case's receipt key; None where there is no such case."""
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id)).first()
    if row is None:
        return None
    first = select(AnswersRow.body).where(AnswersRow.case_id == case_id, AnswersRow.version == 1)
    body = tx.conn.execute(first).scalar()
    return CaseView(
        case=state_of(tx, row),
        definition=definition_of(tx, row.definition),
        answers=dict(json.loads(body)) if body else {},
        people=people_of(tx, case_id),
        files=tuple(file for message_id, file in _file_rows(tx, case_id) if message_id is None),
    )


def applicant_ids(tx: Tx, mailbox: str) -> frozenset[str]:
    """The applicants that a mailbox stands for."""
    found = tx.conn.execute(select(ApplicantRow.id).where(ApplicantRow.mailbox == mailbox))
    return frozenset(found.scalars())


def case_of_applicant(tx: Tx, applicant_id: str) -> str | None:
    """The id of the case that an applicant is part of; what a mail's link leads to once its mailbox is shown."""
    return tx.conn.execute(select(ApplicantRow.case_id).where(ApplicantRow.id == applicant_id)).scalar()


def mailbox_of(tx: Tx, applicant_id: str) -> str | None:
    """The mailbox's key of an applicant, who may have left none."""
    return tx.conn.execute(select(ApplicantRow.mailbox).where(ApplicantRow.id == applicant_id)).scalar()


def recipient(tx: Tx, applicant_id: str) -> Recipient | None:
    """Where an applicant's mail goes; None where they left no address or have been disposed of."""
    row = tx.conn.execute(select(ApplicantRow.__table__).where(ApplicantRow.id == applicant_id)).first()
    if row is None or not row.email:
        return None
    return Recipient(name=row.name, email=row.email, language=row.language)


def recipient_of_mailbox(tx: Tx, mailbox: str) -> Recipient | None:
    """Where a one-time code goes: the address as the newest case has it; None where no case does."""
    row = tx.conn.execute(
        select(ApplicantRow.id)
        .join(CaseRow, CaseRow.id == ApplicantRow.case_id)
        .where(ApplicantRow.mailbox == mailbox)
        .order_by(CaseRow.received_at.desc())
    ).first()
    return recipient(tx, row.id) if row else None


def numbers_of(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    """Case numbers by id."""
    rows = tx.conn.execute(select(CaseRow.id, CaseRow.number).where(CaseRow.id.in_(list(ids))))
    return {row.id: row.number for row in rows}


def overdue(tx: Tx, today: date, limit: int = 1000) -> list[str]:
    """Ids of open cases whose due day has passed, longest ago first; for the clock, which sees all."""
    return list(
        tx.conn.execute(
            select(CaseRow.id)
            .where(CaseRow.closed_at.is_(None), CaseRow.due_on < today)
            .order_by(CaseRow.due_on)
            .limit(limit)
        ).scalars()
    )
