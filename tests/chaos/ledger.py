"""What people were promised, and what they began without an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["taken", "status", "note", "message", "answer"]


def said_with(text: str, files: Sequence[str]) -> str:
    """What was written, with the names of its files: without one of them it is not what was written."""
    return f"{text} ({', '.join(sorted(files))})" if files else text


@dataclass(frozen=True)
class Deed:
    """Something done once to a case: `what` is a status or a text that nothing else has, `by` who did it.

    `sure` when it was answered that it is done; otherwise it may be done or not, but not half and not twice.
    """

    number: str
    kind: Kind
    what: str
    sure: bool


@dataclass
class Ledger:
    """`opened` is what cases were asked for, by the name of the request, and the number answered ("" for none)."""

    opened: dict[str, str] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)

    def did(self, number: str, kind: Kind, what: str, *, sure: bool) -> None:
        self.deeds.append(Deed(number, kind, what, sure))

    def told(self) -> str:
        """How much was done, in one line."""
        sure = Counter(deed.kind for deed in self.deeds if deed.sure)
        unsure = sum(not deed.sure for deed in self.deeds)
        cases = sum(bool(number) for number in self.opened.values())
        done = ", ".join(f"{n} {kind}" for kind, n in sorted(sure.items()))
        return f"{cases} cases; {done}; {unsure} without an answer"
