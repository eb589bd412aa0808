"""What people were promised, and what they began without an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.text import LANGUAGES, words

DONE = {words(one)(key) for one in LANGUAGES for key in ("ok.saved", "ok.later", "ok.mail.later")}
"""What is said of a press that was done. Mostly nothing is: the card shows it."""

Kind = Literal["taken", "status", "note", "message", "answer"]


def said_with(text: str, files: Sequence[str]) -> str:
    """What was written, with the names of its files: without one of them it is not what was written."""
    return f"{text} ({', '.join(sorted(files))})" if files else text


@dataclass(frozen=True)
class Deed:
    """Something done once to a case: `what` is a status or a text that nothing else has, or who took it.

    `acknowledged` when Slack heard that the press has arrived, or the web page came; `ack` is what the sandbox has
    written down of that, with all that was `said` privately since, also what was lost on its way.
    """

    number: str
    kind: Kind
    what: str
    acknowledged: bool
    ack: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sure(self) -> bool:
        """Whether it was answered that it is done; otherwise it may be done or not, but not half and not twice.

        A press is acknowledged also when it is refused, met by a locked database, or not done yet: that is said.
        """
        said = self.ack.get("said")
        return self.acknowledged and (not said or said[-1] in DONE)


@dataclass
class Ledger:
    """`opened` is what cases were asked for, by the name of the request, and the number answered ("" for none)."""

    opened: dict[str, str] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)

    def did(self, deed: Deed) -> None:
        self.deeds.append(deed)

    def told(self) -> str:
        """How much was done, in one line."""
        sure = Counter(deed.kind for deed in self.deeds if deed.sure)
        unsure = sum(not deed.sure for deed in self.deeds)
        cases = sum(bool(number) for number in self.opened.values())
        done = ", ".join(f"{n} {kind}" for kind, n in sorted(sure.items()))
        return f"{cases} cases; {done}; {unsure} without an answer"
