"""The lists of cases that an officer has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

DatedList = Literal["mine", "unassigned", "flagged", "all", "closed"]
"""Lists with the newest case first.

`mine`: the officer's cases, and those of their groups that no officer has. `unassigned`: those that no officer has,
whether a group has them or not. `flagged`: by the officer.
"""

CaseList = Literal["todo", "overdue", DatedList]
"""`todo`: cases that wait for the officer, the most urgent first. `overdue`: open cases whose due day has passed, the
earliest first.
"""

CASE_LISTS: tuple[CaseList, ...] = ("todo", "mine", "unassigned", "overdue", "flagged", "all", "closed")
"""All of them, in the order of their tabs in App Home and on the web."""

_STORED_NAMES: Mapping[CaseList, str] = {"unassigned": "unhandled"}


def stored_name(case_list: CaseList) -> str:
    """The list's permanent name, in stored positions and in button values."""
    return _STORED_NAMES.get(case_list, case_list)


def parse_case_list(name: str) -> CaseList | None:
    """The list with that name or stored name; None for an unknown one, which may come from a newer version."""
    return next((one for one in CASE_LISTS if name in (one, stored_name(one))), None)
