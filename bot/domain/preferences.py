"""What officers choose for themselves: their language, which private notices they want, and where Home starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Told = Literal["assigned", "message", "added", "mentioned", "reminder"]
TOLD: tuple[Told, ...] = get_args(Told)
"""What an officer may do without being told of privately. That a mail did not arrive is always told."""

Start = Literal["last", "todo", "mine", "unhandled"]
STARTS: tuple[Start, ...] = get_args(Start)
"""Where Home starts: where one was last, or always with the same tab."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """An officer's choices. Without a `language` it is the one that the catalog gives them; `muted` is not told of."""

    language: str = ""
    muted: frozenset[Told] = frozenset()
    start: Start = "last"

    def wants(self, told: str) -> bool:
        """Whether the officer is to be told of it privately. Losing a case goes with being given one."""
        return ("assigned" if told == "removed" else told) not in self.muted
