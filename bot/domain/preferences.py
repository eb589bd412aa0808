"""Officers' own settings: language, private notices, and where App Home starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.domain.case_lists import HOME_LISTS, CaseList
from bot.domain.notice_reasons import NOTICE_REASONS, MuteSetting, NoticeReason

HomeStart = Literal["last"] | CaseList
HOME_STARTS: tuple[HomeStart, ...] = ("last", *HOME_LISTS)
"""Where App Home starts: with the last tab used, or always with the same one."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """An officer's settings. With no `language` the catalog's applies; `muted` are the notices turned off.

    `start_view` is the id of the saved view that App Home starts with, in place of `start`; empty without one.
    """

    language: str = ""
    muted: frozenset[MuteSetting] = frozenset()
    start: HomeStart = "last"
    start_view: str = ""

    def wants(self, reason: NoticeReason) -> bool:
        """Whether the officer is to be notified for that reason."""
        return NOTICE_REASONS[reason].muted_by not in self.muted
