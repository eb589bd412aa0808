"""All places that hold a case's contents: every table and every kind of file, and how each is erased.

A new table or a new kind of file is to be listed here, or `tests/store/cases/test_content_places.py` fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, exists, select, update

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
)

_IN_FLIGHT_STATES = ("claimed", "sending")

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""The time that is set on exported files, so that none can be downloaded and the next sweep removes them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A table, or a kind of file, and what it holds of a case.

    `erase` erases a case's contents in it; without one it holds none, or loses them by what `holds` says.
    """

    holds: str
    erase: Callable[[Tx, str], None] | None = None


def erase_contents(tx: Tx, case_id: str) -> None:
    """Erase the contents of the case in all tables. Jobs remove the bytes of files, which they find by their rows."""
    for place in TABLES.values():
        if place.erase is not None:
            place.erase(tx, case_id)


def _erase_texts(table: Any) -> Callable[[Tx, str], None]:
    """Erases `body` and `salt` in the case's rows of the table; the rows stay, as the log says that there are."""

    def erase(tx: Tx, case_id: str) -> None:
        tx.conn.execute(update(table).where(table.case_id == case_id).values(body=None, salt=None))

    return erase


def _delete_rows(table: Any) -> Callable[[Tx, str], None]:
    def erase(tx: Tx, case_id: str) -> None:
        tx.conn.execute(delete(table).where(table.case_id == case_id))

    return erase


def _erase_people(tx: Tx, case_id: str) -> None:
    """Erase who they are. Sessions and codes of mailboxes that no other case has end."""
    is_theirs = ApplicantRow.case_id == case_id
    mailboxes = [
        one for one in tx.conn.execute(select(ApplicantRow.mailbox).where(is_theirs)).scalars() if one
    ]
    empty = {"name": "", "email": "", "phone": "", "external_id": "", "mailbox": None, "salt": None}
    tx.conn.execute(update(ApplicantRow).where(is_theirs).values(**empty))
    in_use = set(
        tx.conn.execute(select(ApplicantRow.mailbox).where(ApplicantRow.mailbox.in_(mailboxes))).scalars()
    )
    unused = sorted(set(mailboxes) - in_use)
    is_applicants = SessionRow.kind == "applicant", SessionRow.who.in_(unused)
    tx.conn.execute(delete(SessionRow).where(*is_applicants))
    # A code for an application that is being written is for a case to come.
    tx.conn.execute(delete(SignInRow).where(SignInRow.mailbox.in_(unused), SignInRow.email.is_(None)))


def _erase_files(tx: Tx, case_id: str) -> None:
    """Their sizes stay until their bytes are removed, and what the scanner said, as the log says it too."""
    empty = {"name": "", "kind": "", "sha256": None, "salt": None, "scan_seal": None}
    tx.conn.execute(update(FileRow).where(FileRow.case_id == case_id).values(**empty))


def _erase_log(tx: Tx, case_id: str) -> None:
    """What people wrote. The chain holds its digest only, and stays whole."""
    is_written = HistoryRow.case_id == case_id, HistoryRow.content.is_not(None)
    tx.conn.execute(update(HistoryRow).where(*is_written).values(content=None, salt=None))


def _delete_batches(tx: Tx, case_id: str) -> None:
    """Delete the finished batches that the case was in: they hold what was written to all of their cases.

    What they did is in each case's log. Files that they exported can no longer be downloaded, and are swept.
    """
    finished = (
        select(BatchRow.id)
        .join(BatchCaseRow, BatchCaseRow.batch_id == BatchRow.id)
        .where(BatchCaseRow.case_id == case_id)
    )
    ids = list(tx.conn.execute(finished).scalars())
    if ids:
        old = {"created_at": LONG_AGO, "name": ""}
        tx.conn.execute(update(ExportFileRow).where(ExportFileRow.batch_id.in_(ids)).values(**old))
        tx.conn.execute(delete(BatchCaseRow).where(BatchCaseRow.batch_id.in_(ids)))
        tx.conn.execute(delete(BatchRow).where(BatchRow.id.in_(ids)))


def _delete_deliveries(tx: Tx, case_id: str) -> None:
    """Delete what waits. What is just being sent ends by itself (`is_in_use`)."""
    is_idle = DeliveryRow.case_id == case_id, DeliveryRow.state.not_in(_IN_FLIGHT_STATES)
    tx.conn.execute(delete(DeliveryRow).where(*is_idle))


def _delete_search_results(tx: Tx, case_id: str) -> None:
    """Which cases were found tells what is in them."""
    tx.conn.execute(delete(SearchResultsRow).where(SearchResultsRow.case_ids.contains(case_id)))


def _erase_request(tx: Tx, case_id: str) -> None:
    """Erase the keyed hash of the request that opened the case. Its key stays: it is to open no second one."""
    external = tx.conn.execute(select(CaseRow.external).where(CaseRow.id == case_id)).scalar()
    is_its = IdempotencyKeyRow.key == f"external:{external}"
    outcome = tx.conn.execute(select(IdempotencyKeyRow.outcome).where(is_its)).scalar() if external else None
    if outcome is not None:
        left = {name: value for name, value in json.loads(outcome).items() if name != "content"}
        tx.conn.execute(update(IdempotencyKeyRow).where(is_its).values(outcome=canonical_json(left)))


TABLES: Mapping[str, Place] = {
    "answers": Place("what was answered, in every version", _erase_texts(AnswersRow)),
    "applicant": Place("who applied, and their addresses", _erase_people),
    "message": Place("messages", _erase_texts(MessageRow)),
    "note": Place("notes", _erase_texts(NoteRow)),
    "note_revision": Place("edited notes", _erase_texts(NoteRevisionRow)),
    "file": Place("names of files; their bytes are removed by a job", _erase_files),
    "history": Place("what people wrote in events", _erase_log),
    "reading": Place("reasons for opening a protected case", readings.erase_reasons),
    "draft": Place("forms that officers have begun", _delete_rows(DraftRow)),
    "flag": Place("officers' own notes", _delete_rows(FlagRow)),
    "batch": Place("texts written to many cases", _delete_batches),
    "batch_case": Place("which cases a batch has, deleted with the batch"),
    "export_file": Place("names of exported files, made old with the batch"),
    "delivery": Place("what is on its way", _delete_deliveries),
    "hits": Place("which cases a search found", _delete_search_results),
    "receipt": Place("a keyed hash of the request that opened the case", _erase_request),
    "search": Place("the words of all texts; made anew, of nothing", indexing.index_case),
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


def is_in_use(tx: Tx, case_id: str) -> bool:
    """Whether a batch or a delivery works with the case now: it is then disposed of another night."""
    in_batch = (
        select(BatchCaseRow.case_id)
        .join(BatchRow, BatchRow.id == BatchCaseRow.batch_id)
        .where(BatchCaseRow.case_id == case_id, BatchRow.finished_at.is_(None))
    )
    in_delivery = select(DeliveryRow.id).where(
        DeliveryRow.case_id == case_id, DeliveryRow.state.in_(_IN_FLIGHT_STATES)
    )
    return bool(tx.conn.execute(select(exists(in_batch) | exists(in_delivery))).scalar())
