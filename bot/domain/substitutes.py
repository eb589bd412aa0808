"""Who stands in for whom: the officers that are absent on one day, and their substitutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Absences:
    """Who is absent on one day, and who stands in for them: `substitutes` by absent officer, empty for nobody."""

    substitutes: Mapping[str, str] = field(default_factory=dict)

    def is_absent(self, officer: str) -> bool:
        return officer in self.substitutes

    def find_present(self, officer: str) -> str:
        """The officer, or whoever stands in for them; a substitute who is absent has theirs. Empty for nobody."""
        passed: set[str] = set()
        while officer in self.substitutes:
            if officer in passed:
                return ""
            passed.add(officer)
            officer = self.substitutes[officer]
        return officer

    def represented_by(self, officer: str) -> frozenset[str]:
        """The absent officers for whom the officer stands in."""
        return frozenset(absent for absent in self.substitutes if self.find_present(absent) == officer)


NOBODY_ABSENT = Absences()
