"""Reading of a whole case for its case file. Callers have checked who may have it, and record that they do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import Officer
from bot.domain.case_record import (
    AnswersVersion,
    CaseRecord,
    LogEvent,
    ServiceFacts,
    TextSalt,
)
from bot.domain.documents import find_unregistered, list_documents
from bot.store.cases.officer_queries import CasePart, load_case_view
from bot.store.engine.database import Tx
from bot.store.log import history
from bot.store.tables import (
    AnswersRow,
    ApplicantRow,
    CaseRow,
    FileRow,
    HistoryRow,
    MessageRow,
    NoteRevisionRow,
    NoteRow,
)

_PARTS: frozenset[CasePart] = frozenset({"answers", "messages", "notes", "files"})


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """Who makes a case file of which case, and whether with its notes; `catalog` and `now` are of that moment."""

    officer: Officer
    case_id: str
    with_notes: bool
    catalog: Catalog
    now: datetime


def load_record(tx: Tx, request: RecordRequest) -> CaseRecord | None:
    """The case with its log; None where the officer may not see it."""
    case_id, with_notes, catalog = request.case_id, request.with_notes, request.catalog
    parts = _PARTS if with_notes else _PARTS - {"notes"}
    view = load_case_view(tx, request.officer, case_id, parts)
    if view is None:
        return None
    view = replace(view, document_numbers={})  # they are among the documents
    if not with_notes:
        view = replace(view, file_lines=tuple(one for one in view.file_lines if one.part != "notes"))
    service = catalog.service(view.case.service)
    documents = list_documents(history.read(tx, case_id))
    status = select(CaseRow.status_name).where(CaseRow.id == case_id)
    return CaseRecord(
        municipality=catalog.municipality.name.sv,
        made_at=request.now,
        made_by=request.officer.name,
        has_notes=with_notes,
        service=_service_facts(service, view.case.service),
        status_name=tx.conn.execute(status).scalar_one(),
        documents=tuple(documents),
        unregistered=tuple(sorted(find_unregistered(documents, view, service))),
        view=view,
        answers=tuple(_answers(tx, case_id)),
        salts=tuple(_salts(tx, case_id, with_notes=with_notes)),
        log=tuple(_log(tx, case_id)),
    )


def _service_facts(service: EService | None, key: str) -> ServiceFacts:
    if service is None:
        return ServiceFacts(key=key, name=key)
    rule = service.retention
    place = service.classification
    return ServiceFacts(
        key=key,
        name=service.name.sv,
        classification=place.code if place is not None else "",
        classification_scheme=place.scheme if place is not None else "",
        unit=service.unit.sv,
        retention="keep" if rule.keep else f"{rule.months} months from {rule.from_}",
        retention_basis=rule.basis,
    )


def _answers(tx: Tx, case_id: str) -> Iterator[AnswersVersion]:
    query = select(AnswersRow.version, AnswersRow.body).where(AnswersRow.case_id == case_id)
    for row in tx.conn.execute(query.order_by(AnswersRow.version)):
        yield AnswersVersion(version=row.version, values=json.loads(row.body) if row.body else None)


def _salts(tx: Tx, case_id: str, *, with_notes: bool) -> Iterator[TextSalt]:
    """The salts of all texts; those of a note's versions oldest first."""
    answers = select(AnswersRow.version, AnswersRow.salt).where(AnswersRow.case_id == case_id)
    for version, salt in tx.conn.execute(answers.order_by(AnswersRow.version)):
        yield TextSalt(kind="answers", name=str(version), salt=salt)
    people = select(ApplicantRow.id, ApplicantRow.salt).where(ApplicantRow.case_id == case_id)
    for name, salt in tx.conn.execute(people.order_by(ApplicantRow.position)):
        yield TextSalt(kind="person", name=name, salt=salt)
    messages = select(MessageRow.id, MessageRow.salt).where(
        MessageRow.case_id == case_id, MessageRow.undone_at.is_(None)
    )
    for name, salt in tx.conn.execute(messages.order_by(MessageRow.seq)):
        yield TextSalt(kind="message", name=name, salt=salt)
    files = select(FileRow.id, FileRow.salt).where(FileRow.case_id == case_id)
    files = files if with_notes else files.where(FileRow.note_id.is_(None))
    for name, salt in tx.conn.execute(files.order_by(FileRow.at, FileRow.id)):
        yield TextSalt(kind="file", name=name, salt=salt)
    if with_notes:
        yield from _note_salts(tx, case_id)


def _note_salts(tx: Tx, case_id: str) -> Iterator[TextSalt]:
    notes = select(NoteRow.id, NoteRow.salt).where(NoteRow.case_id == case_id)
    for name, salt in tx.conn.execute(notes.order_by(NoteRow.seq)):
        yield TextSalt(kind="note", name=name, salt=salt, owner=name)
    revisions = select(NoteRevisionRow.id, NoteRevisionRow.salt, NoteRevisionRow.note_id).where(
        NoteRevisionRow.case_id == case_id
    )
    for name, salt, owner in tx.conn.execute(revisions.order_by(NoteRevisionRow.seq)):
        yield TextSalt(kind="note", name=name, salt=salt, owner=owner)


def _log(tx: Tx, case_id: str) -> Iterator[LogEvent]:
    rows = tx.conn.execute(
        select(HistoryRow.__table__).where(HistoryRow.case_id == case_id).order_by(HistoryRow.seq)
    )
    for row in rows:
        yield LogEvent(
            seq=row.seq,
            meta=row.meta,
            content=row.content,
            salt=row.salt,
            content_hash=row.content_hash,
            prev=row.prev,
            hash=row.hash,
        )
