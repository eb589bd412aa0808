"""The search index: a case's words are computed from all its contents whenever one of its texts changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

import structlog
from sqlalchemy import bindparam, literal, select, text
from sqlalchemy.exc import OperationalError

from bot.catalog.definition import Definition
from bot.catalog.fields import CHOICE_KINDS, Field
from bot.domain.answer_formatting import format_answer
from bot.domain.submission import SubmitCase
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

INDEX_VERSION = 3
"""Increased when the rules for words change; cases indexed with an earlier version are then indexed again."""

FROM_NEWEST = 2**62
"""A position after all cases."""

BATCH_SIZE = 25
"""Cases indexed in one transaction by `index_batch`; other writes wait for that long."""

ALWAYS_SEARCHED_KINDS = frozenset({*CHOICE_KINDS, "email", "phone"})

_MAX_BYTES = 900_000
"""PostgreSQL accepts a megabyte of words for one row. Where a case has more, its oldest texts are not found."""

# Newest first, in case there are more than the index accepts.
_CASE = select(CaseRow.service, CaseRow.definition).where(CaseRow.id == bindparam("wanted"))
_PEOPLE = select(ApplicantRow.name, ApplicantRow.email, ApplicantRow.phone).where(
    ApplicantRow.case_id == bindparam("wanted"), ApplicantRow.ended_at.is_(None)
)
# Without those of undone messages, those withdrawn, and those of working notes that were deleted at the closing.
_FILES = (
    select(FileRow.name)
    .outerjoin(MessageRow, MessageRow.id == FileRow.message_id)
    .where(
        FileRow.case_id == bindparam("wanted"), MessageRow.undone_at.is_(None), FileRow.withdrawn_at.is_(None)
    )
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
# Locked, so that no text is written meanwhile that the index would miss. Rows that are locked already are skipped:
# another process is indexing them, or a command, which indexes its case itself.
_OUTDATED = (
    select(CaseRow.id, SearchIndexRow.doc)
    .join(SearchIndexRow, SearchIndexRow.case_id == CaseRow.id)
    .where(SearchIndexRow.rule < INDEX_VERSION, SearchIndexRow.doc < bindparam("before"))
    .order_by(SearchIndexRow.doc.desc())
    .with_for_update(of=CaseRow, skip_locked=True)
)


def service_word(service: str) -> str:
    """A word that all cases of the e-service have, and that no text can contain."""
    return f"_{service}"


def index_case(tx: Tx, case_id: str) -> None:
    """Replace the case's words by those of its current contents; to be called where a text is changed or erased."""
    case = tx.conn.execute(_CASE, {"wanted": case_id}).one()
    save_words(tx, case_id, case.service, index_words(_load_texts(tx, case_id, case.definition)))


def submission_words(submission: SubmitCase, definition: Definition) -> tuple[str, ...]:
    """The words that `index_case` would find for a case just opened, without a database."""
    people = (text for one in submission.people for text in (one.name, one.email, one.phone) if text)
    answers = _searched_texts(definition, submission.answers.values)
    names = (file.name for file in submission.files)
    return tuple(dict.fromkeys(index_words(chain(people, answers, names))))


def save_words(tx: Tx, case_id: str, service: str, terms: Iterable[str]) -> None:
    """Replace the words of the case, which is of that e-service."""
    save_words_of_all(tx, [(case_id, service, terms)])


def save_words_of_all(tx: Tx, cases: Iterable[tuple[str, str, Iterable[str]]]) -> None:
    """`save_words` for many cases: (case id, e-service, words)."""
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
    """Whether there are cases that were indexed with an earlier version, which searches may miss."""
    return tx.conn.execute(_HAS_OUTDATED).first() is not None


SCRUBBED_PAGES = 50
"""Pages of the index, 200 kB, that one step of scrubbing writes: others write in between."""

_TOTAL_CHANGES = text("SELECT total_changes()")
_CHANGES_OF_A_MERGE = 2
"""A merge that found nothing to do makes fewer changes."""


class IndexingProgress(NamedTuple):
    """The result of a batch: how many cases were indexed, and `before` for the next batch; 0 where none is left."""

    cases: int
    next_before: int


def index_batch(tx: Tx, before: int = FROM_NEWEST) -> IndexingProgress:
    """Index a batch of outdated cases, newest first, of those opened `before` the ones of the previous batch.

    Resumable, and safe to run in several processes at once. A case that is locked, or that cannot be indexed, is
    skipped.
    """
    rows = tx.conn.execute(_OUTDATED.limit(BATCH_SIZE), {"before": before}).all()
    cases = sum(_try_index(tx, row.id) for row in rows)
    return IndexingProgress(cases, rows[-1].doc if rows else 0)


def _try_index(tx: Tx, case_id: str) -> bool:
    try:
        with tx.conn.begin_nested():
            index_case(tx, case_id)
    except OperationalError:  # the database fails, not this case
        raise
    except Exception as bug:  # noqa: BLE001  (one of three places that may: other cases are still to be found)
        log.error("case_not_indexed", case_id=case_id, error=type(bug).__name__)
        return False
    return True


def scrub_step(tx: Tx, *, is_first: bool) -> bool:
    """Remove deleted words from the index's storage, a part of it in each step. Returns whether any is left.

    From version 3.42 on SQLite does so at each deletion (secure-delete). Older ones need all of the index merged into
    one: the first step with a negative number decides on that, later ones go on (FTS5, "The 'merge' command").
    """
    if tx.conn.dialect.name != "sqlite":
        return False
    if sqlite3.sqlite_version_info >= (3, 42):
        tx.conn.execute(text("INSERT INTO search_index (search_index, rank) VALUES ('secure-delete', 1)"))
        return False
    before = tx.conn.execute(_TOTAL_CHANGES).scalar_one()
    merge = text("INSERT INTO search_index (search_index, rank) VALUES ('merge', :pages)")
    tx.conn.execute(merge, {"pages": -SCRUBBED_PAGES if is_first else SCRUBBED_PAGES})
    changes: int = tx.conn.execute(_TOTAL_CHANGES).scalar_one() - before
    return changes >= _CHANGES_OF_A_MERGE


def _load_texts(tx: Tx, case_id: str, definition: str) -> Iterator[str]:
    params = {"wanted": case_id}
    for person in tx.conn.execute(_PEOPLE, params):
        yield from filter(None, person)
    answers = load_answers(tx, case_id)
    yield from _searched_texts(load_definition(tx, definition), answers)
    yield from tx.conn.execute(_FILES, params).scalars()
    yield from (body for body in tx.conn.execute(_MESSAGES, params).scalars() if body)
    latest = {row.note_id: row.body for row in tx.conn.execute(_REVISIONS, params)}
    yield from (body for row in tx.conn.execute(_NOTES, params) if (body := latest.get(row.id, row.body)))


def _searched_texts(definition: Definition, answers: Mapping[str, Any]) -> Iterator[str]:
    for field in definition.fields:
        if _is_searched(field) and answers.get(field.key) is not None:
            yield from _answer_texts(field, answers[field.key])


def _is_searched(field: Field) -> bool:
    """Whether answers are indexed: where the catalog says so, and choices and contact details unless sensitive."""
    if field.kind == "yes_no":
        return False
    return field.searchable or (field.kind in ALWAYS_SEARCHED_KINDS and not field.sensitive)


def _answer_texts(field: Field, value: Any) -> Iterator[str]:
    """The answer as it is stored, and as people read it."""
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
