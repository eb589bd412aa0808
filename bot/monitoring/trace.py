"""What the log holds of one request: the request, what it changed, and what became of what it caused to be sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def find_records(ref: str, lines: Iterable[str]) -> list[dict[str, Any]]:
    """The log's records with that reference, and of the deliveries that the request caused, oldest first.

    Lines that are no records, such as a crash's, are left out.
    """
    records = (_parse(line) for line in lines if ref in line)
    found = [one for one in records if one.get("ref") == ref or ref in one.get("refs", ())]
    return sorted(found, key=lambda record: str(record.get("timestamp", "")))


def _parse(line: str) -> dict[str, Any]:
    """The record of a line, also behind what a journal writes before it; empty for another line."""
    try:
        record = json.loads(line[line.index("{") :])
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
