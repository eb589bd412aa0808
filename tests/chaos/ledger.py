"""What people were promised, and what they began without an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.text import LANGUAGES, words

DONE_TEXTS = {words(one)(key) for one in LANGUAGES for key in ("ok.saved", "ok.later", "ok.mail.later")}
"""What is said of a press that was done. Mostly nothing is: the card shows it."""

Kind = Literal["taken", "status", "note", "message", "answer"]


def text_with_files(text: str, files: Sequence[str]) -> str:
    """What was written, with the names of its files: without one of them it is not what was written."""
    return f"{text} ({', '.join(sorted(files))})" if files else text


@dataclass(frozen=True)
class Action:
    """Something done once to a case: `detail` is a status or a text that nothing else has, or who took it.

    `acknowledged` when Slack heard that the press has arrived, or the web page came; `ack` is what the sandbox has
    written down of that, with all that was `said` privately since, also what was lost on its way.
    """

    number: str
    kind: Kind
    detail: str
    acknowledged: bool
    ack: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_confirmed(self) -> bool:
        """Whether it was answered that it is done; otherwise it may be done or not, but not half and not twice.

        A press is acknowledged also when it is refused, met by a locked database, or not done yet: that is said.
        """
        texts = self.ack.get("said")
        return self.acknowledged and (not texts or texts[-1] in DONE_TEXTS)


@dataclass
class Ledger:
    """`opened` is what cases were asked for, by the name of the request, and the number answered ("" for none)."""

    opened: dict[str, str] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)

    def record(self, action: Action) -> None:
        self.actions.append(action)

    def summary(self) -> str:
        """How much was done, in one line."""
        confirmed = Counter(action.kind for action in self.actions if action.is_confirmed)
        unconfirmed = sum(not action.is_confirmed for action in self.actions)
        cases = sum(bool(number) for number in self.opened.values())
        done = ", ".join(f"{n} {kind}" for kind, n in sorted(confirmed.items()))
        return f"{cases} cases; {done}; {unconfirmed} without an answer"
