"""Checkpoints: the heads of all chains, and how many readings there are, in a file outside the database."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.store.engine.database import Tx
from bot.store.engine.keys import canonical
from bot.store.log.history import START
from bot.store.tables import CaseRow, HistoryRow
from bot.store.verification import reading_proof
from bot.store.verification.findings import Findings
from bot.store.verification.reading_proof import Counted

FILE = "checkpoints.jsonl"

_TOGETHER = 200


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint covers: all cases then, and how many had grown since the one before."""

    at: datetime
    cases: int
    changed: int


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the file: a case's head, or, without a case, the end of a checkpoint."""

    data: dict[str, Any]
    """Empty for a line that is not as it was written."""
    mac: str
    end: int
    """Bytes of the file up to and with the line."""


def checkpoint(tx: Tx, folder: Path, now: datetime) -> Checkpoint:
    """Add the heads that have changed since the last checkpoint to the file in `folder`.

    Run it in a read. Takes about 200 bytes of memory a case. What stood in the file stays, also where the database
    says otherwise by now: that is for `verify` to tell.
    """
    path = folder / FILE
    known = _known(path, _key(tx))
    mac, heads = known.mac, known.heads
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    cases = changed = 0
    with path.open("r+b" if path.exists() else "xb") as out:
        out.truncate(known.end)  # a line that was cut off by a crash
        out.seek(known.end)
        for row in _heads(tx):
            cases += 1
            head = _packed(row.seq, row.head)
            if heads.get(row.id) == head:
                continue
            changed += 1
            entry = {
                "at": now.isoformat(),
                "case": row.id,
                "number": row.number,
                "seq": row.seq,
                "head": row.head,
            }
            mac = _write(out, _key(tx), mac, entry)
        read = reading_proof.counted(tx, known.counted_until, now)
        ending = {"at": now.isoformat(), "cases": cases, "changed": changed}
        _write(out, _key(tx), mac, ending | ({"readings": read.as_kept()} if read is not None else {}))
        out.flush()
        os.fsync(out.fileno())
    return Checkpoint(now, cases, changed)


def check(tx: Tx, folder: Path | None, found: Findings) -> datetime | None:
    """Hold the readings, and the file if there is one, against the database.

    Returns when the last whole checkpoint was made.
    """
    at, spans = None, []
    batch: list[dict[str, Any]] = []
    for line in _lines(folder / FILE, _key(tx), found) if folder is not None else ():
        if "case" in line.data:
            batch.append(line.data)
        elif line.data:
            at = datetime.fromisoformat(line.data["at"])
            spans += [Counted.kept(told)] if (told := line.data.get("readings")) else []
        if len(batch) == _TOGETHER:
            _compare(tx, batch, found)
            batch = []
    _compare(tx, batch, found)
    reading_proof.check(tx, spans, found)
    return at


def _heads(tx: Tx) -> Iterator[Any]:
    query = select(CaseRow.id, CaseRow.number, CaseRow.seq, CaseRow.head).order_by(CaseRow.id)
    yield from tx.conn.execute(query.execution_options(yield_per=1000))


def _key(tx: Tx) -> bytes:
    return tx.keys.derive("checkpoint")


def _packed(seq: int, head: str) -> bytes:
    return seq.to_bytes(4, "big") + bytes.fromhex(head)


@dataclass(slots=True)
class _Known:
    """What the file holds: the last head of each case, the last line's code, where the last whole line ends, and
    until when readings are counted."""

    heads: dict[str, bytes] = field(default_factory=dict)
    mac: str = START
    end: int = 0
    counted_until: datetime | None = None


def _known(path: Path, key: bytes) -> _Known:
    known = _Known()
    for line in _lines(path, key, Findings()):
        known.mac, known.end = line.mac, line.end
        if "case" in line.data:
            known.heads[line.data["case"]] = _packed(line.data["seq"], line.data["head"])
        elif told := line.data.get("readings"):
            known.counted_until = Counted.kept(told).until
    return known


def _write(out: Any, key: bytes, mac: str, data: dict[str, Any]) -> str:
    """Write a line whose code covers the line before, so that none can go or come unseen."""
    mac = _mac(key, mac, data)
    out.write(canonical(data | {"mac": mac}).encode() + b"\n")
    return mac


def _mac(key: bytes, before: str, data: dict[str, Any]) -> str:
    return hmac.new(key, f"{before}\x1f{canonical(data)}".encode(), hashlib.sha256).hexdigest()


def _lines(path: Path, key: bytes, found: Findings) -> Iterator[_Line]:
    """The whole lines. What is not as it was written is told; a last line cut off by a crash is no fault."""
    before, end = START, 0
    if not path.exists():
        return
    with path.open("rb") as source:
        for place, written in enumerate(source, 1):
            if not written.endswith(b"\n"):
                return
            end += len(written)
            data, mac = _read(written)
            if not hmac.compare_digest(mac, _mac(key, before, data)):
                found.add("", "proof.checkpoints", n=place)
                data = {}
            before = mac
            yield _Line(data, mac, end)


def _read(written: bytes) -> tuple[dict[str, Any], str]:
    try:
        data = json.loads(written)
        return data, str(data.pop("mac")).encode("ascii", "replace").decode()
    except (ValueError, KeyError, AttributeError, TypeError):
        return {}, ""


def _compare(tx: Tx, batch: Sequence[dict[str, Any]], found: Findings) -> None:
    """Whether each event that was a head then is the same event now."""
    ids = {one["case"] for one in batch}
    query = select(HistoryRow.case_id, HistoryRow.seq, HistoryRow.hash).where(
        HistoryRow.case_id.in_(ids), HistoryRow.seq.in_({one["seq"] for one in batch})
    )
    hashes = {(row.case_id, row.seq): row.hash for row in tx.conn.execute(query)}
    lacking = {one["case"] for one in batch if (one["case"], one["seq"]) not in hashes}
    there = _there(tx, lacking)
    for one in batch:
        now = hashes.get((one["case"], one["seq"]))
        if now == one["head"]:
            continue
        at = datetime.fromisoformat(one["at"])
        if now is not None:
            found.add(one["number"], "proof.rewritten", n=one["seq"], at=at)
        elif one["case"] in there:
            found.add(one["number"], "proof.cut", n=one["seq"], at=at)
        else:
            found.add(one["number"], "proof.dropped", at=at)


def _there(tx: Tx, ids: set[str]) -> set[str]:
    """Those of the cases that have any events."""
    if not ids:
        return set()
    query = select(HistoryRow.case_id, func.count()).where(HistoryRow.case_id.in_(ids))
    return {row.case_id for row in tx.conn.execute(query.group_by(HistoryRow.case_id))}
