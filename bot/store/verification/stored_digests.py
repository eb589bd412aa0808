"""The texts of cases beside the digests that the log keeps of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from bot.domain.intake import FileRef
from bot.store.cases.contents import person_in
from bot.store.cases.texts import file_digest_of_before, file_digest_text, person_digest_text
from bot.store.engine.database import Tx
from bot.store.log.history import digest
from bot.store.tables import AnswersRow, ApplicantRow, FileRow, MessageRow, NoteRevisionRow, NoteRow

Texts = dict[str, dict[tuple[str, str], "Kept"]]

CameWith = tuple[str | None, str | None]
"""The message and the note that a file came with: one of them, or neither for the form."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that holds a text: its digest, None where it has been disposed of, and the event and actor it names.

    A file has no actor of its own: it names the message or note that it came with. `older` is its digest as earlier
    versions of the program made it, and `says` what else stands in the row.
    """

    digest: str | None
    signed: tuple[int, str] | None = None
    came_with: CameWith | None = None
    older: str | None = None
    says: Mapping[str, Any] = field(default_factory=dict)

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
    for case_id, named, kept in _kept(tx, list(case_ids)):
        found.setdefault(case_id, {})[named] = kept
    return found


def _kept(tx: Tx, case_ids: list[str]) -> Iterator[tuple[str, tuple[str, str], Kept]]:
    for row in _rows(tx, AnswersRow, case_ids):
        yield row.case_id, ("answers", str(row.version)), _text(row, _digest(row.salt, row.body))
    for kind, table in (("message", MessageRow), ("note", NoteRow), ("note", NoteRevisionRow)):
        for row in _rows(tx, table, case_ids):
            written = _text(row, _digest(row.salt, row.body), signed=(row.seq, row.by))
            yield row.case_id, (kind, row.id), written
    for row in _rows(tx, ApplicantRow, case_ids):
        digested = _digest(row.salt, _person(row)) if _is_reached(tx, row) else ""
        yield row.case_id, ("person", row.id), _text(row, digested)
    for row in _rows(tx, FileRow, case_ids):
        yield row.case_id, ("file", row.id), _file(row)


def _rows(tx: Tx, table: Any, case_ids: list[str]) -> Iterator[Any]:
    query = select(table.__table__).where(table.case_id.in_(case_ids))
    yield from tx.conn.execute(query.execution_options(yield_per=200))


def _text(row: Any, digested: str | None, signed: tuple[int, str] | None = None) -> Kept:
    says = {column: value for column, value in row._mapping.items() if column not in ("body", "salt")}
    return Kept(digested, signed, says=says)


def _is_reached(tx: Tx, row: Any) -> bool:
    """Whether the mailbox is that of the address: it is by the mailbox that someone is let in to the case."""
    return bool(row.mailbox == (tx.keys.mailbox(row.email) if row.email else None))


def _file(row: Any) -> Kept:
    came_with = row.message_id, row.note_id
    if row.sha256 is None:
        return Kept(None, came_with=came_with)
    file = FileRef(id=row.id, name=row.name, size=row.size, kind=row.kind, sha256=row.sha256, field=row.field)
    older = _digest(row.salt, file_digest_of_before(row.id, row.sha256))
    return Kept(_digest(row.salt, file_digest_text(file)), came_with=came_with, older=older)


def _digest(salt: str | None, text: str | None) -> str | None:
    """None for what has been disposed of; a text without its salt is one that nothing vouches for."""
    if text is None:
        return None
    return digest(salt, text) if salt is not None else ""


def _person(row: Any) -> str | None:
    if row.salt is None and not (row.name or row.email or row.phone):
        return None
    return person_digest_text(person_in(row))
