"""A case is not changed: an event makes another of it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime

import pytest

from bot.domain.case import Case, with_changes

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_changed_case_is_another_with_every_other_field_as_it_was() -> None:
    case = Case(
        id="a" * 32,
        number="2026-000001",
        service="bygglov",
        origin="web",
        received_at=NOW,
        status="submitted",
        status_since=NOW,
        status_by="machine:form",
        applicants=("eva",),
        seq=1,
    )
    changed = with_changes(case, status="decided", seq=2)
    assert changed == replace(case, status="decided", seq=2) and hash(changed) != hash(case)
    assert (case.status, case.seq) == ("submitted", 1)
    assert [one.name for one in fields(Case) if getattr(changed, one.name) != getattr(case, one.name)] == [
        "status",
        "seq",
    ]
    with pytest.raises(FrozenInstanceError):
        changed.status = "closed"  # type: ignore[misc]
