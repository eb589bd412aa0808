"""A message for Slack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A message: `text` (mrkdwn) is for screen readers and notifications, `blocks` are what is displayed."""

    text: str
    blocks: list[Block]
