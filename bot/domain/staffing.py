"""What rules ask of the officers: who is absent, who has how much to do, and who was chosen last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.catalog.services import MemberChoice
from bot.domain.substitutes import NOBODY_ABSENT, Absences


@dataclass(frozen=True, slots=True)
class GroupWorkload:
    """How many cases count for each member of a group, 0 where one is missing, and who of them was `chosen_last`."""

    cases: Mapping[str, int] = field(default_factory=dict)
    chosen_last: str = ""


class Staffing(Protocol):
    """Answers from the database, in the transaction of the command that is being decided."""

    def load_absences(self) -> Absences:
        """Who is absent today."""
        ...

    def load_answers(self, case_id: str) -> Mapping[str, Any]:
        """The case's current answers by field key."""
        ...

    def load_workload(
        self, service: str, group: str, members: Sequence[str], choice: MemberChoice
    ) -> GroupWorkload:
        """The cases that count for the choice among the members, and who of the group was last chosen in it."""
        ...


class NoStaffing:
    """Staffing where nothing is known: nobody is absent or has anything to do, and every case is without answers."""

    def load_absences(self) -> Absences:
        return NOBODY_ABSENT

    def load_answers(self, case_id: str) -> Mapping[str, Any]:
        return {}

    def load_workload(
        self, service: str, group: str, members: Sequence[str], choice: MemberChoice
    ) -> GroupWorkload:
        return GroupWorkload()


NO_STAFFING = NoStaffing()
