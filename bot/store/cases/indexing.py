"""The words that cases are found by, made anew of all that a case holds whenever one of its texts changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import structlog
from sqlalchemy import bindparam, literal, select, text
from sqlalchemy.exc import OperationalError

from bot.catalog.fields import Field
from bot.domain.rendering import rendered
from bot.store.cases.contents import answers_of, definition_of
from bot.store.engine.database import Tx
from bot.store.tables import ApplicantRow, CaseRow, MessageRow, NoteRevisionRow, NoteRow, SearchRow
from bot.text import LANGUAGES, words
from bot.text.searching import words_of

log = structlog.get_logger()

RULE = 1
"""Raised when words are made otherwise than before; what was indexed by an earlier rule is then indexed anew."""

FROM_THE_LAST = 2**62
"""Later than any case."""

BATCH = 25
"""Cases indexed in one transaction when many are: whoever presses meanwhile waits no longer than that takes."""

_MOST_BYTES = 900_000
"""PostgreSQL takes a megabyte of words for one case. In a case that has more the oldest texts are not found."""

# Newer first, should there be more than an index takes.
_CASE = select(CaseRow.service, CaseRow.definition).where(CaseRow.id == bindparam("of"))
_NAMES = select(ApplicantRow.name).where(ApplicantRow.case_id == bindparam("of"))
_MESSAGES = (
    select(MessageRow.body)
    .where(MessageRow.case_id == bindparam("of"), MessageRow.undone_at.is_(None))
    .order_by(MessageRow.seq.desc())
)
_NOTES = (
    select(NoteRow.id, NoteRow.body).where(NoteRow.case_id == bindparam("of")).order_by(NoteRow.seq.desc())
)
_REVISIONS = (
    select(NoteRevisionRow.note_id, NoteRevisionRow.body)
    .where(NoteRevisionRow.case_id == bindparam("of"))
    .order_by(NoteRevisionRow.seq)
)
_PUT = """INSERT INTO search (case_id, words, rule) VALUES (:of, {words}, :rule)
    ON CONFLICT (case_id) DO UPDATE SET words = excluded.words, rule = excluded.rule"""
_PUTS = {
    "sqlite": text(_PUT.format(words=":words")),
    "postgresql": text(_PUT.format(words="array_to_tsvector(string_to_array(:words, ' '))")),
}
_IS_BEHIND = select(literal(1)).select_from(SearchRow).where(SearchRow.rule < RULE).limit(1)
# Locked, so that nothing is written meanwhile that would not be found. What is locked already is someone else's:
# another process that indexes, or a press, which indexes its case itself.
_OUTDATED = (
    select(CaseRow.id, SearchRow.doc)
    .join(SearchRow, SearchRow.case_id == CaseRow.id)
    .where(SearchRow.rule < RULE, SearchRow.doc < bindparam("before"))
    .order_by(SearchRow.doc.desc())
    .with_for_update(of=CaseRow, skip_locked=True)
)


def service_word(service: str) -> str:
    """The word that every case of the e-service has, and no text."""
    return f"_{service}"


def index(tx: Tx, case_id: str) -> None:
    """Let the case be found by what it holds now, and by nothing else; for whoever changes or erases a text."""
    case = tx.conn.execute(_CASE, {"of": case_id}).one()
    put(tx, case_id, case.service, words_of(_texts(tx, case_id, case.definition)))


def put(tx: Tx, case_id: str, service: str, found: Iterable[str]) -> None:
    """Let the case of that e-service be found by these words."""
    put_all(tx, [(case_id, service, found)])


def put_all(tx: Tx, cases: Iterable[tuple[str, str, Iterable[str]]]) -> None:
    """The same of many cases: (case id, e-service, words)."""
    rows = [
        {"of": case_id, "words": " ".join([service_word(service), *_fitting(found)]), "rule": RULE}
        for case_id, service, found in cases
    ]
    tx.conn.execute(_PUTS[tx.conn.dialect.name], rows)


def is_behind(tx: Tx) -> bool:
    """Whether there are cases whose words an earlier version made, so that they may not be found."""
    return tx.conn.execute(_IS_BEHIND).first() is not None


class Indexed(NamedTuple):
    """What came of indexing some: how many now are, and before which of them to go on; 0 where none is left."""

    cases: int
    go_on: int


def index_some(tx: Tx, before: int = FROM_THE_LAST) -> Indexed:
    """Index some of those cases, the last opened first, that were opened `before` those of an earlier call.

    What has been done stays done, and several processes may do it at the same time. A case that is in others' hands is
    passed over, and so is one that cannot be indexed: it holds up no other.
    """
    rows = tx.conn.execute(_OUTDATED.limit(BATCH), {"before": before}).all()
    cases = sum(_indexed(tx, row.id) for row in rows)
    return Indexed(cases, rows[-1].doc if rows else 0)


def _indexed(tx: Tx, case_id: str) -> bool:
    try:
        with tx.conn.begin_nested():
            index(tx, case_id)
    except OperationalError:  # of the database, not of the case
        raise
    except Exception as bug:  # noqa: BLE001  (one of the few places that may: other cases are still to be found)
        log.error("case_not_indexed", case_id=case_id, error=type(bug).__name__)
        return False
    return True


def scrub(tx: Tx) -> None:
    """Let nothing stay behind in the index of what has been taken out of it.

    SQLite's does so at once when it is told to, from version 3.42 on; an older one when it is packed.
    """
    if tx.conn.dialect.name == "sqlite":
        at_once = sqlite3.sqlite_version_info >= (3, 42)
        told = (
            "(search_index, rank) VALUES ('secure-delete', 1)"
            if at_once
            else "(search_index) VALUES ('optimize')"
        )
        tx.conn.execute(text(f"INSERT INTO search_index {told}"))


def _texts(tx: Tx, case_id: str, definition: str) -> Iterator[str]:
    of = {"of": case_id}
    yield from tx.conn.execute(_NAMES, of).scalars()
    answers = answers_of(tx, case_id)
    for field in definition_of(tx, definition).fields:
        if field.searchable and field.kind != "yes_no" and answers.get(field.key) is not None:
            yield from _answer(field, answers[field.key])
    yield from (body for body in tx.conn.execute(_MESSAGES, of).scalars() if body)
    latest = {row.note_id: row.body for row in tx.conn.execute(_REVISIONS, of)}
    yield from (body for row in tx.conn.execute(_NOTES, of) if (body := latest.get(row.id, row.body)))


def _answer(field: Field, value: Any) -> Iterator[str]:
    """As it is stored, and as people read it."""
    if isinstance(value, str | int | float):
        yield str(value)
    yield from {rendered(field, value, words(language)) for language in LANGUAGES}


def _fitting(found: Iterable[str]) -> Iterator[str]:
    room = _MOST_BYTES
    for word in dict.fromkeys(found):
        room -= len(word.encode()) + 1
        if room < 0:
            return
        yield word
