"""All places that hold a case's contents: every table and every kind of file, and how each is erased.

A new table or a new kind of file is to be listed here, or `tests/store/cases/test_content_places.py` fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Executable, bindparam, delete, exists, literal, select, union, update

from bot.store.cases import indexing
from bot.store.engine.database import Tx
from bot.store.engine.keys import canonical_json
from bot.store.log import readings
from bot.store.tables import (
    AnswersRow,
    ApplicantRow,
    BatchCaseRow,
    BatchRow,
    CaseRow,
    DeliveryRow,
    DraftRow,
    ExportFileRow,
    FileRow,
    FlagRow,
    HistoryRow,
    IdempotencyKeyRow,
    MessageRow,
    NoteRevisionRow,
    NoteRow,
    SearchResultsRow,
    SessionRow,
    SignInRow,
    UnreadMarkRow,
)

_IN_FLIGHT_STATES = ("claimed", "sending")

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""The time that is set on exported files, so that none can be downloaded and the next sweep removes them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A table, or a kind of file, and what it holds of a case.

    `erase` erases the contents of some cases in it; without one it holds none, or loses them by what `holds` says.
    """

    holds: str
    erase: Erase | None = None


Erase = Callable[[Tx, Sequence[str]], None]
"""Erases the contents of the cases with these ids."""


def erase_contents(tx: Tx, case_ids: Sequence[str]) -> None:
    """Erase the contents of the cases in all tables. Jobs remove the bytes of files, which they find by their rows."""
    for place in TABLES.values():
        if place.erase is not None:
            place.erase(tx, case_ids)


_CASE_ID: Any = bindparam("wanted")
_CASE_IDS: Any = bindparam("wanted", expanding=True)
# Built once: building statements would take most of the time, with 10,000 cases in a night.
_MAILBOXES = select(ApplicantRow.mailbox).where(
    ApplicantRow.case_id.in_(_CASE_IDS), ApplicantRow.mailbox.is_not(None)
)
_ERASE_PEOPLE = (
    update(ApplicantRow)
    .where(ApplicantRow.case_id.in_(_CASE_IDS))
    .values(name="", email="", phone="", external_id="", mailbox=None, salt=None)
)
_MAILBOX: Any = bindparam("mailbox")
_IS_IN_USE = exists().where(ApplicantRow.mailbox == _MAILBOX)
_DELETE_SESSIONS = delete(SessionRow).where(
    SessionRow.kind == "applicant", SessionRow.who == _MAILBOX, ~_IS_IN_USE
)
# A code for an application that is being written is for a case to come.
_DELETE_SIGN_INS = delete(SignInRow).where(
    SignInRow.mailbox == _MAILBOX, SignInRow.email.is_(None), ~_IS_IN_USE
)
_BATCHES = select(BatchCaseRow.batch_id).where(BatchCaseRow.case_id.in_(_CASE_IDS)).distinct()
_BATCH: Any = bindparam("batch")
_DELETE_BATCH = (
    update(ExportFileRow).where(ExportFileRow.batch_id == _BATCH).values(created_at=LONG_AGO, name=""),
    delete(BatchCaseRow).where(BatchCaseRow.batch_id == _BATCH),
    delete(BatchRow).where(BatchRow.id == _BATCH),
)
_EXTERNAL = (
    select(IdempotencyKeyRow.key, IdempotencyKeyRow.outcome)
    .join(CaseRow, IdempotencyKeyRow.key == literal("external:").concat(CaseRow.external))
    .where(CaseRow.id.in_(_CASE_IDS))
)
_REPLACE_OUTCOME = (
    update(IdempotencyKeyRow)
    .where(IdempotencyKeyRow.key == bindparam("its_key"))
    .values(outcome=bindparam("left"))
)
_SERVICES = select(CaseRow.id, CaseRow.service).where(CaseRow.id.in_(_CASE_IDS))
_DELETE_RESULTS = delete(SearchResultsRow).where(SearchResultsRow.case_ids.contains(_CASE_ID))


def _run(statement: Executable) -> Erase:
    """Erases by one statement about the cases `wanted`."""

    def erase(tx: Tx, case_ids: Sequence[str]) -> None:
        tx.conn.execute(statement, {"wanted": case_ids})

    return erase


def _erase_texts(table: Any) -> Erase:
    """Erases `body` and `salt` in the cases' rows of the table; the rows stay, as the log says that there are."""
    return _run(update(table).where(table.case_id.in_(_CASE_IDS)).values(body=None, salt=None))


def _erase_people(tx: Tx, case_ids: Sequence[str]) -> None:
    """Erase who they are. Sessions and codes of mailboxes that no other case has end."""
    mailboxes = tx.conn.execute(_MAILBOXES, {"wanted": case_ids}).scalars().all()
    tx.conn.execute(_ERASE_PEOPLE, {"wanted": case_ids})
    end_sign_ins_if_unused(tx, set(filter(None, mailboxes)))


def end_sign_ins_if_unused(tx: Tx, mailboxes: Collection[str]) -> None:
    """End the sessions and codes of those of the mailboxes that no case has any longer."""
    if mailboxes:
        rows = [{"mailbox": mailbox} for mailbox in sorted(mailboxes)]
        tx.conn.execute(_DELETE_SESSIONS, rows)
        tx.conn.execute(_DELETE_SIGN_INS, rows)


def _delete_batches(tx: Tx, case_ids: Sequence[str]) -> None:
    """Delete the finished batches that the cases were in: they hold what was written to all of their cases.

    What they did is in each case's log. Files that they exported can no longer be downloaded, and are swept.
    """
    for batch_id in tx.conn.execute(_BATCHES, {"wanted": case_ids}).scalars().all():
        for statement in _DELETE_BATCH:
            tx.conn.execute(statement, {"batch": batch_id})


def _erase_requests(tx: Tx, case_ids: Sequence[str]) -> None:
    """Erase the keyed hashes of the requests that opened the cases. Their keys stay: they are to open no others."""
    changed = []
    for row in tx.conn.execute(_EXTERNAL, {"wanted": case_ids}).all():
        left = {name: value for name, value in json.loads(row.outcome).items() if name != "content"}
        changed.append({"its_key": row.key, "left": canonical_json(left)})
    if changed:
        tx.conn.execute(_REPLACE_OUTCOME, changed)


def _delete_results(tx: Tx, case_ids: Sequence[str]) -> None:
    tx.conn.execute(_DELETE_RESULTS, [{"wanted": case_id} for case_id in case_ids])


def _erase_words(tx: Tx, case_ids: Sequence[str]) -> None:
    """Only the words of their e-services are left."""
    rows = tx.conn.execute(_SERVICES, {"wanted": case_ids})
    indexing.save_words_of_all(tx, [(row.id, row.service, ()) for row in rows])


TABLES: Mapping[str, Place] = {
    "answers": Place("what was answered, in every version", _erase_texts(AnswersRow)),
    "applicant": Place("who applied, and their addresses", _erase_people),
    "message": Place("messages", _erase_texts(MessageRow)),
    "note": Place("notes", _erase_texts(NoteRow)),
    "note_revision": Place("edited notes", _erase_texts(NoteRevisionRow)),
    "file": Place(
        # Their sizes stay until their bytes are removed, and what the scanner said, as the log says it too.
        "names of files; their bytes are removed by a job",
        _run(
            update(FileRow)
            .where(FileRow.case_id.in_(_CASE_IDS))
            .values(name="", kind="", sha256=None, salt=None, scan_seal=None)
        ),
    ),
    "history": Place(
        "what people wrote in events; the chain holds its digest only, and stays whole",
        _run(
            update(HistoryRow)
            .where(HistoryRow.case_id.in_(_CASE_IDS), HistoryRow.content.is_not(None))
            .values(content=None, salt=None)
        ),
    ),
    "reading": Place("reasons for opening a protected case", readings.erase_reasons),
    "draft": Place(
        "forms that officers have begun", _run(delete(DraftRow).where(DraftRow.case_id.in_(_CASE_IDS)))
    ),
    "form_draft": Place(
        "forms not yet sent in, and those that an officer looks through; deleted when they are sent, or after an hour"
    ),
    "flag": Place("officers' own notes", _run(delete(FlagRow).where(FlagRow.case_id.in_(_CASE_IDS)))),
    "unread_mark": Place(
        "which officers marked it as unread",
        _run(delete(UnreadMarkRow).where(UnreadMarkRow.case_id.in_(_CASE_IDS))),
    ),
    "batch": Place("texts written to many cases", _delete_batches),
    "batch_case": Place("which cases a batch has, deleted with the batch"),
    "export_file": Place("names of exported files, made old with the batch"),
    "delivery": Place(
        # What is just being sent ends by itself (`find_in_use`).
        "what is on its way",
        _run(
            delete(DeliveryRow).where(
                DeliveryRow.case_id.in_(_CASE_IDS), DeliveryRow.state.not_in(_IN_FLIGHT_STATES)
            )
        ),
    ),
    "hits": Place(
        # Looked through as a whole: the job has swept all but those of the last minutes before its first case.
        "which cases a search found, which tells what is in them",
        _delete_results,
    ),
    "receipt": Place("a keyed hash of the request that opened the case", _erase_requests),
    "search": Place("the words of all texts; made anew, of nothing", _erase_words),
    "search_index": Place("the same, on SQLite; its storage is scrubbed by a job"),
    "session": Place("keys of applicants' mailboxes, deleted with the applicants"),
    "sign_in": Place("keys of applicants' mailboxes, deleted with the applicants or after a day"),
    "case": Place("nothing: number, e-service, status and days stay"),
    "assignee": Place("nothing: who had the case stays"),
    "number": Place("nothing: how many cases each year has"),
    "definition": Place("nothing: the form as it was, without answers"),
    "seal": Place("nothing: a code of the log's key"),
    "card": Place("nothing: the card's place in Slack, until it is deleted there"),
    "thread": Place("nothing: the thread's place in Slack"),
    "left_file": Place("nothing: ids of files in Slack, until they are deleted there"),
    "account": Place("nothing: officers' accounts"),
    "door": Place("nothing: login links of officers"),
    "absence": Place("nothing: when officers are absent"),
    "assignment_rotation": Place("nothing: which officer was assigned a case last"),
    "preference": Place("nothing: officers' settings"),
    "home": Place("nothing: officers' positions"),
    "open_list": Place("nothing: what an officer looks for, and ids of ticked cases"),
    "ticking": Place("nothing: which page of a list an officer ticks on"),
    "home_list": Place("nothing: which list App Home shows"),
    "saved_query": Place("nothing of a case: what an officer looks for"),
    "destination": Place("nothing: names of destinations"),
    "bucket": Place("nothing: names of rate limits"),
    "retention_rule": Place("nothing: the rules of e-services"),
    "retention_list": Place("nothing: which cases are to be disposed of, and when"),
    "retention_line": Place("nothing: which cases were disposed of, and how much they held"),
    "remaining_reply": Place("nothing: places of colleagues' replies in Slack"),
    "figure": Place("nothing: numbers"),
    "figure_sum": Place("nothing: numbers"),
    "figure_state": Place("nothing: how far the numbers are counted"),
    "failed_import": Place("nothing: documents that became no case"),
    "job_run": Place("nothing: runs of jobs"),
}
"""Every table by its name."""

FILE_KINDS: Mapping[str, Place] = {
    r"[0-9a-z]{2}/[0-9a-z]{32}": Place("a case's files and copies of them, found by rows of `file`"),
    r"exports/finished/[0-9a-f]{32}": Place("exported files, found by rows of `export_file`"),
    r"exports/unfinished/.+": Place(
        "exports under way; cases of unfinished batches are left for another night"
    ),
    r"checkpoints/.+": Place("nothing: hashes of events, and numbers of cases"),
}
"""Every kind of file under the folder of files, by a pattern of its path."""


_IN_UNFINISHED_BATCHES = (
    select(BatchCaseRow.case_id)
    .join(BatchRow, BatchRow.id == BatchCaseRow.batch_id)
    .where(BatchCaseRow.case_id.in_(_CASE_IDS), BatchRow.finished_at.is_(None))
)
_BEING_DELIVERED = select(DeliveryRow.case_id).where(
    DeliveryRow.case_id.in_(_CASE_IDS), DeliveryRow.state.in_(_IN_FLIGHT_STATES)
)
_FIND_IN_USE = union(_IN_UNFINISHED_BATCHES, _BEING_DELIVERED)


def find_in_use(tx: Tx, case_ids: Sequence[str]) -> set[str]:
    """Those of the cases with which a batch or a delivery works now: they are disposed of another night."""
    return set(tx.conn.execute(_FIND_IN_USE, {"wanted": case_ids}).scalars())
