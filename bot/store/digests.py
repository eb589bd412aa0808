"""The texts of cases beside the digests that the log keeps of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from bot.domain.intake import Person
from bot.store.database import Tx
from bot.store.history import digest
from bot.store.tables import AnswersRow, ApplicantRow, FileRow, MessageRow, NoteRevisionRow, NoteRow
from bot.store.texts import file_digest_text, person_digest_text

Texts = dict[str, dict[tuple[str, str], "Kept"]]

CameWith = tuple[str | None, str | None]
"""The message and the note that a file came with: one of them, or neither for the form."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that holds a text: its digest, None where it has been disposed of, and the event and actor it names.

    A file has no actor of its own: it names the message or note that it came with.
    """

    digest: str | None
    signed: tuple[int, str] | None = None
    came_with: CameWith | None = None

    def is_of(self, seq: int, meta: dict[str, Any]) -> bool:
        """Whether the row names the event that vouches for it."""
        where = meta.get("message_id"), meta.get("note_id")
        return self.signed in (None, (seq, meta["by"])) and self.came_with in (None, where)


def mentioned(meta: dict[str, Any], version: int) -> Iterator[tuple[str, str, str]]:
    """What an event vouches for: (kind, name, digest). `version` counts the answers so far."""
    digests = meta.get("digests", {})
    if "answers" in digests:
        yield "answers", str(version), digests["answers"]
    if "text" in digests:
        kind = "note" if "note_id" in meta else "message"
        yield kind, meta.get("revision_id") or meta[f"{kind}_id"], digests["text"]
    for kind, name in (("person", "people"), ("file", "files")):
        for one, of_it in digests.get(name, {}).items():
            yield kind, one, of_it


def kept_texts(tx: Tx, case_ids: Collection[str]) -> Texts:
    """Every row with a text of these cases, by case, then by kind and name. The texts themselves are let go."""
    found: Texts = {}
    ids = list(case_ids)
    for row in _rows(tx, select(AnswersRow.__table__).where(AnswersRow.case_id.in_(ids))):
        _put(found, row, "answers", str(row.version), _digest(row.salt, row.body))
    for row in _rows(tx, select(MessageRow.__table__).where(MessageRow.case_id.in_(ids))):
        _put(found, row, "message", row.id, _digest(row.salt, row.body), (row.seq, row.by))
    for row in _rows(tx, select(NoteRow.__table__).where(NoteRow.case_id.in_(ids))):
        _put(found, row, "note", row.id, _digest(row.salt, row.body), (row.seq, row.by))
    for row in _rows(tx, select(NoteRevisionRow.__table__).where(NoteRevisionRow.case_id.in_(ids))):
        _put(found, row, "note", row.id, _digest(row.salt, row.body), (row.seq, row.by))
    for row in _rows(tx, select(ApplicantRow.__table__).where(ApplicantRow.case_id.in_(ids))):
        _put(found, row, "person", row.id, _digest(row.salt, _person(row)))
    for row in _rows(tx, select(FileRow.__table__).where(FileRow.case_id.in_(ids))):
        text = file_digest_text(row.id, row.sha256) if row.sha256 is not None else None
        kept = Kept(_digest(row.salt, text), came_with=(row.message_id, row.note_id))
        found.setdefault(row.case_id, {})["file", row.id] = kept
    return found


def _rows(tx: Tx, query: Select[Any]) -> Iterator[Any]:
    yield from tx.conn.execute(query.execution_options(yield_per=200))


def _put(
    found: Texts, row: Any, kind: str, name: str, digested: str | None, signed: tuple[int, str] | None = None
) -> None:
    found.setdefault(row.case_id, {})[kind, name] = Kept(digested, signed)


def _digest(salt: str | None, text: str | None) -> str | None:
    """None for what has been disposed of; a text without its salt is one that nothing vouches for."""
    if text is None:
        return None
    return digest(salt, text) if salt is not None else ""


def _person(row: Any) -> str | None:
    if row.salt is None and not (row.name or row.email or row.phone):
        return None
    return person_digest_text(
        Person(
            id=row.id,
            name=row.name,
            email=row.email,
            phone=row.phone,
            role=row.role,
            external_id=row.external_id,
        )
    )
