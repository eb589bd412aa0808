"""The column `rest` of a case: fields that no query names, as JSON."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
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

_ADAPTER = TypeAdapter(_Rest)
"""Reads and writes all of them in one call."""


def parse_rest(stored: str) -> dict[str, Any]:
    """The fields by their names in `Case`. ValueError for what is not of their types."""
    rest = _ADAPTER.validate_json(stored)
    return {name: getattr(rest, name) for name in REST}


def dump_rest(case: Case) -> str:
    """The fields of the case as `parse_rest` reads them."""
    rest = _Rest(**{name: getattr(case, name) for name in REST})
    return _ADAPTER.dump_json(rest, by_alias=True).decode()


def is_same_rest(before: Case, after: Case) -> bool:
    """Whether all of the fields are the same."""
    return all(getattr(before, name) == getattr(after, name) for name in REST)
