"""A message as Slack takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is what a screen reader and the phone's notice read, and is mrkdwn; `blocks` is what is seen."""

    text: str
    blocks: list[Block]
