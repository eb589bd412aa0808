"""The words that cases are found by, made anew of all that a case holds whenever one of its texts changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import structlog
from sqlalchemy import bindparam, literal, select, text
from sqlalchemy.exc import OperationalError

from bot.catalog.fields import CHOICE_KINDS, Field
from bot.domain.answer_formatting import format_answer
from bot.store.cases.contents import load_answers, load_definition
from bot.store.engine.database import Tx
from bot.store.tables import (
    ApplicantRow,
    CaseRow,
    FileRow,
    MessageRow,
    NoteRevisionRow,
    NoteRow,
    SearchIndexRow,
)
from bot.text import LANGUAGES, words
from bot.text.search_terms import index_words

log = structlog.get_logger()

INDEX_VERSION = 2
"""Raised when words are made otherwise than before; what was indexed by an earlier rule is then indexed anew."""

FROM_NEWEST = 2**62
"""Later than any case."""

BATCH_SIZE = 25
"""Cases indexed in one transaction when many are: whoever presses meanwhile waits no longer than that takes."""

ALWAYS_SEARCHED_KINDS = frozenset({*CHOICE_KINDS, "email", "phone"})

_MAX_BYTES = 900_000
"""PostgreSQL takes a megabyte of words for one case. In a case that has more the oldest texts are not found."""

# Newer first, should there be more than an index takes.
_CASE = select(CaseRow.service, CaseRow.definition).where(CaseRow.id == bindparam("wanted"))
_PEOPLE = select(ApplicantRow.name, ApplicantRow.email, ApplicantRow.phone).where(
    ApplicantRow.case_id == bindparam("wanted")
)
# But for those of a message that was taken back, and of notes that went when the case closed.
_FILES = (
    select(FileRow.name)
    .outerjoin(MessageRow, MessageRow.id == FileRow.message_id)
    .where(FileRow.case_id == bindparam("wanted"), MessageRow.undone_at.is_(None))
)
_MESSAGES = (
    select(MessageRow.body)
    .where(MessageRow.case_id == bindparam("wanted"), MessageRow.undone_at.is_(None))
    .order_by(MessageRow.seq.desc())
)
_NOTES = (
    select(NoteRow.id, NoteRow.body)
    .where(NoteRow.case_id == bindparam("wanted"))
    .order_by(NoteRow.seq.desc())
)
_REVISIONS = (
    select(NoteRevisionRow.note_id, NoteRevisionRow.body)
    .where(NoteRevisionRow.case_id == bindparam("wanted"))
    .order_by(NoteRevisionRow.seq)
)
_UPSERT_SQL = """INSERT INTO search (case_id, words, rule) VALUES (:wanted, {words}, :rule)
    ON CONFLICT (case_id) DO UPDATE SET words = excluded.words, rule = excluded.rule"""
_UPSERTS = {
    "sqlite": text(_UPSERT_SQL.format(words=":words")),
    "postgresql": text(_UPSERT_SQL.format(words="array_to_tsvector(string_to_array(:words, ' '))")),
}
_HAS_OUTDATED = (
    select(literal(1)).select_from(SearchIndexRow).where(SearchIndexRow.rule < INDEX_VERSION).limit(1)
)
# Locked, so that nothing is written meanwhile that would not be found. What is locked already is someone else's:
# another process that indexes, or a press, which indexes its case itself.
_OUTDATED = (
    select(CaseRow.id, SearchIndexRow.doc)
    .join(SearchIndexRow, SearchIndexRow.case_id == CaseRow.id)
    .where(SearchIndexRow.rule < INDEX_VERSION, SearchIndexRow.doc < bindparam("before"))
    .order_by(SearchIndexRow.doc.desc())
    .with_for_update(of=CaseRow, skip_locked=True)
)


def service_word(service: str) -> str:
    """The word that every case of the e-service has, and no text."""
    return f"_{service}"


def index_case(tx: Tx, case_id: str) -> None:
    """Let the case be found by what it holds now, and by nothing else; for whoever changes or erases a text."""
    case = tx.conn.execute(_CASE, {"wanted": case_id}).one()
    save_words(tx, case_id, case.service, index_words(_load_texts(tx, case_id, case.definition)))


def save_words(tx: Tx, case_id: str, service: str, terms: Iterable[str]) -> None:
    """Let the case of that e-service be found by these words."""
    save_words_of_all(tx, [(case_id, service, terms)])


def save_words_of_all(tx: Tx, cases: Iterable[tuple[str, str, Iterable[str]]]) -> None:
    """The same of many cases: (case id, e-service, words)."""
    rows = [
        {
            "wanted": case_id,
            "words": " ".join([service_word(service), *_limit_size(terms)]),
            "rule": INDEX_VERSION,
        }
        for case_id, service, terms in cases
    ]
    tx.conn.execute(_UPSERTS[tx.conn.dialect.name], rows)


def has_outdated(tx: Tx) -> bool:
    """Whether there are cases whose words an earlier version made, so that they may not be found."""
    return tx.conn.execute(_HAS_OUTDATED).first() is not None


class BatchProgress(NamedTuple):
    """What came of indexing some: how many now are, and before which of them to go on; 0 where none is left."""

    cases: int
    next_before: int


def index_batch(tx: Tx, before: int = FROM_NEWEST) -> BatchProgress:
    """Index some of those cases, the last opened first, that were opened `before` those of an earlier call.

    What has been done stays done, and several processes may do it at the same time. A case that is in others' hands is
    passed over, and so is one that cannot be indexed: it holds up no other.
    """
    rows = tx.conn.execute(_OUTDATED.limit(BATCH_SIZE), {"before": before}).all()
    cases = sum(_try_index(tx, row.id) for row in rows)
    return BatchProgress(cases, rows[-1].doc if rows else 0)


def _try_index(tx: Tx, case_id: str) -> bool:
    try:
        with tx.conn.begin_nested():
            index_case(tx, case_id)
    except OperationalError:  # of the database, not of the case
        raise
    except Exception as bug:  # noqa: BLE001  (one of three places that may: other cases are still to be found)
        log.error("case_not_indexed", case_id=case_id, error=type(bug).__name__)
        return False
    return True


def scrub(tx: Tx) -> None:
    """Let nothing stay behind in the index of what has been taken out of it.

    SQLite's does so at once when it is told to, from version 3.42 on; an older one when it is packed.
    """
    if tx.conn.dialect.name == "sqlite":
        can_delete_at_once = sqlite3.sqlite_version_info >= (3, 42)
        statement = (
            "(search_index, rank) VALUES ('secure-delete', 1)"
            if can_delete_at_once
            else "(search_index) VALUES ('optimize')"
        )
        tx.conn.execute(text(f"INSERT INTO search_index {statement}"))


def _load_texts(tx: Tx, case_id: str, definition: str) -> Iterator[str]:
    params = {"wanted": case_id}
    for person in tx.conn.execute(_PEOPLE, params):
        yield from filter(None, person)
    answers = load_answers(tx, case_id)
    for field in load_definition(tx, definition).fields:
        if _is_searched(field) and answers.get(field.key) is not None:
            yield from _answer_texts(field, answers[field.key])
    yield from tx.conn.execute(_FILES, params).scalars()
    yield from (body for body in tx.conn.execute(_MESSAGES, params).scalars() if body)
    latest = {row.note_id: row.body for row in tx.conn.execute(_REVISIONS, params)}
    yield from (body for row in tx.conn.execute(_NOTES, params) if (body := latest.get(row.id, row.body)))


def _is_searched(field: Field) -> bool:
    """Where the catalog says so; and choices, and what people are reached by, unless they are sensitive."""
    if field.kind == "yes_no":
        return False
    return field.searchable or (field.kind in ALWAYS_SEARCHED_KINDS and not field.sensitive)


def _answer_texts(field: Field, value: Any) -> Iterator[str]:
    """As it is stored, and as people read it."""
    if isinstance(value, str | int | float):
        yield str(value)
    yield from {format_answer(field, value, words(language)) for language in LANGUAGES}


def _limit_size(terms: Iterable[str]) -> Iterator[str]:
    bytes_left = _MAX_BYTES
    for word in dict.fromkeys(terms):
        bytes_left -= len(word.encode()) + 1
        if bytes_left < 0:
            return
        yield word
