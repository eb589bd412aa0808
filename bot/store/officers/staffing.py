"""What rules of assignment ask of the database: who has how much to do, and who was chosen last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.catalog.services import MemberChoice
from bot.domain.assignment import CaseAssigned
from bot.domain.case import Case
from bot.domain.rules import Event
from bot.domain.staffing import GroupWorkload
from bot.domain.substitutes import Absences
from bot.store.cases import contents
from bot.store.engine.database import Tx
from bot.store.officers import absences
from bot.store.tables import AssigneeRow, AssignmentRotationRow
from bot.text.working_days import local_day, start_of_day

_COUNTING_CHOICES: tuple[MemberChoice, ...] = ("least_loaded", "fewest_this_week")
"""The ways to choose a member for which it matters how many cases each has."""


class StoredStaffing:
    """Answers the rules of commands that are decided in one transaction; `record` tells it what they decided.

    Members are chosen by one transaction at a time in each e-service and group, so that two do not choose the same one.
    With `is_preview` nothing is locked or written.
    """

    def __init__(self, tx: Tx, now: datetime, *, is_preview: bool = False) -> None:
        self._tx = tx
        self.now = now
        self._is_preview = is_preview
        self._absences: Absences | None = None
        self._stored: dict[MemberChoice, dict[str, int]] = {}
        self._changes: dict[MemberChoice, Counter[str]] = {}

    def load_absences(self) -> Absences:
        """Who is absent today."""
        if self._absences is None:
            self._absences = absences.load_absences(self._tx, local_day(self.now))
        return self._absences

    def load_answers(self, case_id: str) -> Mapping[str, Any]:
        """The case's current answers by field key."""
        return contents.load_answers(self._tx, case_id)

    def load_workload(
        self, service: str, group: str, members: Sequence[str], choice: MemberChoice
    ) -> GroupWorkload:
        """The members' open cases, or those they got this week, in all e-services; and who was last chosen in this."""
        chosen_last = self._lock_rotation(service, group)
        if choice == "round_robin":
            return GroupWorkload(chosen_last=chosen_last)
        stored = self._stored.setdefault(choice, {})
        uncounted = [key for key in members if key not in stored]
        if uncounted:
            stored |= dict.fromkeys(uncounted, 0) | self._count_cases(uncounted, choice)
        # What is decided here is saved when all is.
        changes = self._changes.get(choice, Counter())
        return GroupWorkload({key: stored[key] + changes[key] for key in members}, chosen_last)

    def record(self, before: Case | None, after: Case, events: Iterable[Event]) -> None:
        """Take in what a command decided, so that the next choice knows of it."""
        for choice in _COUNTING_CHOICES:
            changes = self._changes.setdefault(choice, Counter())
            changes.update(self._counted_officers(after, choice))
            if before is not None:
                changes.subtract(self._counted_officers(before, choice))
        for event in events:
            if isinstance(event, CaseAssigned) and event.group and not self._is_preview:
                self._tx.conn.execute(
                    update(AssignmentRotationRow)
                    .where(
                        AssignmentRotationRow.service == after.service,
                        AssignmentRotationRow.group == event.group,
                    )
                    .values(officer=event.key)
                )

    def _lock_rotation(self, service: str, group: str) -> str:
        """Who was chosen last; until the transaction ends, no other one can choose in the group."""
        query = select(AssignmentRotationRow.officer).where(
            AssignmentRotationRow.service == service, AssignmentRotationRow.group == group
        )
        if self._is_preview:
            return self._tx.conn.execute(query).scalar() or ""
        insert = postgresql.insert if self._tx.locks_rows else sqlite.insert
        new = insert(AssignmentRotationRow).values(service=service, group=group, officer="")
        self._tx.conn.execute(new.on_conflict_do_nothing())
        return self._tx.conn.execute(query.with_for_update() if self._tx.locks_rows else query).scalar_one()

    def _count_cases(self, members: Sequence[str], choice: MemberChoice) -> dict[str, int]:
        """The number of cases of each member that count for the choice, by index."""
        counted: ColumnElement[bool] = AssigneeRow.open.is_(True)
        if choice == "fewest_this_week":
            # Both values, for the index to be used up to `since`.
            counted = and_(AssigneeRow.open.in_((True, False)), AssigneeRow.since >= self._week_began)
        rows = self._tx.conn.execute(
            select(AssigneeRow.key, func.count().label("cases"))
            .where(AssigneeRow.kind == "officer", AssigneeRow.key.in_(members), counted)
            .group_by(AssigneeRow.key)
        )
        return {row.key: row.cases for row in rows}

    def _counted_officers(self, case: Case, choice: MemberChoice) -> list[str]:
        """The officers for whom the case counts in the choice, as `_count_cases` has it of stored ones."""
        if choice == "fewest_this_week":
            return [
                one.key for one in case.assignees if one.kind == "officer" and one.since >= self._week_began
            ]
        return list(case.officers) if case.closed_at is None else []

    @property
    def _week_began(self) -> datetime:
        today = local_day(self.now)
        return start_of_day(today - timedelta(days=today.weekday()))
