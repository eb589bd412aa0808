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
from bot.store.engine.keys import canonical_json
from bot.store.log.history import START_HASH
from bot.store.tables import CaseRow, HistoryRow
from bot.store.verification import reading_proof
from bot.store.verification.findings import Findings
from bot.store.verification.reading_proof import ReadingCount

FILE_NAME = "checkpoints.jsonl"

_BATCH_SIZE = 200


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


def write_checkpoint(tx: Tx, folder: Path, now: datetime) -> Checkpoint:
    """Add the heads that have changed since the last checkpoint to the file in `folder`.

    Run it in a read. Takes about 200 bytes of memory a case. What stood in the file stays, also where the database
    says otherwise by now: that is for `verify` to tell.
    """
    path = folder / FILE_NAME
    state = _read_file_state(path, _key(tx))
    mac, heads = state.mac, state.heads
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    cases = changed = 0
    with path.open("r+b" if path.exists() else "xb") as file:
        file.truncate(state.end)  # a line that was cut off by a crash
        file.seek(state.end)
        for row in _heads(tx):
            cases += 1
            packed_head = _pack_head(row.seq, row.head)
            if heads.get(row.id) == packed_head:
                continue
            changed += 1
            entry = {
                "at": now.isoformat(),
                "case": row.id,
                "number": row.number,
                "seq": row.seq,
                "head": row.head,
            }
            mac = _write_line(file, _key(tx), mac, entry)
        count = reading_proof.count_readings(tx, state.counted_until, now)
        final_line = {"at": now.isoformat(), "cases": cases, "changed": changed}
        _write_line(
            file, _key(tx), mac, final_line | ({"readings": count.to_json()} if count is not None else {})
        )
        file.flush()
        os.fsync(file.fileno())
    return Checkpoint(now, cases, changed)


def check(tx: Tx, folder: Path | None, findings: Findings) -> datetime | None:
    """Hold the readings, and the file if there is one, against the database.

    Returns when the last whole checkpoint was made.
    """
    checked_at, counts = None, []
    batch: list[dict[str, Any]] = []
    for line in _read_lines(folder / FILE_NAME, _key(tx), findings) if folder is not None else ():
        if "case" in line.data:
            batch.append(line.data)
        elif line.data:
            checked_at = datetime.fromisoformat(line.data["at"])
            counts += (
                [ReadingCount.from_json(reading_count)]
                if (reading_count := line.data.get("readings"))
                else []
            )
        if len(batch) == _BATCH_SIZE:
            _compare_heads(tx, batch, findings)
            batch = []
    _compare_heads(tx, batch, findings)
    reading_proof.check(tx, counts, findings)
    return checked_at


def _heads(tx: Tx) -> Iterator[Any]:
    query = select(CaseRow.id, CaseRow.number, CaseRow.seq, CaseRow.head).order_by(CaseRow.id)
    yield from tx.conn.execute(query.execution_options(yield_per=1000))


def _key(tx: Tx) -> bytes:
    return tx.keys.derive("checkpoint")


def _pack_head(seq: int, head: str) -> bytes:
    return seq.to_bytes(4, "big") + bytes.fromhex(head)


@dataclass(slots=True)
class _FileState:
    """What the file holds: the last head of each case, the last line's code, where the last whole line ends, and
    until when readings are counted."""

    heads: dict[str, bytes] = field(default_factory=dict)
    mac: str = START_HASH
    end: int = 0
    counted_until: datetime | None = None


def _read_file_state(path: Path, key: bytes) -> _FileState:
    state = _FileState()
    for line in _read_lines(path, key, Findings()):
        state.mac, state.end = line.mac, line.end
        if "case" in line.data:
            state.heads[line.data["case"]] = _pack_head(line.data["seq"], line.data["head"])
        elif reading_count := line.data.get("readings"):
            state.counted_until = ReadingCount.from_json(reading_count).until
    return state


def _write_line(file: Any, key: bytes, mac: str, data: dict[str, Any]) -> str:
    """Write a line whose code covers the line before, so that none can go or come unseen."""
    mac = _mac(key, mac, data)
    file.write(canonical_json(data | {"mac": mac}).encode() + b"\n")
    return mac


def _mac(key: bytes, previous_mac: str, data: dict[str, Any]) -> str:
    return hmac.new(key, f"{previous_mac}\x1f{canonical_json(data)}".encode(), hashlib.sha256).hexdigest()


def _read_lines(path: Path, key: bytes, findings: Findings) -> Iterator[_Line]:
    """The whole lines. What is not as it was written is told; a last line cut off by a crash is no fault."""
    previous_mac, end_offset = START_HASH, 0
    if not path.exists():
        return
    with path.open("rb") as source:
        for line_number, raw_line in enumerate(source, 1):
            if not raw_line.endswith(b"\n"):
                return
            end_offset += len(raw_line)
            data, mac = _parse_line(raw_line)
            if not hmac.compare_digest(mac, _mac(key, previous_mac, data)):
                findings.add("", "proof.checkpoints", n=line_number)
                data = {}
            previous_mac = mac
            yield _Line(data, mac, end_offset)


def _parse_line(raw_line: bytes) -> tuple[dict[str, Any], str]:
    try:
        data = json.loads(raw_line)
        return data, str(data.pop("mac")).encode("ascii", "replace").decode()
    except (ValueError, KeyError, AttributeError, TypeError):
        return {}, ""


def _compare_heads(tx: Tx, batch: Sequence[dict[str, Any]], findings: Findings) -> None:
    """Whether each event that was a head then is the same event now."""
    ids = {head["case"] for head in batch}
    query = select(HistoryRow.case_id, HistoryRow.seq, HistoryRow.hash).where(
        HistoryRow.case_id.in_(ids), HistoryRow.seq.in_({head["seq"] for head in batch})
    )
    hashes = {(row.case_id, row.seq): row.hash for row in tx.conn.execute(query)}
    missing = {head["case"] for head in batch if (head["case"], head["seq"]) not in hashes}
    with_events = _find_with_events(tx, missing)
    for head in batch:
        hash_now = hashes.get((head["case"], head["seq"]))
        if hash_now == head["head"]:
            continue
        at = datetime.fromisoformat(head["at"])
        if hash_now is not None:
            findings.add(head["number"], "proof.rewritten", n=head["seq"], at=at)
        elif head["case"] in with_events:
            findings.add(head["number"], "proof.cut", n=head["seq"], at=at)
        else:
            findings.add(head["number"], "proof.dropped", at=at)


def _find_with_events(tx: Tx, ids: set[str]) -> set[str]:
    """Those of the cases that have any events."""
    if not ids:
        return set()
    query = select(HistoryRow.case_id, func.count()).where(HistoryRow.case_id.in_(ids))
    return {row.case_id for row in tx.conn.execute(query.group_by(HistoryRow.case_id))}
