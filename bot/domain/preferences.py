"""What officers choose for themselves: their language, which private notices they want, and where Home starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bot.domain.notice_reasons import NOTICE_REASONS, MuteSetting, NoticeReason

HomeStart = Literal["last", "todo", "mine", "unhandled"]
HOME_STARTS: tuple[HomeStart, ...] = get_args(HomeStart)
"""Where Home starts: where one was last, or always with the same tab."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """An officer's choices. Without a `language` it is the one that the catalog gives them; `muted` is not told of."""

    language: str = ""
    muted: frozenset[MuteSetting] = frozenset()
    start: HomeStart = "last"

    def wants(self, reason: NoticeReason) -> bool:
        """Whether the officer is to be told of it privately."""
        return NOTICE_REASONS[reason].muted_by not in self.muted
