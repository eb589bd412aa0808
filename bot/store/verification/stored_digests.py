"""Digests of the stored texts, for comparison with those in the log."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import select

from bot.domain.submission import STOPPED
from bot.store.cases.texts import file_digest_input, legacy_file_digest_input, person_digest_input
from bot.store.engine.database import Tx
from bot.store.files.scans import SCAN_STATES, create_seal
from bot.store.log.hash_chain import salted_digest
from bot.store.tables import AnswersRow, ApplicantRow, FileRow, MessageRow, NoteRevisionRow, NoteRow

StoredTexts = dict[str, dict[tuple[str, str], "StoredText"]]

FileOwner = tuple[str | None, str | None]
"""The message id or the note id of a file's owner; neither for the form."""


class StoredText(NamedTuple):
    """A row that holds a text: its digest, None where it is disposed of, and the event and actor that it names.

    A file has no actor of its own, but an owner. `legacy_digest` is its digest as earlier versions computed it, and
    `columns` are the row's other columns. Of a file's scan state `has_seal` says whether it is sealed, and
    `is_scan_valid` whether it is a known state whose seal, where it has one, is right.
    """

    text_digest: str | None
    event_and_actor: tuple[int, str] | None = None
    owner: FileOwner | None = None
    legacy_digest: str | None = None
    columns: Mapping[str, Any] = MappingProxyType({})
    has_seal: bool = True
    is_scan_valid: bool = True

    def belongs_to(self, seq: int, meta: dict[str, Any]) -> bool:
        """Whether the row names the event that has its digest."""
        owner = meta.get("message_id"), meta.get("note_id")
        return self.event_and_actor in (None, (seq, meta["by"])) and self.owner in (None, owner)


def logged_digests(meta: dict[str, Any], version: int) -> Iterator[tuple[str, str, str]]:
    """The digests in an event: (kind, name, digest). `version` is the number of versions of the answers so far."""
    digests = meta.get("digests", {})
    if "answers" in digests:
        yield "answers", str(version), digests["answers"]
    if "text" in digests:
        kind = "note" if "note_id" in meta else "message"
        yield kind, meta.get("revision_id") or meta[f"{kind}_id"], digests["text"]
    for kind, name in (("person", "people"), ("file", "files")):
        for key, hex_digest in digests.get(name, {}).items():
            yield kind, key, hex_digest


def load_stored_texts(tx: Tx, case_ids: Collection[str]) -> StoredTexts:
    """All rows with texts of these cases, by case, then by (kind, name), with digests in place of the texts."""
    found: StoredTexts = {}
    for case_id, key, text in _iter_stored_texts(tx, list(case_ids)):
        found.setdefault(case_id, {})[key] = text
    return found


def _iter_stored_texts(tx: Tx, case_ids: list[str]) -> Iterator[tuple[str, tuple[str, str], StoredText]]:
    for row in _rows(tx, AnswersRow, case_ids):
        yield (
            row.case_id,
            ("answers", str(row.version)),
            _stored_text(row, _salted_digest(row.salt, row.body)),
        )
    for kind, table in (("message", MessageRow), ("note", NoteRow), ("note", NoteRevisionRow)):
        for row in _rows(tx, table, case_ids):
            text = _stored_text(row, _salted_digest(row.salt, row.body), event_and_actor=(row.seq, row.by))
            yield row.case_id, (kind, row.id), text
    for row in _rows(tx, ApplicantRow, case_ids):
        person_digest = _salted_digest(row.salt, _person_text(row)) if _has_matching_mailbox(tx, row) else ""
        yield row.case_id, ("person", row.id), _stored_text(row, person_digest)
    for row in _rows(tx, FileRow, case_ids):
        yield row.case_id, ("file", row.id), _stored_file(tx, row)


def _rows(tx: Tx, table: Any, case_ids: list[str]) -> Iterator[Any]:
    query = select(table.__table__).where(table.case_id.in_(case_ids))
    for rows in tx.conn.execute(query.execution_options(yield_per=200)).partitions():
        yield from rows


def _stored_text(
    row: Any, text_digest: str | None, event_and_actor: tuple[int, str] | None = None
) -> StoredText:
    return StoredText(text_digest, event_and_actor, columns=row._mapping)


def _has_matching_mailbox(tx: Tx, row: Any) -> bool:
    """Whether the mailbox's key is that of the address: sign-in gives access to the case by the mailbox's key.

    A representative who has ended has none.
    """
    has_mailbox = row.email and row.ended_at is None
    return bool(row.mailbox == (tx.keys.hash_mailbox(row.email) if has_mailbox else None))


def _stored_file(tx: Tx, row: Any) -> StoredText:
    owner = row.message_id, row.note_id
    columns = {
        "stopped_as": row.scan if row.scan in STOPPED else None,
        "added_by": row.added_by,
        "withdrawn_at": row.withdrawn_at,
    }
    if row.sha256 is None:
        return StoredText(None, owner=owner, columns=columns)
    legacy_digest = _salted_digest(row.salt, legacy_file_digest_input(row.id, row.sha256))
    seal = create_seal(tx.keys, row.id, row.sha256, row.scan) if row.scan in SCAN_STATES else None
    return StoredText(
        _salted_digest(row.salt, file_digest_input(row)),
        owner=owner,
        legacy_digest=legacy_digest,
        columns=columns,
        has_seal=row.scan_seal is not None,
        is_scan_valid=row.scan_seal in (None, seal) and seal is not None,
    )


def _salted_digest(salt: str | None, text: str | None) -> str | None:
    """The digest; None where the text is disposed of. Empty for a text without salt, which matches no digest."""
    if text is None:
        return None
    return salted_digest(salt, text) if salt is not None else ""


def _person_text(row: Any) -> str | None:
    if row.salt is None and not (row.name or row.email or row.phone):
        return None
    return person_digest_input(row)
