"""The column `rest` of a case: fields that no query names, as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from bot.domain.case import (
    AwaitedAnswer,
    Case,
    Correction,
    Edit,
    Link,
    PendingMessage,
    Reply,
    ScheduledMessage,
)


@dataclass(frozen=True, slots=True)
class _Rest:
    """The fields, some of which have other names in the JSON; rows of earlier versions lack some."""

    applicants: tuple[str, ...] = ()
    pending: tuple[PendingMessage, ...] = ()
    scheduled: tuple[ScheduledMessage, ...] = ()
    requested_receipts: Annotated[tuple[str, ...], Field(alias="receipts_wanted")] = ()
    awaited: tuple[AwaitedAnswer, ...] = ()
    overdue_reported_on: Annotated[date | None, Field(alias="overdue_told")] = None
    replies: tuple[Reply, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    may_request_decision: bool = False
    decision_reminded: bool = False
    links: tuple[Link, ...] = ()
    latest_edit: Annotated[Edit | None, Field(alias="edited")] = None


REST = tuple(field.name for field in fields(_Rest))
"""Fields of a case that are stored in its column `rest`."""

_values = attrgetter(*REST)

_ADAPTER = TypeAdapter(_Rest)
"""Reads and writes all of them in one call."""


def parse_rest(stored: str) -> dict[str, Any]:
    """The fields by their names in `Case`. ValueError for what is not of their types."""
    return dict(zip(REST, _values(_ADAPTER.validate_json(stored)), strict=True))


def dump_rest(case: Case) -> str:
    """The fields of the case as `parse_rest` reads them."""
    rest = _Rest(*_values(case))
    return _ADAPTER.dump_json(rest, by_alias=True).decode()


def dump_changed_rest(stored: str, before: Case, after: Case) -> str:
    """`dump_rest` of the case after a change, with what a newer version has put in the column.

    During an upgrade one may serve beside this one. Keys of `stored` that `parse_rest` has not read stay as they
    stand, in the fields' parts too: a part goes with its own.
    """
    read, changed = dump_rest(before), dump_rest(after)
    if stored == read:
        return changed
    merged = _with_unread(json.loads(stored), json.loads(read), json.loads(changed))
    return json.dumps(merged, ensure_ascii=False, separators=(",", ":"))


def _with_unread(stored: Any, read: Any, changed: Any) -> Any:
    """`changed` with the keys that are in `stored` and not in `read`, which is what was understood of it."""
    if isinstance(stored, dict) and isinstance(read, dict) and isinstance(changed, dict):
        known = {
            name: _part_with_unread([(stored[name], read[name])], value)
            if name in stored and name in read
            else value
            for name, value in changed.items()
        }
        return known | {name: value for name, value in stored.items() if name not in read}
    if isinstance(stored, list) and isinstance(read, list) and isinstance(changed, list):
        parts = list(zip(stored, read, strict=True))
        return [_part_with_unread(parts, one) for one in changed]
    return changed


def _part_with_unread(parts: list[tuple[Any, Any]], changed: Any) -> Any:
    """The part with what was unread in the same one before, which may be among `parts`, each as stored and as read."""
    same = next((one for one in parts if one[1] == changed), None)
    same = same or next((one for one in parts if _identity(one[1]) == _identity(changed)), None)
    return _with_unread(*same, changed) if same is not None else changed


def _identity(part: Any) -> Any:
    """What tells a part from others in its place: the first of its fields, or itself; a list stays the same one."""
    if isinstance(part, list):
        return None
    return next(iter(part.values())) if isinstance(part, dict) else part


def is_same_rest(before: Case, after: Case) -> bool:
    """Whether all of the fields are the same."""
    return bool(_values(before) == _values(after))
