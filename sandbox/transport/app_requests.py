"""Requests to the app and their responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.payload_schema import Json


@dataclass(frozen=True)
class Reply:
    """The response: a body, or the reason why there is none."""

    body: Any = None
    reason: str = ""
    flags: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class AppRequest:
    """A payload to send; its kind decides the encoding."""

    kind: str
    payload: Json
    retry: int = 0
    retry_reason: str = ""
    accepts_answer: bool = False
