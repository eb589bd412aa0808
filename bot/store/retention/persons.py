"""All that is stored about one person: found by mailbox, personnummer or name, and collected from the cases."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import or_, select

from bot.domain.case import Case
from bot.domain.contacts import ContactCorrected, ContactField
from bot.domain.representatives import RepresentativeEnded
from bot.domain.views import FileLine
from bot.store.cases import contents
from bot.store.cases.case_state import case_from_row
from bot.store.engine.database import Tx
from bot.store.files.attachments import load_attached_files
from bot.store.log import history, readings
from bot.store.log.readings import EXPORTED_ANSWERS_PART, Reading
from bot.store.tables import (
    AnswersRow,
    ApplicantRow,
    CaseRow,
    HistoryRow,
    MessageRow,
    NoteRevisionRow,
    NoteRow,
)
from bot.text import fold
from bot.text.personnummer import contains_number

COLLECTOR = "machine:person"
"""Whom the readings name: whoever runs the program collects the data, on behalf of the person."""


@dataclass(frozen=True, slots=True)
class PersonalCase:
    """A case with all that it holds, as JSON, and its files."""

    case: Case
    data: dict[str, Any]
    files: tuple[FileLine, ...]


def find_by_mailbox(tx: Tx, address: str) -> list[str]:
    """The cases, by id, that have an applicant with the mailbox, or had one who was corrected or has ended."""
    mailbox = tx.keys.hash_mailbox(address)
    query = select(ApplicantRow.case_id).where(ApplicantRow.mailbox == mailbox)
    earlier = (
        case_id for case_id, one in _earlier_contacts(tx, "email") if tx.keys.hash_mailbox(one) == mailbox
    )
    return sorted({*tx.conn.execute(query).scalars(), *earlier})


def _earlier_contacts(tx: Tx, field: ContactField) -> Iterator[tuple[str, str]]:
    """(case id, value) of the contact details that were corrected away, or that ended with a representative."""
    kinds = (ContactCorrected, RepresentativeEnded)
    is_change = or_(*(HistoryRow.meta.contains(f'"event":"{kind.__name__}"') for kind in kinds))
    query = select(HistoryRow.case_id, HistoryRow.content).where(is_change)
    for row in tx.conn.execute(query):
        for change in json.loads(row.content)["changes"] if row.content else ():
            if change["field"] == field and change["before"]:
                yield row.case_id, change["before"]


def find_by_number(tx: Tx, digits: str, today: date) -> list[str]:
    """The cases, by id, in which the personnummer of twelve digits stands anywhere.

    With or without its century, a sign or a space, in answers of any version, messages, notes and the log; with another
    century, or a plus for who is not a hundred, it is another person's. All texts are read: the search index has only
    some of the answers.
    """
    day, last = digits[2:-4], digits[-4:]
    texts = (
        (AnswersRow.case_id, AnswersRow.body),
        (MessageRow.case_id, MessageRow.body),
        (NoteRow.case_id, NoteRow.body),
        (NoteRevisionRow.case_id, NoteRevisionRow.body),
        (HistoryRow.case_id, HistoryRow.content),
    )
    queries = [
        select(case_id, body).where(
            or_(*(body.contains(f"{day}{sign}{last}") for sign in ("", "-", "+", " ")))
        )
        for case_id, body in texts
    ]
    rows = chain.from_iterable(tx.conn.execute(query) for query in queries)
    return sorted({case_id for case_id, text in rows if contains_number(text or "", digits, today)})


def find_by_name(tx: Tx, name: str) -> list[str]:
    """The cases, by id, that have an applicant whose name has all these words, whatever their order and accents.

    Names that have been corrected away count too. Another person may have the same name: each case is to be confirmed.
    """
    words = set(fold(name).split())
    query = select(ApplicantRow.case_id, ApplicantRow.name).where(ApplicantRow.name != "")
    current = ((row.case_id, row.name) for row in tx.conn.execute(query))
    rows = chain(current, _earlier_contacts(tx, "name"))
    return sorted({case_id for case_id, one in rows if words and words <= set(fold(one).split())})


def load_cases(tx: Tx, case_ids: Collection[str]) -> list[Case]:
    """The cases, in the order of their numbers."""
    query = select(CaseRow.__table__).where(CaseRow.id.in_(list(case_ids))).order_by(CaseRow.number)
    return [case_from_row(tx, row) for row in tx.conn.execute(query).all()]


def collect(tx: Tx, case_id: str, opening: str, now: datetime) -> PersonalCase:
    """All that is stored of the case, after recording that it is read."""
    readings.record(tx, Reading(COLLECTOR, case_id, EXPORTED_ANSWERS_PART, opening), now)
    row = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id == case_id)).one()
    case, definition = case_from_row(tx, row), contents.load_definition(tx, row.definition)
    answers = contents.load_answers(tx, case_id)
    labels = {field.key: field.label.sv for field in definition.fields}
    attached = load_attached_files(tx, case_id)
    data = {
        "number": case.number,
        "service": case.service,
        "form": definition.name.sv,
        "status": row.status_name,
        "received_at": case.received_at,
        "closed_at": case.closed_at,
        "officers": case.assignee_refs,
        "people": [asdict(one) for one in contents.load_people(tx, case_id)],
        "ended_people": [asdict(one) for one in contents.load_ended_people(tx, case_id)],
        "answers": [
            {"field": key, "label": labels.get(key, key), "answer": answer} for key, answer in answers.items()
        ],
        "messages": [asdict(message) for message in contents.load_messages(tx, row)],
        "notes": [asdict(note) for note in contents.load_notes(tx, case_id)],
        "files": [{**asdict(one.file), "by": one.line.by, "at": one.line.at} for one in attached],
        "history": [asdict(line) for line in history.read(tx, case_id, with_content=True)],
        "readings": [
            {"at": at, "by": by, "part": part} for at, by, part in readings.list_for_case(tx, case_id)
        ],
    }
    return PersonalCase(case, data, tuple(one.line for one in attached))
