"""What is asked for, and what came of it, as it is stored under an idempotency key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.catalog.definition import Definition
from bot.domain.submission import KeyReused, SubmitCase


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came of a command: the case it was about, and how many events it made.

    `is_repeated` is True for the result of an earlier request with the same key; such a one changes nothing.
    """

    case_id: str
    number: str
    seq: int
    events: tuple[str, ...]
    ids: dict[str, str]
    is_repeated: bool = False

    def to_json(self) -> dict[str, Any]:
        """The result as it is stored."""
        return {"done": [self.case_id, self.number, self.seq, self.events, self.ids]}

    @staticmethod
    def from_json(stored: dict[str, Any]) -> CommandResult:
        """The result that was stored."""
        case_id, number, seq, events, ids = stored["done"]
        return CommandResult(case_id, number, seq, tuple(events), ids, is_repeated=True)


@dataclass(frozen=True, slots=True)
class OpenCaseRequest:
    """A case to be opened: the command, the form it answers, and the key of the request.

    `content_hash` is a keyed hash of what was asked for, where the same key with another content is to be refused.
    `former` is what the case may have been called in the other system before: it is the same only with that content.
    """

    command: SubmitCase
    definition: Definition
    idempotency_key: str | None = None
    content_hash: str = ""
    former: str = ""

    @property
    def idempotency_keys(self) -> tuple[str, ...]:
        """The keys of its receipts: of the request, and of the case in the system it comes from."""
        external = f"external:{self.command.external}" if self.command.external else None
        return tuple(dict.fromkeys(name for name in (self.idempotency_key, external) if name))

    @property
    def former_name(self) -> str:
        """The key of the receipt that it may have by its former name, or nothing."""
        return f"external:{self.former}" if self.former else ""

    def restore_result(self, outcomes: Mapping[str, dict[str, Any]]) -> CommandResult | KeyReused | None:
        """What came of an earlier request, by the receipts kept: that, or that it was for something else.

        None where there was none, or where its receipt is of the time before contents were kept.
        """
        for name in self.idempotency_keys:
            if name in outcomes and (not self.content_hash or "content" in outcomes[name]):
                done = CommandResult.from_json(outcomes[name])
                is_other = self.content_hash and outcomes[name]["content"] != self.content_hash
                return KeyReused(number=done.number) if is_other else done
        former = outcomes.get(self.former_name, {})
        return (
            CommandResult.from_json(former)
            if self.content_hash and former.get("content") == self.content_hash
            else None
        )
