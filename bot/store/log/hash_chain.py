"""The hash chain of a case's events, by which changes to the log are detected."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Row

from bot.domain.case_record import LogEvent
from bot.domain.rules import Event
from bot.store.engine.keys import Keys
from bot.store.log.history import dump_content, dump_meta

START_HASH = "0" * 64
"""`prev` of a case's first event."""


def chain_rows(
    keys: Keys, case_id: str, head: tuple[int, str], events: Sequence[tuple[Event, Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """The rows of events that follow `head` (seq, hash), each given with the digests of its texts.

    The last row's `hash` is the new head's.
    """
    seq, prev = head
    key = keys.derive("history")
    rows = []
    for event, digests in events:
        seq += 1
        row = {"case_id": case_id, "seq": seq, "prev": prev, "meta": dump_meta(event, digests)}
        row |= _with_salt(dump_content(event))
        prev = row["hash"] = _chain_hash(key, _hashed_items(row))
        rows.append(row)
    return rows


def _with_salt(content: str) -> dict[str, Any]:
    salt = os.urandom(16).hex()
    return {"content": content, "salt": salt, "content_hash": salted_digest(salt, content)}


_HASHED_COLUMNS = ("prev", "case_id", "seq", "meta", "content_hash")


_hashed_items, _hashed_values = itemgetter(*_HASHED_COLUMNS), attrgetter(*_HASHED_COLUMNS)


def _chain_hash(key: bytes, values: Sequence[Any]) -> str:
    """HMAC over all that must not change, the values of `_HASHED_COLUMNS`.

    Meta is JSON and cannot contain the separator, so fields cannot shift.
    """
    prev, case_id, seq, meta, content_hash = values
    hashed = f"{prev}\x1f{case_id}\x1f{seq}\x1f{meta}\x1f{content_hash}"
    return hmac.digest(key, hashed.encode(), "sha256").hex()


def has_valid_hash(key: bytes, row: Row[Any]) -> bool:
    """Whether the row's hash is right for its content."""
    return bool(row.hash == _chain_hash(key, _hashed_values(row)))


def has_valid_event_hash(key: bytes, case_id: str, event: LogEvent) -> bool:
    """`has_valid_hash` of an event that has left the store."""
    values = (event.prev, case_id, event.seq, event.meta, event.content_hash)
    return event.hash == _chain_hash(key, values)


def salted_digest(salt: str, text: str) -> str:
    """SHA-256 of a salted text, hex. Without the salt short texts such as a personnummer could be guessed."""
    return hashlib.sha256(f"{salt}\x1f{text}".encode()).hexdigest()
