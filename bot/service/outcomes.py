"""What is asked for, and what came of it, as receipts keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.catalog.definition import Definition
from bot.domain.intake import KeyReused, SubmitCase


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command: the case it was about, and how many events it made.

    `repeated` is True for the outcome of an earlier request with the same `once`; such a one changes nothing.
    """

    case_id: str
    number: str
    seq: int
    events: tuple[str, ...]
    ids: dict[str, str]
    repeated: bool = False

    def as_kept(self) -> dict[str, Any]:
        """The outcome as a receipt keeps it."""
        return {"done": [self.case_id, self.number, self.seq, self.events, self.ids]}

    @staticmethod
    def kept(receipt: dict[str, Any]) -> Done:
        """The outcome that a receipt kept."""
        case_id, number, seq, events, ids = receipt["done"]
        return Done(case_id, number, seq, tuple(events), ids, repeated=True)


@dataclass(frozen=True, slots=True)
class Opening:
    """A case to be opened: the command, the form it answers, and the key of the request.

    `content` is a keyed hash of what was asked for, where the same key with another content is to be refused.
    `former` is what the case may have been called in the other system before: it is the same only with that content.
    """

    command: SubmitCase
    definition: Definition
    once: str | None = None
    content: str = ""
    former: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of its receipts: of the request, and of the case in the system it comes from."""
        external = f"external:{self.command.external}" if self.command.external else None
        return tuple(dict.fromkeys(name for name in (self.once, external) if name))

    @property
    def former_name(self) -> str:
        """The key of the receipt that it may have by its former name, or nothing."""
        return f"external:{self.former}" if self.former else ""

    def outcome(self, kept: Mapping[str, dict[str, Any]]) -> Done | KeyReused | None:
        """What came of an earlier request, by the receipts kept: that, or that it was for something else.

        None where there was none, or where its receipt is of the time before contents were kept.
        """
        for name in self.names:
            if name in kept and (not self.content or "content" in kept[name]):
                done = Done.kept(kept[name])
                is_other = self.content and kept[name]["content"] != self.content
                return KeyReused(number=done.number) if is_other else done
        former = kept.get(self.former_name, {})
        return Done.kept(former) if self.content and former.get("content") == self.content else None
