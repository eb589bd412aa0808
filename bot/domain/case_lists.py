"""The lists of cases that an officer has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

DatedList = Literal["mine", "unassigned", "flagged", "all", "closed"]
"""Lists in which the newest case stands first.

`mine`: the officer's, and their groups' that no person has. `unassigned`: what no person has; a group alone does not
handle a case. `flagged`: by the officer.
"""

CaseList = Literal["todo", "overdue", DatedList]
"""`todo`: what waits for the officer, and why, the most pressing first. `overdue`: what is open though its due day has
passed, the earliest day first.
"""

CASE_LISTS: tuple[CaseList, ...] = get_args(CaseList)

HOME_LISTS: tuple[CaseList, ...] = ("todo", "mine", "unassigned")
"""Those that App Home has tabs for, in their order."""

_STORED_NAMES: Mapping[CaseList, str] = {"unassigned": "unhandled"}


def stored_name(case_list: CaseList) -> str:
    """What the list is called where Home's place is stored, and in its buttons: a name that does not change."""
    return _STORED_NAMES.get(case_list, case_list)


def parse_case_list(name: str) -> CaseList | None:
    """The list of that name, or with that stored name; None for what is none, as a newer version's may be."""
    return next((one for one in CASE_LISTS if name in (one, stored_name(one))), None)


def parse_home_list(name: str) -> CaseList | None:
    """The same among those that Home has tabs for."""
    case_list = parse_case_list(name)
    return case_list if case_list in HOME_LISTS else None
