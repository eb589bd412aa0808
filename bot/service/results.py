"""Requests to open cases, and results of commands as they are stored under idempotency keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.catalog.definition import Definition
from bot.domain.rules import Refused, SentBefore
from bot.domain.submission import KeyReused, SubmitCase


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of a command: its case, the case's last event number (`seq`), and the names of the new events.

    `ids` holds the ids that the events created. `is_repeated` is True for the result of an earlier request with the
    same key, where nothing was changed now. `is_compared` is False where that request's content was not stored.
    """

    case_id: str
    number: str
    seq: int
    events: tuple[str, ...]
    ids: dict[str, str]
    is_repeated: bool = False
    is_compared: bool = True

    def to_json(self) -> dict[str, Any]:
        """The result as stored."""
        return {"done": [self.case_id, self.number, self.seq, self.events, self.ids]}

    def key_reused(self) -> KeyReused:
        """The refusal of a request with the same key and other content."""
        return KeyReused(number=self.number, case_id=self.case_id, is_compared=self.is_compared)

    @staticmethod
    def from_json(stored: dict[str, Any]) -> CommandResult:
        """The stored result, as a repeated one."""
        case_id, number, seq, events, ids = stored["done"]
        return CommandResult(case_id, number, seq, tuple(events), ids, is_repeated=True)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A request's idempotency key, and a keyed hash of its content where another under the key is another request.

    After a request that was performed, the other one is refused; after one that was refused, it is performed.
    """

    name: str
    content_hash: str = ""

    def restore(self, stored: dict[str, Any]) -> CommandResult | Refused | None:
        """The outcome stored under the key. Where it is that of other content: SentBefore, or None for a refusal."""
        is_other = bool(self.content_hash) and stored.get("content", self.content_hash) != self.content_hash
        if "refused" in stored:
            return None if is_other else Refused.from_json(stored["refused"])
        return SentBefore() if is_other else CommandResult.from_json(stored)

    def to_store(self, outcome: dict[str, Any]) -> dict[str, Any]:
        """The outcome as it is stored under the key."""
        return outcome | ({"content": self.content_hash} if self.content_hash else {})


@dataclass(frozen=True, slots=True)
class OpenCaseRequest:
    """A case to be opened: the command, the form it answers, and the key of the request.

    `content_hash` is a keyed hash of the request, where the same key with other content is to be refused. `former` is
    the external id that an earlier version gave the case: it is the same case only if the content is the same.
    """

    command: SubmitCase
    definition: Definition
    idempotency_key: str | None = None
    content_hash: str = ""
    former: str = ""

    @property
    def idempotency_keys(self) -> tuple[str, ...]:
        """The keys that its outcome is stored under: of the request, and of the case in its other system."""
        external = f"external:{self.command.external}" if self.command.external else None
        return tuple(dict.fromkeys(name for name in (self.idempotency_key, external) if name))

    @property
    def former_name(self) -> str:
        """The key of an outcome under the former external id, or an empty string."""
        return f"external:{self.former}" if self.former else ""

    def restore_result(self, outcomes: Mapping[str, dict[str, Any]]) -> CommandResult | KeyReused | None:
        """The result of an earlier request by the stored outcomes; KeyReused where its content was another.

        None where there is none, or where it was stored before content hashes were.
        """
        for name in self.idempotency_keys:
            if name in outcomes and (not self.content_hash or "content" in outcomes[name]):
                done = CommandResult.from_json(outcomes[name])
                is_other = self.content_hash and outcomes[name]["content"] != self.content_hash
                return done.key_reused() if is_other else done
        former = outcomes.get(self.former_name, {})
        return (
            CommandResult.from_json(former)
            if self.content_hash and former.get("content") == self.content_hash
            else None
        )
