"""What officers choose for themselves: their language, which private notices they want, and where Home starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

NoticeReason = Literal["assigned", "message", "added", "mentioned", "reminder"]
MUTABLE_REASONS: tuple[NoticeReason, ...] = get_args(NoticeReason)
"""What an officer may do without being told of privately. That a mail did not arrive is always told."""

HomeStart = Literal["last", "todo", "mine", "unhandled"]
HOME_STARTS: tuple[HomeStart, ...] = get_args(HomeStart)
"""Where Home starts: where one was last, or always with the same tab."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """An officer's choices. Without a `language` it is the one that the catalog gives them; `muted` is not told of."""

    language: str = ""
    muted: frozenset[NoticeReason] = frozenset()
    start: HomeStart = "last"

    def wants(self, reason: str) -> bool:
        """Whether the officer is to be told of it privately. Losing a case goes with being given one."""
        return ("assigned" if reason == "removed" else reason) not in self.muted
