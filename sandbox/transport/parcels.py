"""What is sent to the app, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.shapes import Json


@dataclass(frozen=True)
class Reply:
    """What came back: a body, or the reason why nothing did."""

    body: Any = None
    reason: str = ""
    flags: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class Parcel:
    """One payload on its way: its kind decides the form it is sent in."""

    kind: str
    payload: Json
    retry: int = 0
    retry_reason: str = ""
    accepts_answer: bool = False
